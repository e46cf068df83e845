"""What goes on around a target, from the board: its pods, room on the nodes, requests, customers hurt, findings."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from ..model.action import Target
from ..model.collection import Collection
from ..model.finding import Finding, Severity
from ..model.kubernetes import Pod
from ..model.reading import State
from ..poller.board import Board
from ..poller.slices import Slices
from ..poller.topics import CUSTOMERS, FINDINGS, NODES, PODS, SERVICES, Topic
from ..rules.capacity import NodeRoom, Room, node_rooms, room_on
from ..rules.workload_state import controller

T = TypeVar("T")


class Surroundings(msgspec.Struct, frozen=True, gc=False):
    """None is unknown: the board has no value for it, or an old one."""

    pods: tuple[Pod, ...] | None = None
    """Of the workload, those that are ending or have ended left out."""
    rooms: tuple[NodeRoom, ...] | None = None
    nodes: int = 0
    """All nodes, those that take no pods among them."""
    requests_s: float | None = None
    customers: int | None = None
    """Hurt already."""
    findings: tuple[Finding, ...] | None = None
    """About the target, worst first."""

    def room_for(self, template: Pod) -> Room | None:
        """How many more pods of this template the nodes have room for."""
        return None if self.rooms is None else room_on(self.rooms, template, self.nodes)

    @property
    def watches(self) -> tuple[str, ...]:
        """Ids of the findings that an action on the target should help."""
        return tuple(finding.id for finding in self.findings or ())


async def surroundings(board: Board, target: Target) -> Surroundings:
    """Of a workload. Walks all pods in slices, so that ten thousand of them hold nothing up."""
    pods, rooms, nodes = await _pods_and_rooms(board, target)
    return Surroundings(
        pods=pods,
        rooms=rooms,
        nodes=nodes,
        requests_s=_requests(board, target),
        customers=_customers(board),
        findings=_findings(board, target),
    )


async def _pods_and_rooms(
    board: Board, target: Target
) -> tuple[tuple[Pod, ...] | None, tuple[NodeRoom, ...] | None, int]:
    every, nodes = _rows(board, PODS, target.namespace), _rows(board, NODES, "")
    if every is None:
        return None, None, len(nodes or ())
    own: list[Pod] = []
    bound: dict[str, list[Pod]] = {}
    slices = Slices()
    for pod in every:
        if pod.namespace == target.namespace and _belongs(pod, target):
            own.append(pod)
        if pod.node:
            bound.setdefault(pod.node, []).append(pod)
        if slices.over:
            await slices.rest()
    pods = tuple(pod for pod in own if pod.deleting is None and pod.phase not in ("Succeeded", "Failed"))
    if nodes is None or _partial(board):
        return pods, None, len(nodes or ())
    rooms: list[NodeRoom] = []
    for node in nodes:
        rooms += node_rooms((node,), bound.get(node.name, ()))
        if slices.over:
            await slices.rest()
    return pods, tuple(rooms), len(nodes)


def _belongs(pod: Pod, target: Target) -> bool:
    owner = controller(pod)
    return owner is not None and (owner.kind, owner.name) == (target.kind, target.name)


def _partial(board: Board) -> bool:
    """Whether pods may not be seen everywhere: then what is free on a node is not known."""
    value = board.get(PODS).value
    return value is None or bool(value.denied)


def _value(board: Board, topic: Topic[T]) -> T | None:
    """What may be taken as true now."""
    reading = board.get(topic)
    return reading.value if reading.state in (State.OK, State.LATE) else None


def _rows(board: Board, topic: Topic[Collection[T]], namespace: str) -> list[T] | None:
    """All rows, where the whole list has arrived and this namespace may be read."""
    value = _value(board, topic)
    if value is None or not value.complete or "*" in value.denied or namespace in value.denied:
        return None
    return list(value.rows.values())


def _requests(board: Board, target: Target) -> float | None:
    """A service is served by the workload of its name, as everywhere in the console."""
    services = _value(board, SERVICES)
    if services is None:
        return None
    return next((row.requests_s for row in services.figures if row.service == target.name and not row.endpoint), None)


def _customers(board: Board) -> int | None:
    customers = _value(board, CUSTOMERS)
    if customers is None or not customers.hurt_measured:
        return None
    return sum(1 for row in customers.rows if (row.slow or 0) + (row.failed or 0) > 0)


def _findings(board: Board, target: Target) -> tuple[Finding, ...] | None:
    """On the workload, on the service of its name, and what belongs with these."""
    every = _value(board, FINDINGS)
    if every is None:
        return None
    real = [one for one in every if one.severity in (Severity.CRITICAL, Severity.WARNING)]
    own = [one for one in real if _about(one, target)]
    ids, related = {one.id for one in own}, {id for one in own for id in one.related}
    beside = [one for one in real if one.id not in ids and (one.id in related or ids.intersection(one.related))]
    return tuple(sorted([*own, *_of_requests(beside)], key=lambda one: (one.state != "firing", one.severity)))


def _about(finding: Finding, target: Target) -> bool:
    place = finding.object
    if place in (target.uid, f"{target.namespace}/{target.name}"):
        return True
    if finding.id == f"workload:{target.namespace}/{target.kind}/{target.name}":
        return True
    # a service and, after a space, its endpoint; an alert names the service or deployment alone
    return finding.tab == 1 and place.partition(" ")[0] == target.name


def _of_requests(findings: Iterable[Finding]) -> list[Finding]:
    """Those of related findings that an action on a workload can mend: what its callers see."""
    return [one for one in findings if one.tab == 1]
