"""A real PgBouncer, read by its admin console."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress

import msgspec
import psycopg
import pytest

from opsconsole.config.settings import Pgbouncer, Secret
from opsconsole.model.pools import Pool, PoolerSample
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.sources import pgbouncer as source
from opsconsole.sources.errors import SourceError
from opsconsole.sources.pgbouncer import PgbouncerServer
from opsconsole.sources.postgres.connection import Connection
from tests.servers.pgbouncer import PgbouncerUnderTest
from tests.servers.ports import free_port, until
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
async def server(pgbouncer: PgbouncerUnderTest) -> AsyncIterator[PgbouncerServer]:
    made = PgbouncerServer(pgbouncer.settings())
    yield made
    await made.close()


async def problem_of(settings: Pgbouncer) -> Problem:
    server = PgbouncerServer(settings)
    with pytest.raises(SourceError) as caught:
        await server.read()
    await server.close()
    return caught.value.problem


def pool_of(sample: PoolerSample, user: str = "console") -> Pool:
    return next(pool for pool in sample.pools if (pool.database, pool.user) == ("shop", user))


@contextmanager
def crowd(pgbouncer: PgbouncerUnderTest, count: int) -> Iterator[None]:
    """So many clients that each want to hold a connection for as long as this lasts."""
    go = threading.Event()

    def work(number: int) -> None:
        with pgbouncer.connect("console", application_name=f"shop-{number}") as connection, connection.transaction():
            connection.execute("SELECT 1")
            go.wait(60)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        go.set()
        for thread in threads:
            thread.join(60)


async def until_seen(server: PgbouncerServer, waiting: int) -> PoolerSample:
    async with asyncio.timeout(30):
        while True:
            sample = await server.read()
            if any(pool.clients_waiting == waiting for pool in sample.pools):
                return sample


async def test_a_user_that_may_only_read_sees_all(pgbouncer: PgbouncerUnderTest, server: PgbouncerServer) -> None:
    with pgbouncer.connect("console", application_name="till") as client:
        client.execute("SELECT 1")
        sample = await server.read()
    assert sample.version.startswith("1.")
    assert (sample.client_limit, sample.wait_timeout_s) == (20, 120.0)
    assert (sample.clients_used or 0) >= 2
    pool = pool_of(sample)
    assert (pool.size, pool.reserve, pool.mode, pool.paused) == (2, 1, "transaction", False)
    assert "pgbouncer" not in {one.database for one in sample.pools} | set(sample.counters)
    assert sample.counters["shop"].queries >= 1
    assert ("till", "127.0.0.1", "shop", "console") in {
        (group.application, group.address, group.database, group.user) for group in sample.clients or ()
    }


async def test_clients_that_wait(pgbouncer: PgbouncerUnderTest, server: PgbouncerServer) -> None:
    """Six clients want one of two connections."""
    with crowd(pgbouncer, 6):
        sample = await until_seen(server, 4)
    pool = pool_of(sample)
    assert (pool.servers_active, pool.clients_waiting) == (2, 4)
    assert pool.longest_wait_s > 0
    assert sum(group.waiting for group in sample.clients or ()) == 4


async def test_a_pause_shows(pgbouncer: PgbouncerUnderTest, server: PgbouncerServer) -> None:
    with pgbouncer.connect("console") as client:
        client.execute("SELECT 1")
    pgbouncer.order("PAUSE shop")
    try:
        sample = await server.read()
    finally:
        pgbouncer.order("RESUME shop")
    assert pool_of(sample).paused


async def test_wrong_password(pgbouncer: PgbouncerUnderTest) -> None:
    problem = await problem_of(pgbouncer.settings(password="wrong-Words"))
    assert problem.kind is ProblemKind.UNAUTHORIZED
    assert "wrong-Words" not in problem.sentence + problem.remedy


async def test_a_user_whom_the_admin_console_refuses(pgbouncer: PgbouncerUnderTest) -> None:
    problem = await problem_of(pgbouncer.settings("console"))
    assert problem.kind is ProblemKind.FORBIDDEN
    assert "stats_users" in problem.remedy


async def test_a_postgresql_is_no_pgbouncer(postgres_server: PostgresUnderTest) -> None:
    settings = postgres_server.settings()
    problem = await problem_of(Pgbouncer(dsn=settings.dsn, password=settings.password))
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert "no PgBouncer" in problem.sentence


async def test_nothing_listens() -> None:
    problem = await problem_of(Pgbouncer(dsn=f"host=127.0.0.1 port={free_port()} user=x"))
    assert problem.kind is ProblemKind.UNREACHABLE


async def test_a_dsn_that_cannot_be_read_is_not_quoted() -> None:
    problem = await problem_of(Pgbouncer(dsn="host=x password=hidden-Words =="))
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert "hidden-Words" not in problem.sentence


async def test_killed_and_started_again(pgbouncer: PgbouncerUnderTest, server: PgbouncerServer) -> None:
    await server.read()
    pgbouncer.stop()
    try:
        with pytest.raises(SourceError) as caught:
            await server.read()
    finally:
        pgbouncer.start()
    assert caught.value.problem.kind is ProblemKind.UNREACHABLE
    assert (await server.read()).client_limit == 20


async def test_a_stopped_one_is_given_up_and_found_again(
    pgbouncer: PgbouncerUnderTest, server: PgbouncerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.read()
    pgbouncer.freeze()
    monkeypatch.setattr(source, "ANSWER_S", 0.2)
    try:
        with pytest.raises(SourceError) as caught:
            await server.read()
    finally:
        pgbouncer.thaw()
    assert caught.value.problem.kind is ProblemKind.TIMEOUT
    monkeypatch.undo()
    assert (await server.read()).client_limit == 20


async def test_the_server_behind_it_is_gone(
    pgbouncer: PgbouncerUnderTest, postgres_server: PostgresUnderTest, server: PgbouncerServer
) -> None:
    """It still answers, and the client that wants the server waits: no connection is open towards it."""
    with pgbouncer.connect("console") as client:
        client.execute("SELECT 1")
        postgres_server.stop()
        try:
            client.pgconn.send_query(b"SELECT 1")
            sample = await until_seen(server, 1)
        finally:
            client.pgconn.finish()
            postgres_server.start()
            until(pgbouncer.serves, "PgBouncer to reach its server again")
    assert pool_of(sample).servers_active == 0


async def test_too_many_clients_are_counted_and_not_listed(
    server: PgbouncerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MOST_CLIENTS", 0)
    sample = await server.read()
    assert sample.clients is None
    assert sample.clients_used is not None


async def test_columns_of_other_versions_are_taken_by_name() -> None:
    """1.16 has no cancel columns, 1.24 calls the reserve otherwise and adds columns: none goes by its place."""
    old = {"database": "shop", "user": "app", "cl_active": "7", "cl_waiting": "2", "sv_active": "2", "maxwait": "4"}
    new = old | {"load_balance_hosts": "", "sv_active_cancel": "1", "maxwait_us": "500000", "cl_waiting": ""}
    pool = source._pool(old, {"pool_size": "2", "reserve_pool": "1"})
    assert (pool.clients_waiting, pool.servers_active, pool.longest_wait_s, pool.reserve) == (2, 2, 4.0, 1)
    pool = source._pool(new, {"pool_size": "2", "reserve_pool_size": "3", "server_lifetime": "3600"})
    assert (pool.clients_waiting, pool.servers_active, pool.longest_wait_s, pool.reserve) == (0, 3, 4.5, 3)
    assert source._pool(old, {}).size is None


async def test_our_own_queries_go_through_it_in_transaction_mode(pgbouncer: PgbouncerUnderTest) -> None:
    """It takes no session settings: each query has a read-only transaction with limits of its own."""
    connection = Connection(pgbouncer.pooled())
    try:
        limits = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        rows = await connection.fetch("limits", limits)
        assert rows == [("1s", "5s")]
        with pytest.raises(SourceError, match="read-only"):
            await connection.fetch("a write", "CREATE TABLE never (id int)")
        rows = await connection.fetch("left behind", "SELECT current_setting('default_transaction_read_only')")
        assert rows == [("off",)]
        assert connection.pooled
        assert connection.opened == 1
    finally:
        await connection.close()


async def test_the_wrong_way_in_is_said_without_the_secret(pgbouncer: PgbouncerUnderTest) -> None:
    settings = msgspec.structs.replace(pgbouncer.settings(), password=Secret(env="TEST_NOT_SET_ANYWHERE"))
    problem = await problem_of(settings)
    assert "TEST_NOT_SET_ANYWHERE" in problem.sentence


async def test_with_every_client_slot_taken_the_admin_console_still_answers(
    pgbouncer: PgbouncerUnderTest, server: PgbouncerServer
) -> None:
    with ExitStack() as stack:
        with suppress(psycopg.OperationalError):
            for _ in range(20):
                stack.enter_context(pgbouncer.connect("console"))
        sample = await server.read()
        connection = Connection(pgbouncer.pooled())
        with pytest.raises(SourceError) as caught:
            await connection.fetch("one", "SELECT 1")
    assert (sample.clients_used or 0) >= 20
    assert "has no free connection in PgBouncer" in caught.value.problem.sentence
    assert "max_client_conn" in caught.value.problem.remedy
