"""How many more pods of a workload the nodes have room for, and usage as a share of what was requested or allowed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from ..model.kubernetes import Node, Pod, Usage

_FINISHED = ("Succeeded", "Failed")
_SHUT = (":NoSchedule", ":NoExecute")


class NodeRoom(msgspec.Struct, frozen=True, gc=False):
    """What is left to request on one node; negative where it is overcommitted."""

    node: str
    cpu: float
    """Cores."""
    memory: float
    """Bytes."""
    pods: int


class Room(msgspec.Struct, frozen=True, gc=False):
    """Room for one template on all nodes that take pods."""

    pods: int | None
    """How many more; None where the template requests nothing, so that only the pod limit counts."""
    cpu: float
    """Cores left to request, together."""
    memory: float
    nodes: int
    shut: int = 0
    """Nodes left out: cordoned, not ready, or tainted (tolerations are not looked at)."""


def node_rooms(nodes: Iterable[Node], pods: Iterable[Pod]) -> tuple[NodeRoom, ...]:
    """Allocatable less the requests of the pods on each node that takes pods.

    As the scheduler counts: pods that finished hold nothing, a container without a request counts as zero.
    """
    cpu: dict[str, float] = defaultdict(float)
    memory: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for pod in pods:
        if pod.node and pod.phase not in _FINISHED:
            pod_cpu, pod_memory = requests(pod)
            cpu[pod.node] += pod_cpu
            memory[pod.node] += pod_memory
            count[pod.node] += 1
    return tuple(
        NodeRoom(node.name, node.cpu - cpu[node.name], node.memory - memory[node.name], node.pods - count[node.name])
        for node in nodes
        if open_to_pods(node)
    )


def room(template: Pod, nodes: Sequence[Node], pods: Iterable[Pod]) -> Room:
    """How many more pods like `template` fit, node by node, by their requests and the nodes' pod limits."""
    return room_on(node_rooms(nodes, pods), template, len(nodes))


def room_on(rooms: Sequence[NodeRoom], template: Pod, nodes: int) -> Room:
    """The same from the nodes' rooms; `nodes` counts those that take no pods, too."""
    cpu, memory = requests(template)
    fits = sum(max(0, _fit(one, cpu, memory)) for one in rooms)
    return Room(
        pods=fits if cpu or memory else None,
        cpu=sum(max(0.0, one.cpu) for one in rooms),
        memory=sum(max(0.0, one.memory) for one in rooms),
        nodes=len(rooms),
        shut=nodes - len(rooms),
    )


def requests(pod: Pod) -> tuple[float, float]:
    """(cores, bytes) that the scheduler reserves: the containers' sum or the largest init container, whichever is more.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    running = [container for container in pod.containers if not container.init or container.sidecar]
    starting = [container for container in pod.containers if container.init and not container.sidecar]
    cpu = max([sum(c.cpu_request or 0.0 for c in running), *(c.cpu_request or 0.0 for c in starting)])
    memory = max([sum(c.memory_request or 0.0 for c in running), *(c.memory_request or 0.0 for c in starting)])
    return cpu, memory


def open_to_pods(node: Node) -> bool:
    """Whether an ordinary pod may be placed there."""
    return not node.unschedulable and node.status == "Ready" and not any(taint.endswith(_SHUT) for taint in node.taints)


def room_words(found: Room) -> str:
    """`3.1 CPU left on 3 nodes = 6 more pods`."""
    shut = f" ({found.shut} shut)" if found.shut else ""
    many = "pods request nothing" if found.pods is None else f"{found.pods} more pod{'' if found.pods == 1 else 's'}"
    return f"{found.cpu:.1f} CPU left on {found.nodes} node{'' if found.nodes == 1 else 's'}{shut} = {many}"


def cpu_of_request(pod: Pod, usage: Usage | None) -> float | None:
    """CPU used as a share of the request (may be above 1); None without usage or request."""
    return _share(usage.cpu if usage else None, pod.cpu_request)


def memory_of_limit(pod: Pod, usage: Usage | None) -> float | None:
    """Memory used as a share of the limit; None without usage or limit."""
    return _share(usage.memory if usage else None, pod.memory_limit)


def cpu_of_requests(pods: Iterable[Pod], usages: dict[str, Usage]) -> float | None:
    """The same over a workload: all use of the pods that are measured over their requests."""
    return _ratio((usages.get(f"{pod.namespace}/{pod.name}"), pod.cpu_request, "cpu") for pod in pods)


def memory_of_limits(pods: Iterable[Pod], usages: dict[str, Usage]) -> float | None:
    return _ratio((usages.get(f"{pod.namespace}/{pod.name}"), pod.memory_limit, "memory") for pod in pods)


def _ratio(parts: Iterable[tuple[Usage | None, float | None, str]]) -> float | None:
    used = of = 0.0
    for usage, base, field in parts:
        if usage is not None and base:
            used += usage.cpu if field == "cpu" else usage.memory
            of += base
    return used / of if of else None


def _share(used: float | None, of: float | None) -> float | None:
    return None if used is None or not of else used / of


def _fit(one: NodeRoom, cpu: float, memory: float) -> int:
    # a hair below a whole number is rounding of sums
    limits = [one.pods]
    if cpu:
        limits.append(int(one.cpu / cpu + 1e-9))
    if memory:
        limits.append(int(one.memory / memory + 1e-9))
    return min(limits)
