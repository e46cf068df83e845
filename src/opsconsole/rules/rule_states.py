"""All rules of a policy with what they say now: also those that are fine, and those that nothing tells."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from heapq import nsmallest
from math import inf

from ..config.settings import Policy, Rule
from ..model.alerts import ObjectState, RuleState
from ..model.finding import Finding
from ..text import units
from .findings import Judged, StateKey, amount
from .measures import step_of
from .thresholds import MISSING_STEPS, Phase

ORDER = ("firing", "pending", "unknown", "ok")
"""The worst first."""
FINE = 20
"""So many objects that are fine are named of each rule."""
MOST = 200
FLAPPING = "flapping"


def rule_states(
    states: Mapping[StateKey, Judged],
    policy: Policy,
    at: float,
    found: Iterable[Finding] = (),
    told: Collection[str] = (),
) -> tuple[RuleState, ...]:
    """One entry for each rule, in the policy's own order. Of a rule that is judged elsewhere the findings tell its
    objects; a measure that is told of no object breaches nothing."""
    by_rule: dict[str, list[ObjectState]] = defaultdict(list)
    fine: dict[str, list[tuple[str, Judged]]] = defaultdict(list)
    oldest = {id: at - MISSING_STEPS * step_of(rule.measure) for id, rule in policy.rules.items()}
    for (rule_id, name), judged in states.items():
        if rule_id not in oldest:
            continue
        if _is_fine(judged, oldest[rule_id], at):
            fine[rule_id].append((name, judged))
        else:
            by_rule[rule_id].append(_object(name, judged, policy.rules[rule_id], at))
    judged_here = frozenset((*by_rule, *fine))
    for finding in found:
        if finding.rule in policy.rules and finding.rule not in judged_here:
            by_rule[finding.rule].append(_told_by(finding))
    for id, rule in policy.rules.items():
        if id not in by_rule and id not in fine and rule.measure in told:
            by_rule[id].append(ObjectState("", "nothing is over it", "ok", units.DASH))
    return tuple(_state_of(id, rule, by_rule.get(id, []), fine.get(id, []), at) for id, rule in policy.rules.items())


def state_words(rule: RuleState, one: ObjectState | None) -> str:
    """`ok`, `pending 7m of 15m`, `firing since 02:41`, `flapping`, `unknown`."""
    if one is None:
        return "unknown"
    if one.state == "pending":
        words = f"pending {units.minutes(one.pending_s or 0.0)} of {units.span(rule.for_s)}"
    elif one.state == "firing":
        words = f"firing since {units.clock(one.since)}" if one.since else "firing"
    else:
        words = one.state
    if not one.flapping:
        return words
    return FLAPPING if one.state == "ok" else f"{FLAPPING}, {words}"


def counted(rule: RuleState) -> str:
    """`2 firing, 1 pending, 9 ok`; what nothing tells is said so."""
    return ", ".join(f"{count} {state}" for state, count in rule.counts) or "nothing tells it"


def _is_fine(judged: Judged, oldest: float, at: float) -> bool:
    """Whether there is nothing to say of it but its value, which is no older than `oldest`."""
    state = judged.state
    if state.phase is not Phase.INACTIVE or state.seen_at is None or state.seen_at < oldest or judged.note:
        return False
    return not (state.turns and state.flapping(at))


def _state_of(
    id: str, rule: Rule, found: Iterable[ObjectState], fine: Sequence[tuple[str, Judged]], at: float
) -> RuleState:
    """Of thousands that are fine only those next to the limit are put into words."""
    upwards = rule.compare.startswith(">")
    objects = sorted(found, key=lambda one: _worst_first(one, upwards))
    counts = {state: sum(one.state == state for one in objects) for state in ORDER}
    counts["ok"] += len(fine)
    wrong = [one for one in objects if one.state != "ok" or one.flapping or one.note]
    told = [one for one in objects if not (one.state != "ok" or one.flapping or one.note)]
    nearest = nsmallest(FINE, ((_far(judged.state.value, upwards), name, judged) for name, judged in fine))
    told += [_object(name, judged, rule, at) for _, name, judged in nearest]
    return RuleState(
        id=id,
        title=rule.title,
        measure=rule.measure,
        severity=rule.severity,
        limit=f"{rule.compare} {amount(rule.limit, rule.unit)}",
        clear="" if rule.clear is None else amount(rule.clear, rule.unit),
        for_s=rule.for_s,
        keep_firing_s=rule.keep_firing_s,
        origin=rule.origin,
        respond_s=rule.respond_s,
        counts=tuple((state, count) for state, count in counts.items() if count),
        objects=tuple([*wrong, *told[:FINE]][:MOST]),
    )


def _object(name: str, judged: Judged, rule: Rule, at: float) -> ObjectState:
    state = judged.state
    phase = state.phase_at(at, step_of(rule.measure))
    firing, pending = phase is Phase.FIRING, phase is Phase.PENDING
    note = judged.note
    if phase is Phase.UNKNOWN and state.seen_at is not None:
        before = "it fired then, " if state.phase is Phase.FIRING else ""
        note = f"{before}no value for {units.minutes(at - state.seen_at)}"
    return ObjectState(
        object=name,
        name=judged.name or name,
        state="ok" if phase is Phase.INACTIVE else phase.value,
        value=judged.text or amount(state.value, rule.unit),
        since=datetime.fromtimestamp(state.active_at, UTC) if (firing or pending) and state.active_at else None,
        pending_s=state.pending_s(state.evaluated_at or at) if pending else None,
        keep_s=(state.evaluated_at or at) - state.keep_since if firing and state.keep_since is not None else None,
        flapping=state.flapping(at),
        note=note,
        measured=state.value,
    )


def _told_by(finding: Finding) -> ObjectState:
    name, value = finding.object.strip(), finding.value or units.DASH
    return ObjectState(name, name, finding.state, value, finding.since, finding.pending_s)


def _worst_first(one: ObjectState, upwards: bool) -> tuple[int, bool, float, float, str]:
    """By state, then the oldest, then what is nearest to the limit."""
    since = one.since.timestamp() if one.since else inf
    return ORDER.index(one.state), not one.flapping, since, _far(one.measured, upwards), one.object


def _far(value: float | None, upwards: bool) -> float:
    """How far from the limit, the nearest first."""
    return inf if value is None else -value if upwards else value
