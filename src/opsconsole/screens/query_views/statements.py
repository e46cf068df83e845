"""The Statements view: what the server did in a window that the title names, against the time before."""

from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from ...model.finding import Finding
from ...model.statements import StatementRate, Statements
from ...poller.topics import FINDINGS
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell
from ...widgets.live_table import LiveTable
from .. import statement_columns as shown
from ..base import Option, View
from ..cost_words import with_cost
from ..now_lines import facts_of
from ..server_lines import cache_line, database_line
from ..table_tab import show_trust
from ..table_view import TableView
from .desk import Desk
from .view import QueryView

HALF = 0.5
"""From this share of all time on a statement is named above the table, grown or not."""


class StatementsView(QueryView):
    view: ClassVar[View] = View("statements", "Statements", "s")
    made_of: ClassVar[str] = "statements"
    hears: ClassVar[tuple[str, ...]] = ("facts", "redis", "cost", "findings")
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "statements": {
            "c": ("calls", "calls"), "m": ("mean", "mean"), "t": ("share", "time share"),
            "r": ("rows", "rows per call"), "n": ("statement", "text"),
        },
    }  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.own = False
        """Whether the console's own statements are shown, too."""
        self.grown: dict[str, Finding] = {}
        """Findings about statements by the row's key; they outlast the window, which soon holds nothing but them."""
        self.table: LiveTable[StatementRate] = LiveTable(shown.statement_columns(), order=self._order, mark=self._mark)
        self.lines = ServerLines()

    def panes(self) -> dict[str, Widget]:
        return {self.id: TableView(self.table, shown.explain_statement, above=self.lines, rows=3, short_rows=1)}

    def take(self, name: str, server: str) -> None:
        if name == "statements":
            self._show()
        elif name == "findings":
            found = self.desk.context.board.get(FINDINGS).value or ()
            self.grown = {f.object: f for f in found if f.rule == "statement" and f.state == "firing"}
            self.table.reformat()
        else:
            width = self.desk.tab.console.size.width
            facts, cache = self.desk.reading("facts"), self.desk.reading("redis")
            cost = self.desk.reading("cost")
            self.lines.show(database_line(facts, width), with_cost(cache_line(cache, width), cost, width))

    def _show(self) -> None:
        reading = self.reading
        compared = reading.value is not None and reading.value.window_s > 0
        empty = "no statement ran in this window" if compared else "the first difference needs a second reading"
        show_trust(self.table, reading, empty)
        if reading.value is not None:
            rows = {row.key: row for row in reading.value.rows if self.own or not is_own(row, reading.value)}
            if reading.value.others is not None:
                words = f"all others ({reading.value.others_count:,})"
                rows["others"] = msgspec.structs.replace(reading.value.others, text=words)
            self.table.set_rows(rows)

    def _mark(self, row: StatementRate) -> Cell:
        return shown.statement_mark(row) or (("▲", "warn") if row.key in self.grown else "")

    def _order(self, row: StatementRate) -> tuple[int, float]:
        place, by = shown.statement_order(row)
        return (0 if row.key in self.grown else place), by

    def find(self, identity: str) -> bool:
        return self.table.go_to(identity) if identity in self.table.rows else False

    def words(self) -> str:
        value: Statements = self.value
        new = sum(1 for row in value.rows if row.first_seen is not None)
        parts = [clean(finding.what) for finding in self.grown.values()]
        heaviest = max(value.rows, key=lambda row: row.share, default=None)
        if heaviest is not None and heaviest.share >= HALF and not self._mark(heaviest):
            # Whoever opens the console late has no time before the trouble to compare with.
            share = units.percent(heaviest.share, 0)
            parts.append(f"{heaviest.query_id & 0xFFFF:04x} takes {share} % of the time of all statements")
        parts.append(f"{units.plural(new, 'new statement') if new else 'no new statement'} in this window")
        own = [row for row in value.rows if is_own(row, value)]
        if own and not self.own:
            parts.append(f"{len(own)} of the console's own left out (x)")
        return clean(" · ".join([*parts, *value.notes]))

    def scope(self) -> str:
        return window_title(self.value) if isinstance(self.value, Statements) else ""

    def options(self) -> tuple[Option, ...]:
        return (Option("own", "the console's own statements", self.own),)

    def set_option(self, option_id: str, on: bool) -> None:
        self.own = on
        self._show()
        self.desk.tab.changed()

    def is_wrong(self, row: Any) -> bool:
        return isinstance(row, StatementRate) and bool(self._mark(row))

    def raw(self, row: Any) -> str:
        return row.text if isinstance(row, StatementRate) else ""

    def copy_command(self, row: Any) -> str:
        if not isinstance(row, StatementRate) or not row.query_id:
            return ""
        return f"SELECT * FROM pg_stat_statements WHERE queryid = {row.query_id};"

    def why(self, row: Any) -> str:
        asked = super().why(row)
        finding = self.grown.get(row.key) if isinstance(row, StatementRate) else None
        if finding is None:
            return asked
        facts = facts_of(finding, self.desk.context.profile.policy)
        return "\n".join(f"{title:<14}{value}" for title, value in facts if value) + f"\n\n{asked}"

    def subject(self, row: Any) -> str:
        return row.application if isinstance(row, StatementRate) else ""

    def about(self, row: Any) -> list[str]:
        return [row.key] if isinstance(row, StatementRate) else []


def is_own(row: StatementRate, statements: Statements) -> bool:
    """Whether the console itself asked it: under its own role, and no application says otherwise."""
    if row.application:
        return row.application.startswith("opsconsole")
    return bool(row.user) and row.user == statements.own_user


class ServerLines(Vertical):
    """One line for PostgreSQL, one for Redis."""

    DEFAULT_CSS = "ServerLines { height: auto; } ServerLines > Static { height: 1; text-wrap: nowrap; }"

    def __init__(self) -> None:
        super().__init__()
        self._database = Static("", markup=False)
        self._cache = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._database
        yield self._cache

    def show(self, database: Any, cache: Any) -> None:
        self._database.update(database, layout=False)
        self._cache.update(cache, layout=False)


def window_title(statements: Statements) -> str:
    """`window 5m v the hour before`; the true spans until both are full."""
    window = f"window {units.span(statements.window_s)}"
    if statements.before_label:
        return f"{window} v {statements.before_label}"
    if statements.before_s is None:
        return f"{window}, since start"
    return f"{window} v the {units.span(statements.before_s)} before"
