"""Windows of statements against real servers: a reset, a restart, evictions, and what a screen wishes."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from psycopg import sql

from opsconsole.demo import children
from opsconsole.model.statements import LAST, MINUTE, NOT_READ, RESET, StatementRate, Statements
from opsconsole.poller import statement_texts
from opsconsole.poller.board import Board
from opsconsole.poller.postgres import PostgresFeeds, ServerReader
from opsconsole.poller.schedule import Poller
from opsconsole.poller.statement_feed import EVERY_S, FIRST_S, SLOWEST_S, pause_s, window_topic
from opsconsole.poller.wishes import Wishes
from opsconsole.text import clock
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
async def reader(postgres_server: PostgresUnderTest) -> AsyncIterator[ServerReader]:
    feeds = PostgresFeeds([postgres_server.settings()])
    yield feeds.readers[0]
    await feeds.close()


@pytest.fixture(scope="module")
def small_server() -> Iterator[PostgresUnderTest]:
    """A PostgreSQL that has room for a hundred statements only: it evicts."""
    folder = Path(tempfile.mkdtemp(prefix="opsconsole-test-small-"))
    folder.chmod(0o711)
    server = PostgresUnderTest(folder)
    server.run("ALTER SYSTEM SET pg_stat_statements.max = 100")
    server.stop()
    server.start()
    yield server
    children.stop_all([server.child])
    shutil.rmtree(folder, ignore_errors=True)


async def read(reader: ServerReader) -> Statements:
    return (await reader.statements())[0]


def named(view: Statements, word: str) -> StatementRate | None:
    return next((row for row in view.rows if word in row.text), None)


async def test_all_windows_come_from_the_same_samples(reader: ServerReader, postgres_server: PostgresUnderTest) -> None:
    desk = reader.statement_desk
    with postgres_server.connect() as other:
        await read(reader)
        other.execute("SELECT relpages FROM pg_class WHERE relname = 'a'")
        await read(reader)
        other.execute("SELECT relpages FROM pg_class WHERE relname = 'b'")
        usual = await read(reader)
    last, minute, reset = [await desk.view(window) for window in (LAST, MINUTE, RESET)]
    assert [view.window for view in (last, minute, reset)] == [LAST, MINUTE, RESET]
    assert last.window_s < usual.window_s < reset.window_s
    counted = [row.calls if (row := named(view, "SELECT relpages")) else 0 for view in (last, usual, minute)]
    assert counted == [1, 2, 2]
    assert reset.begins is not None
    assert len(desk.history.samples) == 3


def test_what_is_dear_for_the_server_is_asked_more_rarely() -> None:
    assert pause_s([]) == EVERY_S
    assert pause_s([0.001]) == EVERY_S
    assert pause_s([0.012, 0.010, 0.011]) == 22.0
    assert pause_s([0.010, 0.010, 3.0]) == 20.0, "one hiccup is not what it usually takes"
    assert pause_s([3.0, 0.010, 3.0]) == SLOWEST_S


async def test_the_second_reading_follows_soon_and_the_rest_as_the_server_bears(reader: ServerReader) -> None:
    feed = next(feed for feed in reader.feeds if feed.name == "pg.statements")
    assert feed.every_s == FIRST_S
    await feed.read()
    assert feed.every_s == FIRST_S
    await feed.read()
    assert EVERY_S <= feed.every_s <= SLOWEST_S


async def test_calls_per_second_come_from_the_samples(reader: ServerReader, postgres_server: PostgresUnderTest) -> None:
    await read(reader)
    before, _ = await reader.facts()
    with postgres_server.connect() as other:
        for _ in range(50):
            other.execute("SELECT 1")
    await read(reader)
    facts, _ = await reader.facts()
    assert before.statements_s is None
    assert facts.statements_s is not None
    first, second = (sample.taken for sample in reader.statement_desk.history.samples)
    assert facts.statements_s >= 50 / (second - first).total_seconds()


async def test_new_texts_are_not_asked_for_while_that_was_dear_a_moment_ago(
    reader: ServerReader, postgres_server: PostgresUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statement_texts, "SPARED", 1_000_000)
    with postgres_server.connect() as other:
        await read(reader)
        other.execute("SELECT relpages, 1 FROM pg_class LIMIT 1")
        known = await read(reader)
        other.execute("SELECT relpages, 1, 2 FROM pg_class LIMIT 1")
        later = await read(reader)
        assert named(known, "SELECT relpages")
        assert NOT_READ in {row.text for row in later.rows}
        boottime = clock.boottime
        monkeypatch.setattr(clock, "boottime", lambda: boottime() + statement_texts.LONGEST_REST_S)
        assert NOT_READ not in {row.text for row in (await read(reader)).rows}


async def test_a_reset_of_all_is_told_with_its_time(reader: ServerReader, postgres_server: PostgresUnderTest) -> None:
    await read(reader)
    postgres_server.run("SELECT pg_stat_statements_reset()")
    first = await read(reader)
    second = await read(reader)
    assert not first.compared or first.notes
    assert any("statistics were reset at " in note for note in second.notes)
    assert all(row.calls >= 0 for row in second.rows)


async def test_statements_that_were_reset_one_by_one_are_told_apart(
    reader: ServerReader, postgres_server: PostgresUnderTest
) -> None:
    with postgres_server.connect() as other:
        for number in range(9):
            other.execute("SELECT relhasindex FROM pg_class WHERE oid = %s", [number])
        await read(reader)
        one = "SELECT queryid FROM pg_stat_statements WHERE query LIKE 'SELECT relhasindex%' LIMIT 1"
        other.execute("SELECT pg_stat_statements_reset(0, 0, %s)", other.execute(one).fetchall()[0])
        other.execute("SELECT relhasindex FROM pg_class WHERE oid = %s", [1])
        view = await read(reader)
    row = named(view, "SELECT relhasindex")
    assert row is not None
    assert row.calls == 1
    assert any("began again in this window, reset one by one" in note for note in view.notes)


async def test_a_restart_is_told_and_makes_another_window(
    reader: ServerReader, postgres_server: PostgresUnderTest
) -> None:
    await read(reader)
    postgres_server.stop()
    postgres_server.start()
    await _until_read(reader)
    await read(reader)
    view = await read(reader)
    assert any("the server started again at " in note for note in view.notes)
    assert (view.before_s, view.before_label) == (None, ""), "of so short a time nothing is the time before"


async def test_evictions_are_told_and_make_new_statements_doubtful(small_server: PostgresUnderTest) -> None:
    feeds = PostgresFeeds([small_server.settings()])
    reader = feeds.readers[0]
    with small_server.connect() as other:
        await read(reader)
        for number in range(200):
            other.execute(sql.SQL("SELECT {}").format(sql.SQL(", ").join([sql.Literal(1)] * (number + 1))))
        view = await read(reader)
    await feeds.close()
    assert view.evicting
    assert view.tracked.most == 100
    assert any("top-N incomplete" in note and "pg_stat_statements.max, now 100" in note for note in view.notes)


async def test_an_older_server_tells_no_time_of_entries(older_postgres: OlderPostgres) -> None:
    older_postgres.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    feeds = PostgresFeeds([older_postgres.settings()])
    reader = feeds.readers[0]
    with older_postgres.connect() as other:
        other.execute("SELECT relkind FROM pg_class LIMIT 1")
        await read(reader)
        other.execute("SELECT relkind FROM pg_class LIMIT 1")
        other.execute("SELECT relnatts FROM pg_class LIMIT 1")
        view = await read(reader)
    await feeds.close()
    old, new = named(view, "SELECT relkind"), named(view, "SELECT relnatts")
    assert old is not None
    assert new is not None
    assert old.known_since is None
    assert new.known_since is not None


async def test_a_window_is_published_while_somebody_wishes_it(
    reader: ServerReader, postgres_server: PostgresUnderTest
) -> None:
    board, wishes = Board(), Wishes()
    feeds = PostgresFeeds([postgres_server.settings()])
    poller = Poller(board)
    poller.start([*feeds.windows(wishes)])
    topic = window_topic(RESET)
    try:
        await read(feeds.readers[0])
        assert board.get(topic).value is None
        release = wishes.want(topic)
        await _until(lambda: board.get(topic).value is not None)
        shown = board.get(topic).value
        assert shown is not None
        assert shown.rows
        assert all(row.calls_s is not None for row in shown.rows)
        release()
    finally:
        await poller.stop()
        await feeds.close()


async def _until_read(reader: ServerReader) -> None:
    """The connection of before the restart fails once."""

    async def answers() -> bool:
        try:
            await read(reader)
        except Exception:
            return False
        return True

    await _until(answers)


async def _until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while True:
            met = condition()
            if await met if isinstance(met, Awaitable) else met:
                return
            await asyncio.sleep(0.02)
