"""Connections of real servers: who holds them, a limit that is reached, and what a console kept before."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Postgres
from opsconsole.demo import children
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.pools import Connections, ConnectionsSample, Trend
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.connections import KIND, ConnectionsDesk, ConnectionsWatch, connection_feeds, growth, sample_of
from opsconsole.poller.judge import Judge
from opsconsole.poller.postgres import PostgresFeeds
from opsconsole.poller.schedule import Alarm
from opsconsole.poller.topics import FINDINGS, PG_CONNECTIONS, PG_FACTS
from opsconsole.rules.connection_rows import connection_rows
from opsconsole.rules.findings import Blind, from_blind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.store.store import Store
from opsconsole.text import clock
from tests.require import require
from tests.servers import older_postgres as older
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
async def desk(postgres_server: PostgresUnderTest) -> AsyncIterator[ConnectionsDesk]:
    server = PostgresServer(postgres_server.settings())
    yield ConnectionsDesk(server)
    await server.close()


async def test_who_holds_them(desk: ConnectionsDesk, postgres_server: PostgresUnderTest) -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(postgres_server.connect(application_name="till"))
        held = stack.enter_context(postgres_server.connect(application_name="worker"))
        held.execute("BEGIN")
        now, origin = await desk.read()
    by = {(group.application, group.state): group.count for group in now.groups}
    assert by["till", "idle"] == 3
    assert by["worker", "idle in transaction"] == 1
    assert by["opsconsole", "active"] == 1
    assert now.used == sum(group.count for group in now.groups if group.kind == "client backend")
    assert (now.max_connections, now.superuser_reserved, now.reserved) == (100, 3, 2)
    assert (now.limit, now.free) == (95, 95 - now.used)
    assert (now.reserve, now.role) == ("", "console")
    assert "pg_stat_activity" in origin
    assert now.trend.verdict == "short"
    assert all(row.value for row in connection_rows(now, clock.now()))


async def test_limits_of_roles_and_databases(desk: ConnectionsDesk, postgres_server: PostgresUnderTest) -> None:
    postgres_server.run("ALTER ROLE nobody_special CONNECTION LIMIT 5")
    postgres_server.run("ALTER DATABASE shop CONNECTION LIMIT 40")
    try:
        now, _ = await desk.read()
    finally:
        postgres_server.run("ALTER ROLE nobody_special CONNECTION LIMIT -1")
        postgres_server.run("ALTER DATABASE shop CONNECTION LIMIT -1")
    limits = {(one.kind, one.name): (one.used, one.limit) for one in now.limits}
    assert limits["role", "nobody_special"] == (0, 5)
    assert limits["database", "shop"][1] == 40


async def test_a_replica_is_a_walsender_and_no_connection(
    older_postgres: OlderPostgres, older_replica: OlderPostgres
) -> None:
    server = PostgresServer(older_postgres.settings())
    now, _ = await ConnectionsDesk(server).read()
    await server.close()
    assert sum(group.count for group in now.groups if group.kind == "walsender") == 1
    assert next(one.used for one in now.limits if one.kind == "walsenders") == 1
    assert now.used == sum(group.count for group in now.groups if group.kind == "client backend")


async def test_a_role_that_sees_no_types_counts_neither_walsenders_nor_workers(
    older_postgres: OlderPostgres, older_replica: OlderPostgres
) -> None:
    older_postgres.run("CREATE ROLE plain LOGIN")
    settings = msgspec.structs.replace(
        older_postgres.settings(), dsn=older_postgres.settings().dsn.replace("user=console", "user=plain")
    )
    server = PostgresServer(settings)
    now, _ = await ConnectionsDesk(server).read()
    facts = (await server.counters()).facts
    await server.close()
    older_postgres.run("DROP ROLE plain")
    assert "logical replication launcher" not in {group.application for group in now.groups}
    assert next(one.used for one in now.limits if one.kind == "walsenders") == 1
    assert all(group.database for group in now.groups if group.kind == "client backend")
    assert now.used == facts.connections


async def test_states_of_others_are_hidden_from_a_plain_role(postgres_server: PostgresUnderTest) -> None:
    server = PostgresServer(postgres_server.settings("nobody_special", "nobody-Words"))
    with postgres_server.connect(application_name="till"):
        now, _ = await ConnectionsDesk(server).read()
    await server.close()
    assert ("till", "hidden") in {(group.application, group.state) for group in now.groups}
    assert next(row for row in connection_rows(now, clock.now()) if row.key == "state:hidden").remedy.startswith(
        "GRANT pg_monitor"
    )


# ---- the limit -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small() -> Iterator[OlderPostgres]:
    """Twelve connections, three of them kept back."""
    require("postgres-15", (older.BINARIES / "postgres").exists(), "apt-get install postgresql-15")
    folder = Path(tempfile.mkdtemp(prefix="opsconsole-test-small-"))
    folder.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(older, "OPTIONS", (*older.OPTIONS, "max_connections=12"))
        server = OlderPostgres(folder)
    server.run("CREATE ROLE app LOGIN")
    yield server
    children.stop_all([server.child])
    shutil.rmtree(folder, ignore_errors=True)


def take_all(server: OlderPostgres, stack: ExitStack) -> int:
    """Connect as an application until the server refuses."""
    for number in range(50):
        try:
            stack.enter_context(psycopg.connect(server.settings().dsn.replace("console", "app"), autocommit=True))
        except psycopg.OperationalError:
            return number
    raise AssertionError("the server refuses nobody")


async def test_a_session_that_stands_is_kept_while_the_limit_is_reached(small: OlderPostgres) -> None:
    server = PostgresServer(small.settings())
    desk = ConnectionsDesk(server)
    await desk.read()
    with ExitStack() as stack:
        assert take_all(small, stack) == 8
        now, _ = await desk.read()
        assert (now.used, now.limit, now.free) == (9, 9, 0)
        assert now.trend.verdict == "full"
        # A query that is given up must not cost the session: nobody would let us in again.
        server.settings = server.connection.settings = msgspec.structs.replace(server.settings, statement_timeout_s=0.1)
        with pytest.raises(SourceError):
            await server.connection.fetch("a nap", "SET statement_timeout = 0; SELECT pg_sleep(60)")
        assert (await desk.read())[0].used == 9
        assert server.connection.opened == 1
    await server.close()


async def test_without_a_session_it_says_so_and_what_was_seen(small: OlderPostgres, tmp_path: Path) -> None:
    """What another console kept tells a new one how it stood."""
    store = Store.open(tmp_path / "state.db")
    first = PostgresServer(small.settings())
    with ExitStack() as stack:
        desk = ConnectionsDesk(first, store)
        await desk.read()
        take_all(small, stack)
        await first.close()
        stack.enter_context(psycopg.connect(small.settings().dsn))
        second = PostgresServer(small.settings())
        with pytest.raises(SourceError) as caught:
            await ConnectionsDesk(second, store).read()
    await store.close()
    problem = caught.value.problem
    assert problem.kind is ProblemKind.REFUSED
    assert "has no free connection" in problem.sentence
    assert re.search(r"of 9 in use when last seen \d\d:\d\d; the console holds none \(", problem.sentence)
    assert "pg_use_reserved_connections" in problem.remedy
    await second.close()


async def test_a_superuser_gets_in_and_it_is_said(small: OlderPostgres) -> None:
    dsn = small.settings().dsn.replace("console", "postgres")
    server = PostgresServer(Postgres(name="small", dsn=dsn))
    with ExitStack() as stack:
        take_all(small, stack)
        now, _ = await ConnectionsDesk(server).read()
    await server.close()
    assert now.reserve == "superuser"
    assert (
        next(row for row in connection_rows(now, clock.now()) if row.key == "reserve").limit
        == "the console may use one"
    )


async def test_a_role_of_the_reserve_gets_in(postgres_server: PostgresUnderTest) -> None:
    """16 and later."""
    postgres_server.run("GRANT pg_use_reserved_connections TO console")
    server = PostgresServer(postgres_server.settings())
    try:
        now, _ = await ConnectionsDesk(server).read()
    finally:
        postgres_server.run("REVOKE pg_use_reserved_connections FROM console")
        await server.close()
    assert now.reserve == "reserved"
    row = next(row for row in connection_rows(now, clock.now()) if row.key == "reserve")
    assert (row.value, row.limit) == ("3 superuser, 2 reserved", "the console may use one")
    none = msgspec.structs.replace(now, reserved=0)
    row = next(row for row in connection_rows(none, clock.now()) if row.key == "reserve")
    assert row.limit == "none for the console", "where none is reserved the right alone helps nobody"


# ---- samples ---------------------------------------------------------------------------------------------------------


def kept(minutes: float, used: int, **applications: int) -> ConnectionsSample:
    return ConnectionsSample(clock.now() - timedelta(minutes=minutes), None, 97, used, applications)


async def test_what_was_kept_gives_a_trend_at_once(postgres_server: PostgresUnderTest, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state.db")
    server = PostgresServer(postgres_server.settings())
    started = (await server.identity()).started
    for minute in range(14, 0, -1):
        sample = ConnectionsSample(
            clock.now() - timedelta(minutes=minute), started, 97, 40, {"till": 39, "opsconsole": 1}
        )
        await store.save_sample(KIND, server.name, sample.taken, msgspec.msgpack.encode(sample))
    most = ConnectionsSample(clock.now() - timedelta(hours=20), None, 97, 91, {})
    await store.save_sample(KIND, server.name, most.taken, msgspec.msgpack.encode(most))
    await store.save_sample(KIND, server.name, most.taken - timedelta(hours=1), b"not ours")
    with postgres_server.connect(application_name="till"):
        now, _ = await ConnectionsDesk(server, store).read()
    await server.close()
    await store.close()
    assert now.trend.points == 15
    assert (now.most, now.most_at) == (91, most.taken)
    assert next(one.more for one in now.growth if one.application == "till") == -38


def test_who_grew() -> None:
    grown = growth([kept(15, 20, api=10, worker=10), kept(7, 30, api=20, worker=10), kept(0, 52, api=41, job=11)])
    assert [(one.application, one.more) for one in grown] == [("api", 31), ("job", 11)]
    assert grown[0].course == (10.0, 20.0, 41.0)


def test_a_sample_holds_at_most_fifty_names() -> None:
    from opsconsole.model.pools import ConnectionGroup

    groups = tuple(
        ConnectionGroup(f"job-{number}", "app", "shop", "10.0.0.1", "idle", "client backend", 1 + number % 7)
        for number in range(500)
    )
    sample = sample_of(Connections("pg", 500, 600, 3, 0, groups), clock.now(), None)
    assert len(sample.applications) == 50
    assert min(sample.applications.values()) == 7


async def test_a_finding_about_connections_learns_when_they_are_gone() -> None:
    watch = ConnectionsWatch([PG_CONNECTIONS])
    seen = Connections("pg-primary", 88, 100, 3, 0, trend=Trend("grows", 600, 60, 0.025, 0.02, 0.03, 370))
    watch.changed(PG_CONNECTIONS, Reading(seen, State.OK, clock.now()), None)
    about = Finding(
        "pg-connections:pg-primary", Severity.WARNING, "pg-primary db connections 88 of 97", 3, object="pg-primary"
    )
    other = Finding("pg-cpu:pg-primary", Severity.WARNING, "pg-primary db CPU 90 %", 3, object="pg-primary")
    assert watch.place(about).what.endswith("full in ~6m")
    assert watch.place(other) == other
    watch.changed(PG_CONNECTIONS, Reading(seen, State.STALE, clock.now()), None)
    assert watch.place(about) == about, "a forecast is of what is live"
    assert list(await watch.findings(clock.now())) == []


def test_every_server_has_a_feed() -> None:
    servers = [PostgresServer(Postgres(name=name)) for name in ("primary", "replica")]
    assert [feed.topic.name for feed in connection_feeds(servers)] == ["pg.connections", "pg.connections.replica"]


async def test_a_full_server_is_a_finding_with_its_numbers(small: OlderPostgres) -> None:
    """The policy's own rule, its five minutes left out."""
    policy = builtin("default")
    rules = {"pg-connections": msgspec.structs.replace(policy.rules["pg-connections"], for_s=0)}
    board = Board()
    feeds = PostgresFeeds([small.settings()])
    reader = feeds.readers[0]
    desk = ConnectionsDesk(reader.server)
    judge = Judge(
        msgspec.structs.replace(policy, rules=rules), systems=(), watchers=[ConnectionsWatch([PG_CONNECTIONS])]
    )
    with ExitStack() as stack:
        await desk.read()
        take_all(small, stack)
        connections, _ = await desk.read()
        facts, _ = await reader.facts()
        board.publish(PG_CONNECTIONS, Reading(connections, State.OK, clock.now()))
        board.publish(PG_FACTS, Reading(facts, State.OK, clock.now()))
        judging = asyncio.create_task(judge.run(board, Alarm()))
        async with asyncio.timeout(20):
            while not (found := board.get(FINDINGS).value):
                await asyncio.sleep(0.02)
        judging.cancel()
    await feeds.close()
    assert [finding.what for finding in found] == ["older db connections 9 of 9 (100 %) > 80 %, full"]


def test_blind_for_want_of_a_connection_is_said_so() -> None:
    said = "pg-primary has no free connection: 97 of 97 in use when last seen 02:41; the console holds none"
    (finding,) = from_blind([Blind("pg", clock.now(), Problem(ProblemKind.REFUSED, said, "wait"))])
    assert finding.what == "PostgreSQL has no free connection: queries and sessions blind"
