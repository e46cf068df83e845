"""What would not fit if a node went away: its pods placed anew on the other nodes, largest first.

As the scheduler does by default each goes to the node with most left free (LeastAllocated), by requests, pod limits,
taints, nodeSelector and required node affinity. Nothing is moved or evicted to make room. What other pods, volumes and
devices say about a place is not looked at, so that what does not fit is the least that would not.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from ..model.kubernetes import Pod
from ..model.placement import Amounts, Placement
from ..text import units
from .capacity import NodeRoom, fits
from .capacity_sums import FINISHED, requests
from .placement import refusal
from .workload_state import controller

_STAYS = ("DaemonSet", "Node")
"""Owners whose pods belong to their node: a DaemonSet's, and the kubelet's own (mirror pods)."""
_NAMED = 3
Shape = tuple[int, float, float]
"""Which placement, cores, bytes: pods of one shape fit or do not fit together."""


class Left(msgspec.Struct, frozen=True, gc=False):
    """A pod that finds no place, and what is short."""

    pod: Pod
    why: str


class Loss(msgspec.Struct, frozen=True, gc=False):
    """What happens to the pods of a node that goes away."""

    node: str
    moving: int
    """Pods that would be made anew elsewhere."""
    left: tuple[Left, ...] = ()
    """Of these those that find no place."""
    ending: int = 0
    """Pods that end with the node: of DaemonSets, and the kubelet's own."""
    orphans: tuple[Pod, ...] = ()
    """Pods that nothing would make anew."""
    others: int = 0
    """Other nodes that take any of its pods."""
    unread: tuple[str, ...] = ()
    """Rules of its pods that were not looked at."""


class Places:
    """The room on all nodes, asked of one node after the other what its loss would mean."""

    def __init__(self, rooms: Sequence[NodeRoom]) -> None:
        self._rooms = tuple(rooms)
        self._index = {room.node.name: at for at, room in enumerate(self._rooms)}
        self._cpu = sum(room.node.cpu for room in self._rooms) / max(1, len(self._rooms)) or 1.0
        self._memory = sum(room.node.memory for room in self._rooms) / max(1, len(self._rooms)) or 1.0
        self._heaps: dict[int, list[tuple[float, int]]] = {}
        """By placement: the nodes that take such pods, those with most left first."""
        self._placements: dict[int, Placement] = {}
        """Held so that no other gets their identity."""

    def lose(self, node: str, pods: Iterable[Pod]) -> Loss:
        """`pods` are those on the node."""
        moving, orphans, ending = _sorted_out(pods)
        moving.sort(key=self._size)
        free: dict[int, NodeRoom] = {}
        queues: dict[int, list[tuple[float, int]]] = {}
        short: dict[tuple[Shape, Amounts], str] = {}
        left: list[Left] = []
        gone = self._index.get(node, -1)
        for pod in moving:
            place = pod.placement
            cpu, memory = requests(pod)
            shape = ((id(place), cpu, memory), place.others)
            if shape not in short:
                queue = queues.get(id(place))
                if queue is None:
                    queue = queues[id(place)] = self._heap(place).copy()
                if self._put(queue, free, gone, cpu, memory, place.others):
                    continue
                # the rooms only shrink from here on: whatever asks for as much does not fit either
                short[shape] = self._short(queue, free, gone, place, cpu, memory)
            left.append(Left(pod, short[shape]))
        return Loss(
            node,
            len(moving),
            tuple(left),
            ending,
            tuple(orphans),
            len({at for queue in queues.values() for _, at in queue if at != gone}),
            tuple(dict.fromkeys(rule for pod in moving for rule in pod.placement.unread)),
        )

    def _size(self, pod: Pod) -> tuple[float, str, str]:
        """The larger first, by a pod's larger share of an average node."""
        cpu, memory = requests(pod)
        return -max(cpu / self._cpu, memory / self._memory), pod.namespace, pod.name

    def _heap(self, place: Placement) -> list[tuple[float, int]]:
        heap = self._heaps.get(id(place))
        if heap is None:
            heap = [(-_free(room), at) for at, room in enumerate(self._rooms) if not refusal(place, room.node)]
            heapq.heapify(heap)
            self._heaps[id(place)], self._placements[id(place)] = heap, place
        return heap

    def _put(
        self, queue: list[tuple[float, int]], free: dict[int, NodeRoom], gone: int, cpu: float, memory: float,
        others: Amounts,
    ) -> bool:  # fmt: skip
        """Place one pod on the first node of the queue that has room."""
        passed: list[tuple[float, int]] = []
        found = False
        while queue and not found:
            first = heapq.heappop(queue)
            at = first[1]
            if at == gone:
                continue
            room = free.get(at)
            if room is not None and -_free(room) > first[0]:
                heapq.heappush(queue, (-_free(room), at))  # another queue has filled it meanwhile
                continue
            room = room or self._rooms[at]
            if fits(room, cpu, memory, others) > 0:
                free[at] = room = _less(room, cpu, memory, others)
                first, found = (-_free(room), at), True
            passed.append(first)
        for one in passed:
            heapq.heappush(queue, one)
        return found

    def _short(
        self, queue: list[tuple[float, int]], free: dict[int, NodeRoom], gone: int, place: Placement, cpu: float,
        memory: float,
    ) -> str:  # fmt: skip
        """What is short for a pod: on all nodes that would take it, else on most of them."""
        short = [_lacking(free.get(at) or self._rooms[at], cpu, memory, place.others) for _, at in queue if at != gone]
        if not short:
            others = (room.node for at, room in enumerate(self._rooms) if at != gone)
            why = Counter(refusal(place, node) for node in others)
            return why.most_common(1)[0][0] if why else "no other node"
        counted = Counter(name for names in short for name in names)
        everywhere = [name for name, times in counted.items() if times == len(short)]
        return " and ".join(everywhere) or " or ".join(name for name, _ in counted.most_common(2))


def loss_words(loss: Loss) -> str:
    """`3 of 11 pods would not fit (api 2, worker 1: memory)`."""
    orphans = f"; {units.plural(len(loss.orphans), 'pod')} without owner would be gone" if loss.orphans else ""
    if not loss.moving:
        return f"no pod would have to move{orphans}"
    if not loss.left:
        fit = "the 1 pod" if loss.moving == 1 else f"all {loss.moving} pods"
        also = f", {' and '.join(loss.unread)} not looked at" if loss.unread else ""
        return f"{fit} would fit elsewhere{also}{orphans}"
    least = "at least " if loss.unread and len(loss.left) < loss.moving else ""
    return f"{least}{len(loss.left)} of {units.plural(loss.moving, 'pod')} would not fit ({left_words(loss)}){orphans}"


def left_words(loss: Loss) -> str:
    """`api 2, worker 1: memory`, or with the reason at each where they differ."""
    counted = Counter((_workload(one.pod), one.why) for one in loss.left)
    reasons = {why for _, why in counted}
    named = counted.most_common(_NAMED)
    more = sum(counted.values()) - sum(times for _, times in named)
    also = [f"{more} others"] if more else []
    if len(reasons) == 1:
        return f"{', '.join([*(f'{name} {times}' for (name, _), times in named), *also])}: {reasons.pop()}"
    return ", ".join([*(f"{name} {times}: {why}" for (name, why), times in named), *also])


def _sorted_out(pods: Iterable[Pod]) -> tuple[list[Pod], list[Pod], int]:
    """Those made anew elsewhere, those that nothing makes anew, and how many end with the node."""
    moving: list[Pod] = []
    orphans: list[Pod] = []
    ending = 0
    for pod in pods:
        if pod.phase in FINISHED or pod.deleting is not None:
            continue
        if pod.owner is None:
            orphans.append(pod)
        elif pod.owner.kind in _STAYS:
            ending += 1
        else:
            moving.append(pod)
    return moving, orphans, ending


def _workload(pod: Pod) -> str:
    owner = controller(pod)
    return owner.name if owner is not None else pod.name


def _free(room: NodeRoom) -> float:
    """Free share of CPU and memory, on average."""
    node = room.node
    shares = [left / whole for left, whole in ((room.cpu, node.cpu), (room.memory, node.memory)) if whole]
    return sum(shares) / len(shares) if shares else 0.0


def _less(room: NodeRoom, cpu: float, memory: float, others: Amounts) -> NodeRoom:
    asked = dict(others)
    left = tuple((name, amount - asked.get(name, 0.0)) for name, amount in room.others) if asked else room.others
    return NodeRoom(room.node, room.cpu - cpu, room.memory - memory, room.pods - 1, left)


def _lacking(room: NodeRoom, cpu: float, memory: float, others: Amounts) -> list[str]:
    """The resources of which a node has too little for a pod."""
    left = dict(room.others)
    asked = (("cpu", cpu, room.cpu), ("memory", memory, room.memory), ("pod limit", 1.0, float(room.pods)))
    more = ((name, amount, left.get(name, 0.0)) for name, amount in others)
    return [name for name, amount, free in (*asked, *more) if amount and free / amount < 1 - 1e-9]
