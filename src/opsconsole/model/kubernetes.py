"""Kubernetes objects as the console uses them: only the fields that a screen or a rule reads."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from .placement import ANYWHERE, Amounts, Placement

Labels = tuple[tuple[str, str], ...]
"""Sorted (key, value) pairs; shared between objects that carry the same labels."""


class Owner(msgspec.Struct, frozen=True, gc=False):
    kind: str
    name: str
    uid: str = ""


class Condition(msgspec.Struct, frozen=True, gc=False):
    type: str
    status: str
    """"True", "False" or "Unknown"."""
    reason: str = ""
    message: str = ""
    since: datetime | None = None


class Termination(msgspec.Struct, frozen=True, gc=False):
    """How a container's last run ended."""

    reason: str
    exit_code: int
    finished: datetime | None = None


class Probe(msgspec.Struct, frozen=True, gc=False):
    """When the kubelet asks a container how it is."""

    delay_s: int = 0
    period_s: int = 10
    failures: int = 3
    """So many in a row count."""


class Container(msgspec.Struct, frozen=True, gc=False):
    name: str
    image: str
    ready: bool = False
    state: str = "waiting"
    """"running", "waiting" or "terminated"."""
    reason: str = ""
    message: str = ""
    restarts: int = 0
    started: datetime | None = None
    last: Termination | None = None
    init: bool = False
    sidecar: bool = False
    cpu_request: float | None = None
    """Cores; None where none is set."""
    cpu_limit: float | None = None
    memory_request: float | None = None
    """Bytes."""
    memory_limit: float | None = None
    startup: Probe | None = None
    readiness: Probe | None = None


class Pod(msgspec.Struct, frozen=True, gc=False):
    uid: str
    namespace: str
    name: str
    status: str
    """Exactly the word that `kubectl get pods` prints."""
    phase: str
    ready: int
    """Ready containers, of `total`."""
    total: int
    restarts: int
    """As kubectl counts them."""
    created: datetime | None
    node: str = ""
    ip: str = ""
    qos: str = ""
    owner: Owner | None = None
    labels: Labels = ()
    containers: tuple[Container, ...] = ()
    """Init containers first."""
    conditions: tuple[Condition, ...] = ()
    last_restart: Termination | None = None
    """The newest termination of any container."""
    deleting: datetime | None = None
    message: str = ""
    started: datetime | None = None
    revision: str = ""
    placement: Placement = ANYWHERE
    nominated: str = ""
    """The node that it is to get once others have left it."""
    account: str = ""
    """Its service account."""
    gates: int = 0
    """Readiness gates, of which `gates_open` are met."""
    gates_open: int = 0

    @property
    def cpu_request(self) -> float | None:
        return _total([c.cpu_request for c in self.containers if not c.init or c.sidecar])

    @property
    def cpu_limit(self) -> float | None:
        return _total([c.cpu_limit for c in self.containers if not c.init or c.sidecar])

    @property
    def memory_request(self) -> float | None:
        return _total([c.memory_request for c in self.containers if not c.init or c.sidecar])

    @property
    def memory_limit(self) -> float | None:
        return _total([c.memory_limit for c in self.containers if not c.init or c.sidecar])


class Cron(msgspec.Struct, frozen=True, gc=False):
    """When a CronJob runs."""

    schedule: str
    timezone: str = ""
    """"" is the controller's own, mostly UTC."""
    last: datetime | None = None
    """When it was last due and run."""
    succeeded: datetime | None = None
    deadline_s: int | None = None
    """startingDeadlineSeconds: later it is left out."""
    concurrency: str = "Allow"
    """Allow, Forbid or Replace."""


class JobRun(msgspec.Struct, frozen=True, gc=False):
    """How one run of a Job goes."""

    started: datetime | None = None
    finished: datetime | None = None
    """When it completed."""
    deadline_s: int | None = None
    """activeDeadlineSeconds."""
    retries: int | None = None
    """backoffLimit."""
    failed: int = 0
    """Pods of it that failed."""


class Workload(msgspec.Struct, frozen=True, gc=False):
    """A Deployment, StatefulSet, DaemonSet, or a ReplicaSet, Job, CronJob that nothing owns."""

    uid: str
    namespace: str
    kind: str
    name: str
    desired: int
    ready: int
    updated: int
    available: int
    created: datetime | None
    images: tuple[str, ...] = ()
    labels: Labels = ()
    selector: Labels = ()
    """matchLabels of its selector."""
    conditions: tuple[Condition, ...] = ()
    revision: str = ""
    paused: bool = False
    generation: int = 0
    observed_generation: int = 0
    template_changed: datetime | None = None
    """When the newest pod template appeared, where the object tells (ReplicaSet creation); else None."""
    owner: Owner | None = None
    changed_by: str = ""
    """Who changed its spec last: an annotation such as `deployed-by`, else the field manager."""
    cron: Cron | None = None
    run: JobRun | None = None
    containers: tuple[str, ...] = ()
    """Names of its template's containers, in the order of `images`."""


class ReplicaSet(msgspec.Struct, frozen=True, gc=False):
    """One revision of a Deployment."""

    uid: str
    namespace: str
    name: str
    owner: Owner | None
    revision: str
    desired: int
    ready: int
    created: datetime | None
    images: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    """Plain environment values of the first container (name, value); references are written as `(from …)`."""
    change_cause: str = ""
    template_hash: str = ""
    author: str = ""
    """Who released it, where an annotation such as `deployed-by` says so."""
    earlier: tuple[int, ...] = ()
    """Revision numbers that it had before it was rolled back to."""


class HpaMetric(msgspec.Struct, frozen=True, gc=False):
    """One metric of an HPA, spec and status matched by type and name (never by index)."""

    type: str
    """Resource, ContainerResource, Pods, Object or External."""
    name: str
    target_type: str
    """Utilization (percent), AverageValue or Value."""
    target: float
    current: float | None = None
    """In the unit of the target; None when the controller could not read it."""
    container: str = ""
    """Of a ContainerResource; the name then reads `container/resource`."""
    selector: Labels = ()
    """matchLabels of a Pods, Object or External metric: two of one name differ in it."""
    about: str = ""
    """What an Object metric describes: `service/api`."""


class HpaPolicy(msgspec.Struct, frozen=True, gc=False):
    """At most so much within so long."""

    type: str
    """Pods or Percent."""
    value: int
    period_s: int


class HpaRules(msgspec.Struct, frozen=True, gc=False):
    """How fast it may go in one direction."""

    policies: tuple[HpaPolicy, ...]
    select: str = "Max"
    """Max, Min or Disabled."""
    window_s: int = 0
    """Stabilization window."""
    tolerance: float | None = None
    """None: the controller's own, 0.1."""


class HpaBehavior(msgspec.Struct, frozen=True, gc=False):
    """Both directions, defaults filled in."""

    up: HpaRules
    down: HpaRules


class Hpa(msgspec.Struct, frozen=True, gc=False):
    uid: str
    namespace: str
    name: str
    target_kind: str
    target_name: str
    minimum: int
    maximum: int
    current: int
    desired: int
    metrics: tuple[HpaMetric, ...] = ()
    conditions: tuple[Condition, ...] = ()
    last_scale: datetime | None = None
    created: datetime | None = None
    behavior: HpaBehavior | None = None
    """None: the object sets none, and the controller's older rules hold."""
    keda: str = ""
    """Name of the ScaledObject that made it; "" where KEDA did not."""
    keda_paused: str = ""
    """How KEDA is paused on it, in words, where its annotations tell."""
    labels: Labels = ()


class Scaling(msgspec.Struct, frozen=True, gc=False):
    """One step of an HPA that happened."""

    at: datetime
    after: int
    before: int | None = None
    """None: neither an earlier step nor the workload's events tell."""
    reason: str = ""


class HpaPast(msgspec.Struct, frozen=True, gc=False):
    """What was seen of one HPA: its steps of the last 24 hours, and what it asked for lately."""

    scalings: tuple[Scaling, ...] = ()
    """Oldest first."""
    known_since: datetime | None = None
    """From when on no step is missing."""
    asked: tuple[tuple[datetime, int], ...] = ()
    """(when, replicas that its metrics asked for), oldest first."""
    watched_since: datetime | None = None
    """From when on `asked` is whole."""


class Node(msgspec.Struct, frozen=True, gc=False):
    uid: str
    name: str
    status: str
    """kubectl's word: Ready, NotReady, Ready,SchedulingDisabled …"""
    roles: str
    version: str
    created: datetime | None
    cpu: float = 0.0
    """Allocatable cores."""
    memory: float = 0.0
    """Allocatable bytes."""
    pods: int = 0
    zone: str = ""
    instance_type: str = ""
    internal_ip: str = ""
    unschedulable: bool = False
    cordoned: datetime | None = None
    """Since when, where the taint that comes with it tells."""
    taints: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    labels: Labels = ()
    others: Amounts = ()
    """Allocatable beyond CPU, memory and pods: GPUs, ephemeral-storage, hugepages."""
    external_ip: str = ""
    os_image: str = ""
    kernel: str = ""
    runtime: str = ""
    """Container runtime with its version."""
    architecture: str = ""


class Event(msgspec.Struct, frozen=True, gc=False):
    uid: str
    namespace: str
    type: str
    """Normal or Warning."""
    reason: str
    message: str
    kind: str
    """Kind, name and uid of the object it speaks of."""
    name: str
    object_uid: str
    count: int
    first: datetime | None
    last: datetime | None
    component: str = ""
    part: str = ""
    """The part of the object that it speaks of: `spec.containers{app}`."""


class ConfigChange(msgspec.Struct, frozen=True, gc=False):
    """A ConfigMap's newest change, from `managedFields[].time` (its content is never read)."""

    uid: str
    namespace: str
    kind: str
    name: str
    changed: datetime | None
    manager: str
    created: datetime | None


class Budget(msgspec.Struct, frozen=True, gc=False):
    """A PodDisruptionBudget: how many pods may be evicted now."""

    uid: str
    namespace: str
    name: str
    minimum: str = ""
    """minAvailable as written: `2` or `50%`; "" where none is set."""
    most_unavailable: str = ""
    """maxUnavailable as written."""
    healthy: int = 0
    wanted: int = 0
    """desiredHealthy."""
    expected: int = 0
    """Pods that it counts."""
    allowed: int | None = None
    """Disruptions that it allows now; None while its controller has not computed them."""
    selector: Labels = ()
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """matchExpressions of its selector: (key, operator, values)."""
    selects_all: bool = False
    """An empty selector: every pod of the namespace."""
    conditions: tuple[Condition, ...] = ()
    created: datetime | None = None
    labels: Labels = ()


class Service(msgspec.Struct, frozen=True, gc=False):
    uid: str
    namespace: str
    name: str
    type: str = "ClusterIP"
    cluster_ip: str = ""
    external: tuple[str, ...] = ()
    """Addresses or names under which it is reached from outside."""
    ports: tuple[str, ...] = ()
    """As kubectl prints them: `80/TCP`, `80:30080/TCP`."""
    selector: Labels = ()
    takes_unready: bool = False
    """publishNotReadyAddresses."""
    created: datetime | None = None
    labels: Labels = ()


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """One address behind a service."""

    address: str
    ready: bool
    terminating: bool = False
    pod: str = ""
    node: str = ""
    zone: str = ""


class EndpointSlice(msgspec.Struct, frozen=True, gc=False):
    """Part of the addresses behind one service."""

    uid: str
    namespace: str
    name: str
    service: str
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[str, ...] = ()
    created: datetime | None = None


class Namespace(msgspec.Struct, frozen=True, gc=False):
    uid: str
    name: str
    phase: str = ""
    """Active or Terminating."""
    conditions: tuple[Condition, ...] = ()
    deleting: datetime | None = None
    created: datetime | None = None
    labels: Labels = ()


class QuotaLine(msgspec.Struct, frozen=True, gc=False):
    """One resource of a quota, in base units (cores, bytes, objects)."""

    resource: str
    hard: float
    used: float | None = None
    """None while the controller has not counted it."""
    hard_text: str = ""
    """As written: `9Gi`."""
    used_text: str = ""


class Quota(msgspec.Struct, frozen=True, gc=False):
    uid: str
    namespace: str
    name: str
    lines: tuple[QuotaLine, ...] = ()
    """Sorted by resource."""
    created: datetime | None = None
    labels: Labels = ()


class Claim(msgspec.Struct, frozen=True, gc=False):
    """A PersistentVolumeClaim."""

    uid: str
    namespace: str
    name: str
    phase: str = ""
    """Pending, Bound or Lost."""
    volume: str = ""
    capacity: str = ""
    """What it has, as written; "" while it is not bound."""
    asked: str = ""
    storage_class: str = ""
    modes: tuple[str, ...] = ()
    """As kubectl shortens them: RWO, ROX, RWX, RWOP."""
    conditions: tuple[Condition, ...] = ()
    deleting: datetime | None = None
    created: datetime | None = None
    labels: Labels = ()


class Usage(msgspec.Struct, frozen=True, gc=False):
    """What a pod or node uses now, from metrics.k8s.io."""

    cpu: float
    """Cores."""
    memory: float
    """Bytes."""
    window_s: float = 0.0


class ClusterInfo(msgspec.Struct, frozen=True, gc=False):
    """The heartbeat of one cluster."""

    context: str
    server: str
    version: str
    user: str = ""
    round_trip_s: float = 0.0
    clock_difference_s: float | None = None
    """Server's Date header less our clock."""


def _total(values: Sequence[float | None]) -> float | None:
    """The sum, or None when any part is unknown: a pod with one container without a limit has no limit."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
