"""The Sessions view: who is connected and what they do, grouped by application and state until one is entered."""

from typing import Any, ClassVar

from textual.widget import Widget

from ...model.sessions import Session, Sessions
from ...rules.sessions import SessionGroup, groups
from ...text import clock, units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import session_rows as people
from ..base import View
from ..table_tab import show_trust
from ..table_view import TableView
from .desk import Desk
from .view import QueryView

MEMBERS = "members"
"""The sessions of one group, after entering it."""


class SessionsView(QueryView):
    view: ClassVar[View] = View("sessions", "Sessions", "e")
    made_of: ClassVar[str] = "sessions"
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "sessions": {"n": ("app", "application"), "t": ("state", "state"), "a": ("oldest", "oldest"),
                     "c": ("count", "count")},
        MEMBERS: {"n": ("app", "application"), "t": ("state", "state"), "a": ("age", "age")},
    }  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.group = ""
        """Key of the group whose sessions alone are shown, after entering it."""
        self.places: dict[str, int] = {}
        self.table: LiveTable[SessionGroup] = LiveTable(
            people.group_columns(), order=lambda group: self.places.get(group.key, 0), mark=people.group_mark
        )
        self.members: LiveTable[Session] = LiveTable(
            people.session_columns(), order=people.session_order, mark=people.session_mark
        )

    @property
    def pane(self) -> str:
        return MEMBERS if self.group else self.id

    def panes(self) -> dict[str, Widget]:
        return {
            self.id: TableView(self.table, people.explain_group, rows=3, short_rows=2),
            MEMBERS: TableView(self.members, people.explain_session, rows=3, short_rows=2),
        }

    def take(self, name: str, server: str) -> None:
        reading = self.reading
        show_trust(self.table, reading, "no session is open beside the console's own")
        show_trust(self.members, reading, "no session of this group is open any more")
        if reading.value is not None:
            found = groups(reading.value.rows, clock.now())
            self.places = {group.key: place for place, group in enumerate(found)}
            self.table.set_rows({group.key: group for group in found})
            self._show_members()

    def _show_members(self) -> None:
        group = self.table.rows.get(self.group)
        self.members.set_rows({session.key: session for session in group.sessions} if group else {})

    def enter(self, row: Any) -> bool:
        if not isinstance(row, SessionGroup):
            return False
        self.group = row.key
        self._show_members()
        self.members.settle()
        self.desk.tab.show_view(self.id)
        return True

    def back(self) -> bool:
        if not self.group:
            return False
        self.group = ""
        self.desk.tab.show_view(self.id)
        return True

    def leave(self) -> None:
        self.group = ""

    def words(self) -> str:
        sessions: Sessions = self.value
        hidden = hidden_words(sessions)
        if self.group:
            application, _, state = self.group.partition("\0")
            return f"{self.members.row_count} sessions of {application or 'no application'}, {state} (esc goes back)"
        waiting = sum(1 for row in sessions.rows if row.blocked_by)
        idle = sum(1 for row in sessions.rows if row.state.startswith("idle in transaction"))
        count = units.plural(len(sessions.rows), "session")
        return clean(f"{count} · {waiting} wait for a lock · {idle} idle in transaction{hidden}")

    def note(self) -> str:
        value = self.value
        return str(len(value.rows) or "") if isinstance(value, Sessions) else super().note()

    def is_wrong(self, row: Any) -> bool:
        return bool(people.session_mark(row) if isinstance(row, Session) else people.group_mark(row))

    def raw(self, row: Any) -> str:
        if isinstance(row, SessionGroup):
            return "\n\n".join(dict.fromkeys(session.query for session in row.sessions if session.query))
        return row.query if isinstance(row, Session) else ""

    def copy_command(self, row: Any) -> str:
        return session_command(row) if isinstance(row, Session) else ""

    def subject(self, row: Any) -> str:
        return row.application if isinstance(row, Session | SessionGroup) else ""


def hidden_words(sessions: Sessions) -> str:
    return f" · details of {sessions.hidden} hidden from this role" if sessions.hidden else ""


def session_command(session: Session) -> str:
    return f"SELECT * FROM pg_stat_activity WHERE pid = {session.pid};"
