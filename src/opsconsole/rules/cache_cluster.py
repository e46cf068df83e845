"""A Cluster as one of its nodes sees it: slots without a node, slots that move, nodes that fail, fail-overs."""

from collections.abc import Iterator

from ..model.redis import Cluster, ClusterNode
from ..text import units
from .cache_row import CacheRow

SLOTS = 16384


def cluster_rows(cluster: Cluster | None) -> Iterator[CacheRow]:
    if cluster is None:
        return
    covered = cluster.slots_ok
    missing = None if covered is None else SLOTS - covered
    down = cluster.state != "ok"
    value = cluster.state or units.UNKNOWN
    if missing:
        value += f", {units.plural(missing, 'slot')} served by no node"
    yield CacheRow(
        "cluster", "cluster", "state", "crit" if down else "warn" if missing else "", value,
        f"{SLOTS:,} slots · epoch {units.UNKNOWN if cluster.epoch is None else cluster.epoch}",
        "Down, clients get CLUSTERDOWN. Each node tells what itself sees: a node that is cut off sees another cluster.",
        "Bring the failed node or its replica back; slots that nobody was given: CLUSTER ADDSLOTS (its owner decides).",
    )  # fmt: skip
    addresses = {node.id: node.address for node in cluster.nodes}
    followed = {node.primary for node in cluster.nodes if node.primary and not failed(node)}
    for node in sorted(cluster.nodes, key=lambda node: (bool(node.primary), node.address)):
        yield _node(node, addresses, node.id in followed)
    for node in cluster.nodes:
        for move in node.moving:
            yield _moving(node, move, addresses)


def failovers(before: Cluster | None, now: Cluster | None) -> Iterator[str]:
    """Replicas that serve slots now."""
    if before is None or now is None:
        return
    earlier = {node.id: node for node in before.nodes}
    for node in now.nodes:
        old = earlier.get(node.id)
        if old is not None and old.primary and not node.primary and node.slots:
            whom = earlier[old.primary].address if old.primary in earlier else "its primary"
            yield f"fail-over: {node.address} serves the slots of {whom} (epoch {node.epoch})"


def failed(node: ClusterNode) -> bool:
    return "fail" in node.flags


def slot_count(node: ClusterNode) -> int:
    ends = (word.split("-") for word in node.slots)
    return sum(int(end[-1]) - int(end[0]) + 1 for end in ends if end[0].isdigit() and end[-1].isdigit())


def _node(node: ClusterNode, addresses: dict[str, str], followed: bool) -> CacheRow:
    suspected = "fail?" in node.flags or "handshake" in node.flags or "noaddr" in node.flags
    cut = not node.connected and "myself" not in node.flags
    state = "crit" if failed(node) else "warn" if suspected or cut else ""
    role = f"replica of {addresses.get(node.primary, units.UNKNOWN)}" if node.primary else "primary"
    if not node.primary:
        role += f", {units.plural(slot_count(node), 'slot')}" + ("" if followed or not node.slots else ", no replica")
    seen = "FAILED, " if failed(node) else "not answering, " if suspected or cut else ""
    me = " · the one that is asked" if "myself" in node.flags else ""
    return CacheRow(
        f"node:{node.id}", "cluster", node.address + (f" {node.name}" if node.name else ""), state, seen + role,
        f"epoch {units.UNKNOWN if node.epoch is None else node.epoch}{me}"
        + (f" · {' '.join(node.slots)}" if node.slots else ""),
        "Failed is what most primaries agree on; not answering is what this node alone sees. A primary without a "
        "replica takes its slots with it.",
        "Look at its machine or pod and the bus port between the nodes.",
    )  # fmt: skip


def _moving(node: ClusterNode, move: str, addresses: dict[str, str]) -> CacheRow:
    """`93-<-ID` comes from, `93->-ID` goes to that node."""
    coming = "-<-" in move
    slot, _, other = move.partition("-<-" if coming else "->-")
    where = addresses.get(other, units.UNKNOWN)
    return CacheRow(
        f"moving:{node.id}:{move}", "cluster", f"slot {slot}", "warn",
        f"moving {'from' if coming else 'to'} {where}", f"at {node.address}",
        "Until it has moved clients are sent to and fro (ASK, TRYAGAIN); keys used together can fail.",
        "Wait for the one who moves it; a move nobody finishes is ended by CLUSTER SETSLOT (its owner decides).",
    )  # fmt: skip
