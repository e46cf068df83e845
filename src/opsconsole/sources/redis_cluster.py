"""CLUSTER INFO and CLUSTER NODES as values."""

from ..model.redis import Cluster, ClusterNode
from ..text.clean import clean


def cluster(info: str, nodes: str) -> Cluster:
    told = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    return Cluster(
        state=clean(told.get("cluster_state", ""), 20),
        slots_assigned=_whole(told.get("cluster_slots_assigned")),
        slots_ok=_whole(told.get("cluster_slots_ok")),
        epoch=_whole(told.get("cluster_current_epoch")),
        nodes=tuple(node for line in nodes.splitlines() if (node := cluster_node(line)) is not None),
    )


def cluster_node(line: str) -> ClusterNode | None:
    """`ID HOST:PORT@BUS[,NAME] FLAGS PRIMARY PING PONG EPOCH LINK SLOT…`; None for what is no such line."""
    words = clean(line, 20_000).split()
    if len(words) < 8:
        return None
    number, address, flags, primary, _, _, epoch, link, *slots = words
    address, _, name = address.partition(",")
    return ClusterNode(
        id=number,
        address=address.split("@")[0],
        name=name.split(",")[0],
        flags=tuple(flags.split(",")),
        primary="" if primary == "-" else primary,
        epoch=_whole(epoch),
        connected=link == "connected",
        slots=tuple(word for word in slots if not word.startswith("[")),
        moving=tuple(word.strip("[]") for word in slots if word.startswith("[")),
    )


def _whole(word: str | None) -> int | None:
    return int(word) if word is not None and word.strip().isdigit() else None
