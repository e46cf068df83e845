"""What the credentials allow, and which services inside the cluster are Prometheus or Alertmanager."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from ..errors import SourceError
from .cluster import Cluster, post
from .decode import decode
from .kinds import Kind
from .wire import Meta, ObjectHead, Page, Wire

MOST_NAMESPACES = 50
"""So many namespaces are asked about one by one, at most."""

WATCHED = (
    "pods", "nodes", "deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps", "jobs.batch",
    "cronjobs.batch", "horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy", "services",
    "resourcequotas",
)  # fmt: skip
"""What has rows; a page of a row reads its object anew."""
ON_DEMAND = ("endpointslices.discovery.k8s.io", "namespaces", "persistentvolumeclaims")
"""What has rows while somebody looks at them."""
OPENED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("an object's page (y, d)", "get", (*WATCHED, *ON_DEMAND)),
    ("the lists of endpoints, namespaces and claims", "list", ON_DEMAND),
    ("those lists as they change", "watch", ON_DEMAND),
    ("describe of a Namespace", "list", ("limitranges",)),
    ("describe of a Node", "get", ("leases.coordination.k8s.io",)),
    ("the history (h) of a StatefulSet or DaemonSet", "list", ("controllerrevisions.apps",)),
)
"""(what needs it, verb, resources) of what is read only when somebody asks: the rows are there without it."""
READS: tuple[tuple[str, str], ...] = (
    *((verb, resource) for resource in (*WATCHED, "events", "configmaps") for verb in ("list", "watch")),
    ("get", "pods/log"), ("list", "pods.metrics.k8s.io"), ("list", "nodes.metrics.k8s.io"), ("get", "services/proxy"),
    *((verb, resource) for _, verb, resources in OPENED for resource in resources),
)  # fmt: skip
"""(verb, resource[.group][/subresource]) of everything that the console reads."""
WRITES: tuple[tuple[str, str], ...] = tuple(
    ("patch", resource) for resource in (
        "deployments.apps", "statefulsets.apps", "daemonsets.apps", "deployments.apps/scale",
        "statefulsets.apps/scale", "horizontalpodautoscalers.autoscaling",
    )
)  # fmt: skip
"""The same of everything that its actions write in every cluster."""
PLACED = {"nodes": "", "namespaces": "", "nodes.metrics.k8s.io": "", "leases.coordination.k8s.io": "kube-node-lease"}
"""Where these are, whatever namespaces are looked at; "" is the whole cluster."""


async def access_review(
    cluster: Cluster, verbs: Iterable[tuple[str, str]] = READS, namespaces: Sequence[str] = ()
) -> list[tuple[str, str, str, bool]]:
    """(verb, resource, namespace or "", allowed) for each; no namespace asks for all namespaces at once."""
    asked = [
        (verb, resource, namespace)
        for verb, resource in verbs
        for namespace in ((PLACED[resource],) if resource in PLACED else namespaces or ("",))
    ]
    slots = asyncio.Semaphore(8)

    async def one(verb: str, resource: str, namespace: str) -> tuple[str, str, str, bool]:
        async with slots:
            return verb, resource, namespace, await allowed(cluster, verb, resource, namespace)

    return list(await asyncio.gather(*(one(*item) for item in asked)))


async def allowed(cluster: Cluster, verb: str, resource: str, namespace: str = "", name: str = "") -> bool:
    """Asks the server itself (SelfSubjectAccessReview), e.g. `allowed(c, "list", "deployments.apps", "shop")`."""
    path, _, subresource = resource.partition("/")
    plural, _, group = path.partition(".")
    attributes = {"verb": verb, "resource": plural, "group": group, "subresource": subresource, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {k: v for k, v in {**attributes, "name": name}.items() if v}},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await post(cluster, path, body, needs="create selfsubjectaccessreviews")
    return (answer.get("status") or {}).get("allowed") is True


async def username(cluster: Cluster) -> str:
    """Who the server says we are; the kubeconfig's name for the user where it does not tell."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    try:
        answer = await post(cluster, path, body, needs="create selfsubjectreviews")
    except SourceError:
        return cluster.user
    return ((answer.get("status") or {}).get("userInfo") or {}).get("username") or cluster.user


async def namespaces_for(cluster: Cluster, kind: Kind[object]) -> list[str]:
    """Where this kind may be listed, when not everywhere: of the context's namespace and those that can be seen."""
    names = [cluster.namespace]
    try:
        answer = await cluster.get("/api/v1/namespaces", [("limit", "500")], needs="list namespaces")
        names += [
            (item.metadata and item.metadata.name) or "" for item in decode(answer.body, Page[ObjectHead]).items or ()
        ]
    except SourceError:
        pass  # most who may not list pods everywhere may not list namespaces either; their own one is left
    names = list(dict.fromkeys(name for name in names if name))[:MOST_NAMESPACES]
    resource = f"{kind.plural}.{kind.group}" if kind.group else kind.plural
    reviews = await access_review(cluster, [("list", resource)], names)
    return [namespace for _, _, namespace, may in reviews if may]


class _Port(Wire):
    name: str | None = None
    port: int | None = None


class _ServiceSpec(Wire):
    ports: list[_Port] | None = None
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")


class _Service(Wire):
    metadata: Meta | None = None
    spec: _ServiceSpec | None = None


_NAMES = {
    "prometheus": (
        "prometheus-operated",
        "prometheus-server",
        "prometheus-k8s",
        "prometheus",
        "thanos-query",
        "mimir-query-frontend",
    ),
    "alertmanager": ("alertmanager-operated", "alertmanager-main", "alertmanager", "prometheus-alertmanager"),
    "loki": ("loki-gateway", "loki"),
}
_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/component")
_PORT_NAMES = ("web", "http-web", "http", "http-metrics", "server")


async def discover(cluster: Cluster) -> list[tuple[str, str]]:
    """(kind, `kube://namespace/service:port`) of what looks like Prometheus, Alertmanager or Loki, likeliest first.

    By the labels of the usual charts and operators, then by the usual names. [] where services may not be listed.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    try:
        answer = await cluster.get("/api/v1/services", [("limit", "5000")], needs="list services in all namespaces")
        services = decode(answer.body, Page[_Service]).items or []
    except SourceError:
        return []
    for service in services:
        meta, ports = service.metadata or Meta(), (service.spec and service.spec.ports) or []
        labels = meta.labels or {}
        for kind, names in _NAMES.items():
            rank = names.index(meta.name) if meta.name in names else len(names)
            labelled = any(labels.get(label) == kind for label in _LABELS[:3]) or (
                kind == "prometheus" and "operated-prometheus" in labels
            )
            exporter = any(word in (meta.name or "") for word in ("exporter", "pushgateway", "operator", "adapter"))
            if ports and not exporter and (labelled or rank < len(names)):
                address = f"kube://{meta.namespace}/{meta.name}:{_port(ports)}"
                found.setdefault(kind, []).append((rank - (1 if labelled else 0), address))
    return [(kind, address) for kind in _NAMES for _, address in sorted(found.get(kind, []))]


def _port(ports: list[_Port]) -> int:
    named = {port.name: port.port or 0 for port in ports}
    return next((named[name] for name in _PORT_NAMES if name in named), ports[0].port or 0)
