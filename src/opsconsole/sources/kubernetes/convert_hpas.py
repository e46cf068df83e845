"""HorizontalPodAutoscalers from the wire into rows: metrics by identity, behavior with its defaults, KEDA's marks."""

from ...model.kubernetes import Hpa, HpaBehavior, HpaMetric, HpaPolicy, HpaRules
from .convert_pods import condition
from .quantity import quantity
from .share import Shared
from .wire import (
    BehaviorWire,
    HpaSpec,
    HpaStatus,
    HpaWire,
    MetricSource,
    MetricTarget,
    MetricWire,
    NotedMeta,
    ScalingRules,
)

DOWN_WINDOW_S = 300
"""The controller's --horizontal-pod-autoscaler-downscale-stabilization."""
UP_POLICIES = (HpaPolicy("Pods", 4, 15), HpaPolicy("Percent", 100, 15))
DOWN_POLICIES = (HpaPolicy("Percent", 100, 15),)
SCALED_OBJECT = "ScaledObject"
_KEDA_LABEL = "scaledobject.keda.sh/name"
_KEDA_PREFIX = "keda-hpa-"
_PAUSED = {
    "autoscaling.keda.sh/paused": "paused",
    "autoscaling.keda.sh/paused-scale-in": "scale-in paused",
    "autoscaling.keda.sh/paused-scale-out": "scale-out paused",
}
_PAUSED_AT = "autoscaling.keda.sh/paused-replicas"

Identity = tuple[str, str, str, str, tuple[tuple[str, str], ...]]
"""Type, name, container, described object, selector."""


def hpa(wire: HpaWire, share: Shared) -> Hpa:
    meta, spec, status = wire.metadata or NotedMeta(), wire.spec or HpaSpec(), wire.status or HpaStatus()
    target = spec.scale_target_ref
    current = {_identity(item, share): item for item in status.current_metrics or ()}
    return Hpa(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        target_kind=(target and target.kind) or "",
        target_name=(target and target.name) or "",
        minimum=1 if spec.min_replicas is None else spec.min_replicas,
        maximum=spec.max_replicas or 0,
        current=status.current_replicas or 0,
        desired=status.desired_replicas or 0,
        metrics=tuple(_metric(item, current.get(_identity(item, share)), share) for item in spec.metrics or ()),
        conditions=tuple(condition(item, share) for item in status.conditions or ()),
        last_scale=status.last_scale_time,
        created=meta.creation_timestamp,
        behavior=_behavior(spec.behavior) if spec.behavior is not None else None,
        keda=_keda(meta),
        keda_paused=_keda_paused(meta),
        labels=share.labels(meta.labels),
    )


def _keda(meta: NotedMeta) -> str:
    """The ScaledObject by ownerReference, else by KEDA's label, else by the name that KEDA gives its HPAs."""
    owner = next((one.name for one in meta.owner_references or () if one.kind == SCALED_OBJECT and one.name), "")
    label = (meta.labels or {}).get(_KEDA_LABEL) or ""
    name = meta.name or ""
    return owner or label or (name.removeprefix(_KEDA_PREFIX) if name.startswith(_KEDA_PREFIX) else "")


def _keda_paused(meta: NotedMeta) -> str:
    """KEDA copies the annotations of its ScaledObject to the HPA."""
    annotations = meta.annotations or {}
    if annotations.get(_PAUSED_AT):
        return f"paused at {annotations[_PAUSED_AT]}"
    return ", ".join(word for key, word in _PAUSED.items() if (annotations.get(key) or "false") != "false")


def _behavior(wire: BehaviorWire) -> HpaBehavior:
    return HpaBehavior(_rules(wire.scale_up, UP_POLICIES, 0), _rules(wire.scale_down, DOWN_POLICIES, DOWN_WINDOW_S))


def _day(seconds: int) -> int:
    """At most a day: the API allows an hour, and no clock can be moved by more than it can count."""
    return max(0, min(seconds, 86_400))


def _rules(wire: ScalingRules | None, policies: tuple[HpaPolicy, ...], window_s: int) -> HpaRules:
    """What the API server fills in, filled in here as well: an old one does not."""
    wire = wire or ScalingRules()
    given = tuple(
        HpaPolicy(one.type or "Pods", one.value or 0, _day(one.period_seconds or 0)) for one in wire.policies or ()
    )
    return HpaRules(
        policies=given or policies,
        select=wire.select_policy or "Max",
        window_s=window_s if wire.stabilization_window_seconds is None else _day(wire.stabilization_window_seconds),
        tolerance=quantity(wire.tolerance),
    )


def _source(wire: MetricWire) -> MetricSource:
    return wire.resource or wire.container_resource or wire.pods or wire.object or wire.external or MetricSource()


def _identity(wire: MetricWire, share: Shared) -> Identity:
    source = _source(wire)
    named = source.metric
    about = source.described_object
    return (
        wire.type or "",
        source.name or (named and named.name) or "",
        source.container or "",
        f"{(about.kind or '').lower()}/{about.name or ''}" if about is not None else "",
        share.labels(named.selector.match_labels if named and named.selector else None),
    )


def _metric(spec: MetricWire, status: MetricWire | None, share: Shared) -> HpaMetric:
    kind, name, container, about, selector = _identity(spec, share)
    target = _source(spec).target or MetricTarget()
    current = _source(status).current if status else None
    target_type = target.type or ("Utilization" if target.average_utilization is not None else "AverageValue")
    return HpaMetric(
        type=kind,
        name=f"{container}/{name}" if container else name,
        target_type=target_type,
        target=_figure(target, target_type) or 0.0,
        current=_figure(current, target_type) if current else None,
        container=container,
        selector=selector,
        about=about,
    )


def _figure(value: MetricTarget, target_type: str) -> float | None:
    if target_type == "Utilization":
        return None if value.average_utilization is None else float(value.average_utilization)
    return quantity(value.average_value if target_type == "AverageValue" else value.value)
