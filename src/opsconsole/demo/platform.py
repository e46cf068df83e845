"""What the parts of the demo's platform tell each other: the shop's load, and the cluster that carries it.

One process hosts the shop model, the simulated Kubernetes API, the simulated Prometheus and the workload that runs
real SQL and Redis commands. Once a second the shop steps (`Shop.step(now, cluster)`), then the cluster's controllers
step (`Cluster.step(now, shop.load)`). Times are unix seconds (wall clock); nothing here does I/O.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

NAMESPACE = "social-live-prod"


@dataclass(frozen=True, slots=True)
class Life:
    """What runs in a pod since its last start."""

    version: str
    since: float
    restarts: int


@dataclass(frozen=True, slots=True)
class WorkloadState:
    """One workload as the cluster runs it now."""

    name: str
    version: str
    """Image tag of the newest pod template."""
    ready: Mapping[str, str]
    """Ready pods: pod name → version (image tag) it runs; in a rollout both versions stand here."""
    nodes: Mapping[str, str]
    """Every pod of the workload, ready or not: pod name → node ("" while unscheduled)."""
    replicas: int
    lives: Mapping[str, Life] | None = None
    """Pods whose containers run, by name; None where the cluster does not tell."""
    lost: frozenset[str] = frozenset()
    """Pods of a node that is gone: they answer nobody, also while the cluster still takes them for ready."""


class Cluster(Protocol):
    """The cluster as the shop and the scenarios see it; the simulated Kubernetes implements it."""

    def workloads(self) -> Mapping[str, WorkloadState]: ...

    def deploy(self, workload: str, version: str, *, author: str, env: Mapping[str, str] | None = None) -> None:
        """Change a Deployment's image tag (and env) as a delivery pipeline does; the rollout follows by itself."""

    def set_config(self, config_map: str, data: Mapping[str, str]) -> None:
        """Change a ConfigMap."""

    def launch(self, workload: str, *, author: str) -> None:
        """Create one of the workloads that do not run all the time."""

    def stop_node(self, node: str) -> None:
        """Take a machine away, as a hardware fault does."""

    def log(self, pod: str, line: str) -> None:
        """Append a line to a pod's log."""


@dataclass(frozen=True, slots=True)
class EndpointLoad:
    """One endpoint of one service: load that its users bring and how it answers."""

    method: str
    path: str
    requests_s: float
    error_ratio: float
    """Share answered 5xx, 0–1."""
    client_error_ratio: float
    median_s: float
    """Median of the log-normal latency."""
    sigma: float
    """Its shape (standard deviation of the logarithm)."""
    queries_per_request: float


@dataclass(frozen=True, slots=True)
class PodLoad:
    cpu_millicores: float
    memory_bytes: float


@dataclass(frozen=True, slots=True)
class DatabaseLoad:
    """What the services ask of PostgreSQL; the workload process plays it on the real server."""

    statements_s: Mapping[str, float]
    """Statement id (a key of the workload's own table of SQL texts) → calls per second."""
    connections: Mapping[str, int]
    """Application name → connections its pool holds open."""
    leaks: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Pod → (its application, connections per second that it takes from the pool and never gives back)."""


@dataclass(frozen=True, slots=True)
class Business:
    orders_min: float
    logins_min: float
    active_users: float


@dataclass(frozen=True, slots=True)
class Load:
    """Everything the shop does in this second."""

    at: float
    services: Mapping[str, Sequence[EndpointLoad]]
    pods: Mapping[str, PodLoad]
    database: DatabaseLoad
    cache_commands_s: float
    cache_hit_ratio: float
    """Of the lookups, as the real cache answers them."""
    queue_depth: float
    business: Business
    hurt: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Customer plan → (slow requests/s, failed requests/s) that its customers see."""


class Servers(Protocol):
    """The real PostgreSQL and Valkey as the scenarios see them."""

    def begin(self, act: str) -> None:
        """Have one of the acts of `demo.acts` played on them, soon."""


@dataclass(slots=True)
class Backstage:
    """Acts that a scenario has called for and nobody has begun yet."""

    called: list[str] = field(default_factory=list)

    def begin(self, act: str) -> None:
        self.called.append(act)

    def take(self) -> list[str]:
        called, self.called = self.called, []
        return called


@dataclass(frozen=True, slots=True)
class Trouble:
    """How much worse than usual the real PostgreSQL answers one of the shop's statements."""

    slower_s: float = 0.0
    """What one call takes longer."""
    waits_s: float = 0.0
    """What a request waits, on average, for a lock or for a free connection."""
    failing: float = 0.0
    """Share of the calls that found no connection, or got an error, 0–1."""


@dataclass(slots=True)
class Observed:
    """What the real servers of the demo say of themselves; the simulated exporters publish it, the shop feels it.

    The workload writes it once a second; None until it has.
    """

    connections_by_state: Mapping[str, int] | None = None
    max_connections: int | None = None
    reserved_connections: int | None = None
    """Of them those that only superusers may open."""
    database_size_bytes: int | None = None
    cache_memory_bytes: int | None = None
    cache_max_memory_bytes: int | None = None
    cache_clients: int | None = None
    cache_hit_ratio: float | None = None
    """Of the shop's own lookups in the last seconds."""
    statements: Mapping[str, Trouble] = field(default_factory=dict)
    """Statement id → its trouble; those that are well are left out."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Application → connections that hang in a statement which does not end."""
