"""Budgets, services, endpoints, namespaces, quotas and claims from the wire into rows; columns as kubectl has them."""

import msgspec

from ...model.kubernetes import Budget, Claim, Endpoint, EndpointSlice, Namespace, Quota, QuotaLine, Service
from .convert_pods import condition
from .quantity import quantity
from .share import Shared
from .wire import Meta
from .wire_kinds import (
    BudgetSpec,
    BudgetStatus,
    BudgetWire,
    ClaimSpec,
    ClaimStatus,
    ClaimWire,
    EndpointConditions,
    EndpointSliceWire,
    EndpointWire,
    FullSelector,
    NamespaceStatus,
    NamespaceWire,
    NotedClaimMeta,
    QuotaSpec,
    QuotaStatus,
    QuotaWire,
    ServicePort,
    ServiceSpec,
    ServiceStatus,
    ServiceWire,
)

_SERVICE = "kubernetes.io/service-name"
_ZONE = "topology.kubernetes.io/zone"
_HOST = "kubernetes.io/hostname"
_CLASS = "volume.beta.kubernetes.io/storage-class"
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
"""In kubectl's order: pkg/apis/core/v1/helper/helpers.go, GetAccessModesAsString."""


def budget(wire: BudgetWire, share: Shared) -> Budget:
    """An empty selector means every pod; a missing one none."""
    meta, spec, status = wire.metadata or Meta(), wire.spec or BudgetSpec(), wire.status or BudgetStatus()
    selector = spec.selector or FullSelector()
    computed = status.observed_generation is None or status.observed_generation >= (meta.generation or 0)
    return Budget(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        minimum="" if spec.min_available is None else str(spec.min_available),
        most_unavailable="" if spec.max_unavailable is None else str(spec.max_unavailable),
        healthy=status.current_healthy or 0,
        wanted=status.desired_healthy or 0,
        expected=status.expected_pods or 0,
        # the controller writes 0 without omitting it: what is not there has not been computed
        allowed=status.disruptions_allowed if computed else None,
        selector=share.labels(selector.match_labels),
        expressions=tuple(
            (item.key or "", item.operator or "", tuple(value or "" for value in item.values or ()))
            for item in selector.match_expressions or ()
        ),
        selects_all=spec.selector is not None and not (selector.match_labels or selector.match_expressions),
        conditions=tuple(condition(item, share) for item in status.conditions or ()),
        created=meta.creation_timestamp,
        labels=share.labels(meta.labels),
    )


def budget_v1beta1(wire: BudgetWire, share: Shared) -> Budget:
    """There an empty selector selects nothing."""
    return msgspec.structs.replace(budget(wire, share), selects_all=False)


def service(wire: ServiceWire, share: Shared) -> Service:
    meta, spec = wire.metadata or Meta(), wire.spec or ServiceSpec()
    return Service(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        type=share.text(spec.type) or "ClusterIP",
        cluster_ip=spec.cluster_ip or "",
        external=_external(spec, wire.status or ServiceStatus()),
        ports=tuple(_port(item) for item in spec.ports or ()),
        selector=share.labels(spec.selector),
        takes_unready=bool(spec.publish_not_ready_addresses),
        created=meta.creation_timestamp,
        labels=share.labels(meta.labels),
    )


def _external(spec: ServiceSpec, status: ServiceStatus) -> tuple[str, ...]:
    """Where it is reached from outside: pkg/printers/internalversion/printers.go, getServiceExternalIP."""
    own = [address for address in spec.external_ips or () if address]
    if spec.type == "ExternalName":
        return (spec.external_name or "",)
    if spec.type == "LoadBalancer":
        given = (status.load_balancer and status.load_balancer.ingress) or ()
        return (*(item.ip or item.hostname or "" for item in given if item.ip or item.hostname), *own)
    return tuple(own)


def _port(wire: ServicePort) -> str:
    node = f":{wire.node_port}" if wire.node_port else ""
    return f"{wire.port or 0}{node}/{wire.protocol or 'TCP'}"


def endpoint_slice(wire: EndpointSliceWire, share: Shared) -> EndpointSlice:
    meta = wire.metadata or Meta()
    owner = next((item.name for item in meta.owner_references or () if item.kind == "Service"), None)
    return EndpointSlice(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        service=(meta.labels or {}).get(_SERVICE) or owner or "",
        endpoints=tuple(_endpoint(item, share) for item in wire.endpoints or ()),
        ports=tuple("*" if item.port is None else str(item.port) for item in wire.ports or ()),
        created=meta.creation_timestamp,
    )


def _endpoint(wire: EndpointWire, share: Shared) -> Endpoint:
    """Consumers take an unknown readiness for ready, says the API."""
    conditions, topology = wire.conditions or EndpointConditions(), wire.topology or {}
    target = wire.target_ref
    return Endpoint(
        address=next((item for item in wire.addresses or () if item), ""),
        ready=conditions.ready is not False,
        terminating=bool(conditions.terminating),
        pod=(target.name or "") if target is not None and target.kind == "Pod" else "",
        node=share.text(wire.node_name or topology.get(_HOST)),
        zone=share.text(wire.zone or topology.get(_ZONE)),
    )


def namespace(wire: NamespaceWire, share: Shared) -> Namespace:
    meta, status = wire.metadata or Meta(), wire.status or NamespaceStatus()
    return Namespace(
        uid=meta.uid or "",
        name=meta.name or "",
        phase=share.text(status.phase),
        conditions=tuple(condition(item, share) for item in status.conditions or ()),
        deleting=meta.deletion_timestamp,
        created=meta.creation_timestamp,
        labels=share.labels(meta.labels),
    )


def quota(wire: QuotaWire, share: Shared) -> Quota:
    """As counted where the controller has counted, else what is to hold."""
    meta, status = wire.metadata or Meta(), wire.status or QuotaStatus()
    hard = status.hard or (wire.spec or QuotaSpec()).hard or {}
    used = status.used or {}
    lines = (
        QuotaLine(share.text(name), limit, quantity(used.get(name)), _text(hard[name]), _text(used.get(name)))
        for name in sorted(hard)
        if (limit := quantity(hard[name])) is not None
    )
    return Quota(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        lines=tuple(lines),
        created=meta.creation_timestamp,
        labels=share.labels(meta.labels),
    )


def claim(wire: ClaimWire, share: Shared) -> Claim:
    """Capacity and modes only once a volume is bound to it, as kubectl has it."""
    meta, spec, status = wire.metadata or NotedClaimMeta(), wire.spec or ClaimSpec(), wire.status or ClaimStatus()
    asked = ((spec.resources and spec.resources.requests) or {}).get("storage")
    modes = {_MODES[item] for item in status.access_modes or () if item in _MODES}
    bound = bool(spec.volume_name)
    return Claim(
        uid=meta.uid or "",
        namespace=share.text(meta.namespace),
        name=meta.name or "",
        phase=share.text(status.phase),
        volume=spec.volume_name or "",
        capacity=_text((status.capacity or {}).get("storage")) if bound else "",
        asked=_text(asked),
        storage_class=share.text((meta.annotations or {}).get(_CLASS) or spec.storage_class_name),
        modes=share(tuple(short for short in _MODES.values() if short in modes)) if bound else (),
        conditions=tuple(condition(item, share) for item in status.conditions or ()),
        deleting=meta.deletion_timestamp,
        created=meta.creation_timestamp,
        labels=share.labels(meta.labels),
    )


def _text(value: str | int | float | None) -> str:
    return "" if value is None else str(value)
