"""Tab 0, Now: what is wrong, since when, after and with what, whom it hurts; what changed; the critical path."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from ..model.collection import Delta
from ..model.finding import Change, Finding, Severity
from ..model.reading import Reading
from ..poller.topics import (
    CHANGES,
    COSTS,
    CUSTOMERS,
    EXTERNAL,
    FINDINGS,
    INCIDENTS,
    PG_FACTS,
    POD_USAGE,
    PODS,
    REDIS,
    SERVICES,
    SPLITS,
    TILES,
    WORKLOADS,
    Topic,
)
from ..rules.path import fullest, path
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell, Column
from ..widgets.live_table import LiveTable
from . import now_lines as lines
from .base import View
from .table_tab import TableTab
from .table_view import TALL

WIDE = 120


class Navigator(Protocol):
    """The application, as far as this page needs it: it goes to a finding's tab and row."""

    def go(self, digit: int, view: str | None = None, identity: str | None = None) -> None: ...


class NowTab(TableTab):
    """The page that the console opens on."""

    digit: ClassVar[int] = 0
    title: ClassVar[str] = "Now"
    views: ClassVar[tuple[View, ...]] = (View("now", "Findings", "f"), View("changed", "Changed", "c"))

    def build(self) -> dict[str, Widget]:
        self.readings: dict[Topic[Any], Reading[Any]] = {}
        self.full: dict[str, tuple[str, float | None]] = {}
        self.places: dict[str, int] = {}
        self.findings: LiveTable[Finding] = LiveTable(
            self._columns(), order=lambda finding: self.places.get(finding.id, 0), mark=self._mark
        )
        self.changes: LiveTable[tuple[int, Change]] = LiveTable(
            [
                Column("at", "AT", 6, lambda row: units.clock(row[1].at)),
                Column("kind", "KIND", 9, lambda row: row[1].kind),
                Column("what", "WHAT", 40, lambda row: clean(row[1].what), flex=1),
                Column("who", "WHO", 16, lambda row: clean(row[1].who) or units.DASH),
            ],
            order=lambda row: row[0],
            empty="nothing changed in the last hour",
        )
        self.page = NowPage(self.findings)
        return {"now": self.page, "changed": self.changes}

    @property
    def table(self) -> LiveTable[Any] | None:
        return self.changes if self.view == "changed" else self.findings

    def on_mount(self) -> None:
        self._listen(FINDINGS, self._show_findings)
        self._listen(CHANGES, self._show_changes)
        path_topics: tuple[Topic[Any], ...] = (SERVICES, PG_FACTS, REDIS, EXTERNAL)
        for topic in path_topics:
            self._listen(topic, self._show_path)
        self._listen(POD_USAGE, self._show_usage)
        self._listen(SPLITS, self._show_splits)
        self._listen(TILES, self._show_pulse)
        tab_topics: tuple[Topic[Any], ...] = (WORKLOADS, PG_FACTS, COSTS, CUSTOMERS, INCIDENTS)
        for topic in tab_topics:
            self._listen(topic, self._show_tabs)

    def _listen(self, topic: Topic[Any], show: Callable[[], None]) -> None:
        def hear(reading: Reading[Any], delta: Delta[Any] | None) -> None:
            self.readings[topic] = reading
            show()

        self.follow(topic, hear)

    def _reading(self, topic: Topic[Any]) -> Reading[Any]:
        return self.readings.get(topic, Reading())

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show_all)

    def _show_all(self) -> None:
        for show in (self._show_changes, self._show_path, self._show_splits, self._show_pulse, self._show_tabs):
            show()

    # ---- the parts ------------------------------------------------------------------------------------------------

    def _show_findings(self) -> None:
        found: tuple[Finding, ...] = self._reading(FINDINGS).value or ()
        self.places = {finding.id: place for place, finding in enumerate(found)}
        self.findings.empty = self._nothing()
        self.findings.set_rows({finding.id: finding for finding in found})
        self._show_tabs()
        self.changed()

    def _nothing(self) -> str:
        """What an empty list means: only with every source answering is it good news."""
        if self._reading(FINDINGS).value is None:
            return "the first readings are on their way"
        return "no rule of the policy is breached"

    def _show_changes(self) -> None:
        changes: tuple[Change, ...] = self._reading(CHANGES).value or ()
        self.changes.set_rows({f"{c.at.timestamp()} {c.kind} {c.what}": (n, c) for n, c in enumerate(changes)})
        self.page.show_changes(lambda width, height: lines.change_lines(changes, height, width))

    def _show_usage(self) -> None:
        pods, usage = self.context.board.get(PODS).value, self._reading(POD_USAGE).value
        if pods is not None and usage is not None:
            self.full = fullest(pods.rows.values(), usage)
            self._show_path()

    def _show_path(self) -> None:
        services = self._reading(SERVICES).value
        rows = path(
            services.figures if services is not None else (),
            self.context.profile.metrics.critical_path,
            self.full,
            self._reading(PG_FACTS).value,
            self._reading(REDIS).value,
            self._reading(EXTERNAL).value or (),
        )
        self.page.show_path(lambda width, height: lines.path_lines(rows, width))

    def _show_splits(self) -> None:
        splits = self._reading(SPLITS).value or ()
        self.page.show_splits(
            lambda width, height: lines.split_lines(splits, width) if height > 1 else lines.split_line(splits)
        )

    def _show_pulse(self) -> None:
        tiles = self._reading(TILES).value
        self.page.show_pulse(lines.pulse_line(tiles.pulse if tiles is not None else ()))

    def _show_tabs(self) -> None:
        self.page.show_tabs(
            lines.tab_lines(
                self._reading(FINDINGS).value or (),
                self._reading(WORKLOADS),
                self._reading(PG_FACTS),
                self._reading(COSTS),
                self._reading(CUSTOMERS),
                self._reading(INCIDENTS),
                clock.now(),
            )
        )

    # ---- columns --------------------------------------------------------------------------------------------------

    def _columns(self) -> list[Column[Finding]]:
        return [
            Column("sev", "SEV", 4, lambda f: (f"{GLYPHS[f.severity]}{int(f.severity)}", lines.STYLES[f.severity])),
            Column("since", "SINCE", 6, self._since, right=True),
            Column("what", "WHAT", 24, lambda f: clean(f.what), flex=3),
            Column("with", "AFTER / WITH", 20, self._evidence, flex=2, from_width=70),
            Column("whom", "WHOM", 13, lambda f: clean(f.whom) or units.DASH),
            Column("tab", "TAB", 3, lambda f: str(f.tab), right=True),
            Column("ack", "ACK", 6, lambda f: clean(f.acknowledged_by) or units.DASH, from_width=90),
        ]

    def _mark(self, finding: Finding) -> Cell:
        place = self.places.get(finding.id, 0) + 1
        return "?" if finding.severity is Severity.BLIND else str(place) if place < 10 else "+"

    def _since(self, finding: Finding) -> Cell:
        if finding.state == "pending":
            return "pend", "dim"
        return units.age(finding.since, clock.now()) if finding.since else units.DASH

    def _evidence(self, finding: Finding) -> Cell:
        if finding.state == "pending" and finding.pending_s is not None:
            return f"pending {units.span(finding.pending_s)} of {units.span(finding.for_s)}", "dim"
        parts = [clean(finding.after)] if finding.after else []
        numbers = sorted(self.places[other] + 1 for other in finding.related if other in self.places)
        if numbers and (not parts or self.places.get(finding.id, 0) + 1 != numbers[0]):
            parts.append(f"with #{numbers[0]}")
        return " · ".join(parts) or (finding.value and units.DASH)

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        found: tuple[Finding, ...] = self._reading(FINDINGS).value or ()
        if self.view == "changed":
            return units.plural(len(self._reading(CHANGES).value or ()), "change") + " in the last 60 min"
        firing = [finding for finding in found if finding.state == "firing"]
        pending = len(found) - len(firing)
        blind = sum(1 for finding in firing if finding.severity is Severity.BLIND)
        acked = sum(1 for finding in firing if finding.acknowledged_by)
        notes = (
            [f"{acked} acked"] * bool(acked) + [f"{blind} blind"] * bool(blind) + [f"{pending} pending"] * bool(pending)
        )
        return f"FINDINGS {len(firing)}" + (f" ({', '.join(notes)})" if notes else "")

    def hints(self) -> tuple[str, ...]:
        return ("enter", "next", "why", "changes", "describe", "problems", "palette", "help")

    def act(self, action_id: str) -> bool:
        if action_id == "changes":
            self.show_view("changed")
            return True
        if action_id == "back" and self.view == "changed":
            self.show_view("now")
            return True
        if action_id == "enter" and isinstance(self.row, Finding):
            cast(Navigator, self.app).go(self.row.tab, identity=self.row.object or None)
            return True
        return super().act(action_id)

    def why(self) -> str:
        finding = self.row
        if not isinstance(finding, Finding):
            return ""
        facts: Mapping[str, str] = {
            "what": finding.what,
            "value": finding.value,
            "limit": finding.limit,
            "since": f"{finding.since:%d %b %H:%M}Z" if finding.since else "",
            "pending": f"{units.span(finding.pending_s)} of {units.span(finding.for_s)}" if finding.pending_s else "",
            "after": finding.after,
            "whom": finding.whom,
            "rule": f"{finding.rule} of policy {self.context.profile.policy}" if finding.rule else "",
            "asked for by": finding.origin,
        }
        return "\n".join(f"{title:<14}{clean(value)}" for title, value in facts.items() if value)

    def describe(self) -> str:
        return self.why()


GLYPHS = {Severity.CRITICAL: "▲", Severity.BLIND: "?", Severity.WARNING: "▲", Severity.INFO: "·"}

Draw = Callable[[int, int], Text]
"""Text for a part so many cells wide and rows high."""


class NowPage(Vertical):
    """Lays the parts out: side by side where there is room, else one under the other."""

    DEFAULT_CSS = """
    NowPage { height: 1fr; }
    NowPage Static { text-wrap: nowrap; }
    NowPage > #now-top { height: 1fr; min-height: 5; }
    NowPage > #now-middle { height: 9; border-top: solid $foreground 30%; }
    NowPage #now-changes, NowPage #now-splits { width: 54; height: 1fr; padding: 0 0 0 1;
        border-left: solid $foreground 30%; }
    NowPage #now-path { width: 1fr; height: 1fr; }
    NowPage > .line { height: 1; }
    NowPage.narrow > #now-top { layout: vertical; }
    NowPage.narrow > #now-middle { layout: vertical; height: 7; border-top: none; }
    NowPage.narrow #now-changes { width: 1fr; height: 4; border-left: none; padding: 0; }
    NowPage.narrow #now-splits { width: 1fr; height: 1; border-left: none; padding: 0; }
    NowPage.narrow #now-path { height: 6; }
    NowPage.short > #now-tabs { display: none; }
    """

    def __init__(self, findings: LiveTable[Finding]) -> None:
        super().__init__()
        self._findings = findings
        self._parts = {name: Static("", id=f"now-{name}", markup=False) for name in ("changes", "path", "splits")}
        self._rows = {name: Static("", id=f"now-{name}", classes="line", markup=False) for name in ("pulse", "tabs")}
        self._shown: dict[str, Text] = {}

    def compose(self) -> ComposeResult:
        yield Horizontal(self._findings, self._parts["changes"], id="now-top")
        yield Horizontal(self._parts["path"], self._parts["splits"], id="now-middle")
        yield self._rows["pulse"]
        yield self._rows["tabs"]

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.width < WIDE, "narrow")
        self.set_class(self.app.size.height < TALL, "short")

    def show_changes(self, draw: Draw) -> None:
        self._draw("changes", draw)

    def show_path(self, draw: Draw) -> None:
        self._draw("path", draw)

    def show_splits(self, draw: Draw) -> None:
        self._draw("splits", draw)

    def show_pulse(self, text: Text) -> None:
        self._put(self._rows["pulse"], "pulse", text)

    def show_tabs(self, text: Text) -> None:
        self._put(self._rows["tabs"], "tabs", text)

    def _draw(self, name: str, draw: Draw) -> None:
        part = self._parts[name]
        size = part.content_size
        if size.width and size.height:
            self._put(part, name, draw(size.width, size.height))

    def _put(self, part: Static, name: str, text: Text) -> None:
        before = self._shown.get(name)
        if before is None or before.plain != text.plain or before.spans != text.spans:
            self._shown[name] = text
            part.update(text, layout=False)
