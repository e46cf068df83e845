"""How many replicas one metric asks for: the HPA controller's replica calculator, for every kind of metric.

Source: kubernetes/kubernetes 1.36, pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go.
"""

import math
from collections.abc import Iterable

import msgspec

from ..model.kubernetes import Hpa, HpaMetric

TOLERANCE = 0.1
"""The controller's --horizontal-pod-autoscaler-tolerance."""
MOST = 2**31 - 1
"""Replicas are 32-bit numbers."""
_HAIR = 1e-9
"""Floats that stand for whole milli-units are this close to them."""


class Tolerances(msgspec.Struct, frozen=True, gc=False):
    """How far the ratio may be below and above 1 before anything changes."""

    down: float = TOLERANCE
    up: float = TOLERANCE

    def within(self, ratio: float) -> bool:
        return 1.0 - self.down <= ratio <= 1.0 + self.up


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One pod as the calculator sees it. Failed pods and those being deleted are none."""

    usage: float | None
    """Cores, bytes or whatever the metric counts; None where metrics are missing."""
    request: float | None = 0.0
    """None: it has none, and a utilization cannot be had."""
    ready: bool = True
    """False while pending, and for CPU while it starts."""


class Load(msgspec.Struct, frozen=True, gc=False):
    """The pods of a workload in the controller's three groups."""

    ready: int
    used: float
    requested: float
    missing: tuple[float, ...] = ()
    """Requests of pods without metrics."""
    unready: tuple[float, ...] = ()
    """Requests of pods that do not count yet."""
    unrequested: bool = False
    """Some pod requests none of it."""


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """What one metric asks for, before windows, policies and bounds."""

    replicas: int
    metric: HpaMetric
    ratio: float
    """Current value over target, over the pods that count."""
    value: float
    """In the unit of the target, as the controller reports it."""
    within: bool = False
    """Kept because the ratio is within the tolerance."""
    uncounted: int = 0
    """Pods that start or have no metrics and were reckoned in: they damp what it asks for."""


def tolerances(hpa: Hpa) -> Tolerances:
    behavior = hpa.behavior
    if behavior is None:
        return Tolerances()
    down, up = behavior.down.tolerance, behavior.up.tolerance
    return Tolerances(TOLERANCE if down is None else down, TOLERANCE if up is None else up)


def grouped(samples: Iterable[Sample]) -> Load:
    """Pods in groups: an unready pod's usage does not count, whether it has one or not."""
    every = tuple(samples)
    counted = [one for one in every if one.ready and one.usage is not None]
    return Load(
        ready=len(counted),
        used=sum(one.usage or 0.0 for one in counted),
        requested=sum(one.request or 0.0 for one in counted),
        missing=tuple(one.request or 0.0 for one in every if one.ready and one.usage is None),
        unready=tuple(one.request or 0.0 for one in every if not one.ready),
        unrequested=any(not one.request for one in every),
    )


def utilization(used: float, requested: float) -> int | None:
    """Percent of the requests in whole numbers, rounded down; None where nothing is requested."""
    return math.floor(100 * used / requested + _HAIR) if requested > 0 else None


def per_pod(
    metric: HpaMetric, load: Load, current: int, tolerance: Tolerances, value: float | None = None
) -> Proposal | None:
    """Resource, ContainerResource and Pods metrics. None where the controller would report an error.

    With a `value` (percent of request, or an average) the ready pods are taken to use that, whatever they use.
    """
    by_percent = metric.target_type == "Utilization"
    if metric.target <= 0 or not load.ready or (by_percent and load.unrequested):
        return None
    used = load.used
    if value is not None:
        used = value / 100 * load.requested if by_percent else value * load.ready

    def measure(total: float, requested: float, pods: int) -> float | None:
        return utilization(total, requested) if by_percent else math.floor(total / pods * 1000 + 1e-6) / 1000

    first = measure(used, load.requested, load.ready)
    if first is None:
        return None
    ratio = _ratio(first, metric.target)
    up = ratio > 1.0
    idle = load.unready if up else ()
    if not idle and not load.missing:
        stays = tolerance.within(ratio)
        return Proposal(current if stays else _ceil(ratio * load.ready), metric, ratio, first, stays)
    fill = _filling(metric, load, ratio)
    pods = load.ready + len(idle) + (len(load.missing) if ratio != 1.0 else 0)
    requested = load.requested + sum(idle) + (sum(load.missing) if ratio != 1.0 else 0.0)
    again = _ratio(measure(used + fill, requested, pods) or 0.0, metric.target)
    damped = len(idle) + len(load.missing)
    within = tolerance.within(ratio)
    if tolerance.within(again) or (again > 1.0 and ratio < 1.0) or (again < 1.0 and up):
        return Proposal(current, metric, ratio, first, within, damped)
    new = _ceil(again * pods)
    turned = (again < 1.0 and new > current) or (again > 1.0 and new < current)
    return Proposal(current if turned else new, metric, ratio, first, within, damped)


def _filling(metric: HpaMetric, load: Load, ratio: float) -> float:
    """What pods without metrics are taken to use: nothing on the way up, their whole share on the way down."""
    if ratio >= 1.0:
        return 0.0
    if metric.target_type == "Utilization":
        return sum(load.missing) * max(100.0, metric.target) / 100
    return metric.target * len(load.missing)


def overall(
    metric: HpaMetric, total: float, current: int, ready: int, tolerance: Tolerances, pods: int | None = None
) -> Proposal | None:
    """Object and External metrics. `total` is the metric itself, `pods` the replicas that exist (default: current)."""
    if metric.target <= 0:
        return None
    if metric.target_type == "AverageValue":
        existing = current if pods is None else pods
        if not existing:
            return None
        ratio = _ratio(total, metric.target * existing)
        stays = tolerance.within(ratio)
        value = math.ceil(total / existing * 1000 - 1e-6) / 1000
        return Proposal(existing if stays else _ceil(_ratio(total, metric.target)), metric, ratio, value, stays)
    ratio = _ratio(total, metric.target)
    if not current:
        return Proposal(_ceil(ratio), metric, ratio, total)
    stays = tolerance.within(ratio)
    return Proposal(current if stays else _ceil(ratio * ready), metric, ratio, total, stays)


def _ratio(value: float, target: float) -> float:
    """In whole thousandths, as the controller divides: what only comes near a whole number would ask for a pod more."""
    return round(value * 1000) / max(1, round(target * 1000))


def _ceil(replicas: float) -> int:
    return min(math.ceil(replicas), MOST)
