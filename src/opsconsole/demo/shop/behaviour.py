"""What a release changes: how the pods that run a version answer, as opposed to the version the demo starts with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from opsconsole.demo.shop.endpoints import Endpoint


@dataclass(frozen=True, slots=True)
class Change:
    """One endpoint's difference; None leaves a figure as it was."""

    median_s: float | None = None
    sigma: float | None = None
    spread: tuple[float, float] | None = None
    cpu_ms: float | None = None
    error_ratio: float | None = None
    queries: Mapping[str, float] = field(default_factory=dict)
    """Statement id → calls per request, in place of the endpoint's own figure for that statement."""
    parallel_queries: float = 0.0
    """Connections that each request in flight holds beyond its pod's resting pool."""

    def apply(self, endpoint: Endpoint) -> Endpoint:
        return replace(
            endpoint,
            median_s=endpoint.median_s if self.median_s is None else self.median_s,
            sigma=endpoint.sigma if self.sigma is None else self.sigma,
            spread=endpoint.spread if self.spread is None else self.spread,
            cpu_ms=endpoint.cpu_ms if self.cpu_ms is None else self.cpu_ms,
            error_ratio=endpoint.error_ratio if self.error_ratio is None else self.error_ratio,
            queries={**endpoint.queries, **self.queries},
        )


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What every ready pod of a workload does while it runs a certain version."""

    endpoints: Mapping[str, Change] = field(default_factory=dict)
    """Path → change."""
    memory_factor: float = 1.0
    grabs_millicores: float = 0.0
    """CPU that its threads take wherever there is some, whatever it asked for."""
    leak_bytes_s: float = 0.0
    """Memory that a running container gains per second and never gives back."""
    leaked_connections_s: float = 0.0
    """Database connections that a ready pod takes from its pool per second and never gives back."""
    statements_s: Mapping[str, float] = field(default_factory=dict)
    """Statement id → calls per second of each ready pod that no request brings."""


Behaviours = Mapping[tuple[str, str], Behaviour]
"""(workload, version) → behaviour; versions that are not named behave as the one at the start."""
NORMAL = Behaviour()
