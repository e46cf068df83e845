"""How full nodes and namespaces are by what is requested, limited and used, and whether enough is left free.

The rule: a fifth to a third is planned to stay free (headroom 20–30 %). Less breaks it; more is said as it is.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ..model.kubernetes import Node, Quota, QuotaLine, Usage
from ..text import units
from .capacity import open_to_pods
from .capacity_sums import Sums
from .node_loss import Loss, loss_words

LEAST_FREE = 0.20
"""Below this share the headroom rule is broken."""
HOT = 0.9
"""From this share of its CPU or memory used on a node starves its pods."""


class Resource(msgspec.Struct, frozen=True, gc=False):
    """One resource of a node, or of all nodes together: what there is, and what of it is spoken for."""

    name: str
    allocatable: float
    requested: float
    limit: float | None = None
    """Sum of the limits; None where it is not counted."""
    used: float | None = None
    """None: unknown."""

    @property
    def share(self) -> float | None:
        """Requested of allocatable; None where the node tells nothing of it."""
        return self.requested / self.allocatable if self.allocatable else None

    @property
    def headroom(self) -> float | None:
        return None if self.share is None else 1.0 - self.share

    @property
    def tight(self) -> bool:
        """Whether less is free than the rule asks for."""
        return self.headroom is not None and self.headroom < LEAST_FREE - 1e-9

    @property
    def used_share(self) -> float | None:
        return self.used / self.allocatable if self.used is not None and self.allocatable else None

    @property
    def hot(self) -> bool:
        """Whether nearly all of it, or more, is used."""
        return (self.used_share or 0.0) >= HOT


class Total(msgspec.Struct, frozen=True, gc=False):
    """The nodes that take ordinary pods, together."""

    cpu: Resource
    memory: Resource
    pods: Resource
    nodes: int
    left_out: tuple[str, ...] = ()
    """Names of the other nodes."""
    unmeasured: tuple[str, ...] = ()
    """Names of nodes whose usage is unknown."""
    hot: tuple[tuple[str, Resource], ...] = ()
    """Nodes that use nearly all of something, whether pods may be placed there or not; the worst first."""


class NamespaceUse(msgspec.Struct, frozen=True, gc=False):
    """What the pods of a namespace use; of how many the usage is known."""

    cpu: float
    memory: float
    measured: int


def resources(node: Node, sums: Sums, used: Usage | None) -> tuple[Resource, ...]:
    """CPU, memory, pods, then what else is requested there or is no common resource of every node."""
    found = [
        Resource("cpu", node.cpu, sums.cpu, sums.cpu_limit, used.cpu if used else None),
        Resource("memory", node.memory, sums.memory, sums.memory_limit, used.memory if used else None),
        Resource("pods", float(node.pods), float(sums.pods)),
    ]
    has = dict(node.others)
    asked = {name: amount for name, amount in sums.others.items() if amount > 0}
    extra = {name for name, amount in has.items() if amount and "/" in name} | asked.keys()
    return (*found, *(Resource(name, has.get(name, 0.0), asked.get(name, 0.0)) for name in sorted(extra)))


def fullest_resource(found: Sequence[Resource]) -> Resource | None:
    """Of CPU, memory and pods the one with the largest share requested; None where no share is known."""
    known = [one for one in found[:3] if one.share is not None]
    return max(known, key=lambda one: one.share or 0.0, default=None)


def fullest(nodes: Iterable[Node], sums: Mapping[str, Sums]) -> tuple[Node, Resource] | None:
    """The node of those that run pods with the largest share requested of CPU, memory or pods, and that resource."""
    best: tuple[tuple[float, int, str], Node, Resource] | None = None
    for node in nodes:
        held = sums.get(node.name)
        if held is None or node.status.partition(",")[0] != "Ready":
            continue
        resource = fullest_resource(resources(node, held, None))
        if resource is None:
            continue
        rank = (resource.share or 0.0, held.pods, node.name)
        if best is None or rank > best[0]:
            best = rank, node, resource
    return None if best is None else best[1:]


def total(nodes: Iterable[Node], sums: Mapping[str, Sums], usage: Mapping[str, Usage]) -> Total:
    """Nodes that are cordoned, not ready or tainted are left out: ordinary pods find no room there."""
    cpu = memory = pods = 0.0
    asked_cpu = asked_memory = asked_pods = cpu_limit = memory_limit = used_cpu = used_memory = 0.0
    left_out: list[str] = []
    unmeasured: list[str] = []
    hot: list[tuple[str, Resource]] = []
    count = 0
    for node in nodes:
        if (used := usage.get(node.name)) is not None:
            found = (
                Resource("cpu", node.cpu, 0.0, used=used.cpu),
                Resource("memory", node.memory, 0.0, used=used.memory),
            )
            hot += [(node.name, one) for one in found if one.hot]
        if not open_to_pods(node):
            left_out.append(node.name)
            continue
        count += 1
        cpu, memory, pods = cpu + node.cpu, memory + node.memory, pods + node.pods
        if (held := sums.get(node.name)) is not None:
            asked_cpu, asked_memory = asked_cpu + held.cpu, asked_memory + held.memory
            cpu_limit, memory_limit = cpu_limit + held.cpu_limit, memory_limit + held.memory_limit
            asked_pods += held.pods
        if used is None:
            unmeasured.append(node.name)
        else:
            used_cpu, used_memory = used_cpu + used.cpu, used_memory + used.memory
    known = bool(count) and not unmeasured
    return Total(
        Resource("cpu", cpu, asked_cpu, cpu_limit, used_cpu if known else None),
        Resource("memory", memory, asked_memory, memory_limit, used_memory if known else None),
        Resource("pods", pods, asked_pods),
        count,
        tuple(left_out),
        tuple(unmeasured),
        tuple(sorted(hot, key=lambda each: (-(each[1].used_share or 0.0), each[0]))),
    )


def amount(name: str, value: float | None) -> str:
    """So much of a resource as it is written: cores, bytes or pieces."""
    if name == "cpu":
        return units.cores(value)
    in_bytes = name in ("memory", "ephemeral-storage") or name.startswith("hugepages-")
    return units.size(value) if in_bytes else units.number(value)


def headroom_words(one: Resource) -> str:
    """`headroom 29 % ok`, `below the 20 % rule`; `unknown` where nothing is told of the resource."""
    if one.headroom is None:
        return units.UNKNOWN
    if one.tight:
        return f"below the {LEAST_FREE:.0%} rule".replace("%", " %")
    return f"headroom {units.percent(one.headroom)} % ok"


def requested_words(node: Node, one: Resource) -> str:
    """`cpu 71 % requested, headroom 29 % ok`; of a node that takes no pods without a word on what it leaves free."""
    words = f"{one.name} {units.percent(one.share)} % requested"
    return f"{words}, {headroom_words(one)}" if takes_any(node) else words


def takes_any(node: Node) -> bool:
    """Whether any pod may be placed there, such as tolerate its taints among them."""
    return node.status.partition(",")[0] == "Ready" and not node.unschedulable


def capacity_words(found: Total, loss: Loss | None) -> str:
    """`CPU 71 % requested of 24 cores, headroom 29 % ok · memory 84 %, below the 20 % rule · if node-2 went: …`."""
    if not found.nodes:
        return "no node takes pods" if found.left_out else "no node is seen"
    cpu, memory, pods = found.cpu, found.memory, found.pods
    parts = [
        f"CPU {units.percent(cpu.share)} % requested of {amount('cpu', cpu.allocatable)} cores, {headroom_words(cpu)}",
        f"memory {units.percent(memory.share)} %, {headroom_words(memory)}",
    ]
    if found.hot:
        name, one = found.hot[0]
        more = f", {len(found.hot) - 1} more so" if len(found.hot) > 1 else ""
        parts.insert(0, f"{name} uses {units.percent(one.used_share)} % of its {one.name}{more}")
    if pods.tight:
        parts.append(f"pods {pods.requested:,.0f} of {pods.allocatable:,.0f}, {headroom_words(pods)}")
    if loss is not None:
        parts.append(f"if {loss.node} went: {loss_words(loss)}")
    if found.unmeasured:
        some = f"usage of {units.plural(len(found.unmeasured), 'node')} unknown"
        parts.append("usage unknown: requested only" if len(found.unmeasured) == found.nodes else some)
    if found.left_out:
        parts.append(f"{units.plural(len(found.left_out), 'node')} left out (cordoned, not ready or tainted)")
    return " · ".join(parts)


def worst_quota(quotas: Iterable[Quota]) -> tuple[QuotaLine, float] | None:
    """The line of a namespace's quotas that is nearest to its end, and how far it is used up."""
    lines = [
        (line, line.used / line.hard if line.hard else float(bool(line.used)))
        for quota in quotas
        for line in quota.lines
        if line.used is not None
    ]
    return max(lines, key=lambda each: each[1], default=None)
