"""Tab 2, Pods: what is wrong in the cluster, and lists of all kinds that lead into each other and back."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import msgspec
from textual.widget import Widget

from ..model.action import Target
from ..model.collection import Collection
from ..model.finding import Finding
from ..model.kubernetes import Event, Hpa, Pod
from ..poller.topics import FINDINGS, WORKLOADS, Topic
from ..rules import hpa as hpas
from ..rules import hpa_whatif
from ..rules.cluster_index import Key
from ..text import units
from ..text.clean import clean
from . import hpa_facts, object_pages, related, targets
from .base import View
from .cluster_news import ClusterNews
from .kinds.all import BEHIND_MORE, STRIP, made
from .kinds.hints import hints_of
from .kinds.kind import Into, Kind, Part
from .kinds.known import Known
from .kinds.new_lines import NewLines
from .kinds.wrong import WrongRow
from .node_reading import open_node
from .pod_rows import address_of, key_of, kind_of, names_of, words_of
from .rights import forbidden
from .table_tab import TableTab, show_trust, verdict
from .table_view import TableView
from .trail import Place, Trail, stand
from .why_page import asked_lines

COUNT_DOWN_S = 5.0
"""So often what changes with time alone is looked at."""
MORE = "more"
LOGGED = ("workloads", "wrong")
"""Lists whose pane tells what is new in the logs."""
KINDS_OF_WORKLOADS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"}
"""Views that are the workloads of one kind."""


class PodsTab(TableTab):
    """Its views are the kinds; it knows how one gets from one to the other."""

    digit: ClassVar[int] = 2
    title: ClassVar[str] = "Pods"
    LAZY: ClassVar[bool] = True
    views: ClassVar[tuple[View, ...]] = tuple(kind.view for kind in STRIP)
    further_views: ClassVar[tuple[View, ...]] = (
        *(kind.view for kind in BEHIND_MORE),
        *(View(view_id, view_id.capitalize(), "") for view_id in KINDS_OF_WORKLOADS),
    )
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        kind.view.id: kind.sorts for kind in (*STRIP, *BEHIND_MORE)
    }

    def build(self) -> dict[str, Widget]:
        self.view = self._pane = "workloads"
        self.part: Part | None = None
        """What alone is shown of the list, after going into a row of another one."""
        self._narrowed: frozenset[str] = frozenset()
        """Lists that were last seen in part."""
        self._wrong_again: set[str] = set()
        """Lists in which `z` holds again once they are whole: a part is shown with what is well in it."""
        self.trail = Trail()
        self._sought = ""
        """What one wanted to go to before it was there."""
        self._wishes: dict[Topic[Any], Callable[[], None]] = {}
        self.known = Known(self.context)
        self.known.new_lines = NewLines(self.context, lambda: self.shown and self._pane in LOGGED, self._explain_again)
        self.kinds: dict[str, Kind[Any]] = made(self.known)
        self.news = ClusterNews(self.known, self.kinds, self._news_shown)
        self.known.losses.listen(self._news_shown)
        return {
            kind.id: TableView(kind.table, kind.explain, rows=kind.pane_rows, short_rows=kind.pane_rows_short)
            for kind in self.kinds.values()
        }

    def on_mount(self) -> None:
        self.news.begin(self.follow)
        self.set_interval(COUNT_DOWN_S, self._count_down)
        self._wish()

    def on_unmount(self) -> None:
        super().on_unmount()
        self.news.end()
        self.known.losses.end()
        if self.known.new_lines is not None:
            self.known.new_lines.leave()
        for release in self._wishes.values():
            release()
        self._wishes.clear()
        self.known.forget()

    @property
    def pane(self) -> str:
        return self._pane

    @property
    def kind(self) -> Kind[Any]:
        """The one that is shown."""
        return self.kinds[self._pane]

    @property
    def busy(self) -> bool:
        """Whether news is being taken in."""
        return self.news.busy

    # ---- news -------------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        super().catch_up()
        self._wish()

    def _wish(self) -> None:
        """Have watched what the list on the screen needs, and nothing else."""
        wanted = set(self.kind.wants) if self.shown else set()
        self.known.on_screen = self._pane if self.shown else ""
        if self.known.on_screen not in LOGGED and self.known.new_lines is not None:
            self.known.new_lines.leave()
        for topic in wanted - self._wishes.keys():
            self._wishes[topic] = self.context.want(topic)
        for topic in self._wishes.keys() - wanted:
            self._wishes.pop(topic)()

    def _news_shown(self) -> None:
        if self._sought and self._find(self._sought):
            self._sought = ""
        self._explain_again()
        self._tell_empty()
        self.changed()

    def _tell_empty(self) -> None:
        """Why the list on the screen is empty: there is nothing, nothing is seen, or what is there is hidden."""
        kind, table = self.kind, self.table
        if table is None:
            return
        there = sum(1 for row in table.rows.values() if self.accepts(row)) if not table.row_count else 0
        if there and (self.filter_text or self.only_wrong):
            empty = kind.hidden(there, self.filter_text, self.only_wrong)
        elif self.part is not None:
            empty = f"no {kind.one} of {clean(self.part.of)} is seen"
        else:
            empty = kind.nothing()
        show_trust(table, kind.reading(), empty)

    def _refilter(self) -> None:
        super()._refilter()
        self._tell_empty()

    def _count_down(self) -> None:
        """What holds an HPA is told to the second: those that are held are told again."""
        self._wish()
        if self.shown:
            self.news.judge_again()
        table = self.kinds["hpas"].table
        if self.pane == "hpas" and any(hpas.counts_down(row) for row in table.visible_rows()):
            table.reformat()
            self._explain_again()

    def _explain_again(self) -> None:
        widget = self.widget
        if isinstance(widget, TableView):
            widget.explain_again()

    # ---- going about ------------------------------------------------------------------------------------------------

    def at_view(self, view_id: str) -> bool:
        return self._pane == view_id and self.part is None and not self.trail

    def show_view(self, view_id: str) -> None:
        """A view of the strip, or a list behind `More`: whole, and as if one came from nowhere."""
        self.trail.forget()
        if view_id in KINDS_OF_WORKLOADS:
            self._show("workloads", self._workloads_of(view_id))
        else:
            self._show(view_id if view_id in self.kinds else "workloads", None)
        if self.table is not None:
            self.table.reformat()

    def _workloads_of(self, view_id: str) -> Part:
        kind = KINDS_OF_WORKLOADS[view_id]
        return Part(f"kind {kind}", lambda row: row.workload.kind == kind)

    def _show(self, pane: str, part: Part | None) -> None:
        self._pane, self.part = pane, part
        if part is not None and self.only_wrong:
            self._wrong_again.add(pane)
            self.only_wrong = False
        elif part is None and pane in self._wrong_again:
            self._wrong_again.discard(pane)
            self.only_wrong = True
        super().show_view(pane if any(view.id == pane for view in self.views) else MORE)
        if part is not None or pane in self._narrowed:
            self._refilter()
        self._narrowed = self._narrowed | {pane} if part is not None else self._narrowed - {pane}
        self._tell_empty()
        self._wish()
        self.news.shown(self.kind)

    def _go(self, into: Into) -> None:
        """To another list, remembering this one."""
        table = self.table
        self.trail.leave(
            Place(
                self._pane, self.part, self.filter_text,
                table.cursor_key if table is not None else None, table.scroll_offset.y if table is not None else 0.0,
            )
        )  # fmt: skip
        self._show(into.pane, into.part)
        if self.filter_text:
            # what was looked for here before is not what one goes to now
            self.apply_filter("")
        if into.at and self.table is not None and not self.table.go_to(into.at):
            self._see_all(into.at)
        elif into.part is not None and self.table is not None:
            self.table.go(0)

    def _see_all(self, key: str) -> None:
        """`z` hides the row that one goes to: it is switched off."""
        if self.only_wrong:
            self.only_wrong = False
            self._refilter()
        if self.table is not None:
            self.table.go_to(key)

    def _back(self) -> bool:
        """To the list that one came from, row and scroll as they were; out of a list behind `More`."""
        if self.trail:
            place = self.trail.back()
            self._show(place.pane, place.part)
            if self.filter_text != place.filter_text:
                self.apply_filter(place.filter_text)
            if self.table is not None:
                stand(self.table, place)
            return True
        if self._pane != self.view:
            inside = self._pane
            self._show(MORE, None)
            if self.table is not None:
                self.table.go_to(inside)
            return True
        if self.part is not None:
            self._show(self._pane, None)
            return True
        return False

    def go_to(self, identity: str) -> bool:
        """An object by uid, `namespace/name` or name, in whichever list has it; while news comes in also later."""
        found = self._find(identity)
        self._sought = "" if found or not self.busy else identity
        return found or bool(self._sought)

    def _find(self, identity: str) -> bool:
        workloads = self.known.collection(WORKLOADS)
        if self.busy and workloads is not None and workloads.rows and not self.kinds["workloads"].table.rows:
            return False  # an HPA bears its workload's name and would be found in its place
        for view_id in ("workloads", "nodes", "pods", "hpas", *(kind.view.id for kind in BEHIND_MORE)):
            table = self.kinds[view_id].table
            for key, row in table.rows.items():
                if identity in (key, *names_of(row)):
                    self.show_view(view_id)
                    there = table.go_to(key)
                    table.stay()  # also on the first row: worse ones may come above it
                    return there
        return False

    # ---- keys -------------------------------------------------------------------------------------------------------

    def act(self, action_id: str) -> bool:
        self._sought = ""  # who presses keys is somewhere already
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
        if action_id == "why" and open_node(self.console, self.known, self.row, self.raw):
            return True
        if action_id == "why":
            return self._what_if(self.row)
        if action_id == "back" and self._back():
            return True
        return super().act(action_id)

    def _enter(self, row: Any) -> bool:
        """Into what belongs to the row; where nothing does, a page about it."""
        if row is None:
            return False
        into = self.kind.into(row)
        if into is not None:
            self._go(into)
        elif kind_of(row) == "Pod" and object_pages.open_pod(
            self.console, row, self.raw, lambda: self.known.usage_of(row)
        ):
            return True
        elif isinstance(row, Event) or not object_pages.open_described(self.console, row, self.raw):
            self.tell("describe", self.describe())
        return True

    def _related(self, row: Any) -> bool:
        """To the one object that the row is related to; a choice where there are several."""
        if row is None:
            return False
        found = related.links(self.known, row)
        if len(found) == 1:
            self._go(found[0].into)
        elif found:
            from .dialogs.choose import Choose

            title = f"related to {clean(words_of(row) or self.subject(), 80)}"
            choices = [link.words for link in found]
            self.console.push_screen(
                Choose(title, choices, lambda place: self._go(found[place].into), self.console.palette, "o")
            )
        elif isinstance(row, Event):
            self.console.say(f"o: {clean(row.kind)}/{clean(row.name)} is not here any more")
        else:
            self.console.say(f"o: nothing that is seen here is related to {clean(words_of(row), 80)}")
        return True

    def _workload_key(self, row: Any) -> Key | None:
        """The workload that a row is, belongs to or scales."""
        if (workload := getattr(row, "workload", None)) is not None:
            return key_of(workload)
        if isinstance(row, WrongRow):
            return self._key_of_named(row)
        if isinstance(row, Hpa):
            return row.namespace, row.target_kind, row.target_name
        return self.known.index.workload_of(row.uid) if isinstance(row, Pod) else None

    def _key_of_named(self, row: WrongRow) -> Key | None:
        key = row.namespace, row.kind, row.name
        return key if any(key_of(other.workload) == key for other in self.known.workloads.values()) else None

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
        first = self._wrong_beside_hpa(row)
        if first:
            heading = f"why {clean(words_of(row), 120)} is wrong, then {heading}"
            first += ["", "ITS HPA"]
        self.console.hold_keys()
        self.console.push_screen(
            WhatIfDialog(
                heading,
                lambda: [*first, *hpa_facts.explained(self.known, now()), *asked_lines(self)],
                answer,
                self.console.palette,
                self.console.release_keys,
            )
        )
        return True

    def _wrong_beside_hpa(self, row: Any) -> list[str]:
        """All that is known of a row which is wrong for another reason than its HPA, the reason first; else nothing."""
        words = str(getattr(getattr(row, "verdict", None), "words", ""))
        if isinstance(row, Hpa) or not self.kind.wrong(row) or words.startswith("HPA"):
            return []
        told = self.describe().splitlines()
        return [f"wrong: {clean(words)}", *told] if words else told

    def _tell_changes(self) -> bool:
        """Of a workload that keeps revisions its rollouts, with what else changed."""
        key = self._workload_key(self.row)
        return object_pages.open_rollouts(self.console, key, self.known.index.pods_of) or super()._tell_changes()

    def _events_of(self, row: Any) -> bool:
        """The events of a row and of its pods."""
        if row is None or isinstance(row, Event):
            return False
        uids = frozenset(self._uids_of(row)) - {""}
        self._go(Into("events", Part(words_of(row) or "the row", lambda event: event.object_uid in uids)))
        return True

    def _uids_of(self, row: Any) -> Iterable[str]:
        """Of the row's object, and of a workload its pods and its HPA."""
        yield str(getattr(getattr(row, "workload", None) or getattr(row, "of", None) or row, "uid", ""))
        if self.table is not None and self.table.cursor_key is not None:
            yield self.table.cursor_key
        key = self._workload_key(row) if not isinstance(row, Pod) else None
        if key is not None:
            yield from (pod.uid for pod in self.known.index.pods_of(key))
            if (hpa := self.known.index.hpa_of(key)) is not None:
                yield hpa.uid

    def accepts(self, row: Any) -> bool:
        return self.part is None or self.part.holds(row)

    def narrowed(self) -> bool:
        return self.part is not None

    def hidden_words(self, text: str) -> str:
        return ""  # `_tell_empty` counts them, by the kind's name

    def subject(self) -> str:
        key = self._workload_key(self.row)
        return key[2] if key is not None else names_of(self.row)[1] if self.row is not None else ""

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

    # ---- words ------------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        reading = self.kind.reading()
        collection, words = reading.value, self._words()
        notes = ["not all could be taken in: see the log in !"] if self.known.lost_news else []
        if isinstance(collection, Collection):
            if not collection.complete:
                notes.append("still loading")
            if collection.denied and (refused := forbidden(self.kind.topic, collection.denied)) not in words:
                notes.append(refused)
            if collection.unreadable:
                notes.append(f"{units.plural(len(collection.unreadable), 'object')} unreadable (y)")
        return verdict(reading, " · ".join([words, *notes]))

    def _words(self) -> str:
        if self.part is None:
            return self.kind.words()
        return f"{self.kind.part_words(self.part)} (esc goes back)"

    def scope_note(self) -> str:
        return self.context.scope

    def view_note(self, view_id: str) -> str:
        if view_id == MORE and self._pane != self.view and self.view == MORE:
            return self.kind.view.title
        return self.kinds[view_id].note()

    def hints(self) -> tuple[str, ...]:
        return hints_of(self._pane)

    def describe(self) -> str:
        pods = self.kinds["pods"]
        if isinstance(self.row, Pod) and hasattr(pods, "described"):
            return "\n".join(line.plain for line in pods.described(self.row))
        return super().describe()

    def why(self) -> str:
        return super().describe()

    def raw(self) -> str:
        row = self.row
        if row is None:
            return ""
        value = getattr(row, "workload", None) or getattr(row, "of", None) or row
        unreadable = [
            line for r in self.known.readings.values() if isinstance(r.value, Collection) for line in r.value.unreadable
        ]
        body = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        return "\n".join([body, *(f"unreadable {line}" for line in unreadable)])

    def copy_command(self) -> str:
        kind, namespace, name = address_of(self.row)
        context = f" --context {self.context.cluster}" if self.context.cluster else ""
        scope = f" -n {namespace}" if namespace else ""
        return f"kubectl{context}{scope} get {kind}/{name} -o wide" if name else ""
