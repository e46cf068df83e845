"""Tab 3, Queries: what the database and the cache do now, by difference over a window that the title names."""

from functools import partial
from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from ..model.collection import Delta
from ..model.finding import Finding
from ..model.postgres import HealthCheck, ServerFacts, ServerHealth, Session, Sessions, StatementRate, Statements
from ..model.reading import Reading, State
from ..model.redis import CacheFigures
from ..poller.redis import cache_topic
from ..poller.topics import FINDINGS, PG_FACTS, PG_HEALTH, PG_SESSIONS, PG_STATEMENTS, REDIS
from ..rules.cache_keys import ASK as ASK_KEYS
from ..rules.cache_row import CacheRow
from ..rules.sessions import SessionGroup, groups
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell
from ..widgets.live_table import LiveTable
from . import health_view as vitals
from . import redis_view, targets
from . import session_rows as people
from . import statement_columns as shown
from .base import Option, View
from .now_lines import facts_of
from .server_lines import cache_line, database_line
from .session_rows import LockRow, lock_rows
from .table_tab import TableTab, show_trust, sure, trust, verdict
from .table_view import TableView

PASSED = vitals.FINE
HALF = 0.5
"""From this share of all time on a statement is named above the table, grown or not."""
MEMBERS = "members"
"""The sessions of one group, after entering it."""


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
        "sessions": {"n": ("app", "application"), "t": ("state", "state"), "a": ("oldest", "oldest"),
                     "c": ("count", "count")},
        MEMBERS: {"n": ("app", "application"), "t": ("state", "state"), "a": ("age", "age")},
        "redis": redis_view.SORTS,
    }  # fmt: skip

    def build(self) -> dict[str, Widget]:
        self.own_statements = False
        self.passed_checks = False
        self.readings: dict[str, Reading[Any]] = {}
        self.grown: dict[str, Finding] = {}
        """Findings about statements by the row's key; they outlast the window, which soon holds nothing but them."""
        self.group = ""
        """Key of the group whose sessions alone are shown, after entering it."""
        self.opened: set[int] = set()
        """Blockers whose victims are all shown."""
        self.places: dict[str, int] = {}
        self.statements: LiveTable[StatementRate] = LiveTable(
            shown.statement_columns(), order=self._statement_order, mark=self._statement_mark
        )
        self.sessions: LiveTable[SessionGroup] = LiveTable(
            people.group_columns(), order=lambda group: self.places.get(group.key, 0), mark=people.group_mark
        )
        self.members: LiveTable[Session] = LiveTable(
            people.session_columns(), order=people.session_order, mark=people.session_mark
        )
        self.locks: LiveTable[LockRow] = LiveTable(
            people.lock_columns(), order=lambda row: row.place, mark=people.lock_mark
        )
        self.health: LiveTable[HealthCheck] = LiveTable(
            vitals.columns(),
            order=vitals.place,
            mark=vitals.mark,
        )
        caches = self.context.profile.redis
        self.redis = redis_view.RedisView(tuple(server.name for server in caches) or ("",))
        self.servers = ServerLines()
        return {
            "statements": TableView(self.statements, shown.explain_statement, above=self.servers, rows=3, short_rows=1),
            "sessions": TableView(self.sessions, people.explain_group, rows=3, short_rows=2),
            MEMBERS: TableView(self.members, people.explain_session, rows=3, short_rows=2),
            "locks": TableView(self.locks, people.explain_lock, rows=4, short_rows=2),
            "health": TableView(self.health, vitals.explain, rows=12, short_rows=3),
            "redis": self.redis,
        }

    def on_mount(self) -> None:
        self.follow(FINDINGS, self._show_findings)
        self.follow(PG_FACTS, self._show_facts)
        self.follow(PG_STATEMENTS, self._show_statements)
        self.follow(PG_SESSIONS, self._show_sessions)
        self.follow(PG_HEALTH, self._show_health)
        self.follow(REDIS, self._show_cache)
        for server in self.context.profile.redis[1:]:
            self.follow(cache_topic(server.name), partial(self._show_other_cache, server.name))

    def _show_findings(self, reading: Reading[tuple[Finding, ...]], delta: Delta[Any] | None) -> None:
        found = reading.value or ()
        self.grown = {f.object: f for f in found if f.rule == "statement" and f.state == "firing"}
        self.statements.reformat()
        self.changed()

    def _statement_mark(self, row: StatementRate) -> Cell:
        return shown.statement_mark(row) or (("▲", "warn") if row.key in self.grown else "")

    def _statement_order(self, row: StatementRate) -> tuple[int, float]:
        place, by = shown.statement_order(row)
        return (0 if row.key in self.grown else place), by

    def _show_facts(self, reading: Reading[ServerFacts], delta: Delta[Any] | None) -> None:
        self.readings["facts"] = reading
        self._show_lines()

    def _show_statements(self, reading: Reading[Statements], delta: Delta[Any] | None) -> None:
        self.readings["statements"] = reading
        compared = reading.value is not None and reading.value.window_s > 0
        empty = "no statement ran in this window" if compared else "the first difference needs a second reading"
        show_trust(self.statements, reading, empty)
        if reading.value is not None:
            rows = {row.key: row for row in reading.value.rows if self.own_statements or not is_own(row, reading.value)}
            if reading.value.others is not None:
                words = f"all others ({reading.value.others_count:,})"
                rows["others"] = msgspec.structs.replace(reading.value.others, text=words)
            self.statements.set_rows(rows)
        self.changed()

    def _show_sessions(self, reading: Reading[Sessions], delta: Delta[Any] | None) -> None:
        self.readings["sessions"] = reading
        for table, empty in (
            (self.sessions, "no session is open beside the console's own"),
            (self.members, "no session of this group is open any more"),
            (self.locks, "nobody waits for a lock"),
        ):
            show_trust(table, reading, empty)
        if reading.value is not None:
            found = groups(reading.value.rows, clock.now())
            self.places = {group.key: place for place, group in enumerate(found)}
            self.sessions.set_rows({group.key: group for group in found})
            self._show_members()
            self._show_locks()
        self.changed()

    def _show_members(self) -> None:
        group = self.sessions.rows.get(self.group)
        self.members.set_rows({session.key: session for session in group.sessions} if group else {})

    def _show_locks(self) -> None:
        sessions = self.readings["sessions"].value
        rows = lock_rows(sessions.rows if sessions else (), clock.now(), self.opened)
        self.locks.set_rows({row.key: row for row in rows})

    def _show_health(self, reading: Reading[ServerHealth], delta: Delta[Any] | None) -> None:
        self.readings["health"] = reading
        show_trust(self.health, reading, "every check passed")
        if reading.value is not None:
            self.health.set_rows(vitals.rows(reading.value, self.passed_checks, sure(reading)))
        self.changed()

    def _show_cache(self, reading: Reading[CacheFigures], delta: Delta[Any] | None) -> None:
        self.readings["redis"] = reading
        caches = self.context.profile.redis
        self.redis.show_reading(reading, caches[0].name if caches else "")
        self._show_lines()

    def _show_other_cache(self, server: str, reading: Reading[CacheFigures], delta: Delta[Any] | None) -> None:
        self.redis.show_reading(reading, server)
        self.changed()

    def _show_lines(self) -> None:
        facts, cache = self.readings.get("facts", Reading()), self.readings.get("redis", Reading())
        width = self.app.size.width
        self.servers.show(database_line(facts, width), cache_line(cache, width))
        self.changed()

    # ---- keys -----------------------------------------------------------------------------------------------------

    @property
    def pane(self) -> str:
        return MEMBERS if self.view == "sessions" and self.group else self.view

    def show_view(self, view_id: str) -> None:
        if view_id != self.view:
            self.group = ""
        super().show_view(view_id)

    def act(self, action_id: str) -> bool:
        row = self.row
        if action_id == "enter":
            return self._enter(row)
        if action_id == "back" and self.pane == MEMBERS:
            self.group = ""
            self.show_view("sessions")
            return True
        if action_id == "related" and self.subject():
            self.console.go(2, "workloads", self.subject())
            return True
        return super().act(action_id)

    def _enter(self, row: Any) -> bool:
        if isinstance(row, SessionGroup):
            self.group = row.key
            self._show_members()
            self.members.settle()
            self.show_view("sessions")
        elif isinstance(row, LockRow) and row.more:
            self.opened.add(row.pid)
            self._show_locks()
            self.locks.settle()
        elif isinstance(row, HealthCheck) and row.id == PASSED:
            self.set_option(PASSED, not self.passed_checks)
            self.health.settle()
        elif isinstance(row, CacheRow) and row.key == ASK_KEYS:
            self.redis.ask_keys(self.context.profile.redis, row)
        elif isinstance(row, CacheRow):
            self.tell(f"{row.part} {row.name}", redis_view.page(row))
        elif row is not None:
            self.tell("describe", self.describe())
        return row is not None

    def go_to(self, identity: str) -> bool:
        """A statement or a check by its key; a server by its name, whose figures stand above the statements."""
        name = identity.strip()
        for view_id, table in (("statements", self.statements), ("health", self.health)):
            if name in table.rows:
                self.show_view(view_id)
                return table.go_to(name)
        facts, cache = (self.readings.get(topic, Reading()).value for topic in ("facts", "redis"))
        if isinstance(cache, CacheFigures) and name == cache.server:
            self.show_view("redis")
        elif isinstance(facts, ServerFacts) and name == facts.server:
            self.show_view("statements")
        else:
            return False
        return True

    def subject(self) -> str:
        row = self.row
        if isinstance(row, LockRow):
            row = row.session
        return row.application if isinstance(row, StatementRate | Session | SessionGroup) else ""

    def finding(self) -> Finding | None:
        """The worst about the row; of a server's sessions and checks, the worst about the server."""
        row = self.row
        facts = self.readings.get("facts", Reading()).value
        server = facts.server if isinstance(facts, ServerFacts) else ""
        if isinstance(row, StatementRate):
            about = [row.key]
        else:
            about = [row.id, server] if isinstance(row, HealthCheck) else [server]
        return targets.worst_about(self.context.board.get(FINDINGS).value or (), about)

    def snapshot(self) -> tuple[str, ...]:
        return targets.rows_in_view(self.headline(), self.table)

    # ---- words ----------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        reading = self.readings.get({"locks": "sessions"}.get(self.view, self.view), Reading())
        return verdict(reading, clean(self._words(reading)))

    def _words(self, reading: Reading[Any]) -> str:
        value = reading.value
        if isinstance(value, Statements):
            new = sum(1 for row in value.rows if row.first_seen is not None)
            parts = [clean(finding.what) for finding in self.grown.values()]
            heaviest = max(value.rows, key=lambda row: row.share, default=None)
            if heaviest is not None and heaviest.share >= HALF and not self._statement_mark(heaviest):
                # Whoever opens the console late has no time before the trouble to compare with.
                share = units.percent(heaviest.share, 0)
                parts.append(f"{heaviest.query_id & 0xFFFF:04x} takes {share} % of the time of all statements")
            parts.append(f"{units.plural(new, 'new statement') if new else 'no new statement'} in this window")
            own = [row for row in value.rows if is_own(row, value)]
            if own and not self.own_statements:
                parts.append(f"{len(own)} of the console's own left out (x)")
            return " · ".join([*parts, *value.notes])
        if isinstance(value, Sessions):
            return self._session_words(value, sure(reading))
        if isinstance(value, ServerHealth):
            return vitals.words(value)
        if isinstance(value, CacheFigures):
            return self.redis.words(value)
        return ""

    def _session_words(self, sessions: Sessions, live: bool) -> str:
        waiting = sum(1 for row in sessions.rows if row.blocked_by)
        hidden = f" · details of {sessions.hidden} hidden from this role" if sessions.hidden else ""
        if self.view == "locks":
            if waiting:
                return f"{units.plural(waiting, 'session')} waiting for a lock{hidden}"
            return ("nobody waits for a lock" if live and not hidden else "no wait for a lock is seen") + hidden
        if self.pane == MEMBERS:
            application, _, state = self.group.partition("\0")
            return f"{self.members.row_count} sessions of {application or 'no application'}, {state} (esc goes back)"
        idle = sum(1 for row in sessions.rows if row.state.startswith("idle in transaction"))
        count = units.plural(len(sessions.rows), "session")
        return f"{count} · {waiting} wait for a lock · {idle} idle in transaction{hidden}"

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
        sessions = self.readings.get("sessions", Reading()).value
        if isinstance(sessions, Sessions) and view_id in ("sessions", "locks"):
            waiting = sum(1 for row in sessions.rows if row.blocked_by)
            return str((waiting if view_id == "locks" else len(sessions.rows)) or "")
        reading = self.readings.get(view_id, Reading())
        if view_id == "health" and isinstance(reading.value, ServerHealth):
            return str(sum(1 for check in reading.value.checks if check.state in ("crit", "warn")) or "")
        if reading.state is State.FAILED:
            return "?"
        return self.redis.note() if view_id == "redis" else ""

    def is_wrong(self, row: Any) -> bool:
        if isinstance(row, StatementRate):
            return bool(self._statement_mark(row))
        if isinstance(row, Session):
            return bool(people.session_mark(row))
        if isinstance(row, SessionGroup):
            return bool(people.group_mark(row))
        if isinstance(row, CacheRow):
            return bool(row.state)
        return not isinstance(row, HealthCheck) or row.state != "ok"

    def hints(self) -> tuple[str, ...]:
        return ("enter", "view.next", "filter", "sort", "wrong", "raw", "options", "help")

    def options(self) -> tuple[Option, ...]:
        if self.view == "statements":
            return (Option("own", "the console's own statements", self.own_statements),)
        return (Option(PASSED, "checks that passed", self.passed_checks),) if self.view == "health" else ()

    def set_option(self, option_id: str, on: bool) -> None:
        if option_id == "own":
            self.own_statements = on
            self._show_statements(self.readings.get("statements", Reading()), None)
        else:
            self.passed_checks = on
            self._show_health(self.readings.get("health", Reading()), None)

    def raw(self) -> str:
        row = self.row
        if isinstance(row, LockRow):
            row = row.session
        if isinstance(row, SessionGroup):
            return "\n\n".join(dict.fromkeys(session.query for session in row.sessions if session.query))
        if isinstance(row, StatementRate):
            return row.text
        if isinstance(row, CacheRow):
            return row.text
        health = self.readings.get("health", Reading()).value
        if isinstance(row, HealthCheck) and isinstance(health, ServerHealth):
            return "\n\n".join(one.text.strip() for one in vitals.asked(health, row))
        return row.query if isinstance(row, Session) else ""

    def copy_command(self) -> str:
        """SQL or redis-cli that shows the same."""
        row = self.row
        if isinstance(row, LockRow):
            row = row.session
        if isinstance(row, StatementRate) and row.query_id:
            return f"SELECT * FROM pg_stat_statements WHERE queryid = {row.query_id};"
        if isinstance(row, Session):
            return f"SELECT * FROM pg_stat_activity WHERE pid = {row.pid};"
        return redis_view.command(row) if isinstance(row, CacheRow) else ""

    def why(self) -> str:
        reading = self.readings.get({"locks": "sessions"}.get(self.view, self.view), Reading())
        if isinstance(self.row, HealthCheck) and isinstance(reading.value, ServerHealth):
            return vitals.why(reading.value, self.row)
        asked = f"{trust(reading) or 'live'}\n\n{reading.source}" if reading.source else ""
        finding = self.grown.get(self.row.key) if isinstance(self.row, StatementRate) else None
        if finding is None:
            return asked
        facts = facts_of(finding, self.context.profile.policy)
        return "\n".join(f"{title:<14}{value}" for title, value in facts if value) + f"\n\n{asked}"


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
