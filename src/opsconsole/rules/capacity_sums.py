"""What pods ask for, one by one and added up per node and per namespace, change by change."""

import msgspec

from ..model.kubernetes import Pod
from ..model.placement import ANYWHERE, Amounts

FINISHED = ("Succeeded", "Failed")


class Ask(msgspec.Struct, frozen=True, gc=False):
    """What one pod asks for, as the scheduler counts it."""

    cpu: float = 0.0
    """Cores requested."""
    memory: float = 0.0
    """Bytes requested."""
    cpu_limit: float = 0.0
    memory_limit: float = 0.0
    others: Amounts = ()
    no_request: bool = False
    """Whether it requests neither CPU nor memory: the scheduler takes it for nothing."""
    no_limit: bool = False
    """Whether a container of it may use all memory of its node."""


def asked(pod: Pod) -> Ask:
    """Requests as `requests` has them; limits as the sum over what runs at the same time."""
    cpu, memory = requests(pod)
    running = [one for one in pod.containers if not one.init or one.sidecar]
    return Ask(
        cpu,
        memory,
        sum(one.cpu_limit or 0.0 for one in running),
        sum(one.memory_limit or 0.0 for one in running),
        pod.placement.others,
        not cpu and not memory,
        any(one.memory_limit is None for one in running),
    )


def requests(pod: Pod) -> tuple[float, float]:
    """(cores, bytes) that the scheduler reserves: what runs together, or more where an init container asks for more.

    An init container runs beside the sidecars that stand before it; what is asked for the pod as a whole counts in
    place of this sum, the runtime's overhead on top.
    Source: k8s.io/component-helpers, resource/helpers.go (PodRequests).
    """
    cpu = memory = side_cpu = side_memory = most_cpu = most_memory = 0.0
    for one in pod.containers:
        own_cpu, own_memory = one.cpu_request or 0.0, one.memory_request or 0.0
        if one.init and not one.sidecar:
            most_cpu = max(most_cpu, side_cpu + own_cpu)
            most_memory = max(most_memory, side_memory + own_memory)
            continue
        cpu += own_cpu
        memory += own_memory
        if one.init:
            side_cpu += own_cpu
            side_memory += own_memory
    cpu, memory = max(cpu, most_cpu), max(memory, most_memory)
    place = pod.placement
    if place is not ANYWHERE:
        cpu = (cpu if place.cpu is None else place.cpu) + place.overhead_cpu
        memory = (memory if place.memory is None else place.memory) + place.overhead_memory
    return cpu, memory


class Sums:
    """Of the pods of a node or a namespace that hold their requests: bound to a node and not finished."""

    __slots__ = (
        "cpu", "cpu_limit", "memory", "memory_limit", "no_limit", "no_request", "others", "pods", "waiting",
    )  # fmt: skip

    def __init__(self) -> None:
        self.cpu = self.memory = self.cpu_limit = self.memory_limit = 0.0
        self.pods = self.no_request = self.no_limit = 0
        self.waiting = 0
        """Pods that have no node yet; nothing else of them is counted."""
        self.others: dict[str, float] = {}

    def add(self, ask: Ask, times: int = 1) -> None:
        """Count a pod in; out with `times` -1."""
        self.pods += times
        self.cpu += times * ask.cpu
        self.memory += times * ask.memory
        self.cpu_limit += times * ask.cpu_limit
        self.memory_limit += times * ask.memory_limit
        self.no_request += times * ask.no_request
        self.no_limit += times * ask.no_limit
        for name, amount in ask.others:
            self.others[name] = self.others.get(name, 0.0) + times * amount


NOTHING = Sums()
"""Of a node or namespace without pods; never added to."""
