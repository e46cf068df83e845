"""Takes the cluster's news into the lists of the Pods tab, in slices: ten thousand rows must not hold a key back."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from ..model.action import Run
from ..model.collection import Collection, Delta, in_parts
from ..model.finding import Finding
from ..model.kubernetes import HpaPast, Usage
from ..model.reading import Reading
from ..poller.slices import Slices
from ..poller.topics import (
    BUDGETS,
    CLAIMS,
    ENDPOINTS,
    EVENTS,
    HPA_PAST,
    HPAS,
    K8S_SERVICES,
    NAMESPACES,
    NODE_USAGE,
    NODES,
    POD_USAGE,
    PODS,
    QUOTAS,
    REPLICA_SETS,
    RUNS,
    TRIGGERS,
    WORKLOADS,
    Topic,
)
from ..text import clock
from .kinds.kind import Kind
from .kinds.known import Known
from .pod_rows import key_of
from .table_tab import show_trust

log = logging.getLogger(__name__)

REBUILD_S = 0.5
COLLECTIONS: tuple[Topic[Any], ...] = (
    NODES, REPLICA_SETS, HPAS, PODS, WORKLOADS, EVENTS, BUDGETS, K8S_SERVICES, QUOTAS, ENDPOINTS, NAMESPACES, CLAIMS,
)  # fmt: skip
"""In this order: owners and what is scaled before the pods that are judged by them."""

Follow = Callable[[Topic[Any], Callable[[Reading[Any], Delta[Any] | None], None]], None]


class ClusterNews:
    """Follows the topics; keeps `known` and the tables of the lists."""

    def __init__(self, known: Known, kinds: Mapping[str, Kind[Any]], changed: Callable[[], None]) -> None:
        """`changed` is called when what is shown may read otherwise."""
        self.known = known
        self._kinds = kinds
        self._changed = changed
        self._news: deque[tuple[Topic[Any], Delta[Any]]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._looked = asyncio.Event()
        """Another list is looked at: its rows are not to wait."""
        trouble = known.trouble
        self._takers: dict[Topic[Any], Callable[[Delta[Any]], None]] = {
            NODES: trouble.nodes_changed,
            BUDGETS: trouble.budgets_changed,
            K8S_SERVICES: trouble.services_changed,
            QUOTAS: trouble.quotas_changed,
            NAMESPACES: trouble.namespaces_changed,
            CLAIMS: trouble.claims_changed,
            EVENTS: trouble.events_changed,
        }

    def begin(self, follow: Follow) -> None:
        for topic in COLLECTIONS:
            self._listen(topic, follow)
        follow(POD_USAGE, self._hear_usage)
        follow(NODE_USAGE, self._hear_node_usage)
        follow(RUNS, self._hear_runs)
        follow(HPA_PAST, self._hear_hpa_past)
        follow(TRIGGERS, self._hear_triggers)

    def end(self) -> None:
        if self._worker is not None:
            self._worker.cancel()

    def judge_again(self) -> None:
        """Time alone may make things worse."""
        self._work()

    def shown(self, kind: Kind[Any]) -> None:
        """Another list is looked at: what it derives may have waited for that."""
        self.known.on_screen = kind.id
        self._looked.set()
        self._work()

    @property
    def busy(self) -> bool:
        """Whether news is being taken in."""
        return self._worker is not None and not self._worker.done()

    # ---- collections ----------------------------------------------------------------------------------------------

    def _listen(self, topic: Topic[Collection[Any]], follow: Follow) -> None:
        def hear(reading: Reading[Collection[Any]], delta: Delta[Any] | None) -> None:
            before = self.known.readings.get(topic)
            self.known.readings[topic] = reading
            if before is None or before.state is not reading.state or before.problem != reading.problem:
                self._show_states()
            if reading.value is None:
                if delta is None or not delta.reset:
                    return
                delta = Delta(reset=True)  # nobody wants it any more: its rows would grow old unseen
            elif delta is None:
                delta = Delta(upserts=dict(reading.value.rows), reset=True)
            if delta.upserts or delta.removals or delta.reset:
                self._news.append((topic, delta))
                self._work()

        follow(topic, hear)

    def _work(self) -> None:
        if not self.busy:
            self._worker = asyncio.create_task(self._absorb(), name="pods tab")
            self._worker.add_done_callback(self._ended)

    def _ended(self, worker: "asyncio.Task[None]") -> None:
        """What it stumbled over is lost to the lists: that is said, and the news after it is taken in."""
        if worker.cancelled() or (error := worker.exception()) is None:
            return
        log.error("news of the cluster could not be taken in", exc_info=error)
        self.known.lost_news = True
        self._changed()
        if self._news:
            self._work()

    async def _absorb(self) -> None:
        slices = Slices()
        while True:
            while self._news:
                topic, delta = self._news.popleft()
                for part in in_parts(delta):
                    self._take(topic, part)
                    if slices.over:
                        await slices.rest()
            self._looked.clear()
            await self._judge(slices)
            for kind in self._kinds.values():
                await kind.rebuild(slices)
            self._changed()
            if not self.known.touched and not self._news:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REBUILD_S):
                    await self._looked.wait()

    def _take(self, topic: Topic[Any], delta: Delta[Any]) -> None:
        for kind in self._kinds.values():
            if kind.topic is topic or topic in kind.hears:
                kind.take(topic, delta)
        known = self.known
        index, trouble = known.index, known.trouble
        if topic is PODS:
            known.touched |= index.pods_changed(delta)
            trouble.pods_changed(delta, clock.now())
        elif topic is HPAS:
            known.touched |= index.hpas_changed(known.hpas)
            trouble.hpas_changed(delta)
        elif topic is REPLICA_SETS:
            known.touched |= index.replica_sets_changed(delta)
            trouble.replica_sets_changed(delta)
        elif (take := self._takers.get(topic)) is not None:
            take(delta)

    async def _judge(self, slices: Slices) -> None:
        known = self.known
        held = known.collection(WORKLOADS)
        known.trouble.workloads_changed(held.rows if held is not None else {})
        known.trouble.pods_are_known(known.sees_all(PODS))
        known.trouble.touch(known.touched)
        for _ in known.trouble.judge(clock.now()):
            if slices.over:
                await slices.rest()

    # ---- other readings -------------------------------------------------------------------------------------------

    def _hear_usage(self, reading: Reading[dict[str, Usage]], delta: Delta[Any] | None) -> None:
        self.known.readings[POD_USAGE] = reading
        self.known.usage = reading.value or {}
        pods = self._kinds["pods"].table
        pods.reformat()
        if pods.sorted_by.startswith(("cpu", "memory")):
            pods.resort()
        self.known.trouble.usage_changed(self.known.usage)
        self.known.touched.update(key_of(row.workload) for row in self.known.workloads.values())
        self._work()

    def _hear_node_usage(self, reading: Reading[dict[str, Usage]], delta: Delta[Any] | None) -> None:
        self.known.readings[NODE_USAGE] = reading
        self.known.node_usage = reading.value or {}
        self.known.trouble.node_usage_changed(self.known.node_usage)
        nodes = self._kinds["nodes"].table
        nodes.reformat()
        if nodes.sorted_by.startswith(("cpu", "memory")):
            nodes.resort()
        self._work()

    def _hear_runs(self, reading: Reading[tuple[Run, ...]], delta: Delta[Any] | None) -> None:
        """What was done from here stands in the pane of its workload."""
        self.known.runs = {}
        for run in reversed(reading.value or ()):
            asked = run.plan.asked.target
            self.known.runs[asked.namespace, asked.kind, asked.name] = run
        self._changed()

    def _hear_hpa_past(self, reading: Reading[dict[str, HpaPast]], delta: Delta[Any] | None) -> None:
        self.known.hpa_past = reading.value or {}
        self._kinds["hpas"].table.reformat()
        self._changed()

    def _hear_triggers(self, reading: Reading[tuple[Finding, ...]], delta: Delta[Any] | None) -> None:
        self.known.triggers = reading.value or ()
        self._changed()

    def _show_states(self) -> None:
        """How far each list can be trusted, and why an empty one is empty."""
        for kind in self._kinds.values():
            show_trust(kind.table, kind.reading(), kind.nothing())
        self._changed()
