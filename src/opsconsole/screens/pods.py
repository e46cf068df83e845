"""Tab 2, Pods: what is wrong in the cluster; workloads, pods, nodes, HPAs, events, and a pane that explains the row."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, ClassVar

import msgspec
from textual.widget import Widget

from ..model.action import Run, Target
from ..model.collection import Collection, Delta
from ..model.finding import Finding
from ..model.kubernetes import Event, Hpa, HpaPast, Node, Pod, Usage, Workload
from ..model.reading import Reading
from ..poller.slices import Slices
from ..poller.topics import (
    EVENTS,
    FINDINGS,
    HPA_PAST,
    HPAS,
    NODE_USAGE,
    NODES,
    POD_USAGE,
    PODS,
    REPLICA_SETS,
    RUNS,
    TRIGGERS,
    WORKLOADS,
    Topic,
)
from ..rules import hpa as hpas
from ..rules import hpa_whatif
from ..rules.cluster_index import ClusterIndex, Key
from ..rules.workload_state import finished_run, node_trouble, pod_trouble
from ..text import clock, units
from ..text.clean import clean
from ..widgets.live_table import LiveTable
from . import hpa_facts, object_pages, targets
from . import pod_columns as shown
from .base import View
from .pod_pane import PodPane
from .pod_rows import address_of, in_parts, key_of, names_of
from .table_tab import TableTab, show_trust, sure, verdict
from .table_view import TableView
from .workload_rows import workload_row

REBUILD_S = 0.5
COUNT_DOWN_S = 5.0


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
        "hpas": {"a": ("last", "newest scaling"), "n": ("name", "name"), "t": ("state", "state"),
                 "r": ("room", "headroom")},
        "events": {"a": ("last", "newest"), "n": ("object", "object"), "t": ("reason", "reason")},
    }  # fmt: skip

    def build(self) -> dict[str, Widget]:
        self.view = "workloads"
        self.index = ClusterIndex()
        self.usage: dict[str, Usage] = {}
        self.node_usage: Mapping[str, Usage] = {}
        self.hpa_past: Mapping[str, HpaPast] = {}
        self.triggers: tuple[Finding, ...] = ()
        self.readings: dict[Topic[Any], Reading[Any]] = {}
        self.runs: dict[Key, Run] = {}
        """The newest that was done from here, by workload."""
        self.pane_of_rows = PodPane(self)
        self.scope: Key | None = None
        """The workload whose pods alone are shown, after entering it."""
        self.node = ""
        """The node whose pods alone are shown, after entering it."""
        self.speaking: frozenset[str] = frozenset()
        """Uids of the objects whose events alone are shown, after `e`."""
        self.came_from = ""
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
        self.hpas: LiveTable[Hpa] = LiveTable(
            shown.hpa_columns(partial(hpa_facts.around, self)),
            order=lambda hpa: (not hpas.at_maximum(hpa), hpa.namespace, hpa.name),
            mark=lambda hpa: ("▲", "warn") if hpas.words(hpa) else "",
        )
        self.events: LiveTable[Event] = LiveTable(shown.event_columns(), order=shown.event_order)
        self.wrong: LiveTable[shown.WrongRow] = LiveTable(
            shown.wrong_columns(),
            order=lambda row: (shown.rank(row.verdict), row.kind, row.namespace, row.name),
            mark=lambda row: shown.severity_cell(row.verdict),
        )
        pane = self.pane_of_rows
        return {
            "wrong": TableView(self.wrong, pane.wrong, short_rows=3),
            "workloads": TableView(self.workloads, pane.workload, short_rows=3),
            "pods": TableView(self.pods, pane.pod),
            "nodes": TableView(self.nodes, pane.node),
            "hpas": TableView(self.hpas, pane.hpa),
            "events": TableView(self.events, pane.event, rows=4),
        }

    def on_mount(self) -> None:
        collections: tuple[Topic[Any], ...] = (NODES, REPLICA_SETS, HPAS, PODS, WORKLOADS, EVENTS)
        for topic in collections:
            self._listen(topic)
        self.follow(POD_USAGE, self._show_usage)
        self.follow(NODE_USAGE, self._show_node_usage)
        self.follow(RUNS, self._show_runs)
        self.follow(HPA_PAST, self._show_hpa_past)
        self.follow(TRIGGERS, self._show_triggers)
        self.set_interval(COUNT_DOWN_S, self._count_down)

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
                for part in in_parts(delta):
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
            self._touched |= {key_of(workload) for workload in delta.upserts.values()}
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
            if key_of(workload) in touched:
                rows[uid] = workload_row(workload, self.index, self.usage, now)
                if slices.over:
                    await slices.rest()
        over = {uid for uid, row in rows.items() if finished_run(row.workload, row.verdict)}
        gone = [uid for uid in self.workloads.rows if uid not in workloads or uid in over]
        self.workloads.update_rows({uid: row for uid, row in rows.items() if uid not in over}, gone)
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
        self._touched.update(key_of(row.workload) for row in self.workloads.rows.values())
        if self._touched and (self._worker is None or self._worker.done()):
            self._worker = asyncio.create_task(self._absorb(), name="pods tab")

    def _show_node_usage(self, reading: Reading[dict[str, Usage]], delta: Delta[Any] | None) -> None:
        self.readings[NODE_USAGE] = reading
        self.node_usage = reading.value or {}
        self.nodes.reformat()

    def _show_runs(self, reading: Reading[tuple[Run, ...]], delta: Delta[Any] | None) -> None:
        """What was done from here stands in the pane of its workload."""
        self.runs = {}
        for run in reversed(reading.value or ()):
            asked = run.plan.asked.target
            self.runs[asked.namespace, asked.kind, asked.name] = run
        self._explain_again()

    def _show_hpa_past(self, reading: Reading[dict[str, HpaPast]], delta: Delta[Any] | None) -> None:
        self.hpa_past = reading.value or {}
        self.hpas.reformat()
        self._explain_again()

    def _show_triggers(self, reading: Reading[tuple[Finding, ...]], delta: Delta[Any] | None) -> None:
        self.triggers = reading.value or ()
        self._explain_again()

    def _count_down(self) -> None:
        """What holds an HPA is told to the second: those that are held are told again."""
        if self.view == "hpas" and any(hpas.counts_down(row) for row in self.hpas.visible_rows()):
            self.hpas.reformat()
            self._explain_again()

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
        nothing = "nothing is wrong" if self._sees_all() else "nothing wrong is seen, but not everything is: see !"
        show_trust(self.wrong, self.readings.get(WORKLOADS, Reading()), nothing)
        self.changed()

    # ---- keys -----------------------------------------------------------------------------------------------------

    def act(self, action_id: str) -> bool:
        if action_id == "enter":
            return self._enter(self.row)
        if action_id == "related":
            return self._related(self.row)
        if action_id == "raw" and object_pages.open_raw(self.console, self.row, self.raw):
            return True
        if action_id == "describe" and object_pages.open_described(self.console, self.row, self.raw):
            return True
        if action_id == "events":
            return self._events_of(self.row)
        if action_id == "why":
            return self._what_if(self.row)
        if action_id == "back" and self.narrowed():
            self.show_view(self.came_from or "workloads")
            return True
        return super().act(action_id)

    def show_view(self, view_id: str) -> None:
        """Another view shows everything again."""
        self._narrow(view_id)
        if self.table is not None:
            self.table.reformat()

    def _narrow(self, view_id: str, *, scope: Key | None = None, node: str = "", speaking: Iterable[str] = ()) -> None:
        """Show a view, whole or what belongs to a workload, a node or the objects that events speak of."""
        before = self.view
        was_narrowed = self.narrowed()
        self.scope, self.node, self.speaking = scope, node, frozenset(speaking)
        super().show_view(view_id)
        if self.narrowed():
            self.came_from = before if before != view_id else self.came_from
        if was_narrowed or self.narrowed():
            self._refilter()

    def _enter(self, row: Any) -> bool:
        """Into a workload or a node: its pods; of everything else a description."""
        if isinstance(row, Node) or (isinstance(row, shown.WrongRow) and row.kind == "Node"):
            self._narrow("pods", node=row.name)
        elif (key := self._workload_key(row)) is not None and not isinstance(row, Pod):
            self._narrow("pods", scope=key)
        elif isinstance(row, Pod | shown.WrongRow) and object_pages.open_pod(
            self.console, row, self.raw, lambda: self.usage.get(f"{row.namespace}/{row.name}")
        ):
            return True
        elif row is not None:
            self.tell("describe", self.describe())
        return row is not None

    def _workload_key(self, row: Any) -> Key | None:
        """The workload that a row is, belongs to or scales."""
        if isinstance(row, shown.WorkloadRow):
            return key_of(row.workload)
        if isinstance(row, shown.WrongRow) and row.kind not in ("Node", "Pod"):
            return row.namespace, row.kind, row.name
        if isinstance(row, Hpa):
            return row.namespace, row.target_kind, row.target_name
        return self.index.workload_of(row.uid) if isinstance(row, Pod) else None

    def _related(self, row: Any) -> bool:
        """A workload's HPA, a pod's or an HPA's workload, a node's pods, what an event speaks of."""
        if isinstance(row, Node):
            return self._enter(row)
        if isinstance(row, Event):
            identity = row.object_uid or f"{row.namespace}/{row.name}"
            if not self.go_to(identity):
                self.console.say(f"o: {clean(row.kind)}/{clean(row.name)} is not here any more")
            return True
        key = self._workload_key(row)
        if key is None:
            return False
        if isinstance(row, shown.WorkloadRow | shown.WrongRow):
            hpa = self.index.hpa_of(key)
            if hpa is None:
                self.console.say(f"o: no HPA scales {clean(key[2])}")
                return True
            self.show_view("hpas")
            return self.hpas.go_to(hpa.uid)
        found = next((uid for uid, other in self.workloads.rows.items() if key_of(other.workload) == key), None)
        if found is None:
            return False
        self.show_view("workloads")
        return self.workloads.go_to(found)

    def _what_if(self, row: Any) -> bool:
        """The arithmetic of the row's HPA, and questions to it; False where no HPA scales it."""
        key = self._workload_key(row)
        hpa = row if isinstance(row, Hpa) else self.index.hpa_of(key) if key is not None else None
        if hpa is None:
            return False
        from .dialogs.whatif import WhatIfDialog

        uid = hpa.uid

        def now() -> Hpa:
            """As it is by then: the dialog stays open while it changes."""
            return self.hpas.rows.get(uid, hpa)

        def answer(question: str) -> list[str]:
            there = hpa_facts.around(self, now())
            return hpa_whatif.words(now(), hpa_whatif.ask(now(), question, there), there)

        heading = (
            f"what if · HPA {clean(hpa.name, 80)} of {clean(hpa.target_kind).lower()}/{clean(hpa.target_name, 80)}"
        )
        self.console.hold_keys()
        self.console.push_screen(
            WhatIfDialog(
                heading,
                lambda: hpa_facts.explained(self, now()),
                answer,
                self.console.palette,
                self.console.release_keys,
            )
        )
        return True

    def _tell_changes(self) -> bool:
        """Of a workload that keeps revisions its rollouts, with what else changed."""
        key = self._workload_key(self.row)
        return object_pages.open_rollouts(self.console, key, self.index.pods_of) or super()._tell_changes()

    def _events_of(self, row: Any) -> bool:
        """The events of a row and of its pods."""
        if row is None or isinstance(row, Event):
            return False
        key = self._workload_key(row) if not isinstance(row, Pod) else None
        uids = {row.workload.uid if isinstance(row, shown.WorkloadRow) else getattr(row, "uid", "")}
        if key is not None:
            uids |= {pod.uid for pod in self.index.pods_of(key)}
            uids |= {uid for uid, other in self.workloads.rows.items() if key_of(other.workload) == key}
            if (hpa := self.index.hpa_of(key)) is not None:
                uids.add(hpa.uid)
        self._narrow("events", speaking=uids - {""})
        return True

    def accepts(self, row: Any) -> bool:
        if self.view == "pods" and isinstance(row, Pod):
            if self.scope is not None:
                return self.index.workload_of(row.uid) == self.scope
            return not self.node or row.node == self.node
        if self.view == "events" and self.speaking and isinstance(row, Event):
            return row.object_uid in self.speaking
        return True

    def narrowed(self) -> bool:
        if self.view == "pods":
            return self.scope is not None or bool(self.node)
        return self.view == "events" and bool(self.speaking)

    def subject(self) -> str:
        row = self.row
        key = self._workload_key(row)
        if key is not None:
            return key[2]
        return row.name if isinstance(row, Node | Event | Pod | shown.WrongRow) else ""

    def target(self) -> Target | None:
        """A workload itself, what owns a pod, what an HPA scales, what an event speaks of."""
        row = self.row
        if isinstance(row, Event):
            return targets.workload_target(self.context, row.object_uid)
        key = self._workload_key(row)
        return targets.target_of(self.context, key) if key is not None else None

    def finding(self) -> Finding | None:
        row, target = self.row, self.target()
        of = [target.uid, f"{target.namespace}/{target.name}", target.name] if target is not None else []
        own = [self.table.cursor_key or "", *names_of(row)] if self.table is not None and row is not None else []
        return targets.worst_about(self.context.board.get(FINDINGS).value or (), [*own, *of])

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    def is_wrong(self, row: Any) -> bool:
        if isinstance(row, shown.WorkloadRow | shown.WrongRow):
            return row.verdict.wrong
        if isinstance(row, Pod):
            return pod_trouble(row, clock.now()).wrong
        if isinstance(row, Node):
            return node_trouble(row).wrong
        if isinstance(row, Hpa):
            return bool(hpas.words(row))
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
                if identity in (key, *names_of(row)):
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
        if self.narrowed():
            return self._scope_words()
        if self.view == "pods":
            running = sum(1 for pod in self.pods.rows.values() if pod.status == "Running")
            return f"{running:,} of {units.plural(len(self.pods.rows), 'pod')} running"
        if self.view == "nodes":
            ready = sum(1 for node in self.nodes.rows.values() if node.status.partition(",")[0] == "Ready")
            cordoned = sum(1 for node in self.nodes.rows.values() if node.unschedulable)
            also = f", {cordoned} cordoned" if cordoned else ""
            return f"{ready} of {units.plural(len(self.nodes.rows), 'node')} ready{also}"
        if self.view == "events":
            warnings = sum(1 for event in self.events.rows.values() if event.type == "Warning")
            return f"{units.plural(warnings, 'warning')} of {units.plural(len(self.events.rows), 'event')}"
        if self.view == "hpas":
            at_max = sum(1 for hpa in self.hpas.rows.values() if hpas.at_maximum(hpa))
            return f"{units.plural(len(self.hpas.rows), 'HPA')}, {at_max or 'none'} held at the maximum"
        wrong = len(self.wrong.rows)
        count = units.plural(len(self.workloads.rows), "workload")
        if wrong:
            return f"{wrong} wrong; {count} in all"
        return f"{count}, none wrong" if self._sees_all() else f"{count}, none seen wrong, but not all is seen: !"

    def _sees_all(self) -> bool:
        """Whether everything that could be wrong is read, live and whole."""
        readings = [self.readings.get(topic, Reading()) for topic in (PODS, WORKLOADS, NODES)]
        values = [reading.value for reading in readings if isinstance(reading.value, Collection)]
        return sure(*readings) and all(value.complete and not value.denied and not value.unreadable for value in values)

    def _scope_words(self) -> str:
        if self.view == "events":
            return f"{units.plural(self.events.row_count, 'event')} of the row (esc goes back)"
        of = self.node if self.scope is None else f"{self.scope[1].lower()}/{self.scope[2]}"
        rows = [pod for pod in self.pods.rows.values() if self.accepts(pod)]
        running = sum(1 for pod in rows if pod.status == "Running")
        return f"{running} of {units.plural(len(rows), 'pod')} of {clean(of)} running (esc goes back)"

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
        return ("enter", "view.next", "wrong", "filter", "sort", "describe", "act", "help")

    def describe(self) -> str:
        if isinstance(self.row, Pod):
            return "\n".join(line.plain for line in self.pane_of_rows.described(self.row))
        return super().describe()

    def why(self) -> str:
        return super().describe()

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
        kind, namespace, name = address_of(row)
        context = f" --context {self.context.cluster}" if self.context.cluster else ""
        scope = f" -n {namespace}" if namespace else ""
        return f"kubectl{context}{scope} get {kind}/{name} -o wide" if name else ""
