"""Nodes, events, ConfigMaps' changes and usage from the wire into rows."""

from ...model.kubernetes import ConfigChange, Event, Node, Usage
from ...model.placement import Amounts
from .convert_pods import condition
from .convert_workloads import newest_manager
from .quantity import go_duration, quantity
from .share import Shared
from .wire import (
    EventSeries,
    EventSource,
    EventWire,
    Meta,
    NodeInfo,
    NodeMetricsWire,
    NodeSpec,
    NodeStatus,
    NodeWire,
    NotedMeta,
    ObjectReference,
    PartialWire,
    PodMetricsWire,
    Quantities,
)

_COUNTED = ("cpu", "memory", "pods")
_CORDONED = "node.kubernetes.io/unschedulable"
_ROLE = "node-role.kubernetes.io/"


def node(wire: NodeWire, share: Shared) -> Node:
    meta, spec, status = wire.metadata or Meta(), wire.spec or NodeSpec(), wire.status or NodeStatus()
    labels = {key: value or "" for key, value in (meta.labels or {}).items()}
    allocatable, info = status.allocatable or {}, status.node_info or NodeInfo()
    conditions = tuple(condition(item, share) for item in status.conditions or ())
    ready = next((item.status for item in conditions if item.type == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready == "True" else "NotReady"
    return Node(
        uid=meta.uid or "",
        name=share.text(meta.name),
        status=f"{word},SchedulingDisabled" if spec.unschedulable else word,
        roles=_roles(labels),
        version=share.text(info.kubelet_version),
        created=meta.creation_timestamp,
        cpu=quantity(allocatable.get("cpu")) or 0.0,
        memory=quantity(allocatable.get("memory")) or 0.0,
        pods=int(quantity(allocatable.get("pods")) or 0),
        zone=labels.get("topology.kubernetes.io/zone", ""),
        instance_type=labels.get("node.kubernetes.io/instance-type", ""),
        internal_ip=next((item.address or "" for item in status.addresses or () if item.type == "InternalIP"), ""),
        external_ip=next((item.address or "" for item in status.addresses or () if item.type == "ExternalIP"), ""),
        os_image=share.text(info.os_image),
        kernel=share.text(info.kernel_version),
        runtime=share.text(info.container_runtime_version),
        architecture=share.text(info.architecture),
        unschedulable=bool(spec.unschedulable),
        cordoned=next((item.time_added for item in spec.taints or () if item.key == _CORDONED), None),
        taints=tuple(
            f"{item.key or ''}{f'={item.value}' if item.value else ''}:{item.effect or ''}"
            for item in spec.taints or ()
        ),
        conditions=conditions,
        labels=share.labels(meta.labels),
        others=share(_others(allocatable)),
    )


def _others(allocatable: Quantities) -> Amounts:
    """What it has beyond CPU, memory and places for pods."""
    known = ((name, quantity(amount)) for name, amount in sorted(allocatable.items()) if name not in _COUNTED)
    return tuple((name, amount) for name, amount in known if amount is not None)


def _roles(labels: dict[str, str]) -> str:
    """As findNodeRoles in kubernetes/kubernetes, pkg/printers/internalversion/printers.go has them."""
    roles = {key.removeprefix(_ROLE) for key in labels if key.startswith(_ROLE)} | {
        labels.get("kubernetes.io/role", "")
    }
    return ",".join(sorted(roles - {""})) or "<none>"


def event(wire: EventWire, share: Shared) -> Event:
    meta, about = wire.metadata or Meta(), wire.involved_object or ObjectReference()
    series = wire.series or EventSeries()
    first = wire.first_timestamp or wire.event_time or meta.creation_timestamp
    return Event(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        type=share.text(wire.type),
        reason=share.text(wire.reason),
        message=share.text((wire.message or "").strip()),
        kind=share.text(about.kind),
        name=share.text(about.name),
        object_uid=share.text(about.uid),
        count=series.count or wire.count or 1,
        first=first,
        last=series.last_observed_time or wire.last_timestamp or wire.event_time or first,
        part=about.field_path or "",
        component=share.text((wire.source or EventSource()).component or wire.reporting_component),
    )


def secret_change(wire: PartialWire, share: Shared) -> ConfigChange:
    return config_change(wire, share, "Secret")


def config_change(wire: PartialWire, share: Shared, kind: str = "ConfigMap") -> ConfigChange:
    meta = wire.metadata or NotedMeta()
    changed, manager = newest_manager(meta)
    return ConfigChange(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        kind=kind,
        name=meta.name or "",
        changed=changed or meta.creation_timestamp,
        manager=(meta.annotations or {}).get("deployed-by") or share.text(manager),
        created=meta.creation_timestamp,
    )


def pod_usage(wire: PodMetricsWire) -> tuple[str, Usage] | None:
    """(`namespace/name`, the sum of its containers); None where a figure is missing."""
    meta, cpu, memory = wire.metadata or Meta(), 0.0, 0.0
    if not wire.containers:
        return None
    for container in wire.containers:
        used = container.usage or {}
        part_cpu, part_memory = quantity(used.get("cpu")), quantity(used.get("memory"))
        if part_cpu is None or part_memory is None:
            return None
        cpu, memory = cpu + part_cpu, memory + part_memory
    return f"{meta.namespace}/{meta.name}", Usage(cpu, memory, go_duration(wire.window))


def node_usage(wire: NodeMetricsWire) -> tuple[str, Usage] | None:
    """(name, usage); None where a figure is missing."""
    used = wire.usage or {}
    cpu, memory = quantity(used.get("cpu")), quantity(used.get("memory"))
    if cpu is None or memory is None:
        return None
    return (wire.metadata or Meta()).name or "", Usage(cpu, memory, go_duration(wire.window))
