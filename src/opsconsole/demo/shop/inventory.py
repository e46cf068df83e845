"""What the shop platform consists of: its nodes and its workloads, as the simulated Kubernetes builds them."""

from dataclasses import dataclass
from typing import Literal

MIB = 1024 * 1024
GIB = 1024 * MIB
REGISTRY = "registry.social-live.example"


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    zone: str
    instance_type: str
    cpu_millicores: int
    """Capacity; what pods may request is `allocatable_millicores`."""
    allocatable_millicores: int
    memory_bytes: int
    allocatable_bytes: int
    internal_ip: str


@dataclass(frozen=True, slots=True)
class Scaling:
    """A HorizontalPodAutoscaler on CPU."""

    minimum: int
    maximum: int
    cpu_target_percent: int
    """Of the pods' CPU request."""


@dataclass(frozen=True, slots=True)
class Workload:
    name: str
    kind: Literal["Deployment", "StatefulSet", "DaemonSet"]
    image: str
    """Without the tag."""
    version: str
    """The tag it runs when the demo starts."""
    replicas: int
    cpu_request: int
    """Millicores."""
    cpu_limit: int
    memory_request: int
    """Bytes."""
    memory_limit: int
    port: int | None = None
    scaling: Scaling | None = None
    nodejs: bool = False
    """Publishes process and heap memory as Node.js services do."""


NODES: tuple[Node, ...] = tuple(
    Node(
        name=f"ip-10-0-{index}-{host}",
        zone=f"eu-central-1{zone}",
        instance_type="m6i.2xlarge",
        cpu_millicores=8000,
        allocatable_millicores=7900,
        memory_bytes=32 * GIB,
        allocatable_bytes=31 * GIB,
        internal_ip=f"10.0.{index}.{host}",
    )
    for index, (host, zone) in enumerate(((17, "a"), (42, "b"), (88, "c")), start=1)
)


def _image(name: str) -> str:
    return f"{REGISTRY}/{name}"


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        "api", "Deployment", _image("api"), "1.8.1", 12, 500, 1000, 384 * MIB, 768 * MIB, 3000, Scaling(3, 20, 65), True
    ),
    Workload(
        "web", "Deployment", _image("web"), "4.4.0", 2, 250, 500, 256 * MIB, 512 * MIB, 8080, Scaling(2, 6, 70), True
    ),
    Workload("auth", "Deployment", _image("auth"), "2.3.5", 2, 250, 500, 256 * MIB, 512 * MIB, 3001, None, True),
    Workload(
        "search", "Deployment", _image("search"), "1.12.0", 2, 500, 1000, 512 * MIB, GIB, 9200, Scaling(2, 6, 70)
    ),
    Workload(
        "feed", "Deployment", _image("feed"), "3.1.4", 3, 300, 600, 256 * MIB, 512 * MIB, 3002, Scaling(3, 8, 70), True
    ),
    Workload(
        "media", "Deployment", _image("media"), "0.9.7", 2, 250, 500, 256 * MIB, 768 * MIB, 3003, Scaling(2, 5, 75)
    ),
    Workload(
        "payments-gateway", "Deployment", _image("payments-gateway"), "1.2.0", 2, 250, 500, 192 * MIB, 384 * MIB, 3004
    ),
    Workload(
        "notifications", "Deployment", _image("notifications"), "1.5.2", 2, 150, 300, 192 * MIB, 384 * MIB, 3005,
        None, True,
    ),
    Workload(
        "worker", "Deployment", _image("worker"), "2.1.0", 3, 500, 1000, 512 * MIB, GIB, None, Scaling(3, 10, 70), True
    ),
    Workload("scheduler", "Deployment", _image("scheduler"), "1.0.9", 1, 100, 200, 128 * MIB, 256 * MIB, None),
    Workload(
        "ingress-nginx-controller", "Deployment", "registry.k8s.io/ingress-nginx/controller", "v1.12.1", 3, 200, 1000,
        128 * MIB, 512 * MIB, 80,
    ),
    Workload("search-index", "StatefulSet", _image("search-index"), "8.15.2", 2, 1000, 2000, 2 * GIB, 3 * GIB, 9300),
    Workload("node-exporter", "DaemonSet", "quay.io/prometheus/node-exporter", "v1.8.2", 3, 100, 250, 64 * MIB,
             128 * MIB, 9100),
    Workload("kube-state-metrics", "Deployment", "registry.k8s.io/kube-state-metrics/kube-state-metrics", "v2.14.0",
             1, 100, 200, 96 * MIB, 192 * MIB, 8080),
    Workload("redis-exporter", "Deployment", "docker.io/oliver006/redis_exporter", "v1.66.0", 1, 50, 100, 32 * MIB,
             64 * MIB, 9121),
    Workload("postgres-exporter", "Deployment", "quay.io/prometheuscommunity/postgres-exporter", "v0.16.0", 1, 50, 100,
             48 * MIB, 96 * MIB, 9187),
)  # fmt: skip

OCCASIONAL: tuple[Workload, ...] = (
    Workload("report-export", "Deployment", _image("report-export"), "0.3.0", 1, 100, 0, 256 * MIB, 2 * GIB),
)
"""What does not run all the time; a CPU limit of 0 is none."""
BY_NAME: dict[str, Workload] = {workload.name: workload for workload in (*WORKLOADS, *OCCASIONAL)}
