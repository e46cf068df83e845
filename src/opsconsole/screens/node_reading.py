"""Reads what the page of a node shows: the node, its events and its lease anew, its pods as the console knows them."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..model.kubernetes import Node
from ..poller.topics import PODS
from ..rules.describe_page import Object
from ..sources.errors import SourceError
from ..sources.kubernetes import objects_raw
from ..text import clock
from ..text.clean import clean
from . import node_page, object_pages
from .dialogs.object_page import Content, Reader
from .pod_rows import kind_of, subject

if TYPE_CHECKING:
    from ..app import Console
    from ..sources.kubernetes.cluster import Cluster
    from .kinds.known import Known

NODE = "node"


def open_node(console: "Console", known: "Known", row: Any, row_json: Callable[[], str]) -> bool:
    """`w` on a node, or on what is said of one: its page; False elsewhere."""
    node = _node_of(known, row)
    cluster = object_pages.cluster_of(console)
    if node is None or cluster is None:
        return False

    async def read() -> Content:
        return await _node(cluster, known, node)

    return object_pages.open_page(console, node, row_json, Reader(NODE, read, ("w",), wrap=True))


def _node_of(known: "Known", row: Any) -> Node | None:
    found = subject(row)
    if isinstance(found, Node):
        return found
    if kind_of(row) != "Node":
        return None
    return next((node for node in known.nodes.values() if node.name == found.name), None)


def pods_seen(known: "Known") -> str | None:
    """Of which namespaces pods are seen: "" for all, in words where not; None where next to nothing is known."""
    held = known.collection(PODS)
    if held is None or not held.complete or "*" in held.denied:
        return None
    kubernetes = known.context.profile.kubernetes
    if kubernetes is not None and kubernetes.namespaces:
        return ", ".join(kubernetes.namespaces)
    return f"all but {', '.join(held.denied)}" if held.denied else ""


async def _node(cluster: "Cluster", known: "Known", row: Node) -> Content:
    from ..sources.kubernetes.describe import events_of

    body = await objects_raw.read_object(cluster, "Node", "", row.name)
    only = pods_seen(known)
    problems: list[str] = []

    async def events() -> tuple[Object, ...] | None:
        try:
            return await events_of(cluster, "Node", body)
        except SourceError as error:
            problems.append(error.problem.sentence)
            return None

    async def lease() -> Object | None:
        try:
            return await objects_raw.read_object(cluster, "Lease", "kube-node-lease", row.name)
        except SourceError:
            return None  # the page says so

    told, held, loss = await asyncio.gather(events(), lease(), known.losses.worked_out(row.name))
    seen = node_page.Seen(
        node=known.nodes.get(row.uid, row),
        body=body,
        events=told,
        lease=held,
        sums=known.index.sums_on(row.name),
        pods=tuple(known.index.pods_on(row.name)),
        only=only or "",
        used=known.node_usage.get(row.name),
        usage=known.usage,
        loss=loss if only is not None else None,
    )
    return Content(node_page.lines(seen, clock.now()), tuple(clean(one, 160) for one in problems))
