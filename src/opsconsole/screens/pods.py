"""Tab 2, Pods: what is wrong in the cluster; workloads, pods, nodes, HPAs, events, and a pane that explains the row."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from rich.text import Text
from textual.widget import Widget

from ..model.collection import Collection, Delta
from ..model.kubernetes import Event, Hpa, Node, Pod, Usage, Workload
from ..model.reading import Reading, State
from ..poller.slices import Slices
from ..poller.topics import EVENTS, HPAS, NODE_USAGE, NODES, POD_USAGE, PODS, REPLICA_SETS, WORKLOADS, Topic
from ..rules.cluster_index import ClusterIndex, Key
from ..rules.workload_state import node_trouble, pod_trouble
from ..text import clock, units
from ..text.clean import clean
from ..widgets.live_table import LiveTable
from . import pod_columns as shown
from .base import View
from .pod_pane import PodPane
from .table_tab import TableTab, show_trust, verdict
from .table_view import TableView
from .workload_rows import workload_row

CHUNK = 400
"""Rows taken in between two looks at the time."""
REBUILD_S = 0.5


class PodsTab(TableTab):
    """Views: Wrong, Workloads, Pods, Nodes, HPA, Events."""

    digit: ClassVar[int] = 2
    title: ClassVar[str] = "Pods"
    views: ClassVar[tuple[View, ...]] = (
        View("wrong", "Wrong", "w"),
        View("workloads", "Workloads", "d"),
        View("pods", "Pods", "p"),
        View("nodes", "Nodes", "n"),
        View("hpas", "HPA", "h"),
        View("events", "Events", "e"),
    )
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "workloads": {"c": ("cpu", "cpu"), "m": ("memory", "memory"), "t": ("state", "state"),
                      "r": ("restarts", "restarts"), "a": ("age", "age"), "n": ("workload", "name")},
        "pods": {"c": ("cpu", "cpu"), "m": ("memory", "memory"), "t": ("status", "status"),
                 "r": ("restarts", "restarts"), "a": ("age", "age"), "n": ("name", "name")},
        "nodes": {"c": ("cpu", "cpu"), "m": ("memory", "memory"), "n": ("name", "name")},
        "events": {"a": ("last", "newest"), "n": ("object", "object"), "t": ("reason", "reason")},
    }  # fmt: skip

    def build(self) -> dict[str, Widget]:
        self.view = "workloads"
        self.index = ClusterIndex()
        self.usage: dict[str, Usage] = {}
        self.node_usage: Mapping[str, Usage] = {}
        self.readings: dict[Topic[Any], Reading[Any]] = {}
        self.scope: Key | None = None
        """The workload whose pods alone are shown, after entering it."""
        self._news: deque[tuple[Topic[Any], Delta[Any]]] = deque()
        self._touched: set[Key] = set()
        self._worker: asyncio.Task[None] | None = None
        labels = self.context.profile.kubernetes.label_columns if self.context.profile.kubernetes else ()
        self.pods: LiveTable[Pod] = LiveTable(
            shown.pod_columns(lambda: self.usage, labels), order=shown.pod_order, mark=shown.pod_mark
        )
        self.workloads: LiveTable[shown.WorkloadRow] = LiveTable(
            shown.workload_columns(), order=shown.workload_order, mark=lambda row: shown.severity_cell(row.verdict)
        )
        self.nodes: LiveTable[Node] = LiveTable(
            shown.node_columns(self.index.reserved_on, lambda: self.node_usage),
            order=lambda node: (shown.rank(node_trouble(node)), node.name),
            mark=lambda node: shown.severity_cell(node_trouble(node)),
        )
        self.hpas: LiveTable[Hpa] = LiveTable(shown.hpa_columns(), order=lambda hpa: (hpa.namespace, hpa.name))
        self.events: LiveTable[Event] = LiveTable(shown.event_columns(), order=shown.event_order)
        self.wrong: LiveTable[shown.WrongRow] = LiveTable(
            shown.wrong_columns(),
            order=lambda row: (shown.rank(row.verdict), row.kind, row.namespace, row.name),
            mark=lambda row: shown.severity_cell(row.verdict),
        )
        pane = PodPane(self)
        return {
            "wrong": TableView(self.wrong, pane.wrong),
            "workloads": TableView(self.workloads, pane.workload),
            "pods": TableView(self.pods, pane.pod),
            "nodes": TableView(self.nodes, pane.node),
            "hpas": TableView(self.hpas, pane.hpa, rows=6),
            "events": TableView(self.events, pane.event, rows=4),
        }

    def on_mount(self) -> None:
        collections: tuple[Topic[Any], ...] = (NODES, REPLICA_SETS, HPAS, PODS, WORKLOADS, EVENTS)
        for topic in collections:
            self._listen(topic)
        self.follow(POD_USAGE, self._show_usage)
        self.follow(NODE_USAGE, self._show_node_usage)

    def on_unmount(self) -> None:
        super().on_unmount()
        if self._worker is not None:
            self._worker.cancel()

    # ---- readings -------------------------------------------------------------------------------------------------

    def _listen(self, topic: Topic[Collection[Any]]) -> None:
        def hear(reading: Reading[Collection[Any]], delta: Delta[Any] | None) -> None:
            before = self.readings.get(topic)
            self.readings[topic] = reading
            if before is None or before.state is not reading.state or before.problem != reading.problem:
                self._show_states()
            if reading.value is None:
                return
            if delta is None:
                delta = Delta(upserts=dict(reading.value.rows), reset=True)
            if delta.upserts or delta.removals or delta.reset:
                self._news.append((topic, delta))
                if self._worker is None or self._worker.done():
                    self._worker = asyncio.create_task(self._absorb(), name="pods tab")

        self.follow(topic, hear)

    async def _absorb(self) -> None:
        """Take news in, in slices: ten thousand rows at once must not hold a key back."""
        slices = Slices()
        while self._news or self._touched:
            while self._news:
                topic, delta = self._news.popleft()
                for part in _parts(delta):
                    self._take(topic, part)
                    if slices.over:
                        await slices.rest()
            await self._rebuild(slices)
            self.changed()
            if self._touched or self._news:
                await asyncio.sleep(REBUILD_S)

    def _take(self, topic: Topic[Any], delta: Delta[Any]) -> None:
        tables: dict[Topic[Any], LiveTable[Any]] = {
            PODS: self.pods,
            NODES: self.nodes,
            HPAS: self.hpas,
            EVENTS: self.events,
        }
        table = tables.get(topic)
        gone = delta.removals
        if delta.reset and table is not None:
            held = self.readings[topic].value
            gone = frozenset(key for key in table.rows if held is None or key not in held.rows)
        if table is not None:
            table.update_rows(delta.upserts, gone)
        if topic is PODS:
            self._touched |= self.index.pods_changed(delta)
        elif topic is HPAS:
            self._touched |= self.index.hpas_changed(self.hpas.rows)
        elif topic is REPLICA_SETS:
            self._touched |= self.index.replica_sets_changed(delta)
        elif topic is WORKLOADS:
            self._touched |= {_key(workload) for workload in delta.upserts.values()}
            if gone or delta.reset:
                self._touched.add(("", "", ""))

    async def _rebuild(self, slices: Slices) -> None:
        """Judge the workloads anew whose parts have changed."""
        reading = self.readings.get(WORKLOADS, Reading())
        if reading.value is None:
            self._touched.clear()
            return
        touched, self._touched = self._touched, set()
        workloads: Mapping[str, Workload] = reading.value.rows
        rows: dict[str, shown.WorkloadRow] = {}
        now = clock.now()
        for uid, workload in list(workloads.items()):
            if _key(workload) in touched:
                rows[uid] = workload_row(workload, self.index, self.usage, now)
                if slices.over:
                    await slices.rest()
        self.workloads.update_rows(rows, [uid for uid in self.workloads.rows if uid not in workloads])
        self._explain_again()
        self._show_wrong()

    def _show_wrong(self) -> None:
        now = clock.now()
        rows: dict[str, shown.WrongRow] = {}
        for uid, row in self.workloads.rows.items():
            if row.verdict.wrong:
                rows[uid] = shown.WrongRow(row.workload.kind, row.workload.namespace, row.workload.name, row.verdict)
        for uid, node in self.nodes.rows.items():
            if (trouble := node_trouble(node)).wrong:
                rows[uid] = shown.WrongRow("Node", "", node.name, trouble)
        for pod in self._bare_pods():
            if (trouble := pod_trouble(pod, now)).wrong:
                rows[pod.uid] = shown.WrongRow("Pod", pod.namespace, pod.name, trouble)
        self.wrong.set_rows(rows)

    def _bare_pods(self) -> list[Pod]:
        return self.index.ownerless()

    def _show_usage(self, reading: Reading[dict[str, Usage]], delta: Delta[Any] | None) -> None:
        self.readings[POD_USAGE] = reading
        self.usage = reading.value or {}
        self.pods.reformat()
        if self.pods.sorted_by in ("cpu", "memory"):
            self.pods.resort()
        self._explain_again()
        self._touched.update(_key(row.workload) for row in self.workloads.rows.values())
        if self._touched and (self._worker is None or self._worker.done()):
            self._worker = asyncio.create_task(self._absorb(), name="pods tab")

    def _show_node_usage(self, reading: Reading[dict[str, Usage]], delta: Delta[Any] | None) -> None:
        self.readings[NODE_USAGE] = reading
        self.node_usage = reading.value or {}
        self.nodes.reformat()

    def _explain_again(self) -> None:
        widget = self.widget
        if isinstance(widget, TableView):
            widget.explain_again()

    def _show_states(self) -> None:
        what: dict[Topic[Any], tuple[LiveTable[Any], str]] = {
            PODS: (self.pods, "no pod runs here"),
            WORKLOADS: (self.workloads, "no workload is here"),
            NODES: (self.nodes, "no node is here, or none may be listed"),
            HPAS: (self.hpas, "no HorizontalPodAutoscaler is here"),
            EVENTS: (self.events, "no event in the last hour"),
        }
        for topic, (table, empty) in what.items():
            show_trust(table, self.readings.get(topic, Reading()), empty)
        blind = any(self.readings.get(t, Reading()).state is not State.OK for t in (PODS, WORKLOADS, NODES))
        show_trust(self.wrong, self.readings.get(WORKLOADS, Reading()), "not everything can be read: see !" if blind
                   else "nothing is wrong")  # fmt: skip
        self.changed()

    # ---- keys -----------------------------------------------------------------------------------------------------

    def act(self, action_id: str) -> bool:
        if action_id == "enter":
            return self._enter()
        if action_id == "back" and self.scope is not None and self.view == "pods":
            self.scope = None
            self._refilter()
            self.show_view("workloads")
            return True
        return super().act(action_id)

    def show_view(self, view_id: str) -> None:
        super().show_view(view_id)
        if self.table is not None:
            self.table.reformat()

    def _enter(self) -> bool:
        row = self.row
        if isinstance(row, shown.WorkloadRow):
            self.scope = _key(row.workload)
        elif isinstance(row, shown.WrongRow) and row.kind not in ("Node", "Pod"):
            self.scope = (row.namespace, row.kind, row.name)
        elif isinstance(row, Hpa):
            self.scope = (row.namespace, row.target_kind, row.target_name)
        else:
            return False
        self.show_view("pods")
        self._refilter()
        return True

    def accepts(self, row: Any) -> bool:
        if self.view != "pods" or self.scope is None or not isinstance(row, Pod):
            return True
        return self.index.workload_of(row.uid) == self.scope

    def narrowed(self) -> bool:
        return self.view == "pods" and self.scope is not None

    def is_wrong(self, row: Any) -> bool:
        if isinstance(row, shown.WorkloadRow | shown.WrongRow):
            return row.verdict.wrong
        if isinstance(row, Pod):
            return pod_trouble(row, clock.now()).wrong
        if isinstance(row, Node):
            return node_trouble(row).wrong
        return not isinstance(row, Event) or row.type == "Warning"

    def go_to(self, identity: str) -> bool:
        """An object by uid, `namespace/name` or name, in whichever view has it."""
        for view_id, table in (
            ("workloads", self.workloads),
            ("nodes", self.nodes),
            ("pods", self.pods),
            ("hpas", self.hpas),
        ):
            for key, row in table.rows.items():
                if identity in (key, *_names(row)):
                    self.show_view(view_id)
                    return table.go_to(key)
        return False

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        topics: dict[str, Topic[Any]] = {"pods": PODS, "nodes": NODES, "hpas": HPAS, "events": EVENTS}
        reading = self.readings.get(topics.get(self.view, WORKLOADS), Reading())
        collection = reading.value
        notes: list[str] = []
        if isinstance(collection, Collection):
            if not collection.complete:
                notes.append("still loading")
            if collection.denied:
                notes.append(f"may not list: {', '.join(collection.denied)}")
            if collection.unreadable:
                notes.append(f"{units.plural(len(collection.unreadable), 'object')} unreadable (y)")
        return verdict(reading, " · ".join([self._words(), *notes]))

    def _words(self) -> str:
        if self.view == "pods" and self.scope is not None:
            return f"pods of {self.scope[1].lower()}/{clean(self.scope[2])} (esc goes back)"
        if self.view == "pods":
            running = sum(1 for pod in self.pods.rows.values() if pod.status == "Running")
            return f"{running:,} of {units.plural(len(self.pods.rows), 'pod')} running"
        if self.view == "nodes":
            ready = sum(1 for node in self.nodes.rows.values() if node.status == "Ready")
            return f"{ready} of {units.plural(len(self.nodes.rows), 'node')} ready"
        if self.view == "events":
            warnings = sum(1 for event in self.events.rows.values() if event.type == "Warning")
            return f"{units.plural(warnings, 'warning')} of {units.plural(len(self.events.rows), 'event')}"
        wrong = len(self.wrong.rows)
        count = units.plural(len(self.workloads.rows), "workload")
        return f"{wrong} wrong of {count}" if wrong else f"{count}, none wrong"

    def scope_note(self) -> str:
        kubernetes = self.context.profile.kubernetes
        names = kubernetes.namespaces if kubernetes is not None else ()
        return f"ns {', '.join(names)}" if names else "all namespaces"

    def view_note(self, view_id: str) -> str:
        tables: dict[str, LiveTable[Any]] = {
            "wrong": self.wrong,
            "workloads": self.workloads,
            "pods": self.pods,
            "nodes": self.nodes,
            "hpas": self.hpas,
        }
        if view_id == "events":
            warnings = sum(1 for event in self.events.rows.values() if event.type == "Warning")
            return str(warnings or "")
        return str(len(tables[view_id].rows) or "")

    def hints(self) -> tuple[str, ...]:
        return ("enter", "view.next", "wrong", "filter", "sort", "describe", "problems", "help")

    def describe(self) -> str:
        return "\n".join(line.plain for line in self._lines(200))

    def why(self) -> str:
        return self.describe()

    def raw(self) -> str:
        row = self.row
        value = row.workload if isinstance(row, shown.WorkloadRow) else row
        if value is None:
            return ""
        unreadable = [
            line for r in self.readings.values() if isinstance(r.value, Collection) for line in r.value.unreadable
        ]
        body = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        return "\n".join([body, *(f"unreadable {line}" for line in unreadable)])

    def copy_command(self) -> str:
        row = self.row
        kind, namespace, name = _address(row)
        context = f" --context {self.context.cluster}" if self.context.cluster else ""
        scope = f" -n {namespace}" if namespace else ""
        return f"kubectl{context}{scope} get {kind}/{name} -o wide" if name else ""

    def _lines(self, width: int) -> list[Text]:
        view = self.widget
        return view.explanation(width) if isinstance(view, TableView) else []


def _parts(delta: Delta[Any]) -> list[Delta[Any]]:
    """The delta in pieces of at most CHUNK rows; the first one carries reset and removals."""
    rows = list(delta.upserts.items())
    if len(rows) <= CHUNK:
        return [delta]
    pieces = [Delta(upserts=dict(rows[at : at + CHUNK])) for at in range(0, len(rows), CHUNK)]
    pieces[0] = msgspec.structs.replace(pieces[0], reset=delta.reset, removals=delta.removals)
    return pieces


def _key(workload: Workload) -> Key:
    return workload.namespace, workload.kind, workload.name


def _names(row: Any) -> tuple[str, ...]:
    subject = row.workload if isinstance(row, shown.WorkloadRow) else row
    namespace = getattr(subject, "namespace", "")
    return (f"{namespace}/{subject.name}", subject.name)


def _address(row: Any) -> tuple[str, str, str]:
    if isinstance(row, shown.WorkloadRow):
        row = row.workload
    if isinstance(row, Workload | shown.WrongRow):
        return row.kind.lower(), row.namespace, row.name
    if isinstance(row, Pod):
        return "pod", row.namespace, row.name
    if isinstance(row, Hpa):
        return "hpa", row.namespace, row.name
    return ("node", "", row.name) if isinstance(row, Node) else ("", "", "")
