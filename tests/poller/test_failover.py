"""Fail-overs of real servers: a replica is promoted, and an address answers from another server."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Postgres
from opsconsole.demo import children
from opsconsole.model.counters import ServerCounters
from opsconsole.model.postgres import ServerFacts, ServerPlace
from opsconsole.model.reading import Reading, State
from opsconsole.poller import judge as module
from opsconsole.poller import postgres as feeds_module
from opsconsole.poller.board import Board
from opsconsole.poller.failover_watch import FailoverWatch
from opsconsole.poller.judge import Judge
from opsconsole.poller.postgres import PostgresFeeds, server_topic
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import CHANGES, FINDINGS, PG_FACTS
from tests.require import require
from tests.servers.older_postgres import BINARIES, OlderPostgres


@pytest.fixture
def pair() -> Iterator[tuple[OlderPostgres, OlderPostgres]]:
    """A primary and a replica of its own: the test changes their roles."""
    require("postgres-15", (BINARIES / "postgres").exists(), "apt-get install postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="opsconsole-test-failover-"))
    folder.chmod(0o711)
    started: list[OlderPostgres] = []
    try:
        started.append(OlderPostgres(folder))
        started.append(OlderPostgres(folder, copy_of=started[0]))
        yield started[0], started[1]
    finally:
        children.stop_all([server.child for server in started])
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def watching(monkeypatch: pytest.MonkeyPatch, *servers: Postgres) -> AsyncIterator[Board]:
    """A board that the servers' feeds fill, and the judge over it."""
    monkeypatch.setattr(feeds_module, "FACTS_EVERY_S", 0.1)
    monkeypatch.setattr(module, "AT_MOST_EVERY_S", 0.02)
    monkeypatch.setattr(module, "AT_LEAST_EVERY_S", 0.1)
    board = Board()
    feeds = PostgresFeeds(servers)
    facts = [feed for feed in feeds.feeds if feed.name.startswith(PG_FACTS.name)]
    topics = [feed.topic for feed in facts]
    poller = Poller(board)
    poller.start([*facts, Judge(builtin("default"), systems=topics, watchers=[FailoverWatch(topics)])])
    try:
        yield board
    finally:
        await poller.stop()
        await feeds.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


def said(board: Board) -> list[str]:
    return [change.what for change in board.get(CHANGES).value or () if change.kind == "fail-over"]


async def test_a_promotion_is_a_change_and_two_primaries_of_one_system_are_critical(
    pair: tuple[OlderPostgres, OlderPostgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, replica = pair
    second = server_topic(PG_FACTS, "older-replica")
    async with watching(monkeypatch, primary.settings(), replica.settings()) as board:
        await until(lambda: board.get(PG_FACTS).value is not None and board.get(second).value is not None)
        first, other = board.get(PG_FACTS).value, board.get(second).value
        assert first is not None
        assert other is not None
        assert (first.is_replica, other.is_replica) == (False, True)
        assert first.place.system == other.place.system != ""
        assert first.place.timeline == 1
        assert other.place.follows == f"127.0.0.1:{primary.port}"
        assert said(board) == []
        await asyncio.to_thread(replica.promote)
        await until(lambda: bool(said(board)))
        assert said(board) == ["older-replica is primary now (timeline 2)"]
        await until(lambda: bool(board.get(FINDINGS).value))
        (finding,) = board.get(FINDINGS).value or ()
        assert finding.what.startswith("split brain: older and older-replica are both primary of one system")
        assert (finding.severity.name, finding.object) == ("CRITICAL", "older")


async def test_another_server_behind_one_address_is_said_and_its_counters_are_not_compared(
    pair: tuple[OlderPostgres, OlderPostgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a virtual address, or a proxy of fail-over tools, moves on."""
    primary, replica = pair
    target = [primary.port]
    writers: list[asyncio.StreamWriter] = []

    async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target[0])
        writers.extend((writer, back))
        await asyncio.gather(pipe(reader, back), pipe(there, writer))

    proxy = await asyncio.start_server(take, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    virtual = Postgres(name="pg", dsn=f"host=127.0.0.1 port={port} user=console dbname=postgres")
    async with watching(monkeypatch, virtual) as board:
        await until(lambda: board.get(PG_FACTS).value is not None)
        target[0] = replica.port
        for writer in writers:
            writer.close()
        await until(lambda: bool(said(board)))
        assert said(board)[0].startswith(f"pg is another server now: 127.0.0.1:{replica.port}, a replica")
    proxy.close()


class Kept:
    """A store in which an earlier console left what it saw of a server an hour ago."""

    def __init__(self, facts: ServerFacts, at: datetime) -> None:
        self._held = (at, msgspec.msgpack.encode(ServerCounters(at, facts, 0, 0, 0, 0, 0, 0)))

    async def save_sample(self, kind: str, server: str, taken: datetime, payload: bytes) -> None: ...

    async def samples(
        self, kind: str, server: str, since: datetime, *, until: datetime | None = None, every_s: float = 0.0
    ) -> list[tuple[datetime, bytes]]:
        at = self._held[0]
        return [self._held] if at >= since and (until is None or at < until) else []


async def test_a_fail_over_while_no_console_was_open_is_said_by_the_next_one() -> None:
    now = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)
    before = ServerFacts("pg-b", "18.1", now - timedelta(days=9), True, 1, 100, 3, place=ServerPlace("7", 2))
    after = msgspec.structs.replace(before, is_replica=False, place=ServerPlace("7", 3))
    watch = FailoverWatch([PG_FACTS], Kept(before, now - timedelta(hours=5)))
    watch.changed(PG_FACTS, Reading(after, State.OK, now), None)
    assert list(await watch.findings(now)) == []
    assert [change.what for change in watch.changes(now)] == ["pg-b is primary now (timeline 3), within the last 5h00m"]


async def test_while_roles_move_two_primaries_of_two_moments_are_no_split_brain() -> None:
    """The old primary was read a second before it was gone, the new one a second after: each is asked again first."""
    start = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)
    second = server_topic(PG_FACTS, "pg-b")
    watch = FailoverWatch([PG_FACTS, second])

    def primary(name: str, host: int) -> ServerFacts:
        started = start - timedelta(days=host)
        return ServerFacts(name, "18.1", started, False, 1, 100, 3, place=ServerPlace("7", host))

    def read(second_s: int) -> None:
        at = start + timedelta(seconds=second_s)
        watch.changed(PG_FACTS, Reading(primary("pg-a", 2), State.OK, at), None)
        watch.changed(second, Reading(primary("pg-b", 3), State.OK, at), None)

    read(0)
    assert list(await watch.findings(start + timedelta(seconds=1))) == []
    read(5)
    (found,) = await watch.findings(start + timedelta(seconds=6))
    assert found.what == "split brain: pg-a and pg-b are both primary of one system (timelines 2 and 3)"
    assert found.since == start + timedelta(seconds=1)
