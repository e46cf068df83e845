"""Which kinds the simulated API server serves, under which group, with which verbs and subresources."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READ_VERBS = ("get", "list")


@dataclass(frozen=True, slots=True)
class Subresource:
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


STATUS_VERBS = ("get", "patch", "update")
SCALE = Subresource("Scale", STATUS_VERBS, "autoscaling", "v1")


@dataclass(frozen=True, slots=True)
class Resource:
    """One row of the API: `plural` under `group/version`."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: Mapping[str, Subresource] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Where the store keeps it; versions of one resource share it."""
        return f"{self.group}/{self.plural}"

    @property
    def qualified(self) -> str:
        """As error messages name it: deployments.apps, pods."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


def _status(kind: str, **others: Subresource) -> dict[str, Subresource]:
    return {"status": Subresource(kind, STATUS_VERBS), **others}


_POD = {
    "log": Subresource("Pod", ("get",)),
    "eviction": Subresource("Eviction", ("create",), "policy", "v1"),
}

PODS = Resource("", "v1", "pods", "Pod", short=("po",), categories=("all",), subresources=_status("Pod", **_POD))
NODES = Resource("", "v1", "nodes", "Node", namespaced=False, short=("no",), subresources=_status("Node"))
NAMESPACES = Resource(
    "", "v1", "namespaces", "Namespace", namespaced=False, short=("ns",),
    verbs=tuple(verb for verb in ALL_VERBS if verb != "deletecollection"), subresources=_status("Namespace"),
)  # fmt: skip
EVENTS = Resource("", "v1", "events", "Event", short=("ev",))
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap", short=("cm",))
SECRETS = Resource("", "v1", "secrets", "Secret")
PERSISTENT_VOLUME_CLAIMS = Resource(
    "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", short=("pvc",),
    subresources=_status("PersistentVolumeClaim"),
)  # fmt: skip
RESOURCE_QUOTAS = Resource(
    "", "v1", "resourcequotas", "ResourceQuota", short=("quota",), subresources=_status("ResourceQuota")
)
SERVICES = Resource(
    "", "v1", "services", "Service", short=("svc",), categories=("all",),
    subresources=_status(
        "Service", proxy=Subresource("ServiceProxyOptions", ("create", "delete", "get", "patch", "update"))
    ),
)  # fmt: skip
DEPLOYMENTS = Resource(
    "apps", "v1", "deployments", "Deployment", short=("deploy",), categories=("all",),
    subresources=_status("Deployment", scale=SCALE),
)  # fmt: skip
REPLICA_SETS = Resource(
    "apps", "v1", "replicasets", "ReplicaSet", short=("rs",), categories=("all",),
    subresources=_status("ReplicaSet", scale=SCALE),
)  # fmt: skip
STATEFUL_SETS = Resource(
    "apps", "v1", "statefulsets", "StatefulSet", short=("sts",), categories=("all",),
    subresources=_status("StatefulSet", scale=SCALE),
)  # fmt: skip
DAEMON_SETS = Resource(
    "apps", "v1", "daemonsets", "DaemonSet", short=("ds",), categories=("all",), subresources=_status("DaemonSet")
)
CONTROLLER_REVISIONS = Resource("apps", "v1", "controllerrevisions", "ControllerRevision")
HPAS = Resource(
    "autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", short=("hpa",), categories=("all",),
    subresources=_status("HorizontalPodAutoscaler"),
)  # fmt: skip
HPAS_V1 = Resource(
    "autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", short=("hpa",), categories=("all",),
    subresources=_status("HorizontalPodAutoscaler"),
)  # fmt: skip
JOBS = Resource("batch", "v1", "jobs", "Job", categories=("all",), subresources=_status("Job"))
CRON_JOBS = Resource(
    "batch", "v1", "cronjobs", "CronJob", short=("cj",), categories=("all",), subresources=_status("CronJob")
)
DISRUPTION_BUDGETS = Resource(
    "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", short=("pdb",),
    subresources=_status("PodDisruptionBudget"),
)  # fmt: skip
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
POD_METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", verbs=READ_VERBS)
NODE_METRICS = Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", namespaced=False, verbs=READ_VERBS)
ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False,
    verbs=("create",),
)  # fmt: skip
RULES_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", namespaced=False,
    verbs=("create",),
)  # fmt: skip
SELF_REVIEWS = Resource(
    "authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False, verbs=("create",)
)

RESOURCES = (
    CONFIG_MAPS, EVENTS, NAMESPACES, NODES, PERSISTENT_VOLUME_CLAIMS, PODS, RESOURCE_QUOTAS, SECRETS, SERVICES,
    CONTROLLER_REVISIONS, DAEMON_SETS, DEPLOYMENTS, REPLICA_SETS, STATEFUL_SETS,
    SELF_REVIEWS, ACCESS_REVIEWS, RULES_REVIEWS,
    HPAS, HPAS_V1, CRON_JOBS, JOBS, DISRUPTION_BUDGETS, LEASES, ENDPOINT_SLICES, NODE_METRICS, POD_METRICS,
)  # fmt: skip
"""Everything served, in the order of discovery; the first version of a group is the preferred one."""

BY_PATH = {(each.group, each.version, each.plural): each for each in RESOURCES}
BY_KIND = {each.kind: each for each in reversed(RESOURCES)}
