"""What would not fit if a node went away: its pods placed anew on the other nodes, largest first.

As the scheduler does by default each goes to the node with most left free (LeastAllocated), by requests, pod limits,
taints, nodeSelector and required node affinity. Nothing is moved or evicted to make room. Where not all fit, the order
decides how many are left: they are tried smallest first, too. What other pods, volumes and devices say about a place is
not looked at: because of these more may be left.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf

import msgspec

from ..model.kubernetes import Node, Pod
from ..model.placement import Amounts, Placement
from ..text import units
from .capacity import NodeRoom
from .capacity_sums import FINISHED, requests
from .placement import refusal
from .workload_state import controller

_STAYS = ("DaemonSet", "Node")
"""Owners whose pods belong to their node: a DaemonSet's, and the kubelet's own (mirror pods)."""
_NAMED = 3
_HAIR = 1 - 1e-9
"""Sums of fractions are a hair off."""
_NONE: dict[str, float] = {}


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
    """Of these those that find no place when the largest come first."""
    fewest: int = 0
    """How many find none when the smallest come first."""
    ending: int = 0
    """Pods that end with the node: of DaemonSets, and the kubelet's own."""
    orphans: tuple[Pod, ...] = ()
    """Pods that nothing would make anew."""
    leaving: int = 0
    """Pods that are ending there already: whoever owns them has made them anew, or tries to."""
    unread: tuple[str, ...] = ()
    """Rules of its pods that were not looked at."""


class Places:
    """The room on all nodes, asked of one node after the other what its loss would mean."""

    def __init__(self, rooms: Sequence[NodeRoom]) -> None:
        self._nodes = [room.node for room in rooms]
        self._index = {node.name: at for at, node in enumerate(self._nodes)}
        self._rooms = _Left(
            [room.cpu for room in rooms],
            [room.memory for room in rooms],
            [room.pods for room in rooms],
            {at: dict(room.others) for at, room in enumerate(rooms) if room.others},
        )
        self._cpu = sum(node.cpu for node in self._nodes) / max(1, len(rooms)) or 1.0
        self._memory = sum(node.memory for node in self._nodes) / max(1, len(rooms)) or 1.0
        self._taking: dict[int, tuple[Placement, list[int]]] = {}
        """By identity of a placement: itself, held so that no other gets that, and the nodes that take such pods."""

    def lose(self, node: str, pods: Iterable[Pod]) -> Loss:
        """`pods` are those on the node."""
        pods = list(pods)
        moving, orphans, ending = _sorted_out(pods)
        moving.sort(key=self._size)
        gone = self._index.get(node, -1)
        left = self._placed(moving, gone)
        unread = tuple(dict.fromkeys(rule for pod in moving for rule in pod.placement.unread))
        return Loss(
            node,
            len(moving),
            tuple(left),
            len(self._placed(moving[::-1], gone)) if left else 0,
            ending,
            tuple(orphans),
            sum(pod.phase not in FINISHED and pod.deleting is not None for pod in pods),
            unread,
        )

    def _placed(self, moving: Sequence[Pod], gone: int) -> list[Left]:
        """Place them one after the other; those that find no place."""
        rooms = self._rooms.copied()
        short: dict[tuple[int, float, float], str] = {}
        left: list[Left] = []
        for pod in moving:
            place = pod.placement
            cpu, memory = requests(pod)
            shape = (id(place), cpu, memory)
            if shape not in short:
                taking = [at for at in self._take(place) if at != gone]
                best = rooms.best(taking, self._nodes, cpu, memory, place.others)
                if best is not None:
                    rooms.fill(best, cpu, memory, place.others)
                    continue
                # the rooms only shrink from here on: whatever asks for as much does not fit either
                short[shape] = rooms.short(taking, cpu, memory, place.others) or self._refused(place, gone)
            left.append(Left(pod, short[shape]))
        return left

    def _size(self, pod: Pod) -> tuple[float, int, str, str]:
        """The larger first, by a pod's larger share of an average node; of equals what fewer nodes take."""
        cpu, memory = requests(pod)
        share = max(cpu / self._cpu, memory / self._memory)
        return -share, len(self._take(pod.placement)), pod.namespace, pod.name

    def _take(self, place: Placement) -> list[int]:
        found = self._taking.get(id(place))
        if found is None:
            taking = [at for at, node in enumerate(self._nodes) if not refusal(place, node)]
            found = self._taking[id(place)] = place, taking
        return found[1]

    def _refused(self, place: Placement, gone: int) -> str:
        """Why no other node takes such a pod."""
        why = Counter(refusal(place, node) for at, node in enumerate(self._nodes) if at != gone)
        return why.most_common(1)[0][0] if why else "no other node"


class _Left:
    """What is left on each node, by its place; lists, since every pod of a node looks through all of them."""

    def __init__(
        self, cpu: list[float], memory: list[float], pods: list[int], others: dict[int, dict[str, float]]
    ) -> None:
        self.cpu = cpu
        self.memory = memory
        self.pods = pods
        self.others = others

    def copied(self) -> "_Left":
        return _Left(self.cpu.copy(), self.memory.copy(), self.pods.copy(), dict(self.others))

    def best(self, taking: list[int], nodes: Sequence[Node], cpu: float, memory: float, others: Amounts) -> int | None:
        """Of the nodes with room for a pod the one with most left free; None where there is none."""
        has_cpu, has_memory, has_pods = self.cpu, self.memory, self.pods
        least_cpu, least_memory = cpu * _HAIR if cpu else -inf, memory * _HAIR if memory else -inf
        fitting = [
            at for at in taking if has_cpu[at] >= least_cpu and has_memory[at] >= least_memory and has_pods[at] > 0
        ]
        for name, amount in others:
            fitting = [at for at in fitting if self.others.get(at, _NONE).get(name, 0.0) >= amount * _HAIR]

        def free(at: int) -> float:
            node = nodes[at]
            return has_cpu[at] / (node.cpu or 1.0) + has_memory[at] / (node.memory or 1.0)

        return max(fitting, key=free, default=None)

    def fill(self, at: int, cpu: float, memory: float, others: Amounts) -> None:
        self.cpu[at] -= cpu
        self.memory[at] -= memory
        self.pods[at] -= 1
        if others:
            self.others[at] = dict(self.others[at])
            for name, amount in others:
                self.others[at][name] -= amount

    def short(self, taking: list[int], cpu: float, memory: float, others: Amounts) -> str:
        """Of what there is too little: on all nodes that would take the pod, else on most; "" without such a node."""
        lacking = {
            "cpu": sum(self.cpu[at] < cpu * _HAIR for at in taking) if cpu else 0,
            "memory": sum(self.memory[at] < memory * _HAIR for at in taking) if memory else 0,
            "pod limit": sum(self.pods[at] < 1 for at in taking),
        }
        for name, amount in others:
            lacking[name] = sum(self.others.get(at, _NONE).get(name, 0.0) < amount * _HAIR for at in taking)
        everywhere = [name for name, nodes in lacking.items() if nodes == len(taking)] if taking else []
        some = sorted((name for name, nodes in lacking.items() if nodes), key=lambda name: -lacking[name])
        return " and ".join(everywhere) or " or ".join(some[:2])


def loss_words(loss: Loss) -> str:
    """`3 of 11 pods would not fit (api 2, worker 1: memory)`."""
    orphans = f"; {units.plural(len(loss.orphans), 'pod')} without owner would be gone" if loss.orphans else ""
    if not loss.moving:
        ending = f"{units.plural(loss.leaving, 'pod')} {'is' if loss.leaving == 1 else 'are'} ending there already"
        return f"{f'{ending}, no other would' if loss.leaving else 'no pod would'} have to move{orphans}"
    if not loss.left:
        fit = "the 1 pod" if loss.moving == 1 else f"all {loss.moving} pods"
        return f"{fit} would fit elsewhere{' by requests' if loss.unread else ''}{orphans}"
    count, as_they_come = left_count(loss), ", as they come" if loss.fewest < len(loss.left) else ""
    return f"{count} of {units.plural(loss.moving, 'pod')} would not fit{as_they_come} ({left_words(loss)}){orphans}"


def left_count(loss: Loss) -> str:
    """`3`, or `2 to 9` where it depends on the order."""
    most = len(loss.left)
    return f"{loss.fewest} to {most}" if loss.fewest < most else str(most)


def left_words(loss: Loss) -> str:
    """`api 2, worker 1: memory`, or with the reason at each where they differ."""
    counted = Counter((_workload(one.pod), one.why) for one in loss.left)
    reasons = {why for _, why in counted}
    named = counted.most_common(_NAMED)
    more = sum(counted.values()) - sum(times for _, times in named)
    also = [units.plural(more, "other")] if more else []
    if len(reasons) == 1:
        return f"{', '.join([*(f'{name} {times}' for (name, _), times in named), *also])}: {reasons.pop()}"
    return ", ".join([*(f"{name} {times}: {why}" for (name, why), times in named), *also])


def moves(pod: Pod) -> bool:
    """Whether it would be made anew elsewhere."""
    living = pod.phase not in FINISHED and pod.deleting is None
    return living and pod.owner is not None and pod.owner.kind not in _STAYS


def _sorted_out(pods: Iterable[Pod]) -> tuple[list[Pod], list[Pod], int]:
    """Those made anew elsewhere, those that nothing makes anew, and how many end with the node."""
    moving: list[Pod] = []
    orphans: list[Pod] = []
    ending = 0
    for pod in pods:
        if moves(pod):
            moving.append(pod)
        elif pod.phase not in FINISHED and pod.deleting is None:
            if pod.owner is None:
                orphans.append(pod)
            else:
                ending += 1
    return moving, orphans, ending


def _workload(pod: Pod) -> str:
    owner = controller(pod)
    return owner.name if owner is not None else pod.name
