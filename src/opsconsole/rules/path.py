"""The critical path: its services in order with rate, errors, latency, times normal, and what is nearly full."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ..model.baseline import Baselines
from ..model.kubernetes import Pod, Usage
from ..model.metrics import External, ServiceFigures
from ..model.postgres import ServerFacts
from ..model.redis import CacheFigures

SHOWN = 6
NOTHING: Mapping[str, float] = {}


class PathRow(msgspec.Struct, frozen=True, gc=False):
    """One station of the path; None is unknown, and what does not apply to a station is left at its default."""

    name: str
    requests_s: float | None
    errors: float | None
    p95_s: float | None
    times_normal: float | None
    """P95 against what is normal at this hour, else against the same hour last week."""
    full: str
    """What is nearest to its limit: cpu, memory, connections; "" where nothing tells."""
    full_ratio: float | None
    learned: bool = False
    """What is normal was learned; False: it is last week's value."""


def normal_p95(known: Baselines | None) -> dict[str, float]:
    """By service what its P95 usually is in this class of hours, where enough hours are known."""
    rows = known.rows if known is not None else ()
    found = {row.service: next((one.median for one in row.figures if one.measure == "p95"), None)
             for row in rows if row.service and not row.endpoint}  # fmt: skip
    return {service: median for service, median in found.items() if median}


def path(
    figures: Sequence[ServiceFigures],
    critical: Sequence[str],
    pods: Mapping[str, tuple[str, float | None]],
    facts: ServerFacts | None,
    cache: CacheFigures | None,
    external: Sequence[External] = (),
    normal: Mapping[str, float] = NOTHING,
) -> tuple[PathRow, ...]:
    """The services of the settings' path, else the busiest ones; then database, cache and what lies outside.

    `pods` gives for a service what its pods are nearest to (see `fullest`), `normal` its usual P95.
    """
    services = {row.service: row for row in figures if not row.endpoint}
    names = list(critical) or sorted(services, key=lambda name: -(services[name].requests_s or 0.0))
    rows = [_service(name, services.get(name), pods.get(name), normal.get(name)) for name in names[:SHOWN]]
    if facts is not None:
        usable = facts.max_connections - facts.reserved
        used = facts.connections / usable if usable > 0 else None
        row = PathRow(f"{facts.server}", facts.statements_s, None, None, None, "conns", used)
        rows.append(row)
    if cache is not None:
        share = (
            cache.memory_bytes / cache.max_memory_bytes
            if cache.max_memory_bytes and cache.memory_bytes is not None
            else None
        )
        rows.append(PathRow(cache.server, cache.commands_s, None, None, None, "mem", share))
    for target in external:
        against = times(target.p95_s, target.p95_last_week_s)
        rows.append(
            PathRow(f"{target.name} (extern)", target.requests_s, target.errors, target.p95_s, against, "", None)
        )
    return tuple(rows)


def _service(
    name: str, row: ServiceFigures | None, full: tuple[str, float | None] | None, normal: float | None
) -> PathRow:
    what, ratio = full or ("", None)
    if row is None:
        return PathRow(name, None, None, None, None, what, ratio)
    against = times(row.p95_s, normal or row.p95_last_week_s)
    return PathRow(name, row.requests_s, row.server_errors, row.p95_s, against, what, ratio, bool(normal))


def times(now: float | None, before: float | None) -> float | None:
    """How many times the value before; None where either is unknown or nothing was before."""
    return now / before if now is not None and before else None


def fullest(pods: Iterable[Pod], usage: Mapping[str, Usage]) -> dict[str, tuple[str, float | None]]:
    """For each workload the resource nearest to its bound: (`cpu` or `mem`, ratio).

    CPU is used / requested, memory used / limit, summed over the workload's pods that have both figures. A pod belongs
    to the workload whose name its owner carries (a ReplicaSet's name less its hash).
    """
    sums: dict[str, list[float]] = {}
    for pod in pods:
        used = usage.get(f"{pod.namespace}/{pod.name}")
        if used is None or pod.owner is None:
            continue
        name = pod.owner.name.rpartition("-")[0] if pod.owner.kind == "ReplicaSet" else pod.owner.name
        total = sums.setdefault(name, [0.0, 0.0, 0.0, 0.0])
        if pod.cpu_request:
            total[0] += used.cpu
            total[1] += pod.cpu_request
        if pod.memory_limit:
            total[2] += used.memory
            total[3] += pod.memory_limit
    found: dict[str, tuple[str, float | None]] = {}
    for name, (cpu, cpu_of, memory, memory_of) in sums.items():
        ratios = [("cpu", cpu / cpu_of)] if cpu_of else []
        ratios += [("mem", memory / memory_of)] if memory_of else []
        if ratios:
            found[name] = max(ratios, key=lambda item: item[1])
    return found
