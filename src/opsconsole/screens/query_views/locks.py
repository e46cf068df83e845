"""The Locks view: who waits for whom, as trees under those who wait for nobody."""

from typing import Any, ClassVar

from textual.widget import Widget

from ...model.sessions import Sessions
from ...text import clock, units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import session_rows as people
from ..base import View
from ..session_rows import LockRow, lock_rows
from ..table_tab import show_trust, sure
from ..table_view import TableView
from .desk import Desk
from .sessions import hidden_words, session_command
from .view import QueryView


class LocksView(QueryView):
    view: ClassVar[View] = View("locks", "Locks", "l")
    made_of: ClassVar[str] = "sessions"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.opened: set[int] = set()
        """Blockers whose victims are all shown."""
        self.table: LiveTable[LockRow] = LiveTable(
            people.lock_columns(), order=lambda row: row.place, mark=people.lock_mark
        )

    def panes(self) -> dict[str, Widget]:
        return {self.id: TableView(self.table, people.explain_lock, rows=4, short_rows=2)}

    def take(self, name: str, server: str) -> None:
        show_trust(self.table, self.reading, "nobody waits for a lock")
        if self.value is not None:
            self._show()

    def _show(self) -> None:
        rows = lock_rows(self.value.rows, clock.now(), self.opened)
        self.table.set_rows({row.key: row for row in rows})

    def enter(self, row: Any) -> bool:
        if not isinstance(row, LockRow) or not row.more:
            return False
        self.opened.add(row.pid)
        self._show()
        self.table.settle()
        return True

    def words(self) -> str:
        sessions: Sessions = self.value
        hidden = hidden_words(sessions)
        waiting = sum(1 for row in sessions.rows if row.blocked_by)
        if waiting:
            return clean(f"{units.plural(waiting, 'session')} waiting for a lock{hidden}")
        live = sure(self.reading) and not hidden
        return clean(("nobody waits for a lock" if live else "no wait for a lock is seen") + hidden)

    def note(self) -> str:
        value = self.value
        if not isinstance(value, Sessions):
            return super().note()
        return str(sum(1 for row in value.rows if row.blocked_by) or "")

    def raw(self, row: Any) -> str:
        return row.session.query if isinstance(row, LockRow) and row.session is not None else ""

    def copy_command(self, row: Any) -> str:
        return session_command(row.session) if isinstance(row, LockRow) and row.session is not None else ""

    def subject(self, row: Any) -> str:
        return row.session.application if isinstance(row, LockRow) and row.session is not None else ""
