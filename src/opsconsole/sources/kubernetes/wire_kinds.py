"""Budgets, services, endpoints, namespaces, quotas and claims as they come over the wire; every field may be null."""

import msgspec

from .wire import ConditionWire, CrossReference, Meta, Selector, Wire

Amounts = dict[str, str | int | float | None]
"""Resource → quantity."""

# policy


class Expression(Wire):
    key: str | None = None
    operator: str | None = None
    values: list[str | None] | None = None


class FullSelector(Selector):
    match_expressions: list[Expression] | None = None


class BudgetSpec(Wire):
    min_available: int | str | None = None
    max_unavailable: int | str | None = None
    selector: FullSelector | None = None


class BudgetStatus(Wire):
    current_healthy: int | None = None
    desired_healthy: int | None = None
    expected_pods: int | None = None
    disruptions_allowed: int | None = None
    observed_generation: int | None = None
    conditions: list[ConditionWire] | None = None


class BudgetWire(Wire):
    metadata: Meta | None = None
    spec: BudgetSpec | None = None
    status: BudgetStatus | None = None


# services and what stands behind them


class ServicePort(Wire):
    port: int | None = None
    node_port: int | None = None
    protocol: str | None = None


class ServiceSpec(Wire):
    type: str | None = None
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")
    external_ips: list[str | None] | None = msgspec.field(default=None, name="externalIPs")
    external_name: str | None = None
    ports: list[ServicePort] | None = None
    selector: dict[str, str | None] | None = None
    publish_not_ready_addresses: bool | None = None


class Ingress(Wire):
    ip: str | None = None
    hostname: str | None = None


class LoadBalancer(Wire):
    ingress: list[Ingress] | None = None


class ServiceStatus(Wire):
    load_balancer: LoadBalancer | None = None


class ServiceWire(Wire):
    metadata: Meta | None = None
    spec: ServiceSpec | None = None
    status: ServiceStatus | None = None


class EndpointConditions(Wire):
    ready: bool | None = None
    terminating: bool | None = None


class EndpointWire(Wire):
    addresses: list[str | None] | None = None
    conditions: EndpointConditions | None = None
    target_ref: CrossReference | None = None
    node_name: str | None = None
    zone: str | None = None
    topology: dict[str, str | None] | None = None
    """Of v1beta1: where node and zone stood."""


class EndpointPort(Wire):
    port: int | None = None


class EndpointSliceWire(Wire):
    metadata: Meta | None = None
    endpoints: list[EndpointWire] | None = None
    ports: list[EndpointPort] | None = None


# namespaces, quotas, claims


class NamespaceStatus(Wire):
    phase: str | None = None
    conditions: list[ConditionWire] | None = None


class NamespaceWire(Wire):
    metadata: Meta | None = None
    status: NamespaceStatus | None = None


class QuotaSpec(Wire):
    hard: Amounts | None = None


class QuotaStatus(Wire):
    hard: Amounts | None = None
    used: Amounts | None = None


class QuotaWire(Wire):
    metadata: Meta | None = None
    spec: QuotaSpec | None = None
    status: QuotaStatus | None = None


class NotedClaimMeta(Meta):
    annotations: dict[str, str | None] | None = None


class VolumeResources(Wire):
    requests: Amounts | None = None


class ClaimSpec(Wire):
    volume_name: str | None = None
    storage_class_name: str | None = None
    resources: VolumeResources | None = None


class ClaimStatus(Wire):
    phase: str | None = None
    capacity: Amounts | None = None
    access_modes: list[str | None] | None = None
    conditions: list[ConditionWire] | None = None


class ClaimWire(Wire):
    metadata: NotedClaimMeta | None = None
    spec: ClaimSpec | None = None
    status: ClaimStatus | None = None
