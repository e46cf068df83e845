"""The version matrix: a server of each version, as it is documented, is asked everything, and its answers are read.

The texts run against views with the columns of that version (see `documented`): what it does not have is refused.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import msgspec
import pytest

from opsconsole.config.settings import Postgres
from opsconsole.model.counters import ServerCounters
from opsconsole.model.pools import Connections
from opsconsole.model.postgres import ServerSettings
from opsconsole.model.server_signs import HealthSigns
from opsconsole.model.sessions import SessionLocks, Sessions
from opsconsole.model.statements import StatementsSample
from opsconsole.sources import asking
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres import queries, statement_texts
from opsconsole.sources.postgres.connections import ConnectionReader
from opsconsole.sources.postgres.health import HealthReader
from opsconsole.sources.postgres.own_cost import OwnQueries
from opsconsole.sources.postgres.plan import explain
from opsconsole.sources.postgres.queries import floors, pick
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.sources.postgres.sessions import SessionReader
from opsconsole.sources.postgres.statement_texts import StatementText, Texts, WholeText
from opsconsole.sources.postgres.statements import StatementReader
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PASSWORD, PostgresUnderTest

from .documented import FUNCTIONS, LATER, STATEMENTS, VIEWS, having, layout

VERSIONS = (13, 14, 16, 17)
QUERIES = sorted({file.name.split(".")[0] for file in resources.files(queries).iterdir() if file.name.endswith("sql")})
NOW_AND_THEN: Mapping[str, Mapping[str, Any]] = {
    "names": {"ids": [-42]}, "locks_prepared": {}, "locks_waiting": {}, "relations": {"names": ["orders"]},
}  # fmt: skip
"""Asked only where something is amiss: a text that cannot be written, a role without rights; or for a plan."""


class Told(msgspec.Struct, frozen=True):
    """All that a server of that version was asked, and what was understood."""

    version: int
    counters: ServerCounters
    settings: ServerSettings
    sessions: Sessions
    locks: SessionLocks
    health: HealthSigns
    sample: StatementsSample
    texts: Texts
    whole: WholeText
    no_plan: str
    connections: Connections
    own: frozenset[int]
    asked: Mapping[str, str]
    """Query → why there was no answer."""


@pytest.fixture(scope="module", params=VERSIONS)
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    """13 and 14 are laid out on a real 15, 16 and 17 on a real 18: what came later is there, but out of sight."""
    version = int(request.param)
    name = "older_postgres" if version < 15 else "postgres_server"
    host: OlderPostgres | PostgresUnderTest = request.getfixturevalue(name)
    with host.connect(database="postgres") as connection:
        for statement in layout(version):
            connection.execute(statement)
        yield asyncio.run(everything(host, version))
        connection.execute(f"DROP SCHEMA v{version} CASCADE")


async def everything(host: OlderPostgres | PostgresUnderTest, version: int) -> Told:
    path = f"options='-c search_path=v{version},pg_catalog'"
    dsn = f"host=127.0.0.1 port={host.port} user=postgres dbname=postgres password={PASSWORD} {path}"
    server = PostgresServer(Postgres(name="documented", dsn=dsn))
    people = SessionReader(server)
    with ThreadPoolExecutor(1) as thread, asking.gathering() as asked:
        try:
            sessions = await people.read()
            sample = await StatementReader(server, thread).read()
            key = sample.counters[0].key
            found: dict[str, Any] = {
                "version": version,
                "sessions": sessions,
                "sample": sample,
                "locks": await people.locks_of(next(one for one in sessions.rows if one.pid == 4712)),
                "counters": await server.counters(),
                "settings": await server.server_settings(),
                "health": await HealthReader(server).signs(),
                "texts": await statement_texts.read(server, [-42]),
                "whole": await statement_texts.whole(server, key),
                "connections": await ConnectionReader(server).read(),
                "own": await OwnQueries(server, first_s=0.0).ids(),
                "no_plan": await plan(server, key),
            }
            for query, parameters in NOW_AND_THEN.items():
                await server.ask(query, query, **parameters)
        finally:
            await server.close()
    return Told(**found, asked={one.name: one.problem for one in asked})


async def plan(server: PostgresServer, key: str) -> str:
    try:
        await explain(server, key)
    except SourceError as error:
        return error.problem.sentence
    return ""


def test_every_query_is_asked_and_none_is_refused(told: Told) -> None:
    assert set(QUERIES) <= set(told.asked)
    assert {name: problem for name, problem in told.asked.items() if problem} == {}
    assert (told.health.refused, told.health.version // 10000) == ((), told.version)


def test_counters_and_settings(told: Told) -> None:
    counters, facts = told.counters, told.counters.facts
    assert facts.version == f"{told.version}.3"
    assert (counters.blocks_hit, counters.blocks_read, counters.commits, counters.deadlocks) == (900, 100, 50, 3)
    assert counters.stats_reset == datetime(2025, 3, 1, tzinfo=UTC)
    assert told.sample.calls == 3
    assert dict(facts.by_state) == {"active": 1, "idle in transaction": 1}
    assert ("reserved_connections" in told.settings.values) == (told.version >= 16)
    assert "autovacuum_vacuum_max_threshold" not in told.settings.values


def test_who_waits_for_whom(told: Told) -> None:
    holder, waiter = told.sessions.rows
    assert (holder.user, holder.client, holder.state) == ("jane", "10.0.0.7", "idle in transaction")
    assert (holder.query_id, waiter.query_id) == ((42, 43) if told.version >= 14 else (None, None))
    assert (waiter.wait_type, waiter.blocked_by, waiter.query) == ("Lock", (4711,), "SELECT * FROM orders")
    assert told.sessions.problem == ""
    (lock,) = told.locks.rows
    since = datetime(2025, 3, 27, 2, 1, tzinfo=UTC) if told.version >= 14 else None
    assert ("orders" in lock.what, lock.granted, lock.since) == (True, False, since)


def test_connections_and_what_limits_them(told: Told) -> None:
    connections = told.connections
    assert {(group.application, group.state, group.waiting) for group in connections.groups} == {
        ("psql", "idle in transaction", 0),
        ("web", "active", 1),
    }
    assert connections.used == 2
    assert connections.max_connections > 0


def test_statements_by_the_columns_that_there_are(told: Told) -> None:
    """Each time is 1 ms, so that the sums tell what was added up."""
    (entry,) = told.sample.counters
    version, counts = told.version, entry.counts
    assert (counts.calls, counts.total_ms, counts.wal_bytes, counts.local_blocks) == (3, 4.5, 7, 2)
    assert (counts.temp_read, counts.temp_written, entry.key) == (1, 1, f"10/{entry.database_id}/-42/1")
    times = 1 if version < 15 else 2 if version < 17 else 3
    assert (counts.read_ms, counts.write_ms) == (times, times)
    assert counts.jit_ms == (0 if version < 15 else 4 if version < 17 else 5)
    assert (entry.toplevel, entry.since is not None) == (True, version >= 17)
    assert (told.sample.deallocations, told.sample.stats_reset is not None) == (
        (5, True) if version >= 14 else (None, False)
    )
    assert told.sample.tracked.jit == (version >= 15)


def test_texts_and_what_of_them_is_ours(told: Told) -> None:
    (((_, _, query_id), text),) = told.texts.known.items()
    assert (query_id, told.texts.problem) == (-42, "")
    assert isinstance(text, StatementText)
    assert text.text.startswith("SELECT * FROM orders WHERE customer = $1")
    assert told.whole.sql.startswith("SELECT * FROM orders")
    assert told.own == {-42}


def test_a_plan_needs_16(told: Told) -> None:
    assert ("can be asked from 16 on" in told.no_plan) == (told.version < 16)


def test_health_that_every_version_tells(told: Told) -> None:
    health = told.health
    assert health.checkpoints is not None
    assert (health.checkpoints.timed, health.checkpoints.requested, health.checkpoints.write_ms) == (40, 60, 1.5)
    (table,) = health.tables or ()
    assert (table.name, table.live, table.dead, table.seq_rows, table.index_scans) == ("shop.orders", 100, 60, 900, 7)
    assert table.threshold == 50
    (replica,) = health.replicas or ()
    assert (replica.name, replica.client, replica.state, replica.lag_s) == ("standby", "10.0.0.2", "streaming", 90.0)
    assert health.archiver is not None
    assert (health.archiver.failed, health.archiver.failed_wal) == (4, "0A")
    assert {sign.kind for sign in health.xmins or ()} == {"session", "standby feedback", "slot catalog", "prepared"}
    (prepared,) = health.prepared or ()
    assert (prepared.name, prepared.owner) == ("pay-17", "jane")
    assert [(open.pid, open.state) for open in health.transactions or ()] == [
        (4711, "idle in transaction"),
        (4712, "active"),
    ]
    counted = next(database for database in health.databases or () if database.commits)
    assert (counted.name, counted.commits, counted.deadlocks, counted.temp_files) == ("postgres", 50, 3, 4)


def test_health_that_came_with_a_version(told: Told) -> None:
    version, health = told.version, told.health
    (slot,) = health.slots or ()
    trouble = "wal_removed" if version >= 17 else "in conflict with recovery" if version == 16 else ""
    assert (slot.wal_status, slot.trouble, slot.inactive_since is not None) == ("lost", trouble, version >= 17)
    (index,) = health.indexes or ()
    assert (index.name, index.last_scan is not None) == ("shop.by_customer", version >= 16)
    progress = {sign.kind: sign for sign in health.progress or ()}
    phase = "vacuuming indexes, index 1 of 3" if version >= 17 else "vacuuming indexes"
    assert (progress["vacuum"].phase, progress["vacuum"].done, progress["vacuum"].relation) == (phase, 410, "orders")
    assert set(progress) - {"copy from"} == {"vacuum", "analyze", "create index", "vacuum full", "base backup"}
    assert (progress["create index"].done, progress["create index"].total) == (10, 40)
    assert ("copy from" in progress) == (version >= 14)


# ---- the record itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "name"), [(15, "older_postgres"), (18, "postgres_server")])
def test_what_is_written_down_is_what_real_servers_have(
    version: int, name: str, request: pytest.FixtureRequest
) -> None:
    columns = """
        SELECT c.relname, array_agg(attname::text) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE attnum > 0 AND c.relkind = 'v' GROUP BY 1"""
    host = request.getfixturevalue(name)
    with host.connect(database="postgres") as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        real = {view: set(names) for view, names in connection.execute(columns)}
    written = {view: set(having(columns, version)) for view, columns in VIEWS.items()}
    written["pg_stat_statements"] = set(having(STATEMENTS, version))
    assert {view: names for view, names in written.items() if names} == {
        view: real[view] for view, names in written.items() if names
    }


@pytest.mark.parametrize("query", QUERIES)
def test_all_that_a_query_reads_is_written_down(query: str) -> None:
    """A view, catalog or function that the record does not know would be read as the host has it."""
    known = {*VIEWS, *LATER, "pg_extension", "pg_stat_statements_info"} | FUNCTIONS
    for floor in floors(query):
        text = re.sub(r"--[^\n]*|'[^']*'", "", pick(query, floor * 10000))
        named = set(re.findall(r"\b(pg_\w+|current_setting|has_\w+|inet_\w+|mxid_age)\b(?=\s*\(|\s|$)", text))
        assert named <= known
