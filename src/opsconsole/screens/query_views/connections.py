"""The Connections view: what is used of what there is, who holds it and who grows, and the pools before the server."""

from typing import Any, ClassVar

import msgspec
from textual.widget import Widget

from ...model.pools import Connections, PoolerFigures
from ...model.reading import Reading, State
from ...rules.connection_row import RANKS, ConnectionRow, failing, placed
from ...rules.connection_rows import connection_rows, used_words
from ...rules.connection_words import outlook
from ...rules.pool_rows import pool_rows, pooler_words
from ...text import clock, units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import connection_lines as shown
from ..asked_words import asked_of, asked_words
from ..base import View
from ..table_tab import show_trust, trust
from ..table_view import TableView
from .desk import Desk
from .view import QueryView


class ConnectionsView(QueryView):
    view: ClassVar[View] = View("connections", "Connections", "c")
    made_of: ClassVar[str] = "connections"
    hears: ClassVar[tuple[str, ...]] = ("pgbouncer",)
    hints: ClassVar[tuple[str, ...]] = ("enter", "view.next", "why", "filter", "sort", "wrong", "options", "help")
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {"connections": shown.SORTS}

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.rows: tuple[ConnectionRow, ...] = ()
        self.table: LiveTable[ConnectionRow] = LiveTable(
            shown.connection_columns(), order=lambda row: (RANKS.get(row.state, 3), row.place), mark=shown.mark
        )

    def panes(self) -> dict[str, Widget]:
        return {self.id: TableView(self.table, shown.explain, rows=5, short_rows=3)}

    def take(self, name: str, server: str) -> None:
        show_trust(self.table, self.reading, "no connection is open")
        rows = [*self._of_server(), *self._of_poolers()]
        if not rows:
            return
        self.rows = placed(rows)
        self.table.set_rows({row.key: row for row in self.rows})

    def _of_server(self) -> list[ConnectionRow]:
        reading = self.reading
        rows = connection_rows(reading.value, clock.now()) if isinstance(reading.value, Connections) else []
        if reading.problem is not None and (rows or self._poolers()):
            # What is listed of the server is of then; the poolers may be read all the same.
            note = trust(reading).partition(":")[0]
            rows.insert(0, _unread("server", clean(self.desk.server) or "server", note, reading))
        return rows

    def _of_poolers(self) -> list[ConnectionRow]:
        limit = self.value.limit if isinstance(self.value, Connections) else None
        rows: list[ConnectionRow] = []
        for name, reading in self._poolers():
            if reading.problem is not None:
                called = _called(name, reading)
                unread = _unread("pooler", called, trust(reading).partition(":")[0], reading)
                rows.append(msgspec.structs.replace(unread, pooler=called))
            if isinstance(reading.value, PoolerFigures):
                rows += pool_rows(reading.value, limit)
        return rows

    def _poolers(self) -> list[tuple[str, Reading[Any]]]:
        return [(name, reading) for name, reading in self.desk.each("pgbouncer") if reading.state is not State.OFF]

    def enter(self, row: Any) -> bool:
        if not isinstance(row, ConnectionRow):
            return False
        if row.part == "application":
            self.desk.tab.jump("sessions")
        else:
            self.desk.tab.tell(f"{row.part} {row.name}", shown.page(row))
        return True

    def find(self, identity: str) -> bool:
        """By what findings call it: a pool as `pooler:database/user`, a pooler by its name."""
        keys = (f"pool:{identity}", f"clients:{identity}")
        return any(self.table.go_to(key) for key in keys if key in self.table.rows)

    def words(self) -> str:
        now: Connections = self.value
        parts = [f"{used_words(now)} used", outlook(now.trend) or f"free {now.free}"]
        grown = next((one for one in now.growth if one.more > 0), None)
        if grown is not None and now.growth_s >= 60:
            span = units.minutes(now.growth_s)
            parts.append(f"{grown.application or 'no application name'} {grown.more:+d} in {span}")
        for name, reading in self._poolers():
            if reading.problem is not None:
                parts.append(f"{name}: {trust(reading).partition(':')[0]}")
            elif isinstance(reading.value, PoolerFigures):
                parts.append(pooler_words(reading.value))
        return clean(" · ".join(part for part in parts if part))

    def note(self) -> str:
        """How many lines fail, for the strip: marked, since a bare number would read as one of connections."""
        count = len(failing(self.rows))
        return super().note() or (f"▲{count}" if count else "")

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, ConnectionRow) and bool(row.state)

    def copy_command(self, row: Any) -> str:
        return shown.command(row) if isinstance(row, ConnectionRow) else ""

    def raw(self, row: Any) -> str:
        return shown.page(row) if isinstance(row, ConnectionRow) else ""

    def why(self, row: Any) -> str:
        """The queries behind the line: those put to the server, or those to the pooler that it is about."""
        reading = self.reading
        if isinstance(row, ConnectionRow) and row.pooler:
            reading = next((one for name, one in self._poolers() if row.pooler == _called(name, one)), reading)
        asked = asked_words(asked_of(reading))
        return f"{trust(reading) or 'live'}\n\n{asked}" if asked else ""

    def subject(self, row: Any) -> str:
        if isinstance(row, ConnectionRow) and row.part == "application":
            return row.key.removeprefix("application:")
        return ""

    def about(self, row: Any) -> list[str]:
        kind, _, name = row.key.partition(":") if isinstance(row, ConnectionRow) else ("", "", "")
        return [name] if kind in ("pool", "clients") else []


def _called(name: str, reading: Reading[Any]) -> str:
    """The name of a pooler; one without settings of its own goes by the name that it tells."""
    return name or getattr(reading.value, "server", "") or "pgbouncer"


def _unread(part: str, name: str, note: str, reading: Reading[Any]) -> ConnectionRow:
    assert reading.problem is not None
    said, remedy = reading.problem.sentence, reading.problem.remedy
    why = "what is listed of it is of then"
    return ConnectionRow(f"unread:{name}", part, name, "crit", note, said, why=why, remedy=remedy)
