"""Who is connected to a real server, and who waits for whom and for what: each kind of wait made for real."""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from typing import Any, LiteralString

import psycopg
import pytest

from opsconsole.model.sessions import Session, Sessions
from opsconsole.rules.blocking import forest, tree_words
from opsconsole.rules.sessions import folded
from opsconsole.sources.postgres import locks
from opsconsole.sources.postgres.queries import pick
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.sources.postgres.sessions import SessionReader
from opsconsole.text import clock
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest

Connection = psycopg.Connection[tuple[Any, ...]]

LATIN: LiteralString = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"


class People:
    """Connections by the name of their application; a statement that will have to wait runs in a thread."""

    def __init__(self, connect: Callable[..., Connection], stack: ExitStack) -> None:
        self._connect, self._stack = connect, stack
        self._open: dict[str, Connection] = {}

    def __getitem__(self, name: str) -> Connection:
        if name not in self._open:
            self._open[name] = self._connect(name)
            self._stack.callback(self._open[name].close)
        return self._open[name]

    def pid(self, name: str) -> int:
        return self[name].info.backend_pid

    def waits(self, name: str, query: LiteralString) -> None:
        connection = self[name]

        def run() -> None:
            with contextlib.suppress(psycopg.Error):
                connection.execute(query)

        thread = threading.Thread(target=run)
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(connection.cancel)


@pytest.fixture
def people(postgres_server: PostgresUnderTest) -> Iterator[People]:
    postgres_server.run(
        "DROP TABLE IF EXISTS orders; CREATE TABLE orders (id int PRIMARY KEY, note text);"
        "INSERT INTO orders SELECT generate_series(1, 9)"
    )
    with ExitStack() as stack:
        yield People(lambda name: postgres_server.connect(application_name=name), stack)


@pytest.fixture
async def reader(postgres_server: PostgresUnderTest) -> AsyncIterator[SessionReader]:
    server = PostgresServer(postgres_server.settings())
    yield SessionReader(server)
    await server.close()


async def seen(reader: SessionReader, condition: Callable[[Sessions], object]) -> Sessions:
    """The first reading for which it holds."""
    for _ in range(1000):
        sessions = await reader.read()
        if condition(sessions):
            return sessions
    raise AssertionError("it never happened")


def waiting(count: int) -> Callable[[Sessions], bool]:
    return lambda sessions: sum(1 for one in folded(sessions.everyone) if one.blocked_by) == count


def named(sessions: Sessions, name: str) -> Session:
    return next(one for one in folded(sessions.everyone) if one.application == name)


async def test_a_chain_of_row_locks_names_the_table(people: People, reader: SessionReader) -> None:
    people["root"].execute("BEGIN; UPDATE orders SET note = 'secret' WHERE id = 1")
    people.waits("first", "UPDATE orders SET note = 'b' WHERE id = 1")
    await seen(reader, waiting(1))
    people.waits("second", "UPDATE orders SET note = 'c' WHERE id = 1")
    sessions = await seen(reader, waiting(2))
    root, first, second = (named(sessions, name) for name in ("root", "first", "second"))
    assert (first.blocked_by, first.relation, first.lock_mode) == ((root.pid,), "row of orders", "ShareLock")
    assert second.blocked_by == (first.pid,)
    assert second.relation == "row (0,1) of orders"
    assert first.waits_since is not None
    assert [(held.mode, held.what) for held in root.holds] == [("ExclusiveLock", "row of orders")]
    found = forest(sessions.everyone, clock.now())
    assert tree_words(found.trees[0], clock.now()) == (
        f"{root.pid} of root (idle in tx <1m) blocks 2, longest <1m, holds row of orders"
    )
    assert first.query == "UPDATE orders SET note = ? WHERE id = ?"


async def test_readers_stand_in_the_queue_behind_who_changes_the_table(people: People, reader: SessionReader) -> None:
    people["report"].execute("BEGIN; SELECT * FROM orders")
    people.waits("migration", "ALTER TABLE orders ADD more text")
    await seen(reader, waiting(1))
    people.waits("api", "SELECT * FROM orders")
    sessions = await seen(reader, waiting(2))
    report, migration, api = (named(sessions, name) for name in ("report", "migration", "api"))
    assert (migration.blocked_by, migration.queued) == ((report.pid,), ())
    assert (migration.relation, migration.lock_mode) == ("orders", "AccessExclusiveLock")
    assert (api.blocked_by, api.queued) == ((migration.pid,), (migration.pid,))
    assert [(held.mode, held.what) for held in report.holds] == [("AccessShareLock", "orders")]


async def test_of_many_that_wait_few_are_asked_for_and_no_tree_is_missed(
    people: People, reader: SessionReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "MOST_ASKED", 3)
    people["root"].execute("BEGIN; UPDATE orders SET note = 'a' WHERE id = 1")
    for number in range(8):
        people.waits(f"api{number}", "UPDATE orders SET note = 'b' WHERE id = 1")
        await seen(reader, waiting(number + 1))
    people["other"].execute("BEGIN; SELECT pg_advisory_xact_lock(1)")
    people.waits("last", "SELECT pg_advisory_lock(1)")
    sessions = await seen(reader, waiting(9))
    trees = forest(sessions.everyone, clock.now()).trees
    assert [(tree.pid, len(tree.victims)) for tree in trees] == [(people.pid("root"), 8), (people.pid("other"), 1)]
    assert (sessions.not_asked, sessions.likened) == (0, 6)


async def test_advisory_locks_by_their_keys(people: People, reader: SessionReader) -> None:
    people["holder"].execute("SELECT pg_advisory_lock(-5), pg_advisory_lock(7, -1)")
    people.waits("one", "SELECT pg_advisory_lock(-5)")
    people.waits("other", "SELECT pg_advisory_lock(7, -1)")
    sessions = await seen(reader, waiting(2))
    assert named(sessions, "one").relation == "advisory lock -5"
    assert named(sessions, "other").relation == "advisory lock (7, -1)"


async def test_a_deadlock_that_the_server_has_not_found_yet_is_a_circle(people: People, reader: SessionReader) -> None:
    for name in ("one", "other"):
        people[name].execute("SET deadlock_timeout = '1h'")
    people["one"].execute("BEGIN; UPDATE orders SET note = 'a' WHERE id = 1")
    people["other"].execute("BEGIN; UPDATE orders SET note = 'a' WHERE id = 2")
    people.waits("one", "UPDATE orders SET note = 'b' WHERE id = 2")
    people.waits("other", "UPDATE orders SET note = 'b' WHERE id = 1")
    sessions = await seen(reader, waiting(2))
    (tree,) = forest(sessions.everyone, clock.now()).trees
    assert set(tree.circle) == {people.pid("one"), people.pid("other")}
    low, high = sorted(tree.circle)
    assert tree_words(tree, clock.now()) == f"deadlock {low} → {high} → {low}, longest <1m"


async def test_parallel_workers_are_their_leader(people: People, reader: SessionReader) -> None:
    people["fill"].execute("INSERT INTO orders SELECT generate_series(10, 60000); ANALYZE orders")
    people["root"].execute("SELECT pg_advisory_lock(1)")
    people["leader"].execute(
        "CREATE OR REPLACE FUNCTION slow(int) RETURNS bool LANGUAGE plpgsql PARALLEL SAFE AS"
        " 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN true; END';"
        "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
        "SET parallel_leader_participation = off; SET max_parallel_workers_per_gather = 2"
    )
    people.waits("leader", "SELECT count(*) FROM orders WHERE slow(id)")
    sessions = await seen(reader, lambda all: sum(1 for one in all.rows if one.leader and one.blocked_by) == 2)
    workers = [one for one in sessions.rows if one.backend_type == "parallel worker"]
    leader = named(sessions, "leader")
    assert {worker.leader for worker in workers} == {leader.pid}
    assert (leader.workers, leader.blocked_by) == (2, (people.pid("root"),))
    (tree,) = forest(sessions.everyone, clock.now()).trees
    assert [victim.pid for victim in tree.victims] == [leader.pid]


async def test_names_of_another_database_are_told_by_number(
    postgres_server: PostgresUnderTest, people: People, reader: SessionReader
) -> None:
    with ExitStack() as stack:
        elsewhere = People(lambda name: postgres_server.connect("postgres", application_name=name), stack)
        elsewhere["holder"].execute("DROP TABLE IF EXISTS bills; CREATE TABLE bills (id int)")
        elsewhere["holder"].execute("BEGIN; LOCK TABLE bills")
        row = elsewhere["holder"].execute("SELECT 'bills'::regclass::oid::bigint").fetchone()
        assert row is not None
        elsewhere.waits("waiter", "SELECT * FROM bills")
        sessions = await seen(reader, waiting(1))
    assert named(sessions, "waiter").relation == f"table {row[0]} of postgres"


async def test_a_prepared_transaction_blocks_without_any_backend(older_postgres: OlderPostgres) -> None:
    """PostgreSQL 15: pg_blocking_pids() tells it as 0."""
    server = PostgresServer(older_postgres.settings())
    reader = SessionReader(server)
    with ExitStack() as stack:
        people = People(lambda name: _named(older_postgres, name), stack)
        people["root"].execute("CREATE TABLE IF NOT EXISTS bills (id int)")
        people["root"].execute("BEGIN; LOCK TABLE bills")
        people["root"].execute("PREPARE TRANSACTION 'pay-17'")
        try:
            people.waits("waiter", "SELECT * FROM bills")
            sessions = await seen(reader, waiting(1))
        finally:
            people["root"].execute("ROLLBACK PREPARED 'pay-17'")
    await server.close()
    (prepared,) = sessions.prepared
    assert (prepared.gid, prepared.user, prepared.transaction_start is not None) == ("pay-17", "postgres", True)
    assert named(sessions, "waiter").blocked_by == (prepared.pid,)
    (tree,) = forest(sessions.everyone, clock.now()).trees
    assert tree_words(tree, clock.now()) == ("prepared transaction pay-17 (<1m) blocks 1, longest <1m, holds bills")


async def test_what_a_13_is_asked_is_answered(older_postgres: OlderPostgres) -> None:
    """The texts for 13 use nothing that came later: a newer server answers them with the same columns."""
    server = PostgresServer(older_postgres.settings())
    sessions = await server.connection.fetch("13", pick("sessions", 130000))
    locks = await server.connection.fetch("13", pick("locks", 130000), {"pids": [1]})
    own = await server.connection.fetch("13", pick("locks_of", 130000), {"pids": [sessions[-1][0]]})
    newer = await server.connection.fetch("14", pick("sessions", 140000))
    await server.close()
    assert (len(sessions[0]), locks) == (len(newer[0]), [])
    assert all(row[17] is None for row in own)


async def test_who_waits_is_seen_without_rights_too(people: People, postgres_server: PostgresUnderTest) -> None:
    server = PostgresServer(postgres_server.settings("nobody_special", "nobody-Words"))
    people["root"].execute("BEGIN; LOCK TABLE orders")
    people.waits("waiter", "SELECT * FROM orders")
    sessions = await seen(SessionReader(server), waiting(1))
    await server.close()
    waiter = next(one for one in sessions.rows if one.blocked_by)
    assert (waiter.pid, waiter.state, waiter.query) == (people.pid("waiter"), "hidden", "")
    assert waiter.blocked_by == (people.pid("root"),)
    assert sessions.hidden >= 2


async def test_sessions_of_consoles_and_of_the_server_stand_aside(people: People, reader: SessionReader) -> None:
    people["opsconsole of a colleague"].execute("SELECT 1")
    sessions = await reader.read()
    assert {"opsconsole", "opsconsole of a colleague"} <= {one.application for one in sessions.own}
    assert "checkpointer" in {one.backend_type for one in sessions.system}
    assert not [one for one in sessions.rows if one.application.startswith("opsconsole")]


async def test_text_of_another_encoding_and_hostile_names(
    postgres_server: PostgresUnderTest, people: People, reader: SessionReader
) -> None:
    with contextlib.suppress(psycopg.errors.DuplicateDatabase):
        postgres_server.run(
            "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        )
    with postgres_server.connect("latin", application_name="\x1b[31m[bold]x", client_encoding="latin1") as other:
        other.execute('SELECT 1 AS "Größe"')
        sessions = await reader.read()
    (session,) = (one for one in sessions.rows if one.database == "latin")
    assert session.query.startswith("SELECT ? AS ")
    assert "\x1b" not in session.application


async def test_the_locks_of_one_session_on_demand(people: People, reader: SessionReader) -> None:
    people["root"].execute("BEGIN; UPDATE orders SET note = 'a' WHERE id = 1")
    sessions = await reader.read()
    locks = await reader.locks_of(named(sessions, "root"))
    assert ("RowExclusiveLock", "orders", True) in {(one.mode, one.what, one.granted) for one in locks.rows}
    assert ("RowExclusiveLock", "index orders_pkey", True) in {(one.mode, one.what, one.granted) for one in locks.rows}


def _named(server: OlderPostgres, name: str) -> Connection:
    connection = server.connect()
    connection.execute("SELECT set_config('application_name', %s, false)", [name])
    return connection


async def test_replay_on_a_replica_waits_for_a_query_there(
    older_postgres: OlderPostgres, older_replica: OlderPostgres
) -> None:
    older_postgres.run("CREATE TABLE IF NOT EXISTS bills (id int)")
    server, primary = PostgresServer(older_replica.settings()), PostgresServer(older_postgres.settings())
    reader = SessionReader(server)
    with ExitStack() as stack:
        replica = People(lambda name: _named(older_replica, name), stack)
        await _there(reader, replica["report"])
        replica["report"].execute("BEGIN; SELECT * FROM bills")
        older_postgres.run("TRUNCATE bills")
        sessions = await seen(reader, lambda all: any(one.blocked_by for one in all.system))
        senders = (await SessionReader(primary).read()).rows
    await server.close()
    await primary.close()
    (replay,) = (one for one in sessions.system if one.blocked_by)
    assert (replay.backend_type, replay.relation) == ("startup", "bills")
    assert replay.blocked_by == (named(sessions, "report").pid,)
    assert "sends WAL" in {one.state for one in senders}


async def _there(reader: SessionReader, connection: Connection) -> None:
    """Until the table has come to the replica."""
    for _ in range(1000):
        await reader.read()
        if connection.execute("SELECT to_regclass('bills') IS NOT NULL").fetchone() == (True,):
            return
    raise AssertionError("it never came")
