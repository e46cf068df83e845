"""Tab 6, Incidents: the list and the timeline as the store holds them."""

from datetime import datetime
from typing import Any, ClassVar

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from ..config.settings import Contact
from ..model.collection import Delta
from ..model.incident import Incident, Incidents, TimelineEntry
from ..model.reading import Reading
from ..poller.topics import INCIDENTS
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell, Column
from ..widgets.live_table import LiveTable
from .base import View
from .table_tab import TableTab, show_trust, sure, verdict
from .table_view import TableView

TIMELINE = "timeline"
MINUTE_S = 60
WIDE = 120
ROLES = ("commander", "scribe", "operations", "comms")
KINDS = {
    "declared": "DECL", "severity_changed": "SEV", "role_assigned": "ROLE", "status_changed": "STATE",
    "alert_fired": "ALERT", "alert_resolved": "ALERT OK", "deploy": "DEPL", "scale": "SCALE", "note": "NOTE",
    "hypothesis": "THINK", "decision": "DECIDE", "action": "ACT", "finding": "FOUND", "comms_internal": "TOLD IN",
    "comms_external": "TOLD OUT", "metric_snapshot": "FIGURE", "todo": "TODO",
}  # fmt: skip
"""How the kinds of timeline entries are written."""


class IncidentsTab(TableTab):
    """Views: Open, All, Timeline (of the incident under the cursor), Contacts."""

    digit: ClassVar[int] = 6
    title: ClassVar[str] = "Incidents"
    views: ClassVar[tuple[View, ...]] = (
        View("open", "Open", "o"),
        View("all", "All", "a"),
        View(TIMELINE, "Timeline", "t"),
        View("contacts", "Contacts", "c"),
    )
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        view: {"t": ("state", "state"), "a": ("declared", "age"), "n": ("title", "title"), "c": ("sev", "severity")}
        for view in ("open", "all")
    }

    def build(self) -> dict[str, Widget]:
        self.reading: Reading[Incidents] = Reading()
        self.incident_id = ""
        self.came_from = "all"
        self.open: LiveTable[Incident] = LiveTable(_columns(), order=_order, mark=_mark)
        self.all: LiveTable[Incident] = LiveTable(_columns(), order=_order, mark=_mark)
        self.timeline: LiveTable[TimelineEntry] = LiveTable(
            _entry_columns(), order=lambda entry: -entry.occurred.timestamp(), empty="choose an incident with enter"
        )
        self.contacts: LiveTable[Contact] = LiveTable(
            [
                Column("role", "ROLE", 20, lambda c: clean(c.role), flex=1, most=36),
                Column("name", "NAME", 16, lambda c: clean(c.name) or units.DASH, flex=1, most=32),
                Column("phone", "PHONE", 16, lambda c: clean(c.phone) or units.DASH),
                Column("channel", "CHANNEL", 16, lambda c: clean(c.channel) or units.DASH, flex=1),
                Column("after", "AFTER", 8, lambda c: units.span(c.after_s) if c.after_s else "at once"),
            ],
            order=lambda contact: contact.after_s,
            empty="no contacts: add [[policies.NAME.contacts]]",
        )
        self.story = Story(self.timeline)
        return {
            "open": TableView(self.open, self._explain, rows=10, short_rows=3),
            "all": TableView(self.all, self._explain, rows=10, short_rows=3),
            TIMELINE: self.story,
            "contacts": self.contacts,
        }

    def on_mount(self) -> None:
        self.contacts.set_rows({str(n): contact for n, contact in enumerate(self.context.policy.contacts)})
        self.follow(INCIDENTS, self._show)

    def _show(self, reading: Reading[Incidents], delta: Delta[Any] | None) -> None:
        self.reading = reading
        calm = "no incident is open; the last ones stand under All" if sure(reading) else "no open incident is seen"
        show_trust(self.open, reading, calm)
        show_trust(self.all, reading, "no incident has been recorded yet")
        if reading.value is not None:
            incidents = {incident.id: incident for incident in reading.value.incidents}
            self.all.set_rows(incidents)
            self.open.set_rows({key: incident for key, incident in incidents.items() if incident.open})
            self._show_timeline()
        self.changed()

    def _show_timeline(self) -> None:
        entries = self.reading.value.entries if self.reading.value is not None else ()
        superseded = {entry.supersedes for entry in entries if entry.supersedes}
        mine = {e.id: e for e in entries if e.incident == self.incident_id and e.id not in superseded}
        self.timeline.set_rows(mine)
        self.timeline.settle()
        self.story.show(self._incident(), len(mine))

    def act(self, action_id: str) -> bool:
        if action_id == "enter" and isinstance(self.row, Incident):
            self.incident_id = self.row.id
            self._show_timeline()
            self.came_from = self.view
            self.show_view(TIMELINE)
            return True
        if action_id == "enter" and self.row is not None:
            self.tell("describe", self.describe())
            return True
        if action_id == "back" and self.view == TIMELINE:
            self.show_view(self.came_from)
            return True
        return super().act(action_id)

    def subject(self) -> str:
        return self.row.service if isinstance(self.row, Incident) else ""

    def show_view(self, view_id: str) -> None:
        if view_id == TIMELINE and not self.incident_id:
            row = self.open.cursor_row or self.all.cursor_row
            if row is not None:
                self.incident_id = row.id
                self._show_timeline()
        super().show_view(view_id)

    def go_to(self, identity: str) -> bool:
        self.show_view("open" if identity in self.open.rows else "all")
        return self.table is not None and self.table.go_to(identity)

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        incidents = self.reading.value
        if self.view == "contacts":
            contacts = units.plural(len(self.context.policy.contacts), "contact")
            return f"{contacts} of the policy {self.context.profile.policy}"
        if incidents is None:
            return verdict(self.reading, "")
        if self.view == TIMELINE:
            incident = self._incident()
            return verdict(self.reading, "no incident is chosen" if incident is None else summary(incident))
        opened = [incident for incident in incidents.incidents if incident.open]
        none = "no incident is open" if sure(self.reading) else "no open incident is seen"
        words = f"{units.plural(len(opened), 'incident')} open" if opened else none
        return verdict(self.reading, f"{words} · {len(incidents.incidents)} in all")

    def view_note(self, view_id: str) -> str:
        if view_id == "open":
            return str(self.open.row_count or "")
        return self.incident_id if view_id == TIMELINE else ""

    def hints(self) -> tuple[str, ...]:
        return ("enter", "view.next", "filter", "sort", "describe", "copy", "problems", "help")

    def is_wrong(self, row: Any) -> bool:
        return not isinstance(row, Incident) or row.open

    def describe(self) -> str:
        row = self.row
        if isinstance(row, Incident):
            lines = [summary(row), *(f"{title:<14}{words}" for title, words in facts_of(row)), clean(row.summary)]
            return "\n".join([*lines, "", *(line.plain for line in self._entries(row))])
        if isinstance(row, TimelineEntry):
            return "\n".join(line.plain for line in _explain_entry(row))
        return ""

    def raw(self) -> str:
        row = self.row
        return "" if row is None else msgspec.json.format(msgspec.json.encode(row), indent=2).decode()

    def _incident(self) -> Incident | None:
        incidents = self.reading.value.incidents if self.reading.value is not None else ()
        return next((incident for incident in incidents if incident.id == self.incident_id), None)

    def _entries(self, incident: Incident) -> list[Text]:
        entries = () if self.reading.value is None else self.reading.value.entries
        superseded = {entry.supersedes for entry in entries if entry.supersedes}
        return [_line(e) for e in entries if e.incident == incident.id and e.id not in superseded]

    def _explain(self, incident: Incident, width: int) -> list[Text]:
        """Its state, its clocks, who has which role; then the newest of its timeline."""
        lines = [Text(summary(incident), style="bold"), Text(clocks(incident)), Text(roles(incident), style="dim")]
        if incident.summary:
            lines.append(Text(clean(incident.summary)))
        return [*lines, *reversed(self._entries(incident)[-7:])]


class Story(Horizontal):
    """The timeline, and beside it what the incident is, where there is room."""

    DEFAULT_CSS = """
    Story > .facts { width: 54; height: 1fr; padding: 0 0 0 1; border-left: solid $foreground 30%; text-wrap: nowrap;
        text-overflow: ellipsis; }
    """

    def __init__(self, timeline: LiveTable[TimelineEntry]) -> None:
        super().__init__()
        self.view = TableView(timeline, lambda entry, _: _explain_entry(entry), rows=3, short_rows=2)
        self._facts = Static("", classes="facts", markup=False)

    def compose(self) -> ComposeResult:
        yield self.view
        yield self._facts

    def on_resize(self) -> None:
        self._facts.display = self.size.width >= WIDE

    def show(self, incident: Incident | None, entries: int) -> None:
        text = Text()
        if incident is not None:
            text.append(f"{incident.id} SEV{incident.severity} {incident.state.upper()}\n", style="bold")
            for title, words in facts_of(incident):
                text.append(f"{title:<13}", style="dim").append(f"{words}\n")
            text.append(f"{'timeline':<13}", style="dim").append(units.plural(entries, "entry", "entries"))
        self._facts.update(text, layout=False)


def summary(incident: Incident) -> str:
    """`INC-7 SEV2 INVESTIGATING checkout slow · api · +12m`: what it is, in few words."""
    drill = " (drill)" if incident.drill else ""
    head = f"{incident.id} SEV{incident.severity} {clean(incident.state).upper()} {clean(incident.title)}{drill}"
    took = _took(incident)
    return " · ".join(part for part in (head, clean(incident.service), took) if part)


def facts_of(incident: Incident) -> list[tuple[str, str]]:
    """Clocks and roles, each with its title; what did not happen is left out."""
    moments = [
        ("impact", incident.impact),
        ("declared", incident.declared),
        ("acknowledged", incident.acknowledged),
        ("mitigated", incident.mitigated),
        ("resolved", incident.resolved),
        ("next update", None if incident.resolved else incident.next_update),
        ("resolve by", None if incident.resolved else incident.resolve_by),
    ]
    since = incident.impact or incident.declared
    told = [(title, f"{at:%d %b %H:%M}Z  {_after(since, at)}") for title, at in moments if at is not None]
    given = dict(incident.roles)
    wanted = [*(role for role in ROLES if incident.open or role in given), *(r for r in given if r not in ROLES)]
    people = [(clean(role), clean(given.get(role, "")) or "NONE") for role in wanted]
    return [*told, *people, *([("service", clean(incident.service))] if incident.service else [])]


def _after(since: datetime, at: datetime) -> str:
    passed = (at - since).total_seconds()
    return f"+{units.span(passed)}" if passed > 0 else ""


def roles(incident: Incident) -> str:
    """Who has which role; an open incident's missing ones are said."""
    given = dict(incident.roles)
    wanted = [*(role for role in ROLES if incident.open or role in given), *(r for r in given if r not in ROLES)]
    words = " · ".join(f"{clean(role)} {clean(given.get(role, '')) or 'NONE'}" for role in wanted)
    return words or "no roles are recorded"


def clocks(incident: Incident) -> str:
    """Its times in one line: `impact 02:41 · declared 02:45 · resolved 03:50 after 1h09m`."""
    parts = []
    for word, moment in (
        ("impact", incident.impact),
        ("declared", incident.declared),
        ("ack", incident.acknowledged),
        ("mitigated", incident.mitigated),
        ("resolved", incident.resolved),
    ):
        if moment is not None:
            parts.append(f"{word} {units.clock(moment)}")
    if incident.resolved is None and incident.next_update is not None:
        parts.append(f"next update {units.clock(incident.next_update)}")
    return f"{incident.declared:%d %b}  " + " · ".join(parts)


def _columns() -> list[Column[Incident]]:
    return [
        Column("id", "ID", 7, lambda i: clean(i.id)),
        Column("sev", "SEV", 4, lambda i: (f"SEV{i.severity}", "crit" if i.severity == 1 and i.open else ""),
               sort=lambda i: i.severity),
        Column("title", "TITLE", 20, lambda i: clean(i.title) + (" (drill)" if i.drill else ""), flex=3),
        Column("service", "SERVICE", 8, lambda i: clean(i.service) or units.DASH, flex=1, most=20, from_width=90),
        Column("state", "STATE", 13, lambda i: (clean(i.state), "strong" if i.open else "dim")),
        Column("declared", "DECLARED", 12, lambda i: f"{i.declared:%d %b} {units.clock(i.declared)}",
               sort=lambda i: -i.declared.timestamp()),
        Column("took", "TOOK", 7, _took, right=True),
        Column("commander", "COMMANDER", 12, lambda i: clean(dict(i.roles).get("commander", "")) or "NONE",
               from_width=110),
    ]  # fmt: skip


def _kind(entry: TimelineEntry) -> str:
    return KINDS.get(entry.kind) or clean(entry.kind)


def _entry_columns() -> list[Column[TimelineEntry]]:
    return [
        Column("at", "AT (UTC)", 12, lambda e: f"{e.occurred:%d %b} {units.clock(e.occurred)}"),
        Column("kind", "KIND", 8, _kind),
        Column("actor", "WHO", 12, lambda e: clean(e.actor) or clean(e.source), from_width=70),
        Column("text", "WHAT", 30, lambda e: clean(e.text), flex=1),
    ]


def _explain_entry(entry: TimelineEntry) -> list[Text]:
    late = (entry.recorded - entry.occurred).total_seconds()
    recorded = f" · recorded {units.span(late)} later" if late >= MINUTE_S else ""
    who = f"{clean(entry.actor)} ({clean(entry.source)})"
    head = f"{entry.occurred:%d %b %H:%M:%S}Z · {_kind(entry)} · {who}{recorded}"
    return [Text(head, style="dim"), Text(clean(entry.text)), Text(clean(entry.link), style="dim")]


def _line(entry: TimelineEntry) -> Text:
    return Text.assemble((f"{units.clock(entry.occurred)} {_kind(entry):<9}", "dim"), clean(entry.text))


def _took(incident: Incident) -> str:
    end = incident.resolved or clock.now()
    took = (end - (incident.impact or incident.declared)).total_seconds()
    return units.span(took) if incident.resolved else f"{units.span(took - took % MINUTE_S)}+"


def _mark(incident: Incident) -> Cell:
    return ("●", "crit" if incident.severity <= 2 else "warn") if incident.open else ""


def _order(incident: Incident) -> tuple[object, ...]:
    return not incident.open, incident.severity if incident.open else 0, -incident.declared.timestamp()
