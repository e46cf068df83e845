"""The states of all thresholds of a policy: moved on by observations, never by their absence alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from ..config.settings import Policy
from .findings import Judged, StateKey
from .measures import Observation, step_of
from .thresholds import Phase, Threshold, replay, step

FORGET_S = 900.0
"""An object that has not been seen for so long is gone (the time for which Prometheus keeps resolved alerts)."""
ENDS_S = 40.0
"""What only pends ends so much after readings that tell its measure ceased to name it: one of them may miss it, and
nothing is kept of a condition that was not seen to hold."""

Samples = tuple[tuple[float, float | None], ...]


def evaluated(
    states: Mapping[StateKey, Judged], policy: Policy, measures: frozenset[str], seen: Iterable[Observation], at: float
) -> dict[StateKey, Judged]:
    """The states after one reading that tells `measures`: objects it no longer names have no value any more."""
    latest: dict[str, dict[str, Observation]] = defaultdict(dict)
    for observation in seen:
        latest[observation.measure][observation.object] = observation
    known: dict[str, list[str]] = defaultdict(list)
    for rule_id, name in states:
        known[rule_id].append(name)
    after = dict(states)
    for rule_id, rule in policy.rules.items():
        if rule.measure not in measures:
            continue
        step_s = step_of(rule.measure)
        told = latest[rule.measure]
        for name in sorted({*told, *known[rule_id]}):
            key = (rule_id, name)
            before = states.get(key) or Judged(Threshold())
            found = told.get(name)
            if found is None:
                gone = before.state.seen_at is None or at - before.state.seen_at > FORGET_S
                if gone:
                    after.pop(key, None)
                else:
                    state = step(before.state, rule, at, None, step_s)
                    after[key] = msgspec.structs.replace(before, state=_unnamed(state, at))
                continue
            state = step(before.state, rule, found.at, _judged_value(found), step_s)
            if found.too_few and state.seen_at == found.at:
                state = msgspec.structs.replace(state, value=found.value)
            after[key] = Judged(state, found.text, found.name, found.about, found.too_few)
    return after


def _judged_value(observation: Observation) -> float | None:
    """The share of too few events is held against no limit."""
    return 0.0 if observation.too_few and observation.value is not None else observation.value


def _unnamed(state: Threshold, at: float) -> Threshold:
    """The state of an object that a reading does not name: a statement that nobody calls any more."""
    if state.phase is not Phase.PENDING or at - (state.seen_at or 0.0) <= ENDS_S:
        return state
    return msgspec.structs.replace(state, phase=Phase.INACTIVE, active_at=None)


def due_s(states: Mapping[StateKey, Judged], policy: Policy, measures: frozenset[str]) -> float | None:
    """Seconds from the newest reading of these measures until the first of what pends may fire; None: nothing does."""
    left = [
        policy.rules[rule_id].for_s - held
        for (rule_id, _), judged in states.items()
        if rule_id in policy.rules
        and policy.rules[rule_id].measure in measures
        and (held := judged.state.pending_s(judged.state.evaluated_at or 0.0)) is not None
    ]
    # one that would be over already had no value of late: asking sooner brings none
    return min((seconds for seconds in left if seconds > 0), default=None)


def replayed(
    states: Mapping[StateKey, Judged],
    policy: Policy,
    history: Mapping[str, Mapping[str, Samples]],
    step_s: float | None = None,
) -> dict[StateKey, Judged]:
    """The states after history (measure → object → samples, oldest first): at start, or after a time without answers.

    Samples that a state has already seen change nothing. `step_s`: between two of them, where not the measure's own.
    """
    found = dict(states)
    for rule_id, rule in policy.rules.items():
        for name, samples in history.get(rule.measure, {}).items():
            before = found.get((rule_id, name), Judged(Threshold()))
            state = replay(samples, rule, step_s or step_of(rule.measure), before.state)
            found[(rule_id, name)] = msgspec.structs.replace(before, state=state)
    return found


def hinted(hint: Threshold, state: Threshold) -> Threshold:
    """What Prometheus' history of a thing adds to the state of the same thing as its own source tells it now.

    Only "since when" is taken over, and only while the condition still holds.
    """
    holds = state.phase is not Phase.INACTIVE and hint.phase is not Phase.INACTIVE
    if not holds or hint.active_at is None or state.active_at is None or hint.active_at >= state.active_at:
        return state
    phase = Phase.FIRING if Phase.FIRING in (hint.phase, state.phase) else Phase.PENDING
    return msgspec.structs.replace(state, phase=phase, active_at=hint.active_at, fired_at=hint.fired_at)
