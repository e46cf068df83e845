"""A PostgreSQL that dies, forgets, is slow or is another one behind the same port: what the feeds make of it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from opsconsole.config.settings import Postgres
from opsconsole.demo import children
from opsconsole.model.postgres import ServerFacts
from opsconsole.model.reading import State
from opsconsole.model.statements import NOT_READ, Statements
from opsconsole.poller import postgres as feeds_module
from opsconsole.poller.board import Board
from opsconsole.poller.postgres import PostgresFeeds, ServerReader
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import PG_FACTS
from opsconsole.sources import asking
from opsconsole.sources.errors import SourceError
from tests.require import require
from tests.servers.older_postgres import BINARIES, OlderPostgres
from tests.servers.postgres import PostgresUnderTest
from tests.servers.relay import relay


@pytest.fixture
async def reader(postgres_server: PostgresUnderTest) -> AsyncIterator[ServerReader]:
    feeds = PostgresFeeds([postgres_server.settings()])
    yield feeds.readers[0]
    await feeds.close()


@pytest.fixture
def twins() -> Iterator[tuple[OlderPostgres, OlderPostgres]]:
    """Two servers set up alike: the same numbers stand for other things in each."""
    require("postgres-15", (BINARIES / "postgres").exists(), "apt-get install postgresql-15")
    folders = [Path(tempfile.mkdtemp(prefix="opsconsole-test-twin-")) for _ in range(2)]
    started: list[OlderPostgres] = []
    try:
        for folder in folders:
            folder.chmod(0o711)
            started.append(OlderPostgres(folder))
            started[-1].run("CREATE EXTENSION pg_stat_statements")
        yield started[0], started[1]
    finally:
        children.stop_all([server.child for server in started])
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


async def again(reader: ServerReader) -> None:
    """Ask until it answers: the first to ask after a restart learns that its connection is gone."""
    async with asyncio.timeout(60):
        while True:
            try:
                await reader.facts()
                return
            except SourceError:
                await asyncio.sleep(0.02)


async def facts(reader: ServerReader) -> ServerFacts:
    return (await reader.facts())[0]


async def statements(reader: ServerReader) -> Statements:
    return (await reader.statements())[0]


def nothing_negative(view: Statements) -> bool:
    return all(
        number >= 0
        for row in view.rows
        for number in (row.calls, row.total_ms, row.mean_ms, row.share, row.rows_per_call, row.calls_s)
        if number is not None
    )


async def test_a_killed_server_comes_back_with_its_counts_gone(
    reader: ServerReader, postgres_server: PostgresUnderTest
) -> None:
    await facts(reader)
    await statements(reader)
    await statements(reader)
    postgres_server.kill()
    with pytest.raises(SourceError):
        await facts(reader)
    postgres_server.start()
    await again(reader)
    first = await statements(reader)
    assert not first.compared or first.rows == ()
    postgres_server.run("SELECT 'after the crash'")
    then = await statements(reader)
    assert nothing_negative(then)
    assert any("the server started again at " in note for note in then.notes)
    assert (await facts(reader)).commits_s is not None


async def test_after_a_reset_of_its_counters_a_rate_is_unknown_and_never_negative(
    reader: ServerReader, postgres_server: PostgresUnderTest
) -> None:
    await facts(reader)
    assert (await facts(reader)).commits_s is not None
    postgres_server.run("SELECT pg_stat_reset()")
    reset = await facts(reader)
    assert (reset.commits_s, reset.hit_ratio, reset.deadlocks) == (None, None, None)
    following = await facts(reader)
    assert following.commits_s is not None
    assert following.commits_s >= 0


async def test_an_extension_made_anew_between_two_readings(
    reader: ServerReader, postgres_server: PostgresUnderTest
) -> None:
    """In another schema, as whoever repairs it may choose."""
    await statements(reader)
    postgres_server.run(
        "DROP EXTENSION pg_stat_statements; CREATE SCHEMA tools; GRANT USAGE ON SCHEMA tools TO console"
    )
    postgres_server.run("CREATE EXTENSION pg_stat_statements SCHEMA tools")
    try:
        with pytest.raises(SourceError):
            await statements(reader)
        assert nothing_negative(await statements(reader))
    finally:
        postgres_server.run("DROP SCHEMA tools CASCADE; CREATE EXTENSION pg_stat_statements")


async def test_what_takes_too_long_costs_nothing_but_itself(postgres_server: PostgresUnderTest) -> None:
    postgres_server.run(
        "CREATE SCHEMA slow; CREATE VIEW slow.pg_stat_activity AS SELECT a.* FROM pg_stat_activity a, pg_sleep(60);"
        "GRANT USAGE ON SCHEMA slow TO console; GRANT SELECT ON slow.pg_stat_activity TO console"
    )
    about = postgres_server.settings(statement_timeout_s=1)
    path = " options='-c search_path=slow,pg_catalog,public'"
    feeds = PostgresFeeds(
        [Postgres(name=about.name, dsn=about.dsn + path, password=about.password, statement_timeout_s=1)]
    )
    reader = feeds.readers[0]
    try:
        for _ in range(3):
            with pytest.raises(SourceError, match=r"its sessions took longer than 1 s"):
                await reader.sessions()
            assert nothing_negative(await statements(reader))
        assert reader.server.connection.opened == 1
    finally:
        await feeds.close()
        postgres_server.run("DROP SCHEMA slow CASCADE")


@pytest.fixture
def slow_texts(postgres_server: PostgresUnderTest) -> Iterator[Postgres]:
    """As where texts fill half a gigabyte: the server reads through all of them for each that is asked for."""
    postgres_server.run("""
        CREATE SCHEMA slow;
        CREATE VIEW slow.pg_extension AS
            SELECT 'pg_stat_statements'::name AS extname, 'slow'::regnamespace::oid AS extnamespace;
        CREATE FUNCTION slow.pg_stat_statements(showtext bool)
            RETURNS SETOF public.pg_stat_statements LANGUAGE plpgsql AS
            $$ BEGIN
                IF showtext THEN PERFORM pg_sleep(60); END IF;
                RETURN QUERY SELECT * FROM public.pg_stat_statements(showtext);
            END $$;
        CREATE VIEW slow.pg_stat_statements AS SELECT * FROM slow.pg_stat_statements(true);
        CREATE VIEW slow.pg_stat_statements_info AS SELECT * FROM public.pg_stat_statements_info;
        GRANT USAGE ON SCHEMA slow TO console;
        GRANT SELECT ON ALL TABLES IN SCHEMA slow TO console""")
    about = postgres_server.settings()
    path = " options='-c search_path=slow,pg_catalog,public'"
    yield Postgres(name=about.name, dsn=about.dsn + path, password=about.password, statement_timeout_s=1)
    postgres_server.run("DROP SCHEMA slow CASCADE")


async def test_texts_that_take_too_long_are_missing_and_the_numbers_are_there(slow_texts: Postgres) -> None:
    feeds = PostgresFeeds([slow_texts])
    reader = feeds.readers[0]
    try:
        await statements(reader)
        view = await statements(reader)
        with asking.gathering() as asked:
            assert (await statements(reader)).rows
        assert "texts" not in {one.name for one in asked}
    finally:
        await feeds.close()
    assert view.rows
    assert {row.text for row in view.rows} <= {"", NOT_READ}
    assert any("statement texts took longer than 1 s" in note for note in view.notes)
    assert "console" in {row.user for row in view.rows}
    assert reader.server.connection.opened == 1


async def test_answers_slower_than_the_interval_never_overlap_and_are_called_late(
    postgres_server: PostgresUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_module, "FACTS_EVERY_S", 0.1)
    async with relay(postgres_server.port) as way:
        about = postgres_server.settings()
        dsn = about.dsn.replace(f"port={postgres_server.port}", f"port={way.port}")
        feeds = PostgresFeeds([Postgres(name="pg", dsn=dsn, password=about.password, statement_timeout_s=60)])
        board = Board()
        poller = Poller(board)
        seen: list[State] = []
        board.subscribe(PG_FACTS, lambda reading, _: seen.append(reading.state))
        poller.start([feed for feed in feeds.feeds if feed.topic is PG_FACTS])
        try:
            await until(lambda: board.get(PG_FACTS).state is State.OK)
            way.hold()
            await until(lambda: board.get(PG_FACTS).state is State.STALE)
            assert State.LATE in seen
            assert board.get(PG_FACTS).value is not None
            assert way.asked <= 1
            way.release()
            await until(lambda: board.get(PG_FACTS).state is State.OK)
        finally:
            await poller.stop()
            await feeds.close()


async def test_another_server_behind_the_same_port_is_never_mixed_up_with_the_one_before(
    twins: tuple[OlderPostgres, OlderPostgres],
) -> None:
    """Set up alike, so that one and the same number is another statement there."""
    first, second = twins
    first.run("CREATE TABLE accounts (id int)")
    second.run("CREATE TABLE invoices (id int)")
    async with relay(first.port) as way:
        feeds = PostgresFeeds([Postgres(name="pg", dsn=f"host=127.0.0.1 port={way.port} user=console dbname=postgres")])
        reader = feeds.readers[0]
        try:
            with first.connect() as other, second.connect() as another:
                await statements(reader)
                other.execute("SELECT id FROM accounts")
                seen = await statements(reader)
                assert "SELECT id FROM accounts" in {row.text for row in seen.rows}
                way.lead_to(second.port)
                await again(reader)
                await statements(reader)
                another.execute("SELECT id FROM invoices")
                view = await statements(reader)
            keys = {row.key for row in seen.rows if "accounts" in row.text}
            assert keys <= {row.key for row in view.rows}
            assert "SELECT id FROM invoices" in {row.text for row in view.rows}
            assert not [row for row in view.rows if "accounts" in row.text]
            assert nothing_negative(view)
        finally:
            await feeds.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)
