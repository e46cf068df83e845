"""HorizontalPodAutoscalers of autoscaling/v1, of clusters that have no newer version, into the same rows.

Its one metric is CPU; what it cannot say stands in annotations:
https://kubernetes.io/docs/reference/kubernetes-api/autoscaling/horizontal-pod-autoscaler-v1/
"""

from typing import Any

import msgspec

from ...model.kubernetes import Hpa
from .convert_hpas import hpa
from .share import Shared
from .wire import (
    BehaviorWire,
    ConditionWire,
    CrossReference,
    HpaSpec,
    HpaStatus,
    HpaWire,
    MetricSource,
    MetricTarget,
    MetricWire,
    NotedMeta,
    Wire,
)

_PREFIX = "autoscaling.alpha.kubernetes.io"


class HpaSpecV1(Wire):
    scale_target_ref: CrossReference | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None
    target_cpu: int | None = msgspec.field(default=None, name="targetCPUUtilizationPercentage")


class HpaStatusV1(HpaStatus):
    current_cpu: int | None = msgspec.field(default=None, name="currentCPUUtilizationPercentage")


class HpaWireV1(Wire):
    metadata: NotedMeta | None = None
    spec: HpaSpecV1 | None = None
    status: HpaStatusV1 | None = None


def hpa_v1(wire: HpaWireV1, share: Shared) -> Hpa:
    """As if it had come in autoscaling/v2. ValueError where an annotation cannot be read."""
    spec, status = wire.spec or HpaSpecV1(), wire.status or HpaStatusV1()
    annotations = (wire.metadata and wire.metadata.annotations) or {}
    conditions = annotations.get(f"{_PREFIX}/conditions")
    behavior = annotations.get(f"{_PREFIX}/behavior")
    newer = HpaWire(
        metadata=wire.metadata,
        spec=HpaSpec(
            scale_target_ref=spec.scale_target_ref,
            min_replicas=spec.min_replicas,
            max_replicas=spec.max_replicas,
            metrics=[_cpu(target=spec.target_cpu)] if spec.target_cpu is not None else [],
            behavior=msgspec.convert(_camel(msgspec.json.decode(behavior)), BehaviorWire) if behavior else None,
        ),
        status=HpaStatus(
            current_replicas=status.current_replicas,
            desired_replicas=status.desired_replicas,
            last_scale_time=status.last_scale_time,
            current_metrics=[_cpu(current=status.current_cpu)] if status.current_cpu is not None else [],
            conditions=msgspec.json.decode(conditions, type=list[ConditionWire]) if conditions else None,
        ),
    )
    return hpa(newer, share)


def _camel(value: Any) -> Any:
    """Names as the API writes them: those of the behavior's annotation begin with a capital."""
    if isinstance(value, dict):
        return {f"{key[:1].lower()}{key[1:]}": _camel(each) for key, each in value.items()}
    return [_camel(each) for each in value] if isinstance(value, list) else value


def _cpu(*, target: int | None = None, current: int | None = None) -> MetricWire:
    return MetricWire(
        type="Resource",
        resource=MetricSource(
            name="cpu",
            target=MetricTarget(type="Utilization", average_utilization=target),
            current=MetricTarget(average_utilization=current),
        ),
    )
