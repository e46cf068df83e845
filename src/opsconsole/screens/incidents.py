"""Tab 6, Incidents: the list and the timeline as the store holds them."""

from typing import Any, ClassVar

from rich.text import Text
from textual.widget import Widget

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
from .table_tab import TableTab, show_trust, verdict
from .table_view import TableView

TIMELINE = "timeline"
MINUTE_S = 60


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
        return {
            "open": TableView(self.open, self._explain, rows=10, short_rows=3),
            "all": TableView(self.all, self._explain, rows=10, short_rows=3),
            TIMELINE: TableView(self.timeline, lambda entry, _: _explain_entry(entry), rows=3, short_rows=2),
            "contacts": self.contacts,
        }

    def on_mount(self) -> None:
        self.contacts.set_rows({str(n): contact for n, contact in enumerate(self.context.policy.contacts)})
        self.follow(INCIDENTS, self._show)

    def _show(self, reading: Reading[Incidents], delta: Delta[Any] | None) -> None:
        self.reading = reading
        show_trust(self.open, reading, "no incident is open; the last ones stand under All")
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

    def act(self, action_id: str) -> bool:
        if action_id == "enter" and isinstance(self.row, Incident):
            self.incident_id = self.row.id
            self._show_timeline()
            self.came_from = self.view
            self.show_view(TIMELINE)
            return True
        if action_id == "back" and self.view == TIMELINE:
            self.show_view(getattr(self, "came_from", "all"))
            return True
        return super().act(action_id)

    def show_view(self, view_id: str) -> None:
        if view_id == TIMELINE and not self.incident_id:
            row = self.open.cursor_row or self.all.cursor_row
            if row is not None:
                self.incident_id = row.id
                self._show_timeline()
        super().show_view(view_id)

    def go_to(self, identity: str) -> bool:
        return self.all.go_to(identity)

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
            return verdict(self.reading, "" if incident is None else clocks(incident))
        opened = [incident for incident in incidents.incidents if incident.open]
        words = f"{units.plural(len(opened), 'incident')} open" if opened else "no incident is open"
        return verdict(self.reading, f"{words} · {len(incidents.incidents)} in all")

    def view_note(self, view_id: str) -> str:
        if view_id == "open":
            return str(self.open.row_count or "")
        return self.incident_id if view_id == TIMELINE else ""

    def hints(self) -> tuple[str, ...]:
        return ("enter", "back", "view.next", "filter", "sort", "copy", "problems", "help")

    def is_wrong(self, row: Any) -> bool:
        return not isinstance(row, Incident) or row.open

    def describe(self) -> str:
        if isinstance(self.row, Incident):
            return "\n".join(line.plain for line in self._explain(self.row, 200))
        return self.row.text if isinstance(self.row, TimelineEntry) else ""

    def _incident(self) -> Incident | None:
        incidents = self.reading.value.incidents if self.reading.value is not None else ()
        return next((incident for incident in incidents if incident.id == self.incident_id), None)

    def _explain(self, incident: Incident, width: int) -> list[Text]:
        entries = [] if self.reading.value is None else list(self.reading.value.entries)
        mine = [entry for entry in entries if entry.incident == incident.id]
        roles = " · ".join(f"{clean(role)} {clean(person) or 'NONE'}" for role, person in incident.roles)
        lines = [Text(clocks(incident)), Text(roles or "no roles are recorded", style="dim")]
        if incident.summary:
            lines.append(Text(clean(incident.summary)))
        return [*lines, *(_line(entry) for entry in mine[-7:])]


def clocks(incident: Incident) -> str:
    """Title and times in one line: `INC-7 SEV2 checkout slow · api · impact 02:41 · resolved after 1h12m`."""
    parts = [f"{incident.id} SEV{incident.severity} {clean(incident.title)}", clean(incident.service)]
    parts.append(f"state {incident.state.upper()}")
    for word, moment in (
        ("impact", incident.impact),
        ("declared", incident.declared),
        ("ack", incident.acknowledged),
        ("mitigated", incident.mitigated),
    ):
        if moment is not None:
            parts.append(f"{word} {moment:%d %b} {units.clock(moment)}")
    if incident.resolved is not None:
        parts.append(f"resolved after {units.span((incident.resolved - incident.declared).total_seconds())}")
    elif incident.next_update is not None:
        parts.append(f"next update {units.clock(incident.next_update)}")
    return " · ".join(part for part in parts if part)


def _columns() -> list[Column[Incident]]:
    return [
        Column("id", "ID", 8, lambda i: i.id),
        Column("sev", "SEV", 5, lambda i: (f"SEV{i.severity}", "crit" if i.severity == 1 else ""),
               sort=lambda i: i.severity),
        Column("title", "TITLE", 24, lambda i: clean(i.title) + (" (drill)" if i.drill else ""), flex=3),
        Column("service", "SERVICE", 10, lambda i: clean(i.service) or units.DASH, flex=1, most=20),
        Column("state", "STATE", 14, lambda i: (i.state, "strong" if i.open else "dim")),
        Column("declared", "DECLARED", 13, lambda i: f"{i.declared:%d %b} {units.clock(i.declared)}",
               sort=lambda i: -i.declared.timestamp()),
        Column("took", "TOOK", 8, _took, right=True),
        Column("commander", "COMMANDER", 12, lambda i: clean(dict(i.roles).get("commander", "")) or "NONE",
               from_width=110),
    ]  # fmt: skip


def _entry_columns() -> list[Column[TimelineEntry]]:
    return [
        Column("at", "AT (UTC)", 12, lambda e: f"{e.occurred:%d %b} {units.clock(e.occurred)}"),
        Column("kind", "KIND", 16, lambda e: clean(e.kind)),
        Column("actor", "WHO", 12, lambda e: clean(e.actor) or clean(e.source), from_width=70),
        Column("text", "WHAT", 30, lambda e: clean(e.text), flex=1),
    ]


def _explain_entry(entry: TimelineEntry) -> list[Text]:
    late = (entry.recorded - entry.occurred).total_seconds()
    recorded = f" · recorded {units.span(late)} later" if late >= MINUTE_S else ""
    who = f"{clean(entry.actor)} ({clean(entry.source)})"
    head = f"{entry.occurred:%d %b %H:%M:%S}Z · {clean(entry.kind)} · {who}{recorded}"
    return [Text(head, style="dim"), Text(clean(entry.text)), Text(clean(entry.link), style="dim")]


def _line(entry: TimelineEntry) -> Text:
    return Text.assemble((f"{units.clock(entry.occurred)} {clean(entry.kind):<16} ", "dim"), clean(entry.text))


def _took(incident: Incident) -> str:
    end = incident.resolved or clock.now()
    took = (end - (incident.impact or incident.declared)).total_seconds()
    return units.span(took) if incident.resolved else f"{units.span(took - took % MINUTE_S)}+"


def _mark(incident: Incident) -> Cell:
    return ("●", "crit" if incident.severity <= 2 else "warn") if incident.open else ""


def _order(incident: Incident) -> tuple[object, ...]:
    return not incident.open, incident.severity if incident.open else 0, -incident.declared.timestamp()
