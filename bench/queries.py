"""The Queries tab on servers of few and of many statements: first data, what one console costs them, the loop, memory.

The cost is what pg_stat_statements counts of the console's role: time of execution (without planning and the way), in
the minute after the first difference. Beside it pg_activity on the same server, where it is installed (`PG_ACTIVITY`
names its program).
"""

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

from psycopg import sql

from opsconsole.demo import children
from tests.servers.postgres import PostgresUnderTest

from .cluster.running import opsconsole
from .large import Options
from .report import Figure, spread
from .terminal import Terminal

TYPICAL, MANY = 500, 5_000
COLUMNS = 13
"""A table of so many columns has more than 5,000 ways to be asked for some of them: each is a statement."""
SESSIONS = 40
KEYS = 60
MEANWHILE_S = 60.0
SETTLING_S = 15.0
"""After the first difference, which asks for all the texts in view."""
PARTS = ("sessions", "statements", "the rest")
COST: LiteralString = """
SELECT s.queryid, calls, total_exec_time,
       CASE WHEN query LIKE '%%pg_stat_statements%%' THEN 'statements'
            WHEN query LIKE '%%backend_start%%' OR query LIKE '%%pg_locks%%' THEN 'sessions'
            ELSE 'the rest' END
FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = %s
"""


def queries(options: Options) -> list[Figure]:
    """Two real PostgreSQL, busy all the while: a typical one, and one whose pg_stat_statements is full."""
    return [figure for statements in (TYPICAL, MANY) for figure in _queries(options, statements)]


def _queries(options: Options, statements: int) -> list[Figure]:
    with _busy_server(statements) as server, tempfile.TemporaryDirectory() as home:
        counters = Path(home) / "counters.json"
        environment = {
            "XDG_STATE_HOME": home,
            "XDG_CONFIG_HOME": home,
            "OPSCONSOLE_COUNTERS": str(counters),
            "PGPASSWORD": "console-Words",
        }
        dsn = f"host=127.0.0.1 port={server.port} user=console dbname=shop"
        seconds = min(options.rest_s, MEANWHILE_S)
        found: list[Figure] = []
        with Terminal([opsconsole(), "--pg", dsn, "--tab", "queries"], environment=environment) as console:
            painted = console.until(console.painted) or float("inf")
            data = console.until(console.shows(r"PG +conn \d")) or float("inf")
            table = console.until(console.shows(r"\n.*SELECT .*FROM wide"))
            found += [
                Figure(f"{statements:,} statements: first paint to first data", data - painted, "s", 0.4),
                Figure("start to the first difference", table, "s"),
            ]
            console.watch(SETTLING_S)
            cpu, sent = console.cpu_s(), console.received
            cost = _cost(server, console, "console", seconds)
            meanwhile = [
                Figure("CPU of the console meanwhile", 100 * (console.cpu_s() - cpu) / seconds, "%"),
                Figure("bytes to the terminal meanwhile", (console.received - sent) / seconds, "B/s"),
                Figure("memory", console.memory_mb(), "MB"),
                *spread("key to moved cursor on Statements", [_key(console, n) for n in range(KEYS)], 12, 50),
            ]
        told = json.loads(counters.read_text(encoding="utf-8"))
        stall = Figure("longest stall of the loop since the first paint", told["longest_stall_ms"], "ms", 16)
        peer = _pg_activity(server, seconds)
        return [*found, *_told("one console", cost, peer), *_told("pg_activity every 2 s", peer), *meanwhile, stall]


Cost = dict[str, tuple[float, float]]
"""Part → queries and milliseconds of the server, each per minute."""


def _told(name: str, cost: Cost | None, peer: Cost | None = None) -> list[Figure]:
    if cost is None:
        return [Figure(f"{name}: not installed here", None)]
    goal = sum(ms for _, ms in peer.values()) / 2 if peer else None
    queries, spent = (sum(figures) for figures in zip(*cost.values(), strict=True))
    parts = " · ".join(f"{part} {cost[part][1]:.1f} ms of {cost[part][0]:.0f}" for part in PARTS if part in cost)
    return [
        Figure(f"queries of {name}", queries, "/m"),
        Figure(f"time of the server for {name}", spent, "ms", goal, note=f"a minute: {parts}"),
    ]


def _cost(server: PostgresUnderTest, terminal: Terminal, role: str, seconds: float) -> Cost:
    """What the server itself counts for that role; an entry that was evicted meanwhile counts from 0."""
    with server.connect() as connection:
        before = {query: figures for query, *figures, _ in connection.execute(COST, (role,)).fetchall()}
        terminal.watch(seconds)
        found: Cost = {}
        for query, calls, spent_ms, part in connection.execute(COST, (role,)).fetchall():
            old_calls, old_ms = before.get(query, (0, 0.0))
            if calls < old_calls:
                old_calls, old_ms = 0, 0.0
            queries, ms = found.get(part, (0.0, 0.0))
            more, longer = 60 * (calls - old_calls) / seconds, 60 * (spent_ms - old_ms) / seconds
            found[part] = (queries + more, ms + longer)
        return found


def _pg_activity(server: PostgresUnderTest, seconds: float) -> Cost | None:
    program = os.environ.get("PG_ACTIVITY") or shutil.which("pg_activity")
    if program is None:
        return None
    argv = [program, "-h", "127.0.0.1", "-p", str(server.port), "-U", "peer", "-d", "shop", "--refresh", "2"]
    with Terminal(argv, environment={"PGPASSWORD": "peer-Words"}) as peer:
        peer.watch(5)
        return _cost(server, peer, "peer", seconds)


def _key(terminal: Terminal, turn: int) -> float | None:
    terminal.watch(0.12)
    return terminal.move("jk"[turn % 2])


@contextmanager
def _busy_server(statements: int) -> Iterator[PostgresUnderTest]:
    folder = Path(tempfile.mkdtemp(prefix="opsconsole-bench-postgres-"))
    folder.chmod(0o711)
    server = PostgresUnderTest(folder)
    ended = threading.Event()
    worker = threading.Thread(target=_work, args=(server, statements, ended), daemon=True)
    try:
        server.run("CREATE ROLE peer LOGIN PASSWORD 'peer-Words' IN ROLE pg_monitor")
        columns = sql.SQL(", ").join(sql.SQL("{} int").format(sql.Identifier(f"c{n}")) for n in range(COLUMNS))
        server.run(sql.SQL("CREATE TABLE wide ({})").format(columns))
        idle = [server.connect(application_name=f"pool-{n % 5}") for n in range(SESSIONS)]
        _every_statement(server, statements)
        worker.start()
        yield server
        ended.set()
        worker.join(10)
        for connection in idle:
            connection.close()
    finally:
        ended.set()
        children.stop_all([server.child])
        shutil.rmtree(folder, ignore_errors=True)


def _columns(number: int) -> sql.Composed:
    chosen = [sql.Identifier(f"c{bit}") for bit in range(COLUMNS) if number >> bit & 1]
    return sql.SQL("SELECT {} FROM wide").format(sql.SQL(", ").join(chosen))


def _every_statement(server: PostgresUnderTest, statements: int) -> None:
    with server.connect() as connection, connection.pipeline():
        for number in range(1, statements + 1):
            connection.execute(_columns(number))


def _work(server: PostgresUnderTest, statements: int, ended: threading.Event) -> None:
    """Some hundred calls a second, over all the statements in turn."""
    number = 0
    with server.connect(application_name="bench") as connection:
        while not ended.wait(0.1):
            with connection.pipeline():
                for _ in range(40):
                    number = number % statements + 1
                    connection.execute(_columns(number))
