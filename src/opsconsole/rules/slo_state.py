"""The states of an objective's conditions through time: the state machine of every threshold, with a guard for little
traffic.

Both windows must burn faster than the factor: the smaller of the two burns is held against it. Guard and its two
figures: pyrra-dev/pyrra#1925, slok/sloth#428 (with few requests a single error pages).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from ..config.settings import Rule
from ..model.slo import Burn, Leg, LegState
from ..text import units
from .thresholds import Phase, Threshold, breaches, step

KEEP_FIRING_S = 300.0


class Guard(msgspec.Struct, frozen=True, gc=False):
    """Below either figure the short window says nothing."""

    min_bad: float = 2.0
    min_total: float = 0.0


def rule_of(leg: Leg) -> Rule:
    """The leg as a rule of a policy."""
    compare: Literal[">", ">="] = ">=" if leg.inclusive else ">"
    keep_s = min(KEEP_FIRING_S, leg.long_s / 12)
    return Rule(title=leg.severity, measure="slo.burn", compare=compare, limit=leg.factor, for_s=leg.for_s,
                keep_firing_s=keep_s)  # fmt: skip


def slower(long: float | None, short: float | None) -> float | None:
    """What is held against the factor: the burn that both windows reach."""
    return None if long is None or short is None else min(long, short)


def held(leg: Leg, burns: Mapping[float, Burn], guard: Guard) -> str:
    """Why the guard acts; "" where it does not, or has nothing to hold back."""
    long, short = burns.get(leg.long_s), burns.get(leg.short_s)
    if long is None or short is None or short.bad is None or short.total is None:
        return ""
    burning = slower(long.burn, short.burn)
    if burning is None or not breaches(rule_of(leg).compare, burning, leg.factor):
        return ""
    within = f"in {units.span(short.window_s)}"
    if short.bad < guard.min_bad:
        return f"{_few(short.bad)} bad of {_few(short.total)} {within}: the guard asks for {guard.min_bad:g} bad"
    if short.total < guard.min_total:
        return f"{_few(short.total)} in all {within}: the guard asks for {guard.min_total:g}"
    return ""


def moved(
    before: Threshold, leg: Leg, burns: Mapping[float, Burn], guard: Guard, at: float, step_s: float
) -> Threshold:
    """The state after these burns."""
    long, short = burns.get(leg.long_s), burns.get(leg.short_s)
    value = slower(long.burn if long else None, short.burn if short else None)
    if value is not None and held(leg, burns, guard):
        value = 0.0
    return step(before, rule_of(leg), at, value, step_s)


def shown(leg: Leg, state: Threshold, burns: Mapping[float, Burn], guard: Guard, at: float, step_s: float) -> LegState:
    """The state as it is read."""
    long, short = burns.get(leg.long_s), burns.get(leg.short_s)
    phase = state.phase_at(at, step_s)
    return LegState(
        leg,
        "ok" if phase is Phase.INACTIVE else str(phase),
        long.burn if long else None,
        short.burn if short else None,
        _moment(state.active_at),
        held(leg, burns, guard),
        state.flapping(at),
        _moment(state.keep_since),
    )


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _few(value: float) -> str:
    return f"{value:.0f}"
