"""What holds an HPA from what its metrics ask for: stabilization windows, scaling policies, minimum and maximum.

Source: kubernetes/kubernetes 1.36, pkg/controller/podautoscaler/horizontal.go (stabilizeRecommendationWithBehaviors,
convertDesiredReplicasWithBehaviorRate; without `behavior` stabilizeRecommendation, convertDesiredReplicasWithRules).
"""

import math
from datetime import datetime, timedelta

import msgspec

from ..model.kubernetes import Hpa, HpaPolicy, HpaRules

DOWN_WINDOW_S = 300
"""The controller's --horizontal-pod-autoscaler-downscale-stabilization."""
_FIRST_STEP = 4
"""Without `behavior`: at least so many at once, else twice what there is."""


class Mark(msgspec.Struct, frozen=True, gc=False):
    """A recommendation: so many replicas were asked for at that moment."""

    at: datetime
    replicas: int


class Step(msgspec.Struct, frozen=True, gc=False):
    """A scaling that happened: replicas added, or (negative) taken away."""

    at: datetime
    change: int


class History(msgspec.Struct, frozen=True, gc=False):
    """What the controller remembers of one HPA, as far as it was seen from here."""

    marks: tuple[Mark, ...] = ()
    steps: tuple[Step, ...] = ()
    since: datetime | None = None
    """From when on recommendations are known; None: none is."""


class Held(msgspec.Struct, frozen=True, gc=False):
    """What will be done of what was asked for, with the controller's own reasons."""

    replicas: int
    stabilized: int
    """After the windows, before policies and bounds."""
    able: str
    """ReadyForNewScale, ScaleUpStabilized or ScaleDownStabilized."""
    limit: str
    """DesiredWithinRange, ScaleUpLimit, ScaleDownLimit, TooManyReplicas or TooFewReplicas."""


def held(hpa: Hpa, wanted: int, now: datetime, history: History | None = None, current: int | None = None) -> Held:
    """From what the metrics ask for to what the controller does now; `current` defaults to the HPA's own."""
    history = history or History()
    current = hpa.current if current is None else current
    if not current and hpa.minimum:
        return Held(0, 0, "ReadyForNewScale", "DesiredWithinRange")
    if current > hpa.maximum:
        return Held(hpa.maximum, hpa.maximum, "ReadyForNewScale", "TooManyReplicas")
    if current < hpa.minimum:
        return Held(hpa.minimum, hpa.minimum, "ReadyForNewScale", "TooFewReplicas")
    stable = _stabilized(hpa, wanted, current, history, now)
    able = "ReadyForNewScale"
    if stable != wanted:
        up = hpa.behavior is not None and wanted >= current
        able = "ScaleUpStabilized" if up else "ScaleDownStabilized"
    replicas, limit = _bounded(hpa, stable, current, history, now)
    return Held(replicas, stable, able, limit)


def window_s(hpa: Hpa, *, up: bool) -> int:
    if hpa.behavior is None:
        return 0 if up else DOWN_WINDOW_S
    return hpa.behavior.up.window_s if up else hpa.behavior.down.window_s


def released(hpa: Hpa, wanted: int, now: datetime, history: History) -> tuple[datetime, int] | None:
    """When something first changes if the same number stays asked for, and to what; None where nothing holds it.

    The instants at which a hold can end are those at which a recommendation leaves its window or a step its period.
    """
    ends: set[datetime] = set()
    for mark in history.marks:
        for up in (True, False):
            ends.add(mark.at + timedelta(seconds=window_s(hpa, up=up)))
    for rules in (hpa.behavior.up, hpa.behavior.down) if hpa.behavior else ():
        ends |= {step.at + timedelta(seconds=policy.period_s) for step in history.steps for policy in rules.policies}
    for end in sorted(end for end in ends if end > now):
        later = held(hpa, wanted, end, history)
        if later.replicas != hpa.current:
            return end, later.replicas
    return None


def _stabilized(hpa: Hpa, wanted: int, current: int, history: History, now: datetime) -> int:
    down = timedelta(seconds=window_s(hpa, up=False))
    highest = max([wanted, *(mark.replicas for mark in history.marks if mark.at > now - down)])
    if hpa.behavior is None:
        return highest
    up = timedelta(seconds=window_s(hpa, up=True))
    lowest = min([wanted, *(mark.replicas for mark in history.marks if mark.at > now - up)])
    return min(max(current, lowest), highest)


def _bounded(hpa: Hpa, stable: int, current: int, history: History, now: datetime) -> tuple[int, str]:
    if hpa.behavior is None:
        fastest = max(2 * current, _FIRST_STEP)
        most, reason = (fastest, "ScaleUpLimit") if hpa.maximum > fastest else (hpa.maximum, "TooManyReplicas")
        if stable < hpa.minimum:
            return hpa.minimum, "TooFewReplicas"
        return (most, reason) if stable > most else (stable, "DesiredWithinRange")
    if stable > current:
        fastest = max(current, fastest_up(hpa.behavior.up, current, history, now))
        most, reason = (fastest, "ScaleUpLimit") if hpa.maximum > fastest else (hpa.maximum, "TooManyReplicas")
        return (most, reason) if stable > most else (stable, "DesiredWithinRange")
    if stable < current:
        fastest = min(current, fastest_down(hpa.behavior.down, current, history, now))
        least, reason = (fastest, "ScaleDownLimit") if hpa.minimum < fastest else (hpa.minimum, "TooFewReplicas")
        return (least, reason) if stable < least else (stable, "DesiredWithinRange")
    return stable, "DesiredWithinRange"


def fastest_up(rules: HpaRules, current: int, history: History, now: datetime) -> int:
    """The largest number that the policies of scaling up allow now; it may lie below the current one."""
    if rules.select == "Disabled":
        return current
    choose = min if rules.select == "Min" else max
    return choose(
        start + policy.value if policy.type == "Pods" else math.ceil(start * (1 + policy.value / 100))
        for policy, start in _starts(rules, current, history, now)
    )


def fastest_down(rules: HpaRules, current: int, history: History, now: datetime) -> int:
    """The smallest number that the policies of scaling down allow now; it may lie above the current one."""
    if rules.select == "Disabled":
        return current
    choose = max if rules.select == "Min" else min
    return choose(
        start - policy.value if policy.type == "Pods" else math.trunc(start * (1 - policy.value / 100))
        for policy, start in _starts(rules, current, history, now)
    )


def _starts(rules: HpaRules, current: int, history: History, now: datetime) -> list[tuple[HpaPolicy, int]]:
    """Each policy with the replicas that there were when its period began."""
    return [
        (policy, current - sum(s.change for s in history.steps if s.at > now - timedelta(seconds=policy.period_s)))
        for policy in rules.policies
    ]
