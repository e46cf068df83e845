"""What an HPA wants, why, and what holds it: the controller's own arithmetic, and its words.

Source: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details and
kubernetes/kubernetes, pkg/controller/podautoscaler/replica_calculator.go.
"""

import math
from collections.abc import Sequence

import msgspec

from ..model.kubernetes import Condition, Hpa, HpaMetric
from ..text import units

TOLERANCE = 0.1
"""Ratios within 1 ± this change nothing (the controller's default)."""


class Want(msgspec.Struct, frozen=True, gc=False):
    """What one metric, or the HPA as a whole, asks for before minimum and maximum."""

    replicas: int
    metric: HpaMetric
    ratio: float
    """Current value over target."""


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One pod as the resource calculator sees it; usage None where metrics are missing."""

    usage: float | None
    request: float
    ready: bool = True


def wants(hpa: Hpa, tolerance: float = TOLERANCE) -> Want | None:
    """The largest number of replicas that any metric asks for, with that metric; None when no metric can be read.

    ceil(current × value / target); within the tolerance the current number stays. Where a metric is missing and the
    others say "down", the controller does not scale: the current number stays.
    """
    asked = [want for want in (metric_wants(metric, hpa.current, tolerance) for metric in hpa.metrics) if want]
    if not asked:
        return None
    most = max(asked, key=lambda want: (want.replicas, want.ratio))
    if len(asked) < len(hpa.metrics) and most.replicas < hpa.current:
        return msgspec.structs.replace(most, replicas=hpa.current)
    return most


def metric_wants(metric: HpaMetric, replicas: int, tolerance: float = TOLERANCE) -> Want | None:
    """What one metric asks for of so many replicas; None when its value or its target is unknown."""
    if metric.current is None or metric.target <= 0:
        return None
    ratio = metric.current / metric.target
    if abs(1 - ratio) <= tolerance + 1e-9:
        return Want(replicas, metric, ratio)
    # a hair off a whole number is rounding, not a pod more
    return Want(math.ceil(round(ratio * replicas, 9)), metric, ratio)


def utilization(samples: Sequence[Sample]) -> int | None:
    """Percent of requests in whole numbers, over the pods that have metrics; None without any."""
    measured = [sample for sample in samples if sample.usage is not None]
    requested = sum(sample.request for sample in measured)
    if not measured or requested <= 0:
        return None
    return math.floor(100 * sum(sample.usage or 0.0 for sample in measured) / requested + 1e-9)


def replicas_for(
    samples: Sequence[Sample], target: int, current: int | None = None, tolerance: float = TOLERANCE
) -> int | None:
    """What the controller would ask for, given each pod's usage and a target utilization in percent.

    Pods that are not ready, and those without metrics, count as the controller counts them: on the way up as idle, on
    the way down those without metrics as fully busy. None without any usable metric. `current` defaults to all pods.
    """
    now = len(samples) if current is None else current
    counted = [sample for sample in samples if sample.ready and sample.usage is not None]
    unready = [sample for sample in samples if not sample.ready]
    missing = [sample for sample in samples if sample.ready and sample.usage is None]
    percent = utilization(counted)
    if percent is None:
        return None
    ratio = percent / target
    up = ratio > 1.0
    if not (unready and up) and not missing:
        return now if _within(ratio, tolerance) else math.ceil(ratio * len(counted))
    if missing and ratio != 1.0:
        busy = 0.0 if up else max(100, target) / 100
        counted += [Sample(sample.request * busy, sample.request) for sample in missing]
    if unready and up:
        counted += [Sample(0.0, sample.request) for sample in unready]
    again = (utilization(counted) or 0) / target
    if _within(again, tolerance) or (again > 1.0) != up:
        return now
    new = math.ceil(again * len(counted))
    return now if (new > now) != (again > 1.0) and new != now else new


def cell(hpa: Hpa) -> str:
    """`3<=20->31<=20 cpu`: minimum, now, wanted, maximum, and the metric that decides."""
    want = wants(hpa)
    if want is None:
        return f"{hpa.minimum}<={hpa.current}->?<={hpa.maximum}"
    return f"{hpa.minimum}<={hpa.current}->{want.replicas}<={hpa.maximum} {short_name(want.metric)}"


def at_maximum(hpa: Hpa) -> bool:
    """Whether it stands at its maximum and asks for more."""
    want = wants(hpa)
    limited = _condition(hpa, "ScalingLimited")
    more = want is not None and want.replicas > hpa.maximum
    said = limited is not None and limited.status == "True" and limited.reason == "TooManyReplicas"
    return hpa.maximum > 0 and hpa.current >= hpa.maximum and (more or said)


def words(hpa: Hpa) -> str:
    """Its state in a few words; "" where it does what it should."""
    want = wants(hpa)
    if at_maximum(hpa):
        limited = _condition(hpa, "ScalingLimited")
        since = limited.since if limited and limited.reason == "TooManyReplicas" else None
        when = f" since {units.clock(since)}" if since else ""
        return (
            f"HPA at max{when}, wants {want.replicas}" if want and want.replicas > hpa.maximum else f"HPA at max{when}"
        )
    active = _condition(hpa, "ScalingActive")
    if active is not None and active.status == "False":
        return "HPA paused (0 replicas)" if active.reason == "ScalingDisabled" else f"HPA blind: {active.reason}"
    able = _condition(hpa, "AbleToScale")
    if able is not None and able.status == "False":
        return f"HPA cannot scale: {able.reason}"
    if any(metric.current is None for metric in hpa.metrics):
        missing = next(metric for metric in hpa.metrics if metric.current is None)
        return f"HPA lacks {short_name(missing)}, will not scale down"
    return ""


def why(hpa: Hpa) -> str:
    """`cpu 91/65 % of request x 20 pods = wants 28, held to 20 by maxReplicas`."""
    want = wants(hpa)
    if want is None:
        return words(hpa) or "no metric of the HPA can be read"
    metric = want.metric
    figures = f"{short_name(metric)} {_figure(metric.current, metric)}/{_figure(metric.target, metric)}{_unit(metric)}"
    if want.replicas == hpa.current and want.ratio != 1.0 and abs(1 - want.ratio) <= TOLERANCE + 1e-9:
        sentence = f"{figures} x {hpa.current} pods = within {TOLERANCE * 100:.0f} % of the target, stays {hpa.current}"
    else:
        sentence = f"{figures} x {hpa.current} pods = wants {want.replicas}"
    held = holds(hpa, want)
    return f"{sentence}, {held}" if held else sentence


def holds(hpa: Hpa, want: Want) -> str:
    """What keeps it from what it wants; "" where nothing does."""
    able = _condition(hpa, "AbleToScale")
    if want.replicas > hpa.maximum:
        return f"held to {hpa.maximum} by maxReplicas"
    if want.replicas < hpa.minimum:
        return f"held to {hpa.minimum} by minReplicas"
    if able is not None and able.reason == "ScaleDownStabilized" and want.replicas < hpa.current:
        return "held by the stabilization window of scaling down"
    if able is not None and able.reason == "ScaleUpStabilized" and want.replicas > hpa.current:
        return "held by the stabilization window of scaling up"
    limited = _condition(hpa, "ScalingLimited")
    if limited is not None and limited.status == "True" and limited.reason in ("ScaleUpLimit", "ScaleDownLimit"):
        return "slowed by its scaling policy"
    return ""


def short_name(metric: HpaMetric) -> str:
    """`cpu`, `memory`, or the metric's own name."""
    return metric.name.rsplit("/", 1)[-1]


def _condition(hpa: Hpa, kind: str) -> Condition | None:
    return next((condition for condition in hpa.conditions if condition.type == kind), None)


def _within(ratio: float, tolerance: float) -> bool:
    return abs(1 - ratio) <= tolerance + 1e-9


def _figure(value: float | None, metric: HpaMetric) -> str:
    if value is None:
        return units.UNKNOWN
    if metric.target_type == "Utilization":
        return f"{value:.0f}"
    if short_name(metric) == "memory":
        return units.size(value)
    return units.cores(value) if short_name(metric) == "cpu" else units.number(value)


def _unit(metric: HpaMetric) -> str:
    if metric.target_type == "Utilization":
        return " % of request"
    return " per pod" if metric.target_type == "AverageValue" else ""
