"""All rules of a policy with what they say now: also those that are fine, and those that nothing tells."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from ..config.settings import Policy, Rule
from ..model.alerts import ObjectState, RuleState
from ..text import units
from .findings import SEVERITIES, Judged, StateKey, amount
from .measures import step_of
from .thresholds import Phase

ORDER = ("firing", "pending", "unknown", "ok")
"""The worst first."""
FINE = 20
"""So many objects that are fine are named of each rule."""
MOST = 200
FLAPPING = "flapping"


def rule_states(states: Mapping[StateKey, Judged], policy: Policy, at: float) -> tuple[RuleState, ...]:
    """One entry for each rule, in the policy's own order."""
    by_rule: dict[str, list[tuple[str, Judged]]] = defaultdict(list)
    for (rule_id, name), judged in states.items():
        by_rule[rule_id].append((name, judged))
    return tuple(_state_of(id, rule, by_rule.get(id, []), at) for id, rule in policy.rules.items())


def state_words(rule: RuleState, one: ObjectState | None) -> str:
    """`ok`, `pending 7m of 15m`, `firing since 02:41`, `flapping`, `unknown`."""
    if one is None:
        return "unknown"
    if one.state == "pending":
        words = f"pending {units.span(one.pending_s)} of {units.span(rule.for_s)}"
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


def severity_rank(rule: RuleState) -> int:
    return SEVERITIES[rule.severity]


def _state_of(id: str, rule: Rule, found: Iterable[tuple[str, Judged]], at: float) -> RuleState:
    objects = sorted((_object(name, judged, rule, at) for name, judged in found), key=_worst_first)
    counts = [(state, sum(one.state == state for one in objects)) for state in ORDER]
    wrong = [one for one in objects if one.state != "ok" or one.flapping or one.note]
    fine = [one for one in objects if not (one.state != "ok" or one.flapping or one.note)]
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
        counts=tuple((state, count) for state, count in counts if count),
        objects=tuple([*wrong, *fine[:FINE]][:MOST]),
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
    )


def _worst_first(one: ObjectState) -> tuple[int, bool, float, str]:
    since = one.since.timestamp() if one.since else float("inf")
    return ORDER.index(one.state), not one.flapping, since, one.object
