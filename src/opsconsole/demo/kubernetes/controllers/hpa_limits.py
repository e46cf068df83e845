"""What holds an autoscaler back: recent recommendations, rates, and its own bounds.

Source: kubernetes/kubernetes, pkg/controller/podautoscaler/horizontal.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, trunc
from typing import Any, NamedTuple

Body = dict[str, Any]
DEFAULT_DOWN_WINDOW_S = 300
_DEFAULT_POLICIES: dict[str, list[Body]] = {
    "scaleUp": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
    "scaleDown": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


class Mark(NamedTuple):
    """A recommendation, or (with `replicas` as difference) a scaling that happened."""

    at: float
    replicas: int


@dataclass(frozen=True, slots=True)
class Verdict:
    replicas: int
    able_reason: str
    able_message: str
    limited: bool
    limit_reason: str
    limit_message: str


_STABLE = ("ReadyForNewScale", "recommended size matches current size")
_HELD_DOWN = (
    "ScaleDownStabilized",
    "recent recommendations were higher than current one, applying the highest recent recommendation",
)
_HELD_UP = (
    "ScaleUpStabilized",
    "recent recommendations were lower than current one, applying the lowest recent recommendation",
)
_IN_RANGE = ("DesiredWithinRange", "the desired count is within the acceptable range")
_TOO_MANY = ("TooManyReplicas", "the desired replica count is more than the maximum replica count")
_TOO_FEW = ("TooFewReplicas", "the desired replica count is less than the minimum replica count")
_TOO_FAST_UP = ("ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate")
_TOO_FAST_DOWN = ("ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate")


def limit(spec: Body, wished: int, current: int, recent: Sequence[Mark], scaled: Sequence[Mark], now: float) -> Verdict:
    """From what the metrics ask for to what will be done. `recent` are earlier recommendations, `scaled` changes."""
    behavior = spec.get("behavior")
    if behavior is None:
        held = max([wished, *(mark.replicas for mark in recent if mark.at > now - DEFAULT_DOWN_WINDOW_S)])
        able = _STABLE if held == wished else _HELD_DOWN
        most = max(2 * current, 4)
        final, reason = _between(held, spec.get("minReplicas", 1), spec["maxReplicas"], most)
    else:
        held, able = _stabilise(behavior, wished, current, recent, now)
        final, reason = _rate(spec, behavior, held, current, scaled, now)
    return Verdict(final, *able, final != held, *reason)


def _between(held: int, least: int, maximum: int, most: int) -> tuple[int, tuple[str, str]]:
    top, reason = (most, _TOO_FAST_UP) if maximum > most else (maximum, _TOO_MANY)
    if held < least:
        return least, _TOO_FEW
    return (top, reason) if held > top else (held, _IN_RANGE)


def _stabilise(
    behavior: Body, wished: int, current: int, recent: Sequence[Mark], now: float
) -> tuple[int, tuple[str, str]]:
    up_window = (behavior.get("scaleUp") or {}).get("stabilizationWindowSeconds") or 0
    down_window = (behavior.get("scaleDown") or {}).get("stabilizationWindowSeconds", DEFAULT_DOWN_WINDOW_S)
    lowest = min([wished, *(mark.replicas for mark in recent if mark.at > now - up_window)])
    highest = max([wished, *(mark.replicas for mark in recent if mark.at > now - down_window)])
    held = min(max(current, lowest), highest)
    if held == wished:
        return held, _STABLE
    return held, _HELD_UP if wished >= current else _HELD_DOWN


def _rate(
    spec: Body, behavior: Body, held: int, current: int, scaled: Sequence[Mark], now: float
) -> tuple[int, tuple[str, str]]:
    least, maximum = spec.get("minReplicas", 1), spec["maxReplicas"]
    if held > current:
        most = max(current, _up_limit(behavior.get("scaleUp") or {}, current, scaled, now))
        top, reason = (most, _TOO_FAST_UP) if maximum > most else (maximum, _TOO_MANY)
        return (top, reason) if held > top else (held, _IN_RANGE)
    if held < current:
        lowest = min(current, _down_limit(behavior.get("scaleDown") or {}, current, scaled, now))
        bottom, reason = (lowest, _TOO_FAST_DOWN) if least < lowest else (least, _TOO_FEW)
        return (bottom, reason) if held < bottom else (held, _IN_RANGE)
    return held, _IN_RANGE


def _changes(scaled: Sequence[Mark], period_s: float, now: float) -> tuple[int, int]:
    """(replicas added, replicas removed) within the last `period_s` seconds."""
    inside = [mark.replicas for mark in scaled if mark.at > now - period_s]
    return sum(n for n in inside if n > 0), -sum(n for n in inside if n < 0)


def _up_limit(rules: Body, current: int, scaled: Sequence[Mark], now: float) -> int:
    if rules.get("selectPolicy") == "Disabled":
        return current
    bounds: list[int] = []
    for policy in rules.get("policies") or _DEFAULT_POLICIES["scaleUp"]:
        added, removed = _changes(scaled, policy["periodSeconds"], now)
        start = current - added + removed
        by_pods = policy["type"] == "Pods"
        bounds.append(start + policy["value"] if by_pods else ceil(start * (1 + policy["value"] / 100)))
    return min(bounds) if rules.get("selectPolicy") == "Min" else max(bounds)


def _down_limit(rules: Body, current: int, scaled: Sequence[Mark], now: float) -> int:
    if rules.get("selectPolicy") == "Disabled":
        return current
    bounds: list[int] = []
    for policy in rules.get("policies") or _DEFAULT_POLICIES["scaleDown"]:
        added, removed = _changes(scaled, policy["periodSeconds"], now)
        start = current - added + removed
        by_pods = policy["type"] == "Pods"
        bounds.append(start - policy["value"] if by_pods else trunc(start * (1 - policy["value"] / 100)))
    return max(bounds) if rules.get("selectPolicy") == "Min" else min(bounds)
