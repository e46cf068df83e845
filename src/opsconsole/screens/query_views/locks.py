"""The Locks view: who waits for whom, as trees under those who wait for nobody."""

from typing import Any, ClassVar

from textual.widget import Widget

from ...model.finding import Severity
from ...model.sessions import Sessions
from ...rules.blocking import Forest, forest, tree_words
from ...rules.blocking_findings import severity
from ...rules.sessions import folded, waits
from ...text import clock, units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import lock_rows as shown
from .. import session_page
from ..base import View
from ..lock_rows import LockRow
from ..table_tab import show_trust, sure
from ..table_view import TableView
from .desk import Desk
from .sessions import hidden_words, session_command
from .view import QueryView


class LocksView(QueryView):
    view: ClassVar[View] = View("locks", "Locks", "l")
    made_of: ClassVar[str] = "sessions"
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "filter", "raw", "related", "why", "options", "help")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.opened: set[str] = set()
        """Keys of the blockers whose victims are all shown."""
        self._forest: Forest | None = None
        self._critical: frozenset[str] = frozenset()
        """Keys of the trees that the policy calls critical."""
        self.table: LiveTable[LockRow] = LiveTable(
            shown.lock_columns(),
            order=lambda row: row.place,
            mark=lambda row: shown.lock_mark(row, row.key in self._critical),
        )

    def panes(self) -> dict[str, Widget]:
        return {self.id: TableView(self.table, shown.explain_lock, rows=5, short_rows=2)}

    def take(self, name: str, server: str) -> None:
        reading = self.reading
        show_trust(self.table, reading, "nobody waits for a lock")
        if isinstance(reading.value, Sessions):
            now, policy = clock.now(), self.desk.context.policy
            self._forest = forest(reading.value.everyone, now)
            bad = (tree.key for tree in self._forest.trees if severity(tree, policy, now) is Severity.CRITICAL)
            self._critical = frozenset(bad)
            self._show()

    def _show(self) -> None:
        if self._forest is not None:
            rows = shown.lock_rows(self._forest, clock.now(), self.opened)
            self.table.set_rows({row.key: row for row in rows})

    def enter(self, row: Any) -> bool:
        if not isinstance(row, LockRow):
            return False
        if not row.more:
            return row.session is not None and session_page.open_page(self.desk, row.session)
        self.opened.add(row.key if row.alike else row.key.removesuffix("/more"))
        self._show()
        self.table.settle()
        return True

    def back(self) -> bool:
        """Fold again what was opened."""
        if not self.opened:
            return False
        self.opened.clear()
        self._show()
        self.table.settle()
        return True

    def act(self, action_id: str, row: Any) -> bool:
        session = row.session if isinstance(row, LockRow) else None
        if session is None:
            return False
        if action_id == "describe":
            return session_page.open_page(self.desk, session)
        return action_id == "related" and session_page.go_to_statement(self.desk, session)

    def opened_rows(self) -> Any:
        return frozenset(self.opened)

    def open_again(self, opened: Any) -> None:
        self.opened = set(opened)
        self._show()

    def leave(self) -> None:
        self.opened.clear()

    def find(self, identity: str) -> bool:
        """`pg-primary 4711@…`: the root of a finding, of whichever server."""
        server, _, key = identity.partition(" ")
        if not key or self.desk.named("sessions", server) is None:
            return False
        self.desk.tab.look_at(self.desk.named("sessions", server) or server)
        return self.table.go_to(key)

    def words(self) -> str:
        sessions: Sessions = self.value
        hidden = hidden_words(sessions)
        if sessions.problem:
            return clean(f"who waits for whom is unknown: {sessions.problem}{hidden}")
        trees = self._forest.trees if self._forest is not None else ()
        waiting = sum(1 for session in folded(sessions.everyone) if waits(session))
        if trees:
            parts = [tree_words(trees[0], clock.now())]
            if len(trees) > 1:
                parts.append(f"{units.plural(len(trees) - 1, 'other root')}")
            if len(trees) > 1 or waiting > len(trees[0].victims):
                parts.append(f"{waiting} wait in all")
            if sessions.not_asked:
                parts.append(f"whom {sessions.not_asked} of them wait for was not asked")
            if sessions.likened:
                parts.append(f"who else stands before {sessions.likened} of them was not asked")
            return clean(" · ".join(parts) + hidden)
        if waiting:
            return clean(f"{units.plural(waiting, 'session')} waiting for a lock{hidden}")
        live = sure(self.reading) and not hidden
        return clean(("nobody waits for a lock" if live else "no wait for a lock is seen") + hidden)

    def note(self) -> str:
        value = self.value
        if not isinstance(value, Sessions):
            return super().note()
        return super().note() or str(sum(1 for session in folded(value.everyone) if waits(session)) or "")

    def is_wrong(self, row: Any) -> bool:
        return True

    def raw(self, row: Any) -> str:
        return row.session.query if isinstance(row, LockRow) and row.session is not None else ""

    def copy_command(self, row: Any) -> str:
        return session_command(row.session) if isinstance(row, LockRow) and row.session is not None else ""

    def subject(self, row: Any) -> str:
        return row.session.application if isinstance(row, LockRow) and row.session is not None else ""

    def about(self, row: Any) -> list[str]:
        if not isinstance(row, LockRow) or row.session is None or self.value is None:
            return []
        return [f"{self.value.server} {row.session.key}"]
