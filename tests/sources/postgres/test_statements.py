"""The statement counters of real servers, and of the versions that are only documented here."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, LiteralString, cast

import psycopg
import pytest

from opsconsole.model.reading import ProblemKind
from opsconsole.model.statements import Counts
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.queries import floors, pick
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.sources.postgres.statements import StatementReader, duration_ms, entry
from tests.servers.older_postgres import OlderPostgres
from tests.servers.ports import until
from tests.servers.postgres import PostgresUnderTest

# pg_stat_statements as the documentation lists its columns: (name, first version, last version).
COLUMNS = (
    ("userid", 13, 99), ("dbid", 13, 99), ("toplevel", 14, 99), ("queryid", 13, 99), ("query", 13, 99),
    ("plans", 13, 99), ("total_plan_time", 13, 99), ("calls", 13, 99), ("total_exec_time", 13, 99), ("rows", 13, 99),
    ("shared_blks_hit", 13, 99), ("shared_blks_read", 13, 99), ("shared_blks_dirtied", 13, 99),
    ("shared_blks_written", 13, 99), ("local_blks_read", 13, 99), ("local_blks_written", 13, 99),
    ("temp_blks_read", 13, 99), ("temp_blks_written", 13, 99), ("blk_read_time", 13, 16), ("blk_write_time", 13, 16),
    ("shared_blk_read_time", 17, 99), ("shared_blk_write_time", 17, 99), ("local_blk_read_time", 17, 99),
    ("local_blk_write_time", 17, 99), ("temp_blk_read_time", 15, 99), ("temp_blk_write_time", 15, 99),
    ("wal_bytes", 13, 99), ("jit_generation_time", 15, 99), ("jit_inlining_time", 15, 99),
    ("jit_optimization_time", 15, 99), ("jit_emission_time", 15, 99), ("jit_deform_time", 17, 99),
    ("stats_since", 17, 99),
)  # fmt: skip
TYPES = {
    "toplevel": ("bool", "true"),
    "query": ("text", "'select 1'"),
    "stats_since": ("timestamptz", "timestamptz '2025-03-27Z'"),
}
VALUES = {"userid": 10, "dbid": 5, "queryid": -42, "calls": 3, "total_exec_time": 4.5, "wal_bytes": 7}


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.mark.parametrize(
    ("version", "read_ms", "jit_ms"), [(13, 1, 0), (14, 1, 0), (15, 2, 4), (16, 2, 4), (17, 3, 5), (18, 3, 5)]
)
def test_each_version_is_read_by_the_columns_that_it_has(
    version: int, read_ms: float, jit_ms: float, postgres_server: PostgresUnderTest
) -> None:
    """Built from the documentation, not recorded: every time is 1 ms, so that the sums tell what was added up."""
    there = [name for name, first, last in COLUMNS if first <= version <= last]
    kinds = ", ".join(f"{name} {TYPES.get(name, ('float8', ''))[0]}" for name in there)
    row = ", ".join(TYPES[name][1] if name in TYPES else str(VALUES.get(name, 1)) for name in there)
    schema = f"documented_{version}"
    with postgres_server.connect() as connection:
        laid_out = (
            f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema};"
            f"CREATE FUNCTION {schema}.pg_stat_statements(boolean) RETURNS TABLE ({kinds}) LANGUAGE sql"
            f" AS $$ SELECT {row} $$"
        )
        connection.execute(cast("LiteralString", laid_out))
        query = pick("statements", version * 10000).replace("{schema}", schema)
        ((text, hidden, calls, _),) = connection.execute(cast("LiteralString", query)).fetchall()
        connection.execute(cast("LiteralString", f"DROP SCHEMA {schema} CASCADE"))
    found = entry(text)
    assert (found.key, hidden, calls) == ("10/5/-42/1", 0, 3)
    assert (found.since is not None) == (version >= 17)
    counts = found.counts
    assert (counts.calls, counts.total_ms, counts.wal_bytes) == (3, 4.5, 7)
    assert (counts.local_blocks, counts.temp_read, counts.temp_written) == (2, 1, 1)
    assert (counts.read_ms, counts.write_ms, counts.jit_ms) == (read_ms, read_ms, jit_ms)


def test_every_count_has_its_place_in_every_text() -> None:
    for floor in floors("statements"):
        text = pick("statements", floor * 10000)
        listed = text.split("concat_ws(' ',")[1].split("), E'")[0]
        assert listed.count(",") == 4 + len(Counts._fields)


async def test_a_line_that_did_not_change_is_the_same_entry(
    postgres_server: PostgresUnderTest, thread: ThreadPoolExecutor
) -> None:
    server = PostgresServer(postgres_server.settings())
    reader = StatementReader(server, thread)
    with postgres_server.connect() as other:
        other.execute("SELECT 'known for long'")
        first = await reader.read()
        other.execute("CREATE TEMP TABLE few AS SELECT generate_series(1, 5000) AS id")
        other.execute("SELECT count(*) FROM few")
        second = await reader.read()
    await server.close()
    before = {counters.key: counters for counters in first.counters}
    same = [counters for counters in second.counters if before.get(counters.key) is counters]
    assert same
    assert any(counters.key not in before and counters.counts.local_blocks for counters in second.counters)
    assert first.stats_reset is not None
    assert first.deallocations is not None
    assert all(counters.since is not None for counters in second.counters)


async def test_what_is_counted_at_all_is_read_from_the_settings(
    postgres_server: PostgresUnderTest, thread: ThreadPoolExecutor
) -> None:
    server = PostgresServer(postgres_server.settings())
    try:
        tracked = (await StatementReader(server, thread).read()).tracked
    finally:
        await server.close()
    with postgres_server.connect() as other:
        io_timing = other.execute("SHOW track_io_timing").fetchall()[0][0] == "on"
    assert (tracked.planning, tracked.io_timing, tracked.jit) == (False, io_timing, True)
    assert tracked.most == 5000
    assert tracked.log_ms is not None


def test_settings_that_are_durations() -> None:
    assert [duration_ms(text) for text in ("-1", "0", "250ms", "1s", "2min")] == [-1, 0, 250, 1000, 120_000]
    assert duration_ms(None) is None
    assert duration_ms("soon") is None


async def test_a_role_without_rights_counts_what_it_may_not_see(
    postgres_server: PostgresUnderTest, thread: ThreadPoolExecutor
) -> None:
    server = PostgresServer(postgres_server.settings("nobody_special", "nobody-Words"))
    try:
        sample = await StatementReader(server, thread).read()
    finally:
        await server.close()
    assert sample.hidden > 0


async def test_an_extension_that_is_dropped_is_said_at_once_and_found_again(
    postgres_server: PostgresUnderTest, thread: ThreadPoolExecutor
) -> None:
    server = PostgresServer(postgres_server.settings())
    reader = StatementReader(server, thread)
    await reader.read()
    postgres_server.run("DROP EXTENSION pg_stat_statements")
    try:
        with pytest.raises(SourceError) as refusal:
            await reader.read()
    finally:
        postgres_server.run("CREATE EXTENSION pg_stat_statements")
    assert refusal.value.problem.kind is ProblemKind.MISCONFIGURED
    assert "CREATE EXTENSION" in refusal.value.problem.remedy
    assert (await reader.read()).counters
    await server.close()


async def test_an_older_server_and_its_replica(
    older_postgres: OlderPostgres, older_replica: OlderPostgres, thread: ThreadPoolExecutor
) -> None:
    older_postgres.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    for under_test in (older_postgres, older_replica):
        server = PostgresServer(under_test.settings())
        with under_test.connect() as other:
            until(partial(_installed, other), "the extension to be replicated")
        try:
            sample = await StatementReader(server, thread).read()
        finally:
            await server.close()
        assert sample.counters
        assert all(counters.since is None for counters in sample.counters)
        assert (sample.stats_reset is not None, sample.tracked.jit) == (True, True)


def _installed(connection: "psycopg.Connection[tuple[Any, ...]]") -> bool:
    found = connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'").fetchall()
    return found == [(1,)]
