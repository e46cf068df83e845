"""The Servers view: every configured database and cache side by side; enter looks at one in all other views."""

from typing import Any, ClassVar

from textual.widget import Widget

from ...model.postgres import ServerFacts
from ...model.reading import Reading, State
from ...poller.topics import CHANGES, FINDINGS, MEASURES
from ...rules.failover import KIND
from ...rules.server_rows import CPU, P95, Known, ServerRow, about, cache_row, counted, database_row, verdict
from ...text import units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import server_columns as shown
from ..asked_words import asked_of, asked_words
from ..base import View
from ..table_tab import trust
from ..table_view import TableView
from .beside import measured
from .desk import Desk
from .view import QueryView

PARTS = ("facts", "sessions", "health", "cost")


class ServersView(QueryView):
    view: ClassVar[View] = View("servers", "Servers", "v")
    hears: ClassVar[tuple[str, ...]] = (*PARTS, "redis", "findings")
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "why", "sort", "wrong", "raw", "options", "help")
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {"servers": shown.SORTS}

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.table: LiveTable[ServerRow] = LiveTable(shown.columns(), order=shown.order, mark=shown.mark)
        self.table.empty = "no PostgreSQL and no Redis in this profile"

    def panes(self) -> dict[str, Widget]:
        return {self.id: TableView(self.table, shown.explain, rows=12, short_rows=3)}

    def take(self, name: str, server: str) -> None:
        rows = [*self._databases(), *self._caches()]
        self.table.set_rows({row.key: row for row in rows})

    def _databases(self) -> list[ServerRow]:
        rows = []
        for place, name in enumerate(self.desk.databases):
            facts = self.desk.reading("facts", name)
            if _absent(name, facts):
                continue
            sessions, health, cost = (self.desk.reading(part, name).value for part in PARTS[1:])
            known = self._known(name, place, facts, databases=True)
            rows.append(database_row(known, facts.value, sessions, health, cost))
        return rows

    def _caches(self) -> list[ServerRow]:
        rows = []
        for place, name in enumerate(self.desk.caches):
            figures = self.desk.reading("redis", name)
            if not _absent(name, figures):
                known = self._known(name, len(self.desk.databases) + place, figures, databases=False)
                rows.append(cache_row(known, figures.value))
        return rows

    def _known(self, name: str, place: int, reading: Reading[Any], *, databases: bool) -> Known:
        board = self.desk.context.board
        # without settings of its own a server goes by the name that it tells
        called = name or getattr(reading.value, "server", "") or ("postgres" if databases else "redis")
        state = clean(trust(reading))
        started = getattr(reading.value, "started", None)
        found = about(board.get(FINDINGS).value or (), called)
        if not databases:
            return Known(called, place, state, started, found)
        values = board.get(MEASURES)
        only = len(self.desk.databases) == 1
        cpu, p95_s = (measured(values, one, called, only) for one in (CPU, P95))
        return Known(called, place, state, started, found, cpu, p95_s, self._named(name), self._upstream(reading.value))

    def _named(self, name: str) -> frozenset[str]:
        """Measures for which the server's settings name a query."""
        one = next((one for one in self.desk.context.profile.postgres if one.name == name), None)
        queries = ((CPU, one.cpu), (P95, one.statement_p95)) if one is not None else ()
        return frozenset(measure for measure, query in queries if query)

    def _upstream(self, facts: ServerFacts | None) -> str:
        """The name of the server that a replica follows, where that is one of ours."""
        if facts is None or not facts.place.follows:
            return ""
        others = ((name, self.desk.reading("facts", name).value) for name in self.desk.databases)
        return next((name for name, other in others if other and other.place.address == facts.place.follows), "")

    # ---- what keys do -----------------------------------------------------------------------------------------------

    def enter(self, row: Any) -> bool:
        if not isinstance(row, ServerRow):
            return False
        if row.database:
            self.desk.tab.jump("statements")
            self.desk.tab.look_at(self._configured(row))
        else:
            self.desk.tab.jump("redis")
            self.desk.tab.go_to(row.name)
        return True

    def stand_on(self, name: str) -> None:
        """Put the cursor on the row of that server, where it has one."""
        for row in self.table.rows.values():
            if row.name == name:
                self.table.go_to(row.key)
                return

    def _configured(self, row: ServerRow) -> str:
        """Its name in the settings; "" for one that has none there."""
        names = self.desk.databases if row.database else self.desk.caches
        return row.name if row.name in names else names[0]

    # ---- what the frame shows ---------------------------------------------------------------------------------------

    def headline(self) -> str:
        rows = tuple(self.table.rows.values())
        if not rows:
            return clean(self.table.empty)
        bad = sorted((row for row in rows if row.amiss), key=shown.order)
        parts = [counted(rows), *self._failovers()]
        said = [row.amiss[0] if row.name in row.amiss[0] else f"{row.name}: {row.amiss[0]}" for row in bad]
        parts += list(dict.fromkeys(said))[:2]
        if not bad:
            parts.append(verdict(rows))
        return clean(" · ".join(part for part in parts if part))

    def _failovers(self) -> list[str]:
        """The newest fail-over of the last day, with its time."""
        changes = self.desk.context.board.get(CHANGES).value or ()
        newest = next((change for change in changes if change.kind == KIND), None)
        return [] if newest is None else [f"{KIND} {units.clock(newest.at)}: {newest.what}"]

    def note(self) -> str:
        wrong = sum(1 for row in self.table.rows.values() if row.amiss)
        return f"▲{wrong}" if wrong else ""

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, ServerRow) and bool(row.amiss)

    def about(self, row: Any) -> list[str]:
        return [row.name] if isinstance(row, ServerRow) else []

    # ---- about a row ------------------------------------------------------------------------------------------------

    def raw(self, row: Any) -> str:
        return "\n\n".join(one.text.strip() for reading in self._behind(row) for one in asked_of(reading))

    def why(self, row: Any) -> str:
        if not isinstance(row, ServerRow):
            return ""
        told = "\n".join(clean(f"{what}: {words}") for what, words in row.unknown)
        asked = "\n\n".join(asked_words(asked_of(reading)) for reading in self._behind(row) if asked_of(reading))
        wrong = "\n".join(map(clean, row.amiss))
        return "\n\n".join(part for part in (clean(row.name), wrong, told, asked) if part)

    def _behind(self, row: Any) -> list[Reading[Any]]:
        """The readings that a row is made of."""
        if not isinstance(row, ServerRow):
            return []
        server = self._configured(row)
        names = ("facts", "sessions", "cost") if row.database else ("redis",)
        return [self.desk.reading(name, server) for name in names]


def _absent(name: str, reading: Reading[Any]) -> bool:
    """Whether no such server is configured."""
    return reading.state is State.OFF or (not name and reading.value is None)
