"""The Statements view: what the server did in a window that the title names, against the time before."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from ...model.finding import Finding
from ...model.reading import Reading
from ...model.statements import USUAL, WINDOWS, StatementRate, Statements, Tracked
from ...poller.statement_feed import window_topic
from ...poller.topics import CHANGES, FINDINGS, MEASURES, SERVICES
from ...rules import slow_statements as slow
from ...rules.statement_findings import of_server, statement_object
from ...rules.statement_kinds import is_backup, is_own
from ...rules.statement_origin import deploy_before, deploy_name, is_of
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell
from ...widgets.live_table import LiveTable
from .. import statement_columns as shown
from .. import statement_page, statement_pages, statement_verdict, statement_words
from ..base import Option, View
from ..cost_words import with_cost
from ..now_lines import facts_of
from ..server_lines import NARROW, cache_line, database_line
from ..statement_tags import tag_columns
from ..table_tab import show_trust
from ..table_view import TableView
from .beside import beside
from .desk import Desk
from .view import QueryView

WINDOW = "window."
"""Begins the names of the other windows' readings, and the options that pick them."""


class StatementsView(QueryView):
    view: ClassVar[View] = View("statements", "Statements", "s")
    made_of: ClassVar[str] = "statements"
    hears: ClassVar[tuple[str, ...]] = (
        "facts", "redis", "cost", "connections", "health", "findings",
        *(f"{WINDOW}{window}" for window in WINDOWS if window != USUAL),
    )  # fmt: skip
    hints: ClassVar[tuple[str, ...]] = (
        "enter", "view.next", "range", "raw", "events", "related", "impact", "filter", "sort", "wrong", "options",
        "help",
    )  # fmt: skip
    sorts: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "statements": {
            "c": ("calls", "calls"), "m": ("mean", "mean"), "t": ("share", "time share"),
            "r": ("rows", "rows per call"), "a": ("since", "first seen"), "n": ("statement", "text"),
        },
    }  # fmt: skip

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.own = False
        """Whether the console's own statements are shown, too."""
        self.backups = True
        """Whether those of dumps and backups are."""
        self.slow = False
        """Whether only the slow ones are listed."""
        self.window = USUAL
        """The one that was asked for; `value.window` is the one that is shown."""
        self._wished: tuple[str, str, Callable[[], None]] | None = None
        """(window, server, what takes the wish back)."""
        self.grown: dict[str, Finding] = {}
        """Findings about statements by the row's key; they outlast the window, which soon holds nothing but them."""
        self.columns = shown.statement_columns(self._application, lambda row: slow.logged(row, self._tracked))
        self.table: LiveTable[StatementRate] = LiveTable(self.columns, order=self._order, mark=self._mark)
        self.lines = ServerLines(self._show_lines)

    def panes(self) -> dict[str, Widget]:
        return {self.id: TableView(self.table, self._explain, above=self.lines, rows=8, short_rows=1)}

    # ---- the window -----------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Reading[Any]:
        """Trust and time are those of the samples, whatever window is made of them."""
        usual = super().reading
        if self.window == USUAL or usual.value is None:
            return usual
        chosen = self.desk.reading(f"{WINDOW}{self.window}").value
        return msgspec.structs.replace(usual, value=chosen) if chosen is not None else usual

    def choose(self, window: str) -> None:
        """Show another window as soon as it has been reckoned."""
        self.window = window
        self._wish()
        self._show()
        self.desk.tab.changed()

    def _wish(self) -> None:
        wanted = (self.window, self.desk.server)
        if self._wished is not None and self._wished[:2] == wanted:
            return
        if self._wished is not None:
            self._wished[2]()
            self._wished = None
        if self.window != USUAL:
            further = self.desk.server if self.desk.server != self.desk.databases[0] else ""
            self._wished = (*wanted, self.desk.context.want(window_topic(self.window, further)))

    # ---- rows -----------------------------------------------------------------------------------------------------

    def take(self, name: str, server: str) -> None:
        if name == "statements" or name.startswith(WINDOW):
            self._wish()
            self._show()
        elif name == "findings":
            found = self.desk.context.board.get(FINDINGS).value or ()
            self.grown = of_server(found, self.desk.further)
            self.table.reformat()
        else:
            self._show_lines()

    def _show_lines(self) -> None:
        width = self.desk.tab.console.size.width
        facts, cache, cost = (self.desk.reading(name) for name in ("facts", "redis", "cost"))
        narrow = width < NARROW  # there both share a line
        database = database_line(facts, width, beside(self.desk))
        self.lines.show(database, None if narrow else with_cost(cache_line(cache, width), cost, width))

    def _show(self) -> None:
        reading = self.reading
        value = reading.value
        show_trust(self.table, reading, self._why_empty(value))
        if not isinstance(value, Statements):
            return
        self.table.set_columns([*self.columns, *tag_columns(value.rows)])
        if self.slow and self._limits.mean_ms is not None:
            found = slow.slowest((row for row in value.rows if self._wanted(row, value)), self._limits.mean_ms)
            self.table.set_rows({row.key: row for row in found})
            return
        rows = {row.key: row for row in value.rows if self._wanted(row, value)}
        if value.others is not None:
            words = f"all others ({value.others_count:,})"
            rows[shown.OTHERS] = msgspec.structs.replace(value.others, text=words)
        self.table.set_rows(rows)

    def _why_empty(self, value: Statements | None) -> str:
        if value is None or not value.compared:
            return "the first difference needs a second reading"
        return "no statement is slow by this limit" if self.slow else "no statement ran in this window"

    def _wanted(self, row: StatementRate, value: Statements) -> bool:
        return (self.own or not is_own(row, value)) and (self.backups or not is_backup(row))

    @property
    def _limits(self) -> slow.Limits:
        return slow.limits(self.desk.context.policy)

    @property
    def _tracked(self) -> Tracked:
        return self.value.tracked if isinstance(self.value, Statements) else Tracked()

    def _application(self, row: StatementRate) -> str:
        """Who runs it; of a new statement with the version of it that was deployed before."""
        if row.first_seen is None:
            return row.application
        changes = self.desk.context.board.get(CHANGES).value or ()
        deployed = deploy_before(row.first_seen, changes, row.main_application)
        own = deployed is not None and is_of(deployed, row.main_application)
        return deploy_name(deployed) if deployed is not None and own else row.application

    def _mark(self, row: StatementRate) -> Cell:
        return shown.statement_mark(row) or (("▲", "warn") if row.key in self.grown or self._repeated(row) else "")

    def _repeated(self, row: StatementRate) -> bool:
        services = self.desk.context.board.get(SERVICES).value
        return statement_verdict.repeated(row, services) is not None

    def _order(self, row: StatementRate) -> tuple[float, ...]:
        if self.slow:
            return (-row.mean_ms,)
        place, *by = shown.statement_order(row)
        named = row.key in self.grown or self._repeated(row) or row.share >= statement_verdict.HALF
        return (0 if named else place, *by)

    def _explain(self, row: StatementRate, width: int) -> list[Text]:
        value = self.value
        if not isinstance(value, Statements):
            return []
        changes = self.desk.context.board.get(CHANGES).value or ()
        signs = statement_page.signs(row, self.desk.context.board.get(SERVICES).value)
        told = [Text(" · ".join(signs), style="bold")] if signs else []
        return [*told, *statement_words.lines(row, value, changes, self._slow_words(row))]

    def _slow_words(self, row: StatementRate | None) -> list[str]:
        return slow.words(self._tracked, self._limits, row, self._p95_s())

    def _p95_s(self) -> float | None:
        """Of all statements, where somebody counts it."""
        measures = self.desk.context.board.get(MEASURES).value
        values = measures.values if measures is not None else ()
        return max((v.value for v in values if v.measure == slow.P95 and v.value is not None), default=None)

    def find(self, identity: str) -> bool:
        return self.table.go_to(identity) if identity in self.table.rows else False

    # ---- words ----------------------------------------------------------------------------------------------------

    def words(self) -> str:
        """What is wrong, or that nothing is new; then what the list leaves out."""
        value: Statements = self.value
        services = self.desk.context.board.get(SERVICES).value
        rows = [row for row in value.rows if self._wanted(row, value)]
        parts = [*self._window_unseen(), *statement_verdict.verdict(rows, self.grown, services)]
        if self.slow:
            parts.append(f"slow: mean over {units.seconds((self._limits.mean_ms or 0) / 1000)}, at most {slow.MOST}")
        elif value.compared and value.before_label:
            parts.append(statement_words.news(value, rows))
        parts += self._left_out(value)
        return clean(" · ".join(part for part in (*parts, *value.notes) if part))

    def _window_unseen(self) -> Sequence[str]:
        """The window, where the strip has no room for it: its name never falls away."""
        told, titles = self.desk.tab.in_strip(), self.windows()
        return titles[-1:] if not any(title in told for title in titles) else ()

    def _left_out(self, value: Statements) -> list[str]:
        """Rows that the view does not list, and how much of all time they and a filter leave out."""
        own = [row for row in value.rows if is_own(row, value)] if not self.own else []
        dumps = [row for row in value.rows if is_backup(row)] if not self.backups else []
        own_share = units.percent(sum(row.share for row in own), 0)
        said = [f"{len(own)} of the console's own left out, {own_share} % (x)"] if own else []
        if getattr(self.desk.tab, "filter_text", ""):
            said.append("shares are of all statements, whatever the filter leaves")
        if dumps:
            share = units.percent(sum(row.share for row in dumps), 1)
            said.append(f"{units.plural(len(dumps), 'statement')} of dumps and backups left out: {share} % (x)")
        return said

    def windows(self) -> Sequence[str]:
        return statement_words.titles(self.value) if isinstance(self.value, Statements) else ()

    # ---- keys -----------------------------------------------------------------------------------------------------

    def enter(self, row: Any) -> bool:
        return isinstance(row, StatementRate) and statement_pages.open_page(self.desk, row)

    def act(self, action_id: str, row: Any) -> bool:
        one = row if isinstance(row, StatementRate) and row.key != shown.OTHERS else None
        if one is not None and action_id in statement_pages.OPENED_BY:
            return statement_pages.open_page(self.desk, one, statement_pages.OPENED_BY[action_id])
        if one is not None and action_id in statement_pages.LEADS:
            statement_pages.LEADS[action_id](self.desk, one)
            return True
        if action_id != "range":
            return False
        self.choose(WINDOWS[(WINDOWS.index(self.window) + 1) % len(WINDOWS)])
        return True

    def options(self) -> tuple[Option, ...]:
        windows = (
            Option(f"{WINDOW}{window}", f"window: {statement_words.TITLES[window]}", self.window == window)
            for window in WINDOWS
        )
        limit = self._limits.mean_ms
        only = f"only slow: mean over {units.seconds(limit / 1000)}, the first {slow.MOST}" if limit is not None else ""
        return (
            *windows,
            *((Option("slow", only, self.slow),) if only else ()),
            Option("own", "the console's own statements", self.own),
            Option("backups", "dumps and backups", self.backups),
        )

    def set_option(self, option_id: str, on: bool) -> None:
        if option_id.startswith(WINDOW):
            self.choose(option_id.removeprefix(WINDOW) if on else USUAL)
            return
        if option_id == "slow":
            self.slow = on
        elif option_id == "backups":
            self.backups = on
        else:
            self.own = on
        self._show()
        self.table.resort()
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
        one = row if isinstance(row, StatementRate) and row.key != shown.OTHERS else None
        finding = self.grown.get(one.key) if one is not None else None
        facts = facts_of(finding, self.desk.context.profile.policy) if finding is not None else []
        judged = [f"{title:<14}{value}" for title, value in facts if value]
        left_out = self.value.notes if isinstance(self.value, Statements) else ()
        parts = [
            "\n".join(judged),
            "\n".join(map(clean, left_out)),
            "\n".join(["slow?", *self._slow_words(one)]),
            super().why(row),
        ]
        return "\n\n".join(part for part in parts if part)

    def subject(self, row: Any) -> str:
        return row.main_application if isinstance(row, StatementRate) else ""

    def about(self, row: Any) -> list[str]:
        return [statement_object(self.desk.further, row.key)] if isinstance(row, StatementRate) else []


class ServerLines(Vertical):
    """One line for PostgreSQL, one for Redis; `redraw` fits them to another width."""

    DEFAULT_CSS = "ServerLines { height: auto; } ServerLines > Static { height: 1; text-wrap: nowrap; }"

    def __init__(self, redraw: Callable[[], None]) -> None:
        super().__init__()
        self._redraw = redraw
        self._database = Static("", markup=False)
        self._cache = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._database
        yield self._cache

    def on_resize(self, event: events.Resize) -> None:
        self._redraw()

    def show(self, database: Any, cache: Any) -> None:
        self._database.update(database, layout=False)
        self._cache.display = cache is not None
        if cache is not None:
            self._cache.update(cache, layout=False)
