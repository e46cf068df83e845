"""Kubernetes objects as they come over the wire: only the fields that are used, and every field may be null."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """Base of all: camel-case names, unknown fields skipped. Values of a moment: converted, then dropped."""


class OwnerReference(Wire):
    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    controller: bool | None = None


class ManagedField(Wire):
    manager: str | None = None
    operation: str | None = None
    time: datetime | None = None
    subresource: str | None = None


class Meta(Wire):
    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str | None] | None = None
    owner_references: list[OwnerReference] | None = None


class NotedMeta(Meta):
    """With what only small collections keep: annotations and who changed what."""

    annotations: dict[str, str | None] | None = None
    managed_fields: list[ManagedField] | None = None


class ObjectHead(Wire):
    """The least of any object: enough to name one that cannot be read."""

    metadata: Meta | None = None


class ListMeta(Wire):
    resource_version: str | None = None
    continue_: str | None = msgspec.field(default=None, name="continue")
    remaining_item_count: int | None = None


class Page(Wire, Generic[T]):
    items: list[T] | None = None
    metadata: ListMeta | None = None


class WatchEvent(Wire):
    type: str
    object: msgspec.Raw


class Status(Wire):
    """The API server's error body."""

    message: str | None = None
    reason: str | None = None
    code: int | None = None


class ConditionWire(Wire):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    last_transition_time: datetime | None = None


# pods and pod templates


Quantities = dict[str, str | int | float | None]


class Resources(Wire):
    requests: Quantities | None = None
    limits: Quantities | None = None


class PortWire(Wire):
    host_port: int | None = None


class ProbeWire(Wire):
    initial_delay_seconds: int | None = None
    period_seconds: int | None = None
    failure_threshold: int | None = None


class ContainerSpec(Wire):
    name: str | None = None
    image: str | None = None
    resources: Resources | None = None
    restart_policy: str | None = None
    ports: list[PortWire] | None = None
    startup_probe: ProbeWire | None = None
    readiness_probe: ProbeWire | None = None


class ClaimOf(Wire):
    claim_name: str | None = None


class VolumeWire(Wire):
    persistent_volume_claim: ClaimOf | None = None


class ReadinessGate(Wire):
    condition_type: str | None = None


class PodSpec(Wire):
    """What stays Raw is the same text in thousands of pods: convert_placement reads each text once."""

    node_name: str | None = None
    containers: list[ContainerSpec] | None = None
    init_containers: list[ContainerSpec] | None = None
    node_selector: dict[str, str | None] | None = None
    tolerations: msgspec.Raw = msgspec.Raw()
    affinity: msgspec.Raw = msgspec.Raw()
    topology_spread_constraints: msgspec.Raw = msgspec.Raw()
    resource_claims: msgspec.Raw = msgspec.Raw()
    volumes: list[VolumeWire] | None = None
    overhead: Quantities | None = None
    resources: Resources | None = None
    readiness_gates: list[ReadinessGate] | None = None
    service_account_name: str | None = None


class Waiting(Wire):
    reason: str | None = None
    message: str | None = None


class Running(Wire):
    started_at: datetime | None = None


class Terminated(Wire):
    reason: str | None = None
    message: str | None = None
    exit_code: int | None = None
    signal: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerState(Wire):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Wire):
    name: str | None = None
    ready: bool | None = None
    started: bool | None = None
    restart_count: int | None = None
    state: ContainerState | None = None
    last_state: ContainerState | None = None


class PodStatusWire(Wire):
    phase: str | None = None
    reason: str | None = None
    message: str | None = None
    pod_ip: str | None = msgspec.field(default=None, name="podIP")
    nominated_node_name: str | None = None
    qos_class: str | None = None
    start_time: datetime | None = None
    conditions: list[ConditionWire] | None = None
    init_container_statuses: list[ContainerStatus] | None = None
    container_statuses: list[ContainerStatus] | None = None


class PodWire(Wire):
    metadata: Meta | None = None
    spec: PodSpec | None = None
    status: PodStatusWire | None = None


# workloads


class Selector(Wire):
    match_labels: dict[str, str | None] | None = None


class FieldOf(Wire):
    field_path: str | None = None


class KeyOf(Wire):
    name: str | None = None
    key: str | None = None


class ValueFrom(Wire):
    field_ref: FieldOf | None = None
    config_map_key_ref: KeyOf | None = None
    secret_key_ref: KeyOf | None = None


class EnvVar(Wire):
    name: str | None = None
    value: str | None = None
    value_from: ValueFrom | None = None


class TemplateContainer(Wire):
    name: str | None = None
    image: str | None = None
    env: list[EnvVar] | None = None


class TemplateSpec(Wire):
    containers: list[TemplateContainer] | None = None


class Template(Wire):
    spec: TemplateSpec | None = None


class JobTemplateSpec(Wire):
    template: Template | None = None


class JobTemplate(Wire):
    spec: JobTemplateSpec | None = None


class WorkloadSpec(Wire):
    """Of Deployment, StatefulSet, DaemonSet, ReplicaSet, Job and CronJob together."""

    replicas: int | None = None
    paused: bool | None = None
    suspend: bool | None = None
    completions: int | None = None
    parallelism: int | None = None
    selector: Selector | None = None
    template: Template | None = None
    job_template: JobTemplate | None = None
    backoff_limit: int | None = None
    active_deadline_seconds: int | None = None
    schedule: str | None = None
    time_zone: str | None = None
    starting_deadline_seconds: int | None = None
    concurrency_policy: str | None = None


class WorkloadStatus(Wire):
    observed_generation: int | None = None
    replicas: int | None = None
    ready_replicas: int | None = None
    updated_replicas: int | None = None
    available_replicas: int | None = None
    current_revision: str | None = None
    update_revision: str | None = None
    desired_number_scheduled: int | None = None
    number_ready: int | None = None
    updated_number_scheduled: int | None = None
    number_available: int | None = None
    active: list[KeyOf] | int | None = None
    succeeded: int | None = None
    failed: int | None = None
    ready: int | None = None
    start_time: datetime | None = None
    completion_time: datetime | None = None
    last_schedule_time: datetime | None = None
    last_successful_time: datetime | None = None
    conditions: list[ConditionWire] | None = None


class WorkloadWire(Wire):
    metadata: NotedMeta | None = None
    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None


# autoscaling/v2


class CrossReference(Wire):
    kind: str | None = None
    name: str | None = None


class MetricIdentifier(Wire):
    name: str | None = None
    selector: Selector | None = None


class MetricTarget(Wire):
    """A target of the spec, or (the same fields) a current value of the status."""

    type: str | None = None
    value: str | int | float | None = None
    average_value: str | int | float | None = None
    average_utilization: int | None = None


class MetricSource(Wire):
    name: str | None = None
    container: str | None = None
    metric: MetricIdentifier | None = None
    described_object: CrossReference | None = None
    target: MetricTarget | None = None
    current: MetricTarget | None = None


class MetricWire(Wire):
    type: str | None = None
    resource: MetricSource | None = None
    container_resource: MetricSource | None = None
    pods: MetricSource | None = None
    object: MetricSource | None = None
    external: MetricSource | None = None


class ScalingPolicy(Wire):
    type: str | None = None
    value: int | None = None
    period_seconds: int | None = None


class ScalingRules(Wire):
    stabilization_window_seconds: int | None = None
    select_policy: str | None = None
    policies: list[ScalingPolicy] | None = None
    tolerance: str | int | float | None = None


class BehaviorWire(Wire):
    scale_up: ScalingRules | None = None
    scale_down: ScalingRules | None = None


class HpaSpec(Wire):
    scale_target_ref: CrossReference | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None
    metrics: list[MetricWire] | None = None
    behavior: BehaviorWire | None = None


class HpaStatus(Wire):
    current_replicas: int | None = None
    desired_replicas: int | None = None
    last_scale_time: datetime | None = None
    current_metrics: list[MetricWire] | None = None
    conditions: list[ConditionWire] | None = None


class HpaWire(Wire):
    metadata: NotedMeta | None = None
    spec: HpaSpec | None = None
    status: HpaStatus | None = None


# nodes, events, config maps, usage


class Taint(Wire):
    key: str | None = None
    value: str | None = None
    effect: str | None = None
    time_added: datetime | None = None


class NodeSpec(Wire):
    unschedulable: bool | None = None
    taints: list[Taint] | None = None


class NodeInfo(Wire):
    kubelet_version: str | None = None
    os_image: str | None = None
    kernel_version: str | None = None
    container_runtime_version: str | None = None
    architecture: str | None = None


class Address(Wire):
    type: str | None = None
    address: str | None = None


class NodeStatus(Wire):
    allocatable: dict[str, str | int | float | None] | None = None
    conditions: list[ConditionWire] | None = None
    node_info: NodeInfo | None = None
    addresses: list[Address] | None = None


class NodeWire(Wire):
    metadata: Meta | None = None
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class ObjectReference(Wire):
    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    field_path: str | None = None


class EventSource(Wire):
    component: str | None = None


class EventSeries(Wire):
    count: int | None = None
    last_observed_time: datetime | None = None


class EventWire(Wire):
    metadata: Meta | None = None
    involved_object: ObjectReference | None = None
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None
    source: EventSource | None = None
    reporting_component: str | None = None


class PartialWire(Wire):
    """PartialObjectMetadata: an object without its content."""

    metadata: NotedMeta | None = None


class UsageContainer(Wire):
    name: str | None = None
    usage: dict[str, str | int | float | None] | None = None


class PodMetricsWire(Wire):
    metadata: Meta | None = None
    window: str | None = None
    containers: list[UsageContainer] | None = None


class NodeMetricsWire(Wire):
    metadata: Meta | None = None
    window: str | None = None
    usage: dict[str, str | int | float | None] | None = None


class Version(Wire):
    git_version: str | None = None
