"""Turns the shop's inventory, and what surrounds it in any cluster, into Kubernetes objects."""

from collections.abc import Iterable, Sequence
from typing import Any

from opsconsole.demo.kubernetes.controllers.world import World
from opsconsole.demo.kubernetes.defaults import fill_in
from opsconsole.demo.kubernetes.managed import stamp
from opsconsole.demo.kubernetes.quantities import format_micro_time, format_time
from opsconsole.demo.kubernetes.resources import (
    CONFIG_MAPS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    HPAS,
    LEASES,
    NAMESPACES,
    NODES,
    RESOURCE_QUOTAS,
    SERVICES,
    STATEFUL_SETS,
    Resource,
)  # fmt: skip
from opsconsole.demo.kubernetes.store import clone
from opsconsole.demo.platform import NAMESPACE
from opsconsole.demo.shop.inventory import MIB, REGISTRY, Node, Workload

Body = dict[str, Any]

NAMESPACE_NAMES = ("default", "kube-node-lease", "kube-public", "kube-system", "monitoring", NAMESPACE)
_KINDS = {"Deployment": DEPLOYMENTS, "StatefulSet": STATEFUL_SETS, "DaemonSet": DAEMON_SETS}
CONFIG: dict[str, dict[str, str]] = {
    "api-config": {"LOG_LEVEL": "info", "DB_POOL_SIZE": "20", "CACHE_TTL_SECONDS": "300", "REQUEST_TIMEOUT_MS": "3000"},
    "feature-flags": {"new-checkout": "false", "feed-ranking": "v2", "media-webp": "true"},
    "worker-config": {"CONCURRENCY": "8", "QUEUE": "orders", "RETRY_LIMIT": "5"},
}
"""The shop's ConfigMaps when the demo starts."""

_VOLUME: Body = {
    "metadata": {"name": "data"},
    "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "20Gi"}}, "storageClassName": "gp3",
        "volumeMode": "Filesystem",
    },
    "status": {"phase": "Pending"},
}  # fmt: skip
SYSTEM = (
    ("kube-system", Workload("coredns", "Deployment", "registry.k8s.io/coredns/coredns", "v1.12.4", 2, 100, 0,
                             70 * MIB, 170 * MIB, 53)),
    ("kube-system", Workload("metrics-server", "Deployment", "registry.k8s.io/metrics-server/metrics-server", "v0.9.0",
                             1, 100, 0, 200 * MIB, 0, 10250)),
    ("kube-system", Workload("kube-proxy", "DaemonSet", "registry.k8s.io/kube-proxy", "v1.36.3", 3, 50, 0, 40 * MIB,
                             0, None)),
    ("monitoring", Workload("prometheus", "StatefulSet", "quay.io/prometheus/prometheus", "v3.5.0", 1, 500, 0,
                            1024 * MIB, 2048 * MIB, 9090)),
)  # fmt: skip


def resource_of(workload: Workload) -> Resource:
    return _KINDS[workload.kind]


def lay_ground(world: World, nodes: Sequence[Node]) -> None:
    """Namespaces, nodes with their leases, ConfigMaps."""
    for name in NAMESPACE_NAMES:
        labels = {"kubernetes.io/metadata.name": name}
        body = {"metadata": world.metadata(name, labels=labels), "spec": {"finalizers": ["kubernetes"]}}
        _put(world, NAMESPACES, body)
    for number, node in enumerate(nodes):
        world.store.put(NODES.key, _node(world, node, number))
        lease = {"holderIdentity": node.name, "leaseDurationSeconds": 40, "renewTime": format_micro_time(world.now)}
        metadata = world.metadata(node.name, "kube-node-lease")
        world.store.put(LEASES.key, {"metadata": metadata, "spec": lease})
    for name, data in CONFIG.items():
        _put(world, CONFIG_MAPS, {"metadata": world.metadata(name, NAMESPACE), "data": dict(data)})


def _put(world: World, resource: Resource, body: Body) -> None:
    fill_in(resource, body)
    stamp(resource, body, None, "kubectl-client-side-apply", world.now)
    world.store.put(resource.key, body)


def add_workload(world: World, namespace: str, workload: Workload, version: str, cause: str = "") -> None:
    """The workload at a version, its Service and its budget."""
    resource = resource_of(workload)
    labels = {"app": workload.name, "app.kubernetes.io/name": workload.name}
    spec: Body = {
        "selector": {"matchLabels": {"app": workload.name}},
        "template": {"metadata": {"labels": dict(labels)}, "spec": {"containers": [_container(workload, version)]}},
    }
    if resource is not DAEMON_SETS:
        spec["replicas"] = workload.replicas
    if resource is STATEFUL_SETS:
        spec["serviceName"] = workload.name
        spec["volumeClaimTemplates"] = [clone(_VOLUME)]
        spec["template"]["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    metadata = world.metadata(workload.name, namespace, labels) | {"generation": 1}
    metadata["annotations"] = {"kubernetes.io/change-cause": cause or f"deploy {version}"}
    _put(world, resource, {"metadata": metadata, "spec": spec})
    if workload.port is not None:
        _put(world, SERVICES, _service(world, namespace, workload, labels))
    if workload.replicas > 1 and resource is DEPLOYMENTS:
        budget = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": workload.name}}}
        body = {"metadata": world.metadata(workload.name, namespace, labels) | {"generation": 1}, "spec": budget}
        _put(world, DISRUPTION_BUDGETS, body)


def _container(workload: Workload, version: str) -> Body:
    limits = {"cpu": _cpu(workload.cpu_limit), "memory": _memory(workload.memory_limit)}
    container: Body = {
        "name": workload.name,
        "image": f"{workload.image}:{version}",
        "resources": {
            "requests": {"cpu": _cpu(workload.cpu_request), "memory": _memory(workload.memory_request)},
            "limits": {name: value for name, value in limits.items() if value},
        },
    }
    if workload.port is not None:
        container["ports"] = [{"name": "http", "containerPort": workload.port, "protocol": "TCP"}]
    config = f"{workload.name}-config"
    if config in CONFIG:
        container["envFrom"] = [{"configMapRef": {"name": config}}]
    return container


def _cpu(millicores: int) -> str:
    return "" if not millicores else f"{millicores // 1000}" if millicores % 1000 == 0 else f"{millicores}m"


def _memory(size: int) -> str:
    return f"{size // MIB}Mi" if size else ""


def _service(world: World, namespace: str, workload: Workload, labels: Body) -> Body:
    ports = [{"name": "http", "port": workload.port, "targetPort": workload.port, "protocol": "TCP"}]
    address = f"10.96.{world.random.randrange(256)}.{world.random.randrange(2, 254)}"
    return {
        "metadata": world.metadata(workload.name, namespace, labels),
        "spec": {"selector": {"app": workload.name}, "ports": ports, "clusterIP": address, "clusterIPs": [address]},
    }


def add_autoscalers(world: World, workloads: Iterable[Workload], down_window_s: int) -> None:
    """HPAs on CPU with their last scaling some hours ago; `down_window_s` is how long a scale-down waits."""
    for workload in workloads:
        scaling = workload.scaling
        if scaling is None:
            continue
        target = {"type": "Utilization", "averageUtilization": scaling.cpu_target_percent}
        spec = {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": workload.kind, "name": workload.name},
            "minReplicas": scaling.minimum,
            "maxReplicas": scaling.maximum,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            "behavior": {"scaleUp": {}, "scaleDown": {"stabilizationWindowSeconds": down_window_s}},
        }
        metadata = world.metadata(workload.name, NAMESPACE, {"app": workload.name})
        _put(world, HPAS, {"metadata": metadata, "spec": spec})


CLEANUP = "session-cleanup"
QUOTA = {
    "pods": "120", "requests.cpu": "32", "requests.memory": "64Gi", "limits.memory": "96Gi",
    "requests.storage": "100Gi",
}  # fmt: skip


def add_batch(world: World) -> None:
    """A CronJob that cleans up every half hour."""
    container = {
        "name": CLEANUP, "image": f"{REGISTRY}/{CLEANUP}:1.3.0",
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    }  # fmt: skip
    pod = {"restartPolicy": "Never", "containers": [container]}
    labels = {"app": CLEANUP, "app.kubernetes.io/name": CLEANUP}
    template = {"metadata": {"labels": dict(labels)}, "spec": pod}
    spec = {
        "schedule": "*/30 * * * *", "concurrencyPolicy": "Forbid",
        "jobTemplate": {"metadata": {"labels": dict(labels)}, "spec": {"backoffLimit": 2, "template": template}},
    }  # fmt: skip
    _put(world, CRON_JOBS, {"metadata": world.metadata(CLEANUP, NAMESPACE, labels) | {"generation": 1}, "spec": spec})


def add_quota(world: World) -> None:
    _put(world, RESOURCE_QUOTAS, {"metadata": world.metadata("shop", NAMESPACE), "spec": {"hard": dict(QUOTA)}})


def _node(world: World, node: Node, number: int) -> Body:
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": node.name,
        "node.kubernetes.io/instance-type": node.instance_type,
        "topology.kubernetes.io/region": node.zone[:-1],
        "topology.kubernetes.io/zone": node.zone,
        "node-role.kubernetes.io/worker": "",
    }
    identity = world.uid()
    return {
        "metadata": world.metadata(node.name, labels=labels),
        "spec": {"podCIDR": f"10.244.{number}.0/24", "providerID": f"aws:///{node.zone}/i-{identity[:8]}"},
        "status": {
            "capacity": {"cpu": _cpu(node.cpu_millicores), "memory": f"{node.memory_bytes // 1024}Ki", "pods": "58"},
            "allocatable": {
                "cpu": _cpu(node.allocatable_millicores), "memory": f"{node.allocatable_bytes // 1024}Ki",
                "pods": "58",
            },
            "conditions": node_conditions(world.now, world.now),
            "addresses": [
                {"type": "InternalIP", "address": node.internal_ip},
                {"type": "Hostname", "address": node.name},
            ],
            "nodeInfo": {
                "machineID": identity.replace("-", ""), "systemUUID": identity, "bootID": world.uid(),
                "kernelVersion": "6.12.40-63.114.amzn2023.x86_64", "osImage": "Amazon Linux 2023.8",
                "containerRuntimeVersion": "containerd://2.1.4", "kubeletVersion": "v1.36.3",
                "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64",
            },
            "images": [],
        },
    }  # fmt: skip


_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def node_conditions(heartbeat: float, since: float) -> list[Body]:
    """The four conditions of a healthy node."""
    return [
        {
            "type": kind, "status": status, "lastHeartbeatTime": format_time(heartbeat),
            "lastTransitionTime": format_time(since), "reason": reason, "message": message,
        }
        for kind, status, reason, message in _CONDITIONS
    ]  # fmt: skip
