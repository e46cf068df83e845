"""Tab 6, Incidents: the story of what is open, all of them, what was done from here, what is still to be done."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from rich.text import Text
from textual.widget import Widget

from ..config.settings import Contact
from ..documents.postmortem import default_path
from ..model.collection import Delta
from ..model.finding import Finding
from ..model.incident import Incident, Incidents, TimelineEntry
from ..model.journal import JournalLine
from ..model.reading import Reading
from ..poller.topics import CUSTOMERS, FINDINGS, INCIDENTS, JOURNAL
from ..rules import timeline
from ..rules.action_items import ActionItem, open_items
from ..rules.incident_clocks import clocks
from ..rules.incident_states import gravest_first
from ..rules.severity import label
from ..text import clock, units
from ..text.clean import clean
from ..widgets.live_table import LiveTable
from ..widgets.theme import Palette
from . import incident_columns as columns
from . import incident_words as words
from . import targets
from .base import Option, View
from .incident_story import NOTHING, Story
from .table_tab import TableTab, show_trust, sure, verdict
from .table_view import TableView

if TYPE_CHECKING:
    from ..documents.postmortem import Written

OPEN, ALL, TIMELINE, DONE, ITEMS, CONTACTS = "open", "all", "timeline", "journal", "actions", "contacts"
CALM = "no incident is open: D declares one, the last ones stand under All"


class IncidentsTab(TableTab):
    """Views: Open (the gravest open one), All, Timeline (of the chosen one), Journal, Actions due, Contacts."""

    digit: ClassVar[int] = 6
    title: ClassVar[str] = "Incidents"
    views: ClassVar[tuple[View, ...]] = (
        View(OPEN, "Open", "o"),
        View(ALL, "All", "a"),
        View(TIMELINE, "Timeline", "t"),
        View(DONE, "Journal", "j"),
        View(ITEMS, "Actions due", "d"),
        View(CONTACTS, "Contacts", "c"),
    )
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        ALL: {"t": ("state", "state"), "a": ("declared", "age"), "n": ("title", "title"), "c": ("sev", "severity")},
        ITEMS: {"t": ("type", "type"), "a": ("due", "due"), "n": ("owner", "owner")},
    }

    def build(self) -> dict[str, Widget]:
        self.reading: Reading[Incidents] = Reading()
        self.journal_reading: Reading[tuple[JournalLine, ...]] = Reading()
        self.incident_id = ""
        """The one whose timeline is shown; Open has its own."""
        self.came_from = ALL
        self.every = False
        """Show automatic entries one by one."""
        policy = self.context.policy
        self.entry_columns = {today: columns.entry_columns(today) for today in (True, False)}
        self.all: LiveTable[Incident] = LiveTable(
            columns.incident_columns(lambda level: label(policy, level)), order=_order, mark=columns.mark
        )
        self.timelines = {view: self._timeline(view) for view in (OPEN, TIMELINE)}
        palette = self.console_palette()
        self.stories = {view: Story(table, palette) for view, table in self.timelines.items()}
        self.journal: LiveTable[JournalLine] = LiveTable(columns.journal_columns(), order=lambda line: -line.seq)
        self.items: LiveTable[ActionItem] = LiveTable(columns.item_columns(), order=_due_first, mark=_late)
        self.contacts: LiveTable[Contact] = LiveTable(
            columns.contact_columns(),
            order=lambda contact: contact.after_s,
            empty="no contacts: add [[policies.NAME.contacts]]",
        )
        return {
            OPEN: self.stories[OPEN],
            ALL: TableView(self.all, self._explain, rows=10, short_rows=3),
            TIMELINE: self.stories[TIMELINE],
            DONE: TableView(self.journal, self._explain_journal, rows=8, short_rows=2),
            ITEMS: TableView(self.items, self._explain_item, rows=4, short_rows=2),
            CONTACTS: self.contacts,
        }

    def _timeline(self, view: str) -> "LiveTable[timeline.Line]":
        return LiveTable(
            self.entry_columns[True],
            order=lambda line: (-line.entry.occurred.timestamp(), -line.entry.recorded.timestamp()),
            empty="choose an incident under All with enter" if view == TIMELINE else "",
        )

    def console_palette(self) -> Palette:
        """The palette of the settings until the console names another."""
        from ..widgets import theme

        return theme.palette(self.context.settings.interface.theme)

    def on_mount(self) -> None:
        self.recolour(self.console.palette)
        self.contacts.set_rows({str(n): contact for n, contact in enumerate(self.context.policy.contacts)})
        self.follow(INCIDENTS, self._show)
        self.follow(JOURNAL, self._show_journal)
        for topic in (CUSTOMERS, FINDINGS):
            self.follow(topic, self._show_around)

    def recolour(self, palette: Palette) -> None:
        for story in self.stories.values():
            story.recolour(palette)
        super().recolour(palette)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_stories)

    def on_show(self) -> None:
        """While it was hidden its clocks stood still."""
        self._draw_stories()

    def minute(self) -> None:
        super().minute()
        for view, table in self.timelines.items():  # midnight makes today's entries yesterday's
            table.set_columns(self.entry_columns[self._all_of_today(self._entries(self.shown_in(view)))])
        self._draw_stories()

    # ---- news -----------------------------------------------------------------------------------------------------

    def _show(self, reading: Reading[Incidents], delta: Delta[Any] | None) -> None:
        self.reading = reading
        show_trust(self.all, reading, "no incident has been recorded yet: D declares one")
        show_trust(self.timelines[OPEN], reading, CALM if sure(reading) else "no open incident is seen")
        show_trust(self.timelines[TIMELINE], reading, "choose an incident under All with enter")
        show_trust(self.items, reading, "nothing is left to do: a note that begins with !todo comes here")
        if reading.value is not None:
            self.all.set_rows({incident.id: incident for incident in reading.value.incidents})
            self.items.set_rows({item.id: item for item in open_items(reading.value.entries)})
            for view in (OPEN, TIMELINE):
                self._show_timeline(view)
        self._draw_stories()
        self.changed()

    def _show_timeline(self, view: str) -> None:
        """The entries of the incident that a view shows, folded unless all are asked for."""
        entries = self._entries(self.shown_in(view))
        lines = [timeline.Line(one, one.text) for one in entries] if self.every else timeline.folded(entries)
        self.timelines[view].set_columns(self.entry_columns[self._all_of_today(entries)])
        self.timelines[view].set_rows({line.entry.id: line for line in lines})
        self.timelines[view].settle()

    def _all_of_today(self, entries: Iterable[TimelineEntry]) -> bool:
        return {entry.occurred.date() for entry in entries} <= {clock.now().date()}

    def _show_journal(self, reading: Reading[tuple[JournalLine, ...]], delta: Delta[Any] | None) -> None:
        self.journal_reading = reading
        show_trust(self.journal, reading, "nothing was done from a console that keeps its journal here")
        if reading.value is not None:
            self.journal.set_rows({str(line.seq): line for line in reading.value})
        self.changed()

    def _show_around(self, reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """Whom it hurts, and whether its finding still fires."""
        self._draw_stories()
        self.changed()

    def _draw_stories(self) -> None:
        width = self.size.width
        if not width or not self.is_mounted:
            return
        for view, story in self.stories.items():
            incident = self.shown_in(view)
            if incident is None:
                story.show(NOTHING, [], [])
                continue
            now, customers = clock.now(), self.context.board.get(CUSTOMERS)
            head = words.header(incident, self.context.policy, customers, width, now)
            story.show(head, self._steps(incident), self._draft(incident))

    # ---- which incident -------------------------------------------------------------------------------------------

    @property
    def incidents(self) -> Sequence[Incident]:
        return self.reading.value.incidents if self.reading.value is not None else ()

    @property
    def opened(self) -> tuple[Incident, ...]:
        """The open ones, the gravest first."""
        return gravest_first(self.incidents)

    def shown_in(self, view: str) -> Incident | None:
        """The incident whose story a view tells."""
        if view == OPEN:
            return next(iter(self.opened), None)
        return next((one for one in self.incidents if one.id == self.incident_id), None)

    def at_hand(self) -> Incident | None:
        """The incident that N, T, I, P mean here; None where the view shows none."""
        if self.view in self.stories:
            return self.shown_in(self.view)
        if self.view == ALL and isinstance(self.row, Incident):
            return self.row
        if isinstance(self.row, ActionItem):
            return next((one for one in self.incidents if one.id == self.row.incident), None)
        return None

    def _entries(self, incident: Incident | None) -> tuple[TimelineEntry, ...]:
        if incident is None or self.reading.value is None:
            return ()
        return timeline.of_incident(self.reading.value.entries, incident.id)

    # ---- keys -----------------------------------------------------------------------------------------------------

    def act(self, action_id: str) -> bool:
        if action_id == "enter" and isinstance(self.row, Incident):
            self.incident_id = self.row.id
            self._show_timeline(TIMELINE)
            self._draw_stories()
            self.came_from = self.view
            self.show_view(TIMELINE)
            return True
        if action_id == "enter" and self.row is not None:
            self.tell(self._told_as(), self.describe())
            return True
        if action_id == "back" and self.view == TIMELINE:
            self.show_view(self.came_from)
            return True
        return super().act(action_id)

    def _told_as(self) -> str:
        if isinstance(self.row, JournalLine):
            return f"plan and outcome, journal line {self.row.seq}"
        return "entry" if isinstance(self.row, timeline.Line) else "describe"

    def subject(self) -> str:
        incident = self.at_hand()
        return incident.service if incident is not None else ""

    def run_id(self) -> str:
        return self.row.run if isinstance(self.row, JournalLine) else ""

    def finding(self) -> Finding | None:
        """What the entry under the cursor is about, else what the incident was declared from."""
        incident = self.at_hand()
        about = [self.row.entry.object] if isinstance(self.row, timeline.Line) else []
        about += [incident.finding] if incident is not None else []
        found = {one.id: one for one in self.context.board.get(FINDINGS).value or ()}
        return next((found[one] for one in about if one in found), None)

    def show_view(self, view_id: str) -> None:
        if view_id == TIMELINE and not self.incident_id:
            row = self.all.cursor_row or next(iter(self.incidents), None)
            if row is not None:
                self.incident_id = row.id
                self._show_timeline(TIMELINE)
                self._draw_stories()
        super().show_view(view_id)

    def go_to(self, identity: str) -> bool:
        opened = self.shown_in(OPEN)
        if opened is not None and opened.id == identity:
            self.show_view(OPEN)
            return True
        self.show_view(ALL)
        return self.all.go_to(identity)

    def options(self) -> tuple[Option, ...]:
        if self.view in self.stories:
            return (Option("every", "every automatic entry (else folded)", self.every),)
        return ()

    def set_option(self, option_id: str, on: bool) -> None:
        self.every = on
        for view in self.stories:
            self._show_timeline(view)
        self.changed()

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        if self.view == CONTACTS:
            contacts = units.plural(len(self.context.policy.contacts), "contact")
            return f"{contacts} of the policy {self.context.profile.policy}"
        if self.view == DONE:
            lines = self.journal_reading.value or ()
            runs = units.plural(len({line.run for line in lines}), "run")
            return verdict(self.journal_reading, f"{runs} in the newest {units.plural(len(lines), 'line')}"
                           if lines else "nothing was done from here")  # fmt: skip
        if self.reading.value is None:
            return verdict(self.reading, "")
        if self.view in self.stories:
            return verdict(self.reading, self._story_headline())
        if self.view == ITEMS:
            late = sum(1 for item in self.items.rows.values() if item.overdue(clock.now().date()))
            told = f"{units.plural(len(self.items.rows), 'action')} to do"
            return verdict(self.reading, f"{told} · {late} late" if late else told)
        none = "no incident is open" if sure(self.reading) else "no open incident is seen"
        told = f"{units.plural(len(self.opened), 'incident')} open" if self.opened else none
        return verdict(self.reading, f"{told} · {len(self.incidents)} in all")

    def _story_headline(self) -> str:
        incident = self.shown_in(self.view)
        if incident is None:
            if self.view == TIMELINE:
                return "no incident is chosen"
            return "no incident is open" if sure(self.reading) else "no open incident is seen"
        more = [one.id for one in self.opened if one != incident] if self.view == OPEN else []
        others = f"also open: {', '.join(more)} (v a) · " if more else ""
        return others + words.headline_steps(self._steps(incident))

    def _steps(self, incident: Incident) -> list[words.Told]:
        todos = sum(1 for item in self.items.rows.values() if item.incident == incident.id)
        found = self.context.board.get(FINDINGS).value or ()
        return words.next_steps(incident, self.context.policy, found, clock.now(), todos)

    def _draft(self, incident: Incident) -> list[str]:
        """What is known of its postmortem: counts and path once it was written from here."""
        kept: dict[str, Written] = getattr(self.context.services, "postmortems", {})
        written = kept.get(incident.id)
        if written is not None:
            return [f"draft: {written.words}", clean(written.path)]
        path = default_path(self.context.settings.documents, incident.id)
        return [f"P writes the {'draft' if incident.open else 'document'}, facts filled in, to", clean(str(path))]

    def view_note(self, view_id: str) -> str:
        if view_id == OPEN:
            return str(len(self.opened) or "")
        if view_id == ITEMS:
            return str(len(self.items.rows) or "")
        return self.incident_id if view_id == TIMELINE else ""

    def scope_note(self) -> str:
        if self.view not in self.stories:
            return ""
        count, shown = len(self._entries(self.shown_in(self.view))), self.timelines[self.view].row_count
        if count <= shown or self.every:
            return units.plural(count, "entry", "entries") if count else ""
        return f"auto folded; x shows all {count}"

    def hints(self) -> tuple[str, ...]:
        if self.view == DONE:
            return ("enter", "view.next", "filter", "undo", "copy", "problems", "help")
        if self.view in (ITEMS, CONTACTS):
            return ("enter", "view.next", "filter", "note", "copy", "problems", "help")
        return ("note", "state", "inform", "declare", "mark", "postmortem", "options", "help")

    def is_wrong(self, row: Any) -> bool:
        return not isinstance(row, Incident) or row.open

    def snapshot(self) -> tuple[str, ...]:
        """The header of the story, and the rows in view."""
        story = self.stories.get(self.view)
        return (*(story.texts if story is not None else ()), *targets.rows_in_view(self.headline(), self.table))

    def describe(self) -> str:
        row, held = self.row, self.reading.value
        if isinstance(row, Incident):
            facts = [words.title_of(row, self.context.policy), *self._facts(row), clean(row.summary)]
            lines = [columns.entry_line(line).plain for line in timeline.folded(self._entries(row))]
            return "\n".join([*facts, "", *self._draft(row), "", *lines])
        if isinstance(row, timeline.Line):
            return columns.entry_text(row, held.entries if held is not None else ())
        if isinstance(row, JournalLine):
            return columns.journal_text(row, self.journal_reading.value or ())
        if isinstance(row, ActionItem):
            return "\n".join(line.plain for line in self._explain_item(row, 200))
        return ""

    def raw(self) -> str:
        row = self.row
        return "" if row is None else msgspec.json.format(msgspec.json.encode(row), indent=2).decode()

    def _facts(self, incident: Incident) -> list[str]:
        """Its clocks and roles, one a line."""
        at = clocks(incident, self.context.policy, clock.now())
        times = [f"{one.title:<14}{one.words}" for one in at.all if one.words]
        people = {**dict.fromkeys(at.empty_roles, ""), **dict(incident.roles)}
        return [*times, *(f"{clean(role):<14}{clean(name) or 'NONE'}" for role, name in people.items())]

    def _explain(self, incident: Incident, width: int) -> list[Text]:
        """Its state, its clocks, who has which role; then the newest of its timeline."""
        at = clocks(incident, self.context.policy, clock.now())
        head = f"{words.title_of(incident, self.context.policy)} · {clean(incident.state).upper()}"
        people = " · ".join(f"{clean(role)} {clean(name)}" for role, name in incident.roles if name)
        lines = [Text(head, style="bold"), Text(at.words), Text(people or "no roles are recorded", style="dim")]
        if incident.summary:
            lines.append(Text(clean(incident.summary)))
        told = timeline.folded(self._entries(incident))
        return [*lines, *(columns.entry_line(line) for line in reversed(told[-7:]))]

    def _explain_journal(self, line: JournalLine, width: int) -> list[Text]:
        return columns.explain_journal(line, sorted(self.journal_reading.value or (), key=lambda one: one.seq))

    def _explain_item(self, item: ActionItem, width: int) -> list[Text]:
        incident = next((one for one in self.incidents if one.id == item.incident), None)
        of = words.title_of(incident, self.context.policy) if incident is not None else item.incident
        return [Text(clean(item.text)), Text(f"{item.id} of {of}", style="dim")]


def _order(incident: Incident) -> tuple[object, ...]:
    return not incident.open, incident.severity if incident.open else 0, -incident.declared.timestamp()


def _due_first(item: ActionItem) -> tuple[object, ...]:
    return item.due is None, item.due or clock.now().date(), item.id


def _late(item: ActionItem) -> tuple[str, str] | str:
    return ("!", "crit") if item.overdue(clock.now().date()) else ""
