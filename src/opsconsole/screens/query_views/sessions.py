"""The Sessions view: who is connected and what they do, grouped until a group is entered, or each by itself."""

from typing import Any, ClassVar

from textual.widget import Widget

from ...model.sessions import Session, Sessions
from ...rules import sessions as rules
from ...rules.sessions import BLOCKING, GROUPINGS, IDLE_IN_TRANSACTION, RUNNING, WAITING, SessionGroup
from ...text import clock, units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import session_page
from .. import session_rows as people
from ..base import Option, View
from ..table_tab import show_trust
from ..table_view import TableView
from .desk import Desk
from .view import QueryView

MEMBERS = "members"
"""The sessions of one group after entering it, or all of them."""
FIRST = "application"
QUERY_ID = "queryid "
"""Before the number by which one gets to the sessions of a statement."""
NARROWINGS = (RUNNING, WAITING, BLOCKING, IDLE_IN_TRANSACTION)


def _pane(grouping: str) -> str:
    return "sessions" if grouping == FIRST else f"sessions-{grouping}"


class SessionsView(QueryView):
    view: ClassVar[View] = View("sessions", "Sessions", "e")
    further: ClassVar[tuple[View, ...]] = tuple(
        View(f"sessions-{doing}", f"Sessions {doing}", "") for doing in NARROWINGS
    )
    made_of: ClassVar[str] = "sessions"
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        **{_pane(by): people.GROUP_SORTS for by in GROUPINGS},
        MEMBERS: people.SORTS,
    }
    hints: ClassVar[tuple[str, ...]] = (
        "enter", "view.next", "filter", "sort", "wrong", "raw", "related", "options", "help",
    )  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.by = FIRST
        """How they are grouped."""
        self.each = False
        """Whether each session is listed by itself."""
        self.group: SessionGroup | None = None
        """The group whose sessions alone are listed, after entering it."""
        self.only = ""
        """What those do that are shown; "" for all."""
        self.own = self.system = False
        """Whether sessions of consoles and processes of the server itself are shown, too."""
        self.blocking: frozenset[int] = frozenset()
        self.places: dict[str, int] = {}
        self.tables: dict[str, LiveTable[SessionGroup]] = {by: self._group_table(by) for by in GROUPINGS}
        self.members: LiveTable[Session] = LiveTable(
            people.session_columns(), order=self._order, mark=lambda row: people.session_mark(row, self.blocking)
        )

    def _group_table(self, by: str) -> LiveTable[SessionGroup]:
        return LiveTable(
            people.group_columns(by), order=lambda group: self.places.get(group.key, 0), mark=people.group_mark
        )

    @property
    def table(self) -> LiveTable[SessionGroup]:
        return self.tables[self.by]

    @property
    def pane(self) -> str:
        return MEMBERS if self.each or self.group is not None else _pane(self.by)

    def panes(self) -> dict[str, Widget]:
        groups: dict[str, Widget] = {
            _pane(by): TableView(table, people.explain_group, rows=3, short_rows=2) for by, table in self.tables.items()
        }
        return groups | {MEMBERS: TableView(self.members, people.explain_session, rows=3, short_rows=2)}

    def _order(self, session: Session) -> tuple[object, ...]:
        return rules.order_of(session, self.blocking, clock.now())

    # ---- rows -------------------------------------------------------------------------------------------------------

    def take(self, name: str, server: str) -> None:
        reading = self.reading
        empty = f"no session is {self.only}" if self.only else "no session is open beside the console's own"
        for table in self.tables.values():
            show_trust(table, reading, empty)
        show_trust(self.members, reading, "no session of this group is open any more" if self.group else empty)
        if reading.value is not None:
            self._show()

    def _show(self) -> None:
        now = clock.now()
        found = self._shown(self.value)
        made = rules.groups(found, now, self.by, self.blocking)
        self.places = {group.key: place for place, group in enumerate(made)}
        self.table.set_rows({group.key: group for group in made})
        listed = found if self.group is None else ()
        if self.group is not None:
            listed = next((group.sessions for group in made if group.key == self.group.key), ())
        if self.each or self.group is not None:
            self.members.set_rows({session.key: session for session in listed})

    def _shown(self, sessions: Sessions) -> tuple[Session, ...]:
        """What stands aside is shown as well where something waits for it."""
        self.blocking = rules.blocking_pids(sessions.everyone)
        workers = sessions.rows if self.system else rules.folded(sessions.rows)
        aside = [(sessions.own, self.own), (sessions.system, self.system)]
        further = [
            one for found, wanted in aside for one in found if wanted or rules.waits(one) or one.pid in self.blocking
        ]
        shown = (*workers, *further, *sessions.prepared)
        return tuple(one for one in shown if not self.only or self._does(one))

    def _does(self, session: Session) -> bool:
        """Who waits while others wait for it does both."""
        if self.only == BLOCKING:
            return session.pid in self.blocking
        return rules.does(session, self.blocking if self.only == WAITING else ()) == self.only

    # ---- keys -------------------------------------------------------------------------------------------------------

    def enter(self, row: Any) -> bool:
        if isinstance(row, SessionGroup):
            self.group = row
            self._show()
            self.members.settle()
            self.desk.tab.show_view(self.id)
            return True
        return isinstance(row, Session) and session_page.open_page(self.desk, row)

    def back(self) -> bool:
        if self.group is not None:
            self.group = None
        elif self.only:
            self.only = ""
        elif self.each:
            self.each = False
        else:
            return False
        self._look_again()
        return True

    def opened_rows(self) -> Any:
        return self.group

    def open_again(self, opened: Any) -> None:
        self.group = opened
        self.take(self.made_of, self.desk.server)

    def leave(self) -> None:
        self.group = None

    def act(self, action_id: str, row: Any) -> bool:
        if action_id == "describe" and isinstance(row, Session):
            return session_page.open_page(self.desk, row)
        return action_id == "related" and isinstance(row, Session) and session_page.go_to_statement(self.desk, row)

    def show_further(self, view_id: str) -> None:
        self.each, self.group, self.only = True, None, view_id.removeprefix("sessions-")
        self.take(self.made_of, self.desk.server)

    def find(self, identity: str) -> bool:
        """`pid@start` is one session, `queryid N` the sessions of a statement."""
        if not isinstance(self.value, Sessions):
            return False
        if any(one.key == identity for one in self.value.everyone):
            self.each, self.group, self.only = True, None, ""
            self._show()
            return self.members.go_to(identity)
        if not identity.startswith(QUERY_ID):
            return False
        running = [one for one in self.value.rows if str(one.query_id) == identity.removeprefix(QUERY_ID)]
        if running:
            self.by, self.each, self.group, self.only = "statement", False, None, ""
            self._show()
        return bool(running) and self.table.go_to(f"{people.statement_id(running[0])}\0")

    def _look_again(self) -> None:
        self.take(self.made_of, self.desk.server)
        self.desk.tab.show_view(self.id)
        self.desk.tab.changed()

    def options(self) -> tuple[Option, ...]:
        grouped = not self.each
        return (
            *(Option(by, f"grouped by {GROUPINGS[by][0]}", grouped and self.by == by) for by in GROUPINGS),
            Option("each", "each session", self.each),
            *(Option(f"only {doing}", f"only {doing}", self.only == doing) for doing in NARROWINGS),
            Option("own", "sessions of consoles", self.own),
            Option("system", "the server's own processes, parallel workers", self.system),
        )

    def set_option(self, option_id: str, on: bool) -> None:
        self.group = None
        if option_id in GROUPINGS:
            self.by, self.each = (option_id if on else FIRST), False
        elif option_id == "each":
            self.each = on
        elif option_id == "own":
            self.own = on
        elif option_id == "system":
            self.system = on
        else:
            self.only = option_id.removeprefix("only ") if on else ""
        self._look_again()

    # ---- words ------------------------------------------------------------------------------------------------------

    def words(self) -> str:
        sessions: Sessions = self.value
        hidden = hidden_words(sessions)
        if self.group is not None:
            state = f", {self.group.state}" if self.by == FIRST else ""
            count = units.plural(len(self.members.rows), "session")
            return clean(f"{count} of {self.group.label or 'no name'}{state} (esc goes back)")
        everyone = rules.folded(sessions.rows)
        waiting = sum(1 for row in everyone if rules.waits(row))
        idle = [row for row in everyone if row.state.startswith("idle in transaction")]
        oldest = max((rules.transaction_s(row, clock.now()) or 0.0 for row in idle), default=0.0)
        parts = [
            units.plural(len(everyone), "session"),
            f"{sum(1 for row in everyone if rules.does(row, ()) == RUNNING)} run",
            f"{waiting} wait for a lock",
            "who blocks is unknown" if sessions.problem else f"{len(self.blocking)} block" if self.blocking else "",
            f"{len(idle)} idle in tx" + (f", oldest {people.whole_minutes(oldest)}" if idle else ""),
            f"only {self.only} (esc shows all)" if self.only else "",
        ]
        return clean(" · ".join(part for part in parts if part) + hidden)

    def scope(self) -> str:
        return (
            "" if self.by == FIRST and not self.each else "each session" if self.each else f"by {GROUPINGS[self.by][0]}"
        )

    def note(self) -> str:
        value = self.value
        count = len(rules.folded(value.rows)) if isinstance(value, Sessions) else 0
        return super().note() or str(count or "")

    # ---- about a row ------------------------------------------------------------------------------------------------

    def is_wrong(self, row: Any) -> bool:
        if isinstance(row, Session):
            return rules.is_wrong(row, self.blocking, clock.now())
        return isinstance(row, SessionGroup) and row.wrong

    def raw(self, row: Any) -> str:
        if isinstance(row, SessionGroup):
            return "\n\n".join(dict.fromkeys(session.query for session in row.sessions if session.query))
        return row.query if isinstance(row, Session) else ""

    def copy_command(self, row: Any) -> str:
        return session_command(row) if isinstance(row, Session) else ""

    def subject(self, row: Any) -> str:
        return row.application if isinstance(row, Session | SessionGroup) else ""


def hidden_words(sessions: Sessions) -> str:
    if not sessions.hidden:
        return ""
    if sessions.reads_stats:
        return f" · details of {sessions.hidden} unknown: managed"
    role = sessions.role or "the console's role"
    return f" · details of {sessions.hidden} unknown: needs pg_monitor (GRANT pg_monitor TO {role})"


def session_command(session: Session) -> str:
    if session.pid < 0:
        return f"SELECT * FROM pg_prepared_xacts WHERE transaction = '{-session.pid}';"
    return f"SELECT * FROM pg_stat_activity WHERE pid = {session.pid};"
