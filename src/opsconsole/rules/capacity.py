"""How many more pods of a workload the nodes have room for, and usage as a share of what was requested or allowed."""

from collections.abc import Iterable, Sequence

import msgspec

from ..model.kubernetes import Node, Pod
from ..model.placement import ANYWHERE, Amounts, Placement
from .capacity_sums import FINISHED, NOTHING, Sums, asked, requests
from .placement import refusal

_HAIR = 1e-9
"""Below a whole number is rounding of sums."""


class NodeRoom(msgspec.Struct, frozen=True, gc=False):
    """What is left to request on one node; negative where it is overcommitted."""

    node: Node
    cpu: float
    """Cores."""
    memory: float
    """Bytes."""
    pods: int
    others: Amounts = ()


class Room(msgspec.Struct, frozen=True, gc=False):
    """Room for one template on all nodes that take it."""

    pods: int | None
    """How many more; None where the template requests nothing, so that only the pod limit counts."""
    cpu: float
    """Cores left to request, together."""
    memory: float
    nodes: int
    shut: int = 0
    """Nodes left out."""
    why_shut: str = ""
    """What they are left out by, where it is the same: `cordoned`, `taint gpu`, `node selector`."""
    unread: tuple[str, ...] = ()
    """Rules of the template that were not looked at: there may be less room."""


def node_rooms(nodes: Iterable[Node], pods: Iterable[Pod]) -> tuple[NodeRoom, ...]:
    """Allocatable less the requests of the pods on each node.

    As the scheduler counts: pods that finished hold nothing, a container without a request counts as zero.
    """
    sums: dict[str, Sums] = {}
    for pod in pods:
        if pod.node and pod.phase not in FINISHED:
            sums.setdefault(pod.node, Sums()).add(asked(pod))
    return tuple(room_of(node, sums.get(node.name, NOTHING)) for node in nodes)


def room_of(node: Node, held: Sums) -> NodeRoom:
    """What the sums of its pods leave of a node."""
    others = tuple((name, amount - held.others.get(name, 0.0)) for name, amount in node.others)
    return NodeRoom(node, node.cpu - held.cpu, node.memory - held.memory, node.pods - held.pods, others)


def room(template: Pod, nodes: Sequence[Node], pods: Iterable[Pod]) -> Room:
    """How many more pods like `template` fit, node by node, by requests, pod limits and where they may go."""
    return room_on(node_rooms(nodes, pods), template, len(nodes))


def room_on(rooms: Sequence[NodeRoom], template: Pod, nodes: int) -> Room:
    """The same from the rooms of all nodes, of which there are `nodes`."""
    cpu, memory = requests(template)
    place = template.placement
    why = [refusal(place, one.node) for one in rooms]
    free = [one for one, refused in zip(rooms, why, strict=True) if not refused]
    shut = {refused for refused in why if refused}
    asks = bool(cpu or memory or place.others)
    return Room(
        pods=sum(max(0, fits(one, cpu, memory, place.others)) for one in free) if asks else None,
        cpu=sum(max(0.0, one.cpu) for one in free),
        memory=sum(max(0.0, one.memory) for one in free),
        nodes=len(free),
        shut=nodes - len(free),
        why_shut=shut.pop() if len(shut) == 1 else "",
        unread=place.unread,
    )


def fits(one: NodeRoom, cpu: float, memory: float, others: Amounts = ()) -> int:
    """How many pods that ask for this fit on one node; 0 or less where none does."""
    limits = [one.pods]
    if cpu:
        limits.append(int(one.cpu / cpu + _HAIR))
    if memory:
        limits.append(int(one.memory / memory + _HAIR))
    if others:
        left = dict(one.others)
        limits += [int(left.get(name, 0.0) / amount + _HAIR) for name, amount in others if amount]
    return min(limits)


def open_to_pods(node: Node, placement: Placement = ANYWHERE) -> bool:
    """Whether such a pod may be placed there; without a placement an ordinary one."""
    return not refusal(placement, node)


def room_words(found: Room) -> str:
    """`3.1 CPU left on 3 nodes = 6 more pods`."""
    shut = f" ({found.shut} shut{f': {found.why_shut}' if found.why_shut else ''})" if found.shut else ""
    many = "pods request nothing" if found.pods is None else f"{found.pods} more pod{'' if found.pods == 1 else 's'}"
    at_most = f" at most ({', '.join(found.unread)} not looked at)" if found.unread and found.pods else ""
    return f"{found.cpu:.1f} CPU left on {found.nodes} node{'' if found.nodes == 1 else 's'}{shut} = {many}{at_most}"
