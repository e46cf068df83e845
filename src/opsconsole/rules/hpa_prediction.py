"""What the HPA controller will do: every metric's proposal, the largest of them, and what holds it.

Source: kubernetes/kubernetes 1.36, pkg/controller/podautoscaler/horizontal.go (computeReplicasForMetrics,
reconcileAutoscaler): metrics, then windows, then policies, then bounds; a target with 0 replicas is paused.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from ..model.kubernetes import Hpa, HpaMetric, HpaPast, Pod, Usage
from .hpa_calculator import Load, Proposal, overall, per_pod, tolerances
from .hpa_limits import Held, History, Mark, Step, held, released
from .hpa_pods import load, ready_count


class Around(msgspec.Struct, frozen=True, gc=False):
    """What is known beside the HPA itself; without it every replica is taken to be ready and measured."""

    now: datetime
    pods: Sequence[Pod] | None = None
    """Those that its target's selector names."""
    usage: Mapping[str, Usage] | None = None
    """By `namespace/name`."""
    past: HpaPast | None = None


class Prediction(msgspec.Struct, frozen=True, gc=False):
    """One look at an HPA."""

    proposals: tuple[Proposal, ...]
    """Of the metrics that can be read, in the order of the spec."""
    unread: tuple[HpaMetric, ...]
    deciding: Proposal | None
    """The first of the largest; its `replicas` is what is asked for, the current number where that is blocked."""
    blocked: bool = False
    """The metrics that can be read say "down", and one that cannot be read forbids it."""
    paused: bool = False
    """The target has no replicas, and a minimum above 0: somebody stopped it by hand."""
    held: Held | None = None
    """None where nothing can be predicted."""
    release: tuple[datetime, int] | None = None
    """When what holds it ends, and the replicas then."""

    @property
    def wanted(self) -> int | None:
        return self.deciding.replicas if self.deciding is not None else None


def predict(
    hpa: Hpa, around: Around, values: Mapping[HpaMetric, float] | None = None, *, measured: bool = False
) -> Prediction:
    """From the values that its status reports, or from others (`values`), or (`measured`) from its pods' usage."""
    if not hpa.current and hpa.minimum:
        return Prediction((), (), None, paused=True)
    if not measured:
        around = _as_it_looked(hpa, around)
    outcomes = [(metric, _propose(hpa, metric, around, values or {}, measured)) for metric in hpa.metrics]
    proposals = tuple(found for _, found in outcomes if found is not None)
    unread = tuple(metric for metric, found in outcomes if found is None)
    if not proposals:
        return Prediction(proposals, unread, None)
    most = max(proposals, key=lambda found: found.replicas)
    blocked = bool(unread) and most.replicas < hpa.current
    if blocked:
        most = msgspec.structs.replace(most, replicas=hpa.current)
        return Prediction(proposals, unread, most, blocked=True, held=held(hpa, hpa.current, around.now))
    history = history_of(around.past)
    now = held(hpa, most.replicas, around.now, history)
    release = released(hpa, most.replicas, around.now, history) if now.replicas == hpa.current else None
    return Prediction(proposals, unread, most, held=now, release=release)


def _as_it_looked(hpa: Hpa, around: Around) -> Around:
    """A status that tells of a step was written before it: the pods and the step that came of it are left out."""
    if hpa.desired in (0, hpa.current) or hpa.last_scale is None:
        return around
    past = around.past
    if past is not None:
        earlier = tuple(one for one in past.scalings if one.at < hpa.last_scale)
        past = msgspec.structs.replace(past, scalings=earlier)
    return msgspec.structs.replace(around, pods=None, past=past)


def history_of(past: HpaPast | None) -> History:
    if past is None:
        return History()
    steps = (Step(one.at, one.after - one.before) for one in past.scalings if one.before is not None)
    return History(tuple(Mark(at, asked) for at, asked in past.asked), tuple(steps), past.watched_since)


def propose(hpa: Hpa, metric: HpaMetric, around: Around, value: float | None) -> Proposal | None:
    """What one metric asks for at a value, in the unit of its target."""
    if value is None:
        return None
    tolerance = tolerances(hpa)
    if metric.type in ("Object", "External"):
        ready = hpa.current if around.pods is None else ready_count(around.pods)
        total = value * hpa.current if metric.target_type == "AverageValue" else value
        return overall(metric, total, hpa.current, ready, tolerance)
    counted = _load(metric, around)
    if counted is None or not counted.ready:
        # its pods are not seen, or not yet: the controller has reported a value, so it has seen some
        counted = Load(ready=hpa.current, used=0.0, requested=float(hpa.current))
    return per_pod(metric, counted, hpa.current, tolerance, value)


def _propose(
    hpa: Hpa, metric: HpaMetric, around: Around, values: Mapping[HpaMetric, float], measured: bool
) -> Proposal | None:
    if measured and metric.type == "Resource":
        counted = _load(metric, around)
        return per_pod(metric, counted, hpa.current, tolerances(hpa)) if counted is not None else None
    return propose(hpa, metric, around, values.get(metric, metric.current))


def _load(metric: HpaMetric, around: Around) -> Load | None:
    if around.pods is None:
        return None
    # custom metrics and those of single containers are not read here: whoever runs is taken to have them
    usage = around.usage if metric.type == "Resource" else None
    return load(metric, around.pods, usage, around.now)
