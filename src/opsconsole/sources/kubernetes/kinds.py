"""The kinds of objects that the console lists and watches: where they live, how they are decoded and converted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from . import convert_hpas, convert_hpas_v1, convert_kinds, convert_others, convert_pods, convert_workloads
from .convert_hpas_v1 import HpaWireV1
from .decode import Decoder
from .share import Shared
from .wire import EventWire, HpaWire, NodeWire, PartialWire, PodMetricsWire, PodWire, WorkloadWire
from .wire_kinds import BudgetWire, ClaimWire, EndpointSliceWire, NamespaceWire, QuotaWire, ServiceWire

R = TypeVar("R")

_METADATA_ONLY = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"


@dataclass(frozen=True)
class Kind(Generic[R]):
    """One resource of the API; `convert` makes a row of what `decoder` read."""

    prefix: str
    plural: str
    decoder: Decoder[Any]
    convert: Callable[[Any, Shared], R]
    namespaced: bool = True
    metadata_only: bool = False
    """Ask for PartialObjectMetadata: the server sends no content."""
    most: int | None = None
    """So many rows are kept of what comes without end: the newest, warnings before all others."""
    older: tuple["Kind[R]", ...] = ()
    """The same in versions that older servers have, newest first."""

    def path(self, namespace: str | None) -> str:
        scope = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{self.prefix}{scope}/{self.plural}"

    @property
    def group(self) -> str:
        """API group, "" for the core."""
        return self.prefix.split("/")[2] if self.prefix.startswith("/apis/") else ""

    @property
    def resource(self) -> str:
        """As rights name it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def accept(self, *, many: bool) -> str:
        if not self.metadata_only:
            return "application/json"
        # no second choice: a server that cannot leave the content out must not send it
        return _METADATA_ONLY.format("List" if many else "")

    def needs(self, verb: str, namespace: str | None) -> str:
        """The right in words: `list pods in shop`."""
        if not self.namespaced:
            return f"{verb} {self.plural}"
        return f"{verb} {self.plural} in {namespace or 'all namespaces'}"


_workload = Decoder(WorkloadWire)

PODS = Kind("/api/v1", "pods", Decoder(PodWire), convert_pods.pod)
DEPLOYMENTS = Kind("/apis/apps/v1", "deployments", _workload, convert_workloads.deployment)
STATEFUL_SETS = Kind("/apis/apps/v1", "statefulsets", _workload, convert_workloads.stateful_set)
DAEMON_SETS = Kind("/apis/apps/v1", "daemonsets", _workload, convert_workloads.daemon_set)
REPLICA_SETS = Kind("/apis/apps/v1", "replicasets", _workload, convert_workloads.replica_set)
JOBS = Kind("/apis/batch/v1", "jobs", _workload, convert_workloads.job)
CRON_JOBS = Kind(
    "/apis/batch/v1", "cronjobs", _workload, convert_workloads.cron_job,
    older=(Kind("/apis/batch/v1beta1", "cronjobs", _workload, convert_workloads.cron_job),),
)  # fmt: skip
HPAS = Kind(
    "/apis/autoscaling/v2", "horizontalpodautoscalers", Decoder(HpaWire), convert_hpas.hpa,
    older=(
        Kind("/apis/autoscaling/v2beta2", "horizontalpodautoscalers", Decoder(HpaWire), convert_hpas.hpa),
        Kind("/apis/autoscaling/v1", "horizontalpodautoscalers", Decoder(HpaWireV1), convert_hpas_v1.hpa_v1),
    ),
)  # fmt: skip
NODES = Kind("/api/v1", "nodes", Decoder(NodeWire), convert_others.node, namespaced=False)
EVENTS = Kind("/api/v1", "events", Decoder(EventWire), convert_others.event, most=20_000)
CONFIG_MAPS = Kind("/api/v1", "configmaps", Decoder(PartialWire), convert_others.config_change, metadata_only=True)
BUDGETS = Kind(
    "/apis/policy/v1", "poddisruptionbudgets", Decoder(BudgetWire), convert_kinds.budget,
    older=(Kind("/apis/policy/v1beta1", "poddisruptionbudgets", Decoder(BudgetWire), convert_kinds.budget_v1beta1),),
)  # fmt: skip
SERVICES = Kind("/api/v1", "services", Decoder(ServiceWire), convert_kinds.service)
QUOTAS = Kind("/api/v1", "resourcequotas", Decoder(QuotaWire), convert_kinds.quota)
_slice = Decoder(EndpointSliceWire)
ENDPOINTS = Kind(
    "/apis/discovery.k8s.io/v1", "endpointslices", _slice, convert_kinds.endpoint_slice,
    older=(Kind("/apis/discovery.k8s.io/v1beta1", "endpointslices", _slice, convert_kinds.endpoint_slice),),
)  # fmt: skip
NAMESPACES = Kind("/api/v1", "namespaces", Decoder(NamespaceWire), convert_kinds.namespace, namespaced=False)
CLAIMS = Kind("/api/v1", "persistentvolumeclaims", Decoder(ClaimWire), convert_kinds.claim)
SECRETS = Kind("/api/v1", "secrets", Decoder(PartialWire), convert_others.secret_change, metadata_only=True)
POD_METRICS: Kind[Any] = Kind(
    "/apis/metrics.k8s.io/v1beta1", "pods", Decoder(PodMetricsWire), lambda wire, _: convert_others.pod_usage(wire)
)
WORKLOADS: tuple[Kind[Any], ...] = (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, JOBS, CRON_JOBS)
