"""What pods use, and which share that is of what they requested and of what they may use."""

from collections.abc import Iterable, Mapping

import msgspec

from ..model.kubernetes import Pod, Usage


class Use(msgspec.Struct, frozen=True, gc=False):
    """Of several pods together; None is unknown. Shares are of the measured pods that have a request, or a limit."""

    cpu: float | None = None
    """Cores."""
    memory: float | None = None
    """Bytes."""
    cpu_of_request: float | None = None
    cpu_of_limit: float | None = None
    memory_of_request: float | None = None
    memory_of_limit: float | None = None


def use_of(pods: Iterable[Pod], usages: Mapping[str, Usage]) -> Use:
    """`usages` by `namespace/name`."""
    cpu = memory = 0.0
    measured = False
    over: list[list[float]] = [[0.0, 0.0] for _ in range(4)]
    for pod in pods:
        usage = usages.get(f"{pod.namespace}/{pod.name}")
        if usage is None:
            continue
        measured, cpu, memory = True, cpu + usage.cpu, memory + usage.memory
        parts = (
            (usage.cpu, pod.cpu_request), (usage.cpu, pod.cpu_limit),
            (usage.memory, pod.memory_request), (usage.memory, pod.memory_limit),
        )  # fmt: skip
        for sums, (used, of) in zip(over, parts, strict=True):
            if of:
                sums[0] += used
                sums[1] += of
    if not measured:
        return Use()
    return Use(cpu, memory, *(used / of if of else None for used, of in over))


def cpu_of_request(pod: Pod, usage: Usage | None) -> float | None:
    """CPU used as a share of the request (may be above 1); None without usage or request."""
    return _share(usage.cpu if usage else None, pod.cpu_request)


def cpu_of_limit(pod: Pod, usage: Usage | None) -> float | None:
    return _share(usage.cpu if usage else None, pod.cpu_limit)


def memory_of_request(pod: Pod, usage: Usage | None) -> float | None:
    return _share(usage.memory if usage else None, pod.memory_request)


def memory_of_limit(pod: Pod, usage: Usage | None) -> float | None:
    """Memory used as a share of the limit; None without usage or limit."""
    return _share(usage.memory if usage else None, pod.memory_limit)


def _share(used: float | None, of: float | None) -> float | None:
    return None if used is None or not of else used / of
