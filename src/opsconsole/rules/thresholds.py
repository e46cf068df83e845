"""The state of one threshold through time: Prometheus' alert state machine, with hysteresis, unknown and flapping.

Pure: `step` makes the next state of the last one and a sample; `replay` does so over history. Semantics are those of
prometheus/prometheus rules/alerting.go (`AlertingRule.Eval`): a condition must hold at every evaluation for `for_s`;
one that ends while pending drops at once; a firing one stays while `keep_firing_s` runs after the first false sample.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from ..config.settings import Rule

MISSING_STEPS = 2
"""A sample may be missing for so many steps before the state is unknown."""
FLAP_WINDOW_S = 3600.0
FLAPS = 4
"""So many changes between firing and not firing within the window are flapping."""


class Phase(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    UNKNOWN = "unknown"


class Threshold(msgspec.Struct, frozen=True, gc=False):
    """What one rule says of one object. Times are unix seconds; the phase is never unknown in here, see `phase_at`."""

    phase: Phase = Phase.INACTIVE
    value: float | None = None
    """The last known value."""
    active_at: float | None = None
    """Since when the condition holds, while pending or firing."""
    fired_at: float | None = None
    keep_since: float | None = None
    """First sample that no longer breached while firing."""
    resolved_at: float | None = None
    evaluated_at: float | None = None
    seen_at: float | None = None
    """Time of the last known value."""
    turns: tuple[float, ...] = ()
    """When it began or ceased to fire, within the flap window."""

    def pending_s(self, at: float) -> float | None:
        """How long the condition has held, while pending."""
        return at - self.active_at if self.phase is Phase.PENDING and self.active_at is not None else None

    def phase_at(self, at: float, step_s: float) -> Phase:
        """The phase, or unknown when no value has come for more than two steps (or ever)."""
        if self.seen_at is None or at - self.seen_at > MISSING_STEPS * step_s:
            return Phase.UNKNOWN
        return self.phase

    def flapping(self, at: float) -> bool:
        """True with four or more changes within the last hour."""
        return sum(1 for turn in self.turns if at - turn < FLAP_WINDOW_S) >= FLAPS


def step(before: Threshold, rule: Rule, at: float, value: float | None, step_s: float) -> Threshold:
    """The state after an evaluation at `at`. A missing value changes nothing but the time: see `phase_at`.

    After a gap of more than two steps a pending condition begins anew (it was not seen to hold); a firing one does so
    when the gap outlasts its `keep_firing_s`, as Prometheus lets go of series that are gone.
    An evaluation that failed altogether is no evaluation: do not call this for it.
    """
    if before.evaluated_at is not None and at <= before.evaluated_at:
        return before
    if value is None:
        return msgspec.structs.replace(before, evaluated_at=at)
    if _let_go(before, rule, at, step_s):
        before = msgspec.structs.replace(
            before, phase=Phase.INACTIVE, active_at=None, fired_at=None, keep_since=None, resolved_at=before.seen_at
        )
    seen = msgspec.structs.replace(before, value=value, evaluated_at=at, seen_at=at)
    limit = rule.limit if before.phase is not Phase.FIRING or rule.clear is None else rule.clear
    if breaches(rule.compare, value, limit):
        return _holding(seen, rule, at)
    return _ceasing(seen, rule, at)


def replay(
    samples: Iterable[tuple[float, float | None]], rule: Rule, step_s: float, start: Threshold | None = None
) -> Threshold:
    """The state after a history of (time, value), oldest first: what one has at start when opened mid-incident.

    As long as nothing is breached only the newest value matters, and most histories hold nothing else.
    """
    state, known, newest = start or Threshold(), None, None
    for sample in samples:
        at, value = sample
        if state.phase is Phase.INACTIVE and (value is None or not breaches(rule.compare, value, rule.limit)):
            newest = sample
            known = sample if value is not None else known
            continue
        if newest is not None:
            state = _passed(state, rule, known, newest, step_s)
            known = newest = None
        state = step(state, rule, at, value, step_s)
    return state if newest is None else _passed(state, rule, known, newest, step_s)


def history_s(rule: Rule, step_s: float) -> float:
    """How much history a replay needs: the longer of the two durations and two steps."""
    return max(rule.for_s, rule.keep_firing_s) + MISSING_STEPS * step_s


def breaches(compare: str, value: float, limit: float) -> bool:
    """Whether the value is on the wrong side of the limit."""
    match compare:
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "<":
            return value < limit
        case _:
            return value <= limit


def _passed(
    state: Threshold, rule: Rule, known: tuple[float, float | None] | None, newest: tuple[float, float | None],
    step_s: float,
) -> Threshold:  # fmt: skip
    """The state after samples that breach nothing: by the newest of them that has a value, and the newest of all."""
    if known is not None:
        state = step(state, rule, *known, step_s)
    return step(state, rule, *newest, step_s)


def _let_go(before: Threshold, rule: Rule, at: float, step_s: float) -> bool:
    """Whether the state ended in a gap before `at`."""
    if before.phase is Phase.INACTIVE or before.phase_at(at, step_s) is not Phase.UNKNOWN or before.seen_at is None:
        return False
    if before.phase is Phase.PENDING:
        return True
    kept_from = before.seen_at + step_s if before.keep_since is None else before.keep_since
    return _elapsed(kept_from, at - step_s) >= rule.keep_firing_s


def _elapsed(since: float, at: float) -> float:
    """In whole milliseconds, as Prometheus counts: a duration that is just over is over."""
    return round(at - since, 3)


def _holding(state: Threshold, rule: Rule, at: float) -> Threshold:
    active_at = state.active_at if state.phase is not Phase.INACTIVE and state.active_at is not None else at
    if state.phase is Phase.FIRING:
        return msgspec.structs.replace(state, active_at=active_at, keep_since=None)
    if _elapsed(active_at, at) >= rule.for_s:
        turns = _turned(state, at)
        return msgspec.structs.replace(state, phase=Phase.FIRING, active_at=active_at, fired_at=at, turns=turns)
    return msgspec.structs.replace(state, phase=Phase.PENDING, active_at=active_at)


def _ceasing(state: Threshold, rule: Rule, at: float) -> Threshold:
    if state.phase is Phase.INACTIVE:
        return state
    if state.phase is Phase.PENDING:
        return msgspec.structs.replace(state, phase=Phase.INACTIVE, active_at=None)
    keep_since = at if state.keep_since is None else state.keep_since
    if _elapsed(keep_since, at) < rule.keep_firing_s:
        return msgspec.structs.replace(state, keep_since=keep_since)
    return msgspec.structs.replace(
        state,
        phase=Phase.INACTIVE,
        active_at=None,
        fired_at=None,
        keep_since=None,
        resolved_at=at,
        turns=_turned(state, at),
    )


def _turned(state: Threshold, at: float) -> tuple[float, ...]:
    return (*(turn for turn in state.turns if at - turn < FLAP_WINDOW_S), at)
