"""The feeds of PostgreSQL against a real server, with and without a store."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from opsconsole.config.settings import Postgres
from opsconsole.model.finding import Change
from opsconsole.model.sessions import Session, Sessions
from opsconsole.model.statements import StatementCounters, Statements, StatementsSample
from opsconsole.poller import postgres as feeds_module
from opsconsole.poller.postgres import PostgresFeeds, ServerReader, server_topic
from opsconsole.poller.statement_history import KIND, REACH_S, StatementHistory, decode, share, thin
from opsconsole.poller.statement_texts import Applications
from opsconsole.poller.topics import PG_CHANGES, PG_FACTS, PG_HEALTH, PG_SESSIONS, PG_STATEMENTS, Topic
from opsconsole.sources.asking import gathering
from opsconsole.sources.errors import SourceError
from opsconsole.store.store import Store
from opsconsole.text import clock
from tests.rules.statement_samples import START, counters, sample
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
async def reader(postgres_server: PostgresUnderTest) -> AsyncIterator[ServerReader]:
    feeds = PostgresFeeds([postgres_server.settings()])
    yield feeds.readers[0]
    await feeds.close()


def test_the_first_server_has_the_plain_topics(postgres_server: PostgresUnderTest) -> None:
    second = msgspec.structs.replace(postgres_server.settings(), name="reports")
    feeds = PostgresFeeds([postgres_server.settings(), second]).feeds
    assert [feed.topic for feed in feeds[:5]] == [PG_FACTS, PG_SESSIONS, PG_STATEMENTS, PG_HEALTH, PG_CHANGES]
    assert feeds[len(feeds) // 2].topic == server_topic(PG_FACTS, "reports")
    assert len({feed.name for feed in feeds}) == len(feeds)


def test_a_reading_may_take_longer_than_its_queries(postgres_server: PostgresUnderTest) -> None:
    for timeout_s in (5, 30):
        for feed in PostgresFeeds([postgres_server.settings(statement_timeout_s=timeout_s)]).feeds:
            assert feed.timeout_s > 2 * timeout_s


async def test_statements_between_two_readings(reader: ServerReader, postgres_server: PostgresUnderTest) -> None:
    with postgres_server.connect() as other:
        first, _ = await reader.statements()
        for number in range(40):
            other.execute("SELECT /*app='billing'*/ relname FROM pg_class WHERE oid = %s", [number])
        second, origin = await reader.statements()
    assert (first.rows, len(first.notes)) == ((), 1)
    row = next(row for row in second.rows if "relname FROM pg_class" in row.text)
    assert row.calls_s == pytest.approx(40 / second.window_s)
    assert (row.application, row.database, row.user) == ("billing", "shop", "postgres")
    assert row.text == "SELECT relname FROM pg_class WHERE oid = $1"
    assert "stats_since" in origin


async def test_facts_sessions_and_health(reader: ServerReader) -> None:
    for _ in range(2):
        await reader.statements()
        facts, _ = await reader.facts()
    sessions, _ = await reader.sessions()
    health, _ = await reader.health()
    assert facts.commits_s is not None
    assert facts.statements_s is not None
    assert sessions.server == "pg-primary"
    assert {check.state for check in health.checks} <= {"ok", "warn", "crit", "unknown"}


async def test_a_changed_setting_is_told_with_both_values(
    reader: ServerReader, postgres_server: PostgresUnderTest
) -> None:
    (started,), _ = await reader.changes()
    assert (started.kind, started.what) == ("restart", "pg-primary started")
    postgres_server.run("ALTER SYSTEM SET work_mem = '16MB'")
    postgres_server.run("SELECT pg_reload_conf()")
    try:
        changed = await asyncio.wait_for(_second(reader), 20)
    finally:
        postgres_server.run("ALTER SYSTEM RESET work_mem")
        postgres_server.run("SELECT pg_reload_conf()")
    assert (changed.kind, changed.what, changed.object) == (
        "setting",
        "pg-primary work_mem 4096 kB→16 MB",
        "pg-primary",
    )


async def _second(reader: ServerReader) -> Change:
    """A reload reaches a session when it next waits for a command."""
    while len((changes := await reader.changes())[0]) < 2:
        await asyncio.sleep(0.02)
    return changes[0][1]


async def test_a_console_opened_later_has_a_before(postgres_server: PostgresUnderTest, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db")
    earlier = PostgresFeeds([postgres_server.settings()], store)
    await earlier.readers[0].statements()
    await earlier.readers[0].facts()
    await earlier.close()
    with postgres_server.connect() as other:
        other.execute("SELECT 'between two consoles'")
    later = PostgresFeeds([postgres_server.settings()], store)
    view, _ = await later.readers[0].statements()
    facts, _ = await later.readers[0].facts()
    await later.close()
    await store.close()
    assert view.window_s > 0
    assert view.rows
    assert facts.commits_s is not None


async def test_two_days_of_samples_are_read_and_bounded(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db")
    now = clock.now()
    for minutes in (40 * 60, 30 * 60, *range(120, 0, -1)):
        taken = now - timedelta(minutes=minutes)
        kept = StatementsSample("main", taken, (counters(minutes, 1), counters(0, 5)), None, 0, START)
        await store.save_sample(KIND, "main", taken, msgspec.msgpack.encode(kept))
    await store.save_sample(KIND, "main", now - timedelta(seconds=30), b"of another version")
    history = StatementHistory("main", store)
    await history.load(now)
    await store.close()
    assert history.first_seen["10/5/2400/1"] == now - timedelta(minutes=40 * 60)
    assert history.first_seen["10/5/0/1"] == now - timedelta(minutes=40 * 60)
    assert (now - history.samples[1].taken).total_seconds() <= REACH_S
    assert history.samples[-1].taken == now - timedelta(minutes=1)


def test_samples_of_another_version_are_not_read() -> None:
    """Entries were maps of single counts once; another number of counts is another version, too."""
    older = {"user_id": 10, "database_id": 5, "query_id": 1, "toplevel": True, "calls": 9, "total_ms": 1.5, "rows": 9}
    ours = msgspec.to_builtins(sample(0, counters(1, 5)))
    few = msgspec.structs.replace(counters(1, 5), packed=bytes(16))
    assert decode(msgspec.msgpack.encode(ours | {"counters": [older]})) is None
    assert decode(msgspec.msgpack.encode(sample(0, few))) is None
    assert decode(msgspec.msgpack.encode(sample(0, counters(1, 5)))) == sample(0, counters(1, 5))


def test_memory_holds_the_window_closely_and_the_time_before_by_the_minute() -> None:
    kept: list[StatementsSample] = []
    for seconds in range(0, 3 * 3600, 10):
        kept = thin([*kept, sample(seconds)])
    ages = [(kept[-1].taken - one.taken).total_seconds() for one in kept]
    assert len([age for age in ages if age <= 300]) == 31
    assert len(kept) < 65
    assert ages[1] <= REACH_S < ages[0]


def test_unchanged_entries_are_shared() -> None:
    old = sample(0, counters(1, 5), counters(2, 5))
    new = share(old, sample(10, counters(1, 5), counters(2, 6)))
    assert new.counters[0] is old.counters[0]
    assert new.counters[1].counts.calls == 6


def test_applications_are_learnt_from_sessions() -> None:
    known = Applications()
    assert known.of(7) == ""
    known.learn(Sessions("main", (running(1, "api"), running(2, "api"), running(3, "worker"))))
    assert known.of(7) == "api +1"


def running(pid: int, application: str) -> Session:
    return Session(pid, START, "active", application, "u", "d", "", "", "", "q", None, None, None, query_id=7)


def test_a_view_survives_the_trip_through_messagepack() -> None:
    view = Statements("main", 300.0, None, notes=("x",))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(view), type=Statements) == view
    one = counters(-3, 1, 1.5, since=START)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(one), type=StatementCounters) == one


async def test_what_is_dear_waits_for_the_first_facts(reader: ServerReader) -> None:
    facts, health = (next(feed for feed in reader.feeds if feed.name == name) for name in ("pg.facts", "pg.health"))
    with gathering() as asked:
        await asyncio.gather(health.read(), facts.read())
    names = [one.name for one in asked]
    assert names.index("size") < names.index("health_settings")


async def test_without_facts_the_others_are_read_all_the_same(
    reader: ServerReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds_module, "FACTS_FIRST_S", 0.0)
    health = next(feed for feed in reader.feeds if feed.name == "pg.health")
    assert (await health.read())[0].checks


async def test_what_waits_behind_a_query_that_hangs_says_the_same_of_the_server() -> None:
    reader = ServerReader(Postgres(name="pg", dsn="host=localhost"), "", None)

    async def waits() -> tuple[int, str]:
        await asyncio.sleep(60)
        return 1, ""

    feed = reader._polled(Topic[int]("pg.test", "pg"), 5.0, waits, 0.01)
    with pytest.raises(TimeoutError):
        await feed.read()  # slow, but the server answered what was asked last
    reader.server.connection.silent = True
    with pytest.raises(SourceError, match="pg does not answer"):
        await feed.read()
