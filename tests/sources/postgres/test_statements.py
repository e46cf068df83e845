"""The statement counters of real servers; those of other versions are in test_versions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest

from opsconsole.model.reading import ProblemKind
from opsconsole.model.statements import Counts
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.queries import floors, pick
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.sources.postgres.statements import StatementReader, duration_ms
from tests.servers.older_postgres import OlderPostgres
from tests.servers.ports import until
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


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
