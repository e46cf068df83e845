"""What is wrong with a node: not ready, under pressure, full; and which pod on it uses far more than it requested."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..model.kubernetes import Node, Pod, Usage
from ..text import clock, units
from .pod_trouble import finished
from .verdict import OK, Verdict, critical, info, warning

FULL = 0.9
"""In use of what pods may have."""
FAR = 2.0
"""So many times its request is far more than it requested."""
NOTED = 0.1
"""Of the node: who takes less beyond its request is no cause."""


class Taker(NamedTuple):
    """A pod that takes more of a node than it asked for."""

    pod: Pod
    used: float
    requested: float
    """0 where it requests nothing."""


def node_trouble(
    node: Node,
    usage: Usage | None = None,
    pods: Iterable[Pod] = (),
    used_by: Callable[[Pod], Usage | None] = lambda pod: None,
) -> Verdict:
    """The worst that is true of a node; `pods` run on it, `used_by` says what one of them uses."""
    ready = next((condition for condition in node.conditions if condition.type == "Ready"), None)
    if ready is None or ready.status != "True":
        words = f"{node.status.partition(',')[0]}: {ready.reason or ready.status}" if ready else "never reported"
        since = f" since {units.when(ready.since, clock.now())}" if ready and ready.since else ""
        return critical(words + since)
    pressed = [c.type for c in node.conditions if c.type != "Ready" and c.status == "True"]
    if pressed:
        return warning(", ".join(pressed))
    if usage is not None and (full := _full(node, usage, pods, used_by)):
        return full
    return info("cordoned") if node.unschedulable else OK


def taker(
    resource: str, allocatable: float, pods: Iterable[Pod], used_by: Callable[[Pod], Usage | None]
) -> Taker | None:
    """The pod that takes most beyond its request, if that is far more than it requested; `resource`: cpu or memory."""
    found: list[Taker] = []
    for pod in pods:
        usage = used_by(pod)
        if usage is None or finished(pod):
            continue
        used, requested = (
            (usage.cpu, pod.cpu_request or 0.0) if resource == "cpu" else (usage.memory, pod.memory_request or 0.0)
        )
        if used >= FAR * requested and used - requested >= NOTED * allocatable:
            found.append(Taker(pod, used, requested))
    return max(found, key=lambda one: one.used - one.requested, default=None)


def _full(node: Node, usage: Usage, pods: Iterable[Pod], used_by: Callable[[Pod], Usage | None]) -> Verdict | None:
    parts: list[str] = []
    for resource, used, whole in (("cpu", usage.cpu, node.cpu), ("memory", usage.memory, node.memory)):
        if not whole or used < FULL * whole:
            continue
        name = "CPU" if resource == "cpu" else resource
        words = f"{name} {units.percent(used / whole)} % of allocatable"
        if (one := taker(resource, whole, pods, used_by)) is not None:
            write = units.cores if resource == "cpu" else units.size
            asked = f"requested {write(one.requested)}" if one.requested else "requested nothing"
            words += f": {one.pod.name} uses {write(one.used)}, {asked}"
        parts.append(words)
    return warning(" · ".join(parts)) if parts else None
