"""Binds pending pods to the node with the most room left, by what they request."""

from dataclasses import dataclass
from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import requested
from opsconsole.demo.kubernetes.controllers.world import World, is_leaving, set_condition
from opsconsole.demo.kubernetes.quantities import format_time, parse_quantity
from opsconsole.demo.kubernetes.resources import NODES, PODS
from opsconsole.demo.kubernetes.store import Stored

Body = dict[str, Any]
COMPONENT = "default-scheduler"


@dataclass(slots=True)
class _Room:
    """What one node has left: cores, bytes, pods."""

    name: str
    cpu: float
    memory: float
    pods: int
    size: float
    closed: str
    """Why nothing new may run here; empty when it may."""

    def lacks(self, cpu: float, memory: float) -> str:
        if self.closed:
            return self.closed
        if self.pods < 1:
            return "Too many pods"
        if cpu > self.cpu:
            return "Insufficient cpu"
        return "Insufficient memory" if memory > self.memory else ""


def schedule(world: World) -> None:
    waiting = [
        pod for pod in world.store.items(PODS.key) if not pod.body["spec"].get("nodeName") and not is_leaving(pod.body)
    ]
    if not waiting:
        return
    rooms = _rooms(world)
    for pod in waiting:
        _place(world, pod, rooms)


def _rooms(world: World) -> list[_Room]:
    rooms = {}
    for node in world.store.items(NODES.key):
        allocatable = node.body["status"]["allocatable"]
        cpu = parse_quantity(allocatable["cpu"])
        closed = "node(s) were unschedulable" if node.body["spec"].get("unschedulable") else ""
        if any(taint["effect"] in ("NoSchedule", "NoExecute") for taint in node.body["spec"].get("taints") or ()):
            closed = "node(s) had untolerated taint(s)"
        name = node.name[1]
        rooms[name] = _Room(name, cpu, parse_quantity(allocatable["memory"]), int(allocatable["pods"]), cpu, closed)
    for pod in world.store.items(PODS.key):
        room = rooms.get(pod.body["spec"].get("nodeName", ""))
        if room is not None and (pod.body.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            _take(room, pod.body["spec"])
    return list(rooms.values())


def _take(room: _Room, spec: Body) -> None:
    room.cpu -= requested(spec, "cpu")
    room.memory -= requested(spec, "memory")
    room.pods -= 1


def _place(world: World, pod: Stored, rooms: list[_Room]) -> None:
    spec = pod.body["spec"]
    cpu, memory = requested(spec, "cpu"), requested(spec, "memory")
    fitting = [room for room in rooms if not room.lacks(cpu, memory)]
    status, at = pod.body.get("status") or {}, format_time(world.now)
    conditions = list(status.get("conditions") or ())
    if not fitting:
        reasons: dict[str, int] = {}
        for room in rooms:
            reasons[room.lacks(cpu, memory)] = reasons.get(room.lacks(cpu, memory), 0) + 1
        words = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
        message = f"0/{len(rooms)} nodes are available: {words}."
        conditions = set_condition(conditions, "PodScheduled", "False", "Unschedulable", message, at)
        if (told := world.update(PODS, pod, status={**status, "conditions": conditions})) is not pod:
            world.tell(PODS, told.body, "FailedScheduling", message, COMPONENT, kind="Warning")
        return
    best = max(fitting, key=lambda room: (room.cpu / room.size, room.pods, room.name))
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
    conditions = [each for each in conditions if each["type"] != "PodScheduled"] + [scheduled]
    bound = world.update(PODS, pod, spec={**spec, "nodeName": best.name}, status={**status, "conditions": conditions})
    _take(best, spec)
    namespace, name = pod.name
    message = f"Successfully assigned {namespace}/{name} to {best.name}"
    world.tell(PODS, bound.body, "Scheduled", message, COMPONENT)
