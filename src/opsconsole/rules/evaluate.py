"""The states of all thresholds of a policy: moved on by observations, never by their absence alone."""

from collections.abc import Iterable, Mapping

from ..config.settings import Policy
from .findings import Judged, StateKey
from .measures import Observation, step_of
from .thresholds import Phase, Threshold, replay, step

FORGET_S = 900.0
"""An object that has not been seen for so long is gone (the time for which Prometheus keeps resolved alerts)."""

Samples = tuple[tuple[float, float | None], ...]


def evaluated(
    states: Mapping[StateKey, Judged], policy: Policy, measures: frozenset[str], seen: Iterable[Observation], at: float
) -> dict[StateKey, Judged]:
    """The states after one reading that tells `measures`: objects it no longer names have no value any more."""
    latest = {(observation.measure, observation.object): observation for observation in seen}
    after = dict(states)
    for rule_id, rule in policy.rules.items():
        if rule.measure not in measures:
            continue
        step_s = step_of(rule.measure)
        objects = {name for measure, name in latest if measure == rule.measure}
        known = {name for id, name in states if id == rule_id}
        for name in sorted(objects | known):
            key = (rule_id, name)
            before = states.get(key, Judged(Threshold()))
            observation = latest.get((rule.measure, name))
            if observation is None:
                gone = before.state.seen_at is None or at - before.state.seen_at > FORGET_S
                if gone:
                    after.pop(key, None)
                else:
                    after[key] = Judged(step(before.state, rule, at, None, step_s), before.text)
                continue
            state = step(before.state, rule, observation.at, observation.value, step_s)
            after[key] = Judged(state, observation.text)
    return after


def replayed(
    states: Mapping[StateKey, Judged], policy: Policy, history: Mapping[str, Mapping[str, Samples]]
) -> dict[StateKey, Judged]:
    """The states after history (measure → object → samples, oldest first): at start, or after a time without answers.

    Samples that a state has already seen change nothing.
    """
    found = dict(states)
    for rule_id, rule in policy.rules.items():
        for name, samples in history.get(rule.measure, {}).items():
            before = found.get((rule_id, name), Judged(Threshold()))
            state = replay(samples, rule, step_of(rule.measure), before.state)
            found[(rule_id, name)] = Judged(state, before.text)
    return found


def adopted(states: Mapping[StateKey, Judged], policy: Policy, seen: Iterable[Observation]) -> dict[StateKey, Judged]:
    """States of a nameless history ("" in Prometheus) handed to the one object that its own source names."""
    after = dict(states)
    for rule_id, rule in policy.rules.items():
        names = [observation.object for observation in seen if observation.measure == rule.measure]
        nameless = (rule_id, "")
        if nameless in after and len(names) == 1 and names[0] and (rule_id, names[0]) not in after:
            after[(rule_id, names[0])] = after.pop(nameless)
    return after


def unmeasured(policy: Policy, states: Mapping[StateKey, Judged]) -> tuple[str, ...]:
    """Measures that rules of the policy judge and no source has told so far."""
    told = {policy.rules[id].measure for id, _ in states if id in policy.rules}
    return tuple(sorted({rule.measure for rule in policy.rules.values()} - told))


def firing(states: Mapping[StateKey, Judged]) -> int:
    """How many thresholds fire."""
    return sum(1 for judged in states.values() if judged.state.phase is Phase.FIRING)
