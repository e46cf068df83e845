"""Tab 3, Queries: what the database and the cache do now, by difference over a window that the title names."""

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from ..model.collection import Delta
from ..model.postgres import HealthCheck, ServerFacts, ServerHealth, Session, Sessions, StatementRate, Statements
from ..model.reading import Reading, State
from ..model.redis import CacheFigures, SlowEntry
from ..poller.topics import PG_FACTS, PG_HEALTH, PG_SESSIONS, PG_STATEMENTS, REDIS
from ..text import units
from ..text.clean import clean
from ..widgets.live_table import LiveTable
from . import statement_columns as shown
from .base import Option, View
from .server_lines import cache_line, cache_lines, database_line
from .table_tab import TableTab, show_trust, trust, verdict
from .table_view import TableView

ALL_FINE = "fine"


class QueriesTab(TableTab):
    """Views: Statements, Sessions, Locks, Health, Redis."""

    digit: ClassVar[int] = 3
    title: ClassVar[str] = "Queries"
    views: ClassVar[tuple[View, ...]] = (
        View("statements", "Statements", "s"),
        View("sessions", "Sessions", "e"),
        View("locks", "Locks", "l"),
        View("health", "Health", "h"),
        View("redis", "Redis", "r"),
    )
    SORTS: ClassVar[dict[str, dict[str, tuple[str, str]]]] = {
        "statements": {
            "c": ("calls", "calls"), "m": ("mean", "mean"), "t": ("share", "time share"),
            "r": ("rows", "rows per call"), "n": ("statement", "text"),
        },
        "sessions": {"n": ("app", "application"), "t": ("state", "state"), "a": ("age", "age")},
        "redis": {"t": ("took", "time taken"), "a": ("at", "newest")},
    }  # fmt: skip

    def build(self) -> dict[str, Widget]:
        self.own_sessions = False
        self.passed_checks = False
        self.readings: dict[str, Reading[Any]] = {}
        self.statements: LiveTable[StatementRate] = LiveTable(
            shown.statement_columns(),
            order=shown.statement_order,
            mark=shown.statement_mark,
            empty="no statement ran in this window",
        )
        self.sessions: LiveTable[Session] = LiveTable(
            shown.session_columns(), order=shown.session_order, mark=shown.session_mark, empty="no session is open"
        )
        self.locks: LiveTable[Session] = LiveTable(
            shown.session_columns(), order=shown.session_order, mark=shown.session_mark, empty="nobody waits for a lock"
        )
        self.health: LiveTable[HealthCheck] = LiveTable(
            shown.check_columns(),
            order=lambda check: ({"crit": 0, "warn": 1, "unknown": 2}.get(check.state, 3), check.title),
            mark=lambda check: shown.GLYPHS.get(check.state, ("", "")),
            empty="no check has answered yet",
        )
        self.slow: LiveTable[SlowEntry] = LiveTable(
            shown.slow_columns(), order=lambda entry: -entry.id, empty="the slow log is empty"
        )
        self.servers = ServerLines()
        self.cache = Static("", classes="cache-facts", markup=False)
        return {
            "statements": TableView(self.statements, shown.explain_statement, above=self.servers, rows=3, short_rows=1),
            "sessions": TableView(self.sessions, shown.explain_session, rows=3, short_rows=2),
            "locks": TableView(self.locks, shown.explain_session, rows=3, short_rows=2),
            "health": TableView(self.health, shown.explain_check, rows=3, short_rows=2),
            "redis": TableView(self.slow, above=self.cache),
        }

    def on_mount(self) -> None:
        self.follow(PG_FACTS, self._show_facts)
        self.follow(PG_STATEMENTS, self._show_statements)
        self.follow(PG_SESSIONS, self._show_sessions)
        self.follow(PG_HEALTH, self._show_health)
        self.follow(REDIS, self._show_cache)

    def _show_facts(self, reading: Reading[ServerFacts], delta: Delta[Any] | None) -> None:
        self.readings["facts"] = reading
        self._show_lines()

    def _show_statements(self, reading: Reading[Statements], delta: Delta[Any] | None) -> None:
        self.readings["statements"] = reading
        show_trust(self.statements, reading, "no statement ran in this window")
        if reading.value is not None:
            rows = {row.key: row for row in reading.value.rows}
            if reading.value.others is not None:
                rows["others"] = reading.value.others
            self.statements.set_rows(rows)
        self.changed()

    def _show_sessions(self, reading: Reading[Sessions], delta: Delta[Any] | None) -> None:
        self.readings["sessions"] = reading
        show_trust(self.sessions, reading, "no session is open")
        show_trust(self.locks, reading, "nobody waits for a lock")
        if reading.value is not None:
            rows = {row.key: row for row in reading.value.rows if self.own_sessions or row.application != "opsconsole"}
            self.sessions.set_rows(rows)
            blocking = {pid for row in rows.values() for pid in row.blocked_by}
            self.locks.set_rows({key: row for key, row in rows.items() if row.blocked_by or row.pid in blocking})
        self.changed()

    def _show_health(self, reading: Reading[ServerHealth], delta: Delta[Any] | None) -> None:
        self.readings["health"] = reading
        show_trust(self.health, reading, "every check passed")
        if reading.value is not None:
            checks = reading.value.checks
            failing = {check.id: check for check in checks if self.passed_checks or check.state != "ok"}
            fine = len(checks) - len(failing)
            if fine:
                failing[ALL_FINE] = HealthCheck(ALL_FINE, f"{fine} fine", "ok", "", "", "x shows them", "")
            self.health.set_rows(failing)
        self.changed()

    def _show_cache(self, reading: Reading[CacheFigures], delta: Delta[Any] | None) -> None:
        self.readings["redis"] = reading
        show_trust(self.slow, reading, "the slow log is empty")
        if reading.value is not None:
            self.slow.set_rows({str(entry.id): entry for entry in reading.value.slow})
            self.cache.update(cache_lines(reading.value), layout=True)
        self._show_lines()

    def _show_lines(self) -> None:
        facts, cache = self.readings.get("facts", Reading()), self.readings.get("redis", Reading())
        width = self.app.size.width
        self.servers.show(database_line(facts, width), cache_line(cache, width))
        self.changed()

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        reading = self.readings.get({"locks": "sessions"}.get(self.view, self.view), Reading())
        return verdict(reading, clean(self._words(reading)))

    def _words(self, reading: Reading[Any]) -> str:
        value = reading.value
        if isinstance(value, Statements):
            new = sum(1 for row in value.rows if row.first_seen is not None)
            parts = [
                f"{units.plural(new, 'new statement')} in this window" if new else "no new statement in this window"
            ]
            return " · ".join([*parts, *value.notes])
        if isinstance(value, Sessions):
            waiting = sum(1 for row in value.rows if row.blocked_by)
            if self.view == "locks":
                return (
                    f"{units.plural(waiting, 'session')} waiting for a lock" if waiting else "nobody waits for a lock"
                )
            hidden = f" · details of {value.hidden} hidden from this role" if value.hidden else ""
            idle = sum(1 for row in value.rows if row.state.startswith("idle in transaction"))
            return f"{len(value.rows)} sessions · {waiting} wait for a lock · {idle} idle in transaction{hidden}"
        if isinstance(value, ServerHealth):
            failing = sum(1 for check in value.checks if check.state in ("crit", "warn"))
            unknown = sum(1 for check in value.checks if check.state == "unknown")
            return f"{units.plural(failing, 'check')} of {len(value.checks)} fail, {unknown} unknown"
        if isinstance(value, CacheFigures):
            return " · ".join([f"{clean(value.server)} {clean(value.version)} {value.role}", *value.notes])
        return ""

    def scope_note(self) -> str:
        facts = self.readings.get("facts", Reading()).value
        parts: list[str] = []
        if isinstance(facts, ServerFacts) and self.view != "redis":
            role = "replica" if facts.is_replica else "primary"
            parts.append(f"{clean(facts.server)} {clean(facts.version)} {role}")
        statements = self.readings.get("statements", Reading()).value
        if isinstance(statements, Statements) and self.view == "statements":
            parts.append(window_title(statements))
        return " · ".join(parts)

    def view_note(self, view_id: str) -> str:
        table = {"sessions": self.sessions, "locks": self.locks}.get(view_id)
        if table is not None:
            return str(table.row_count) if table.row_count else ""
        reading = self.readings.get(view_id, Reading())
        if view_id == "health" and isinstance(reading.value, ServerHealth):
            return str(sum(1 for check in reading.value.checks if check.state in ("crit", "warn")) or "")
        return "?" if reading.state is State.FAILED else ""

    def is_wrong(self, row: Any) -> bool:
        if isinstance(row, StatementRate):
            return bool(shown.statement_mark(row))
        if isinstance(row, Session):
            return bool(shown.session_mark(row))
        return not isinstance(row, HealthCheck) or row.state != "ok"

    def hints(self) -> tuple[str, ...]:
        return ("view.next", "filter", "sort", "wrong", "raw", "refresh", "problems", "help")

    def options(self) -> tuple[Option, ...]:
        return (
            Option("own", "the console's own sessions", self.own_sessions),
            Option("passed", "checks that passed", self.passed_checks),
        )

    def set_option(self, option_id: str, on: bool) -> None:
        if option_id == "own":
            self.own_sessions = on
            self._show_sessions(self.readings.get("sessions", Reading()), None)
        else:
            self.passed_checks = on
            self._show_health(self.readings.get("health", Reading()), None)

    def raw(self) -> str:
        row = self.row
        if isinstance(row, StatementRate):
            return row.text
        return row.query if isinstance(row, Session) else ""

    def describe(self) -> str:
        row, lines = self.row, list[Text]()
        if isinstance(row, StatementRate):
            lines = shown.explain_statement(row, 200)
        elif isinstance(row, Session):
            lines = shown.explain_session(row, 200)
        elif isinstance(row, HealthCheck):
            lines = shown.explain_check(row, 200)
        return "\n".join(line.plain for line in lines)

    def why(self) -> str:
        reading = self.readings.get({"locks": "sessions"}.get(self.view, self.view), Reading())
        return f"{trust(reading) or 'live'}\n\n{reading.source}" if reading.source else ""


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
