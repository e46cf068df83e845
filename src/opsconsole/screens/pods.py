"""Tab 2, Pods: what is wrong in the cluster; workloads, pods, nodes, HPAs, events, and a pane that explains the row."""

from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec
from textual.widget import Widget

from ..model.action import Target
from ..model.collection import Collection
from ..model.finding import Finding
from ..model.kubernetes import Event, Hpa, Node, Pod
from ..poller.topics import FINDINGS
from ..rules import hpa as hpas
from ..rules import hpa_whatif
from ..rules.cluster_index import Key
from ..text import units
from ..text.clean import clean
from . import hpa_facts, object_pages, targets
from . import pod_columns as shown
from .base import View
from .cluster_news import ClusterNews
from .kinds.events import Events
from .kinds.hpas import Hpas
from .kinds.kind import Kind
from .kinds.known import Known
from .kinds.nodes import Nodes
from .kinds.pods import Pods
from .kinds.workloads import Workloads
from .kinds.wrong import Wrong
from .pod_rows import address_of, key_of, names_of
from .table_tab import TableTab, verdict
from .table_view import TableView

COUNT_DOWN_S = 5.0
ALL: tuple[type[Kind[Any]], ...] = (Wrong, Workloads, Pods, Nodes, Hpas, Events)


class PodsTab(TableTab):
    """Its views are the kinds; it knows how one gets from one to the other."""

    digit: ClassVar[int] = 2
    title: ClassVar[str] = "Pods"
    views: ClassVar[tuple[View, ...]] = tuple(kind.view for kind in ALL)
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {kind.view.id: kind.sorts for kind in ALL}

    def build(self) -> dict[str, Widget]:
        self.view = "workloads"
        self.scope: Key | None = None
        """The workload whose pods alone are shown, after entering it."""
        self.node = ""
        """The node whose pods alone are shown, after entering it."""
        self.speaking: frozenset[str] = frozenset()
        """Uids of the objects whose events alone are shown, after `e`."""
        self.came_from = ""
        self.known = known = Known(self.context)
        workloads, nodes = Workloads(known), Nodes(known)
        self.described_pods = Pods(known)
        wrong = Wrong(known, workloads, nodes)
        kinds: tuple[Kind[Any], ...] = (workloads, self.described_pods, nodes, Hpas(known), Events(known), wrong)
        self.kinds: dict[str, Kind[Any]] = {kind.view.id: kind for kind in kinds}
        self.news = ClusterNews(known, self.kinds, self._news_shown)
        return {
            kind.view.id: TableView(kind.table, kind.explain, rows=kind.pane_rows, short_rows=kind.pane_rows_short)
            for kind in kinds
        }

    def on_mount(self) -> None:
        self.news.begin(self.follow)
        self.set_interval(COUNT_DOWN_S, self._count_down)

    def on_unmount(self) -> None:
        super().on_unmount()
        self.news.end()

    @property
    def kind(self) -> Kind[Any]:
        """The one that is shown."""
        return self.kinds[self.pane]

    @property
    def busy(self) -> bool:
        """Whether news is being taken in."""
        return self.news.busy

    def _news_shown(self) -> None:
        self._explain_again()
        self.changed()

    def _count_down(self) -> None:
        """What holds an HPA is told to the second: those that are held are told again."""
        table = self.kinds["hpas"].table
        if self.view == "hpas" and any(hpas.counts_down(row) for row in table.visible_rows()):
            table.reformat()
            self._explain_again()

    def _explain_again(self) -> None:
        widget = self.widget
        if isinstance(widget, TableView):
            widget.explain_again()

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
            self.console, row, self.raw, lambda: self.known.usage_of(row)
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
        return self.known.index.workload_of(row.uid) if isinstance(row, Pod) else None

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
            hpa = self.known.index.hpa_of(key)
            if hpa is None:
                self.console.say(f"o: no HPA scales {clean(key[2])}")
                return True
            self.show_view("hpas")
            return self.kinds["hpas"].table.go_to(hpa.uid)
        found = next((uid for uid, other in self.known.workloads.items() if key_of(other.workload) == key), None)
        if found is None:
            return False
        self.show_view("workloads")
        return self.kinds["workloads"].table.go_to(found)

    def _what_if(self, row: Any) -> bool:
        """The arithmetic of the row's HPA, and questions to it; False where no HPA scales it."""
        key = self._workload_key(row)
        hpa = row if isinstance(row, Hpa) else self.known.index.hpa_of(key) if key is not None else None
        if hpa is None:
            return False
        from .dialogs.whatif import WhatIfDialog

        uid = hpa.uid

        def now() -> Hpa:
            """As it is by then: the dialog stays open while it changes."""
            return self.known.hpas.get(uid, hpa)

        def answer(question: str) -> list[str]:
            there = hpa_facts.around(self.known, now())
            return hpa_whatif.words(now(), hpa_whatif.ask(now(), question, there), there)

        heading = (
            f"what if · HPA {clean(hpa.name, 80)} of {clean(hpa.target_kind).lower()}/{clean(hpa.target_name, 80)}"
        )
        self.console.hold_keys()
        self.console.push_screen(
            WhatIfDialog(
                heading,
                lambda: hpa_facts.explained(self.known, now()),
                answer,
                self.console.palette,
                self.console.release_keys,
            )
        )
        return True

    def _tell_changes(self) -> bool:
        """Of a workload that keeps revisions its rollouts, with what else changed."""
        key = self._workload_key(self.row)
        return object_pages.open_rollouts(self.console, key, self.known.index.pods_of) or super()._tell_changes()

    def _events_of(self, row: Any) -> bool:
        """The events of a row and of its pods."""
        if row is None or isinstance(row, Event):
            return False
        key = self._workload_key(row) if not isinstance(row, Pod) else None
        uids = {row.workload.uid if isinstance(row, shown.WorkloadRow) else getattr(row, "uid", "")}
        if key is not None:
            uids |= {pod.uid for pod in self.known.index.pods_of(key)}
            uids |= {uid for uid, other in self.known.workloads.items() if key_of(other.workload) == key}
            if (hpa := self.known.index.hpa_of(key)) is not None:
                uids.add(hpa.uid)
        self._narrow("events", speaking=uids - {""})
        return True

    def accepts(self, row: Any) -> bool:
        if self.view == "pods" and isinstance(row, Pod):
            if self.scope is not None:
                return self.known.index.workload_of(row.uid) == self.scope
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
        return self.kind.wrong(row)

    def go_to(self, identity: str) -> bool:
        """An object by uid, `namespace/name` or name, in whichever view has it."""
        for view_id in ("workloads", "nodes", "pods", "hpas"):
            table = self.kinds[view_id].table
            for key, row in table.rows.items():
                if identity in (key, *names_of(row)):
                    self.show_view(view_id)
                    return table.go_to(key)
        return False

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        reading = self.known.reading(self.kind.topic)
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
        return self._scope_words() if self.narrowed() else self.kind.words()

    def _scope_words(self) -> str:
        if self.view == "events":
            return f"{units.plural(self.kind.table.row_count, 'event')} of the row (esc goes back)"
        of = self.node if self.scope is None else f"{self.scope[1].lower()}/{self.scope[2]}"
        rows = [pod for pod in self.known.pods.values() if self.accepts(pod)]
        running = sum(1 for pod in rows if pod.status == "Running")
        return f"{running} of {units.plural(len(rows), 'pod')} of {clean(of)} running (esc goes back)"

    def scope_note(self) -> str:
        kubernetes = self.context.profile.kubernetes
        names = kubernetes.namespaces if kubernetes is not None else ()
        return f"ns {', '.join(names)}" if names else "all namespaces"

    def view_note(self, view_id: str) -> str:
        return self.kinds[view_id].note()

    def hints(self) -> tuple[str, ...]:
        return ("enter", "view.next", "wrong", "filter", "sort", "describe", "act", "help")

    def describe(self) -> str:
        if isinstance(self.row, Pod):
            return "\n".join(line.plain for line in self.described_pods.described(self.row))
        return super().describe()

    def why(self) -> str:
        return super().describe()

    def raw(self) -> str:
        row = self.row
        value = row.workload if isinstance(row, shown.WorkloadRow) else row
        if value is None:
            return ""
        unreadable = [
            line for r in self.known.readings.values() if isinstance(r.value, Collection) for line in r.value.unreadable
        ]
        body = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        return "\n".join([body, *(f"unreadable {line}" for line in unreadable)])

    def copy_command(self) -> str:
        row = self.row
        kind, namespace, name = address_of(row)
        context = f" --context {self.context.cluster}" if self.context.cluster else ""
        scope = f" -n {namespace}" if namespace else ""
        return f"kubectl{context}{scope} get {kind}/{name} -o wide" if name else ""
