"""The Queries tab on 5,000 statements: first data, what one console costs the server, the loop, memory.

Beside it pg_activity on the same server, where it is installed (`PG_ACTIVITY` names its program).
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

STATEMENTS = 5_000
COLUMNS = 13
"""A table of so many columns has more than 5,000 ways to be asked for some of them: each is a statement."""
SESSIONS = 40
KEYS = 60
MEANWHILE_S = 60.0
COST: LiteralString = """
SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(total_exec_time + total_plan_time), 0)::float8
FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = %s
"""


def queries(options: Options) -> list[Figure]:
    """A real PostgreSQL, busy all the while."""
    with _busy_server() as server, tempfile.TemporaryDirectory() as home:
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
            table = console.until(console.shows(r"all others \(4,\d\d\d\)"))
            found += [
                Figure("first paint to first data of the server", data - painted, "s", 0.4),
                Figure(f"start to the first difference of {STATEMENTS:,} statements", table, "s"),
            ]
            console.watch(5)
            cpu, sent = console.cpu_s(), console.received
            found += _cost(server, console, "console", "one console", seconds)
            found += [
                Figure("CPU of the console meanwhile", 100 * (console.cpu_s() - cpu) / seconds, "%"),
                Figure("bytes to the terminal meanwhile", (console.received - sent) / seconds, "B/s"),
                Figure(f"memory with {STATEMENTS:,} statements", console.memory_mb(), "MB"),
            ]
            found += spread("key to moved cursor on Statements", [_key(console, n) for n in range(KEYS)], 12, 50)
        told = json.loads(counters.read_text(encoding="utf-8"))
        found.append(Figure("longest stall of the loop since the first paint", told["longest_stall_ms"], "ms", 16))
        return [*found, *_pg_activity(server, seconds)]


def _cost(server: PostgresUnderTest, terminal: Terminal, role: str, name: str, seconds: float) -> list[Figure]:
    """What the server itself counts for that role."""
    with server.connect() as connection:
        before = connection.execute(COST, (role,)).fetchone() or (0, 0.0)
        terminal.watch(seconds)
        after = connection.execute(COST, (role,)).fetchone() or (0, 0.0)
    calls, spent_ms = after[0] - before[0], after[1] - before[1]
    return [
        Figure(f"queries of {name}", 60 * calls / seconds, "/m"),
        Figure(f"time of the server for {name}", 60 * spent_ms / seconds, "ms", note="a minute"),
    ]


def _pg_activity(server: PostgresUnderTest, seconds: float) -> list[Figure]:
    program = os.environ.get("PG_ACTIVITY") or shutil.which("pg_activity")
    if program is None:
        return [Figure("pg_activity beside it: not installed here", None)]
    argv = [program, "-h", "127.0.0.1", "-p", str(server.port), "-U", "peer", "-d", "shop", "--refresh", "2"]
    with Terminal(argv, environment={"PGPASSWORD": "peer-Words"}) as peer:
        peer.watch(5)
        return _cost(server, peer, "peer", "pg_activity every 2 s", seconds)


def _key(terminal: Terminal, turn: int) -> float | None:
    terminal.watch(0.12)
    return terminal.move("jk"[turn % 2])


@contextmanager
def _busy_server() -> Iterator[PostgresUnderTest]:
    folder = Path(tempfile.mkdtemp(prefix="opsconsole-bench-postgres-"))
    folder.chmod(0o711)
    server = PostgresUnderTest(folder)
    ended = threading.Event()
    worker = threading.Thread(target=_work, args=(server, ended), daemon=True)
    try:
        server.run("CREATE ROLE peer LOGIN PASSWORD 'peer-Words' IN ROLE pg_monitor")
        columns = sql.SQL(", ").join(sql.SQL("{} int").format(sql.Identifier(f"c{n}")) for n in range(COLUMNS))
        server.run(sql.SQL("CREATE TABLE wide ({})").format(columns))
        idle = [server.connect(application_name=f"pool-{n % 5}") for n in range(SESSIONS)]
        _every_statement(server)
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


def _every_statement(server: PostgresUnderTest) -> None:
    with server.connect() as connection, connection.pipeline():
        for number in range(1, STATEMENTS + 1):
            connection.execute(_columns(number))


def _work(server: PostgresUnderTest, ended: threading.Event) -> None:
    """Some hundred calls a second, over all the statements in turn."""
    number = 0
    with server.connect(application_name="bench") as connection:
        while not ended.wait(0.1):
            with connection.pipeline():
                for _ in range(40):
                    number = number % STATEMENTS + 1
                    connection.execute(_columns(number))
