"""What the loss of a node would mean, worked out off the path of keys and only for nodes that are looked at."""

import asyncio
import time
from collections.abc import Callable, Mapping

from ..model.kubernetes import Node
from ..poller.slices import Slices
from ..rules.capacity import NodeRoom
from ..rules.cluster_index import ClusterIndex
from ..rules.node_loss import Loss, Places

AGAIN_S = 5.0
"""While the cluster changes without pause, an answer counts for so long."""


class NodeLosses:
    """Asked for a node it says what it knows, works out what is old or missing, and then calls those who listen."""

    def __init__(self, index: ClusterIndex, nodes: Callable[[], Mapping[str, Node]]) -> None:
        self._index = index
        self._nodes = nodes
        self._listeners: list[Callable[[], None]] = []
        self._found: dict[str, tuple[float, int, Loss]] = {}
        """By node: when, of which version of the cluster, what."""
        self._wanted: set[str] = set()
        self._nodes_version = 0
        self._places: tuple[float, int, Places] | None = None
        self._task: asyncio.Task[None] | None = None

    def listen(self, listener: Callable[[], None]) -> None:
        """To be called when answers have come."""
        self._listeners.append(listener)

    def nodes_changed(self) -> None:
        self._nodes_version += 1

    def of(self, node: str) -> Loss | None:
        """None: not known yet; who listens hears of it."""
        found = self._found.get(node)
        if found is None or not self._counts(found[0], found[1]):
            self._wanted.add(node)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._work(), name="node losses")
        return found[2] if found is not None else None

    async def worked_out(self, node: str) -> Loss:
        """As the cluster is now, or was a moment ago."""
        _, _, places = await self._placed(Slices())
        return places.lose(node, self._index.pods_on(node))

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()

    @property
    def _version(self) -> int:
        return self._index.version + self._nodes_version

    def _counts(self, at: float, version: int) -> bool:
        return version == self._version or time.monotonic() - at < AGAIN_S

    async def _work(self) -> None:
        slices = Slices()
        while self._wanted:
            at, version, places = await self._placed(slices)
            names, self._wanted = self._wanted, set()
            for name in names:
                self._found[name] = at, version, places.lose(name, self._index.pods_on(name))
                if slices.over:
                    await slices.rest()
            there = {node.name for node in self._nodes().values()}
            for name in self._found.keys() - there:
                del self._found[name]
        for listener in self._listeners:
            listener()

    async def _placed(self, slices: Slices) -> tuple[float, int, Places]:
        """The rooms as they are; those of a moment ago while the cluster changes without pause."""
        found = self._places
        if found is None or not self._counts(found[0], found[1]):
            version = self._version
            rooms: list[NodeRoom] = []
            for node in list(self._nodes().values()):
                rooms += self._index.rooms((node,))
                if slices.over:
                    await slices.rest()
            found = self._places = time.monotonic(), version, Places(rooms)
        return found
