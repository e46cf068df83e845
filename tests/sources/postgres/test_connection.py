"""How a connection fails, and that nothing of it hangs, leaks or writes."""

import asyncio
import signal

import pytest

from opsconsole.config.settings import Postgres
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.connection import Connection
from tests.servers.ports import free_port
from tests.servers.postgres import PostgresUnderTest


async def problem_of(settings: Postgres, query: str = "SELECT 1") -> Problem:
    connection = Connection(settings)
    try:
        with pytest.raises(SourceError) as caught:
            await connection.fetch("one", query)
    finally:
        await connection.close()
    return caught.value.problem


async def test_nothing_listens() -> None:
    problem = await problem_of(Postgres(dsn=f"host=127.0.0.1 port={free_port()} user=x dbname=x"))
    assert problem.kind is ProblemKind.UNREACHABLE
    assert "nothing listens" in problem.sentence


async def test_wrong_password_is_said_and_not_shown(postgres_server: PostgresUnderTest) -> None:
    problem = await problem_of(postgres_server.settings(password="wrong-Words"))
    assert problem.kind is ProblemKind.UNAUTHORIZED
    assert "wrong-Words" not in problem.sentence + problem.remedy


async def test_no_password(postgres_server: PostgresUnderTest) -> None:
    problem = await problem_of(postgres_server.settings(password=None))
    assert problem.kind is ProblemKind.UNAUTHORIZED
    assert "none was given" in problem.sentence


async def test_no_such_database(postgres_server: PostgresUnderTest) -> None:
    problem = await problem_of(postgres_server.settings(database="nowhere"))
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert '"nowhere"' in problem.sentence


async def test_a_dsn_that_cannot_be_read_is_not_quoted() -> None:
    problem = await problem_of(Postgres(dsn="host=x password=hidden-Words =="))
    assert problem.kind is ProblemKind.MISCONFIGURED
    assert "hidden-Words" not in problem.sentence


async def test_no_connection_left(postgres_server: PostgresUnderTest) -> None:
    postgres_server.run("ALTER ROLE console CONNECTION LIMIT 0")
    try:
        problem = await problem_of(postgres_server.settings())
    finally:
        postgres_server.run("ALTER ROLE console CONNECTION LIMIT -1")
    assert problem.kind is ProblemKind.REFUSED
    assert "no free connection" in problem.sentence


async def test_a_statement_that_takes_too_long(postgres_server: PostgresUnderTest) -> None:
    problem = await problem_of(postgres_server.settings(statement_timeout_s=0.1), "SELECT pg_sleep(30)")
    assert problem.kind is ProblemKind.TIMEOUT
    assert "0.1 s" in problem.sentence


async def test_what_is_not_allowed(postgres_server: PostgresUnderTest) -> None:
    postgres_server.run("CREATE TABLE IF NOT EXISTS hidden_away (id int)")
    problem = await problem_of(postgres_server.settings(), "SELECT * FROM hidden_away")
    assert problem.kind is ProblemKind.FORBIDDEN


@pytest.mark.parametrize("pooled", [False, True])
async def test_it_cannot_write_and_leaves_nothing_behind(postgres_server: PostgresUnderTest, pooled: bool) -> None:
    connection = Connection(postgres_server.settings("postgres", "plain-Words-18"))
    connection.pooled = pooled
    try:
        with pytest.raises(SourceError, match="read-only"):
            await connection.fetch("a write", "CREATE TABLE never (id int)")
        shown = await connection.fetch(
            "settings", "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        assert shown == [("1s", "5s")]
        rows = await connection.fetch("prepared", "SELECT count(*) FROM pg_prepared_statements")
        assert rows == [(0,)]
    finally:
        await connection.close()


async def test_a_stopped_server_is_given_up_and_found_again(postgres_server: PostgresUnderTest) -> None:
    connection = Connection(postgres_server.settings(statement_timeout_s=0.2))
    await connection.fetch("one", "SELECT 1")
    postgres_server.pause()
    try:
        with pytest.raises(SourceError) as caught:
            await connection.fetch("one", "SELECT 1")
    finally:
        postgres_server.resume()
    assert caught.value.problem.kind is ProblemKind.TIMEOUT
    assert await connection.fetch("one", "SELECT 1") == [(1,)]
    await connection.close()


async def test_a_cancelled_reading_leaves_the_connection_usable(postgres_server: PostgresUnderTest) -> None:
    connection = Connection(postgres_server.settings())
    reading = asyncio.create_task(connection.fetch("sleep", "SELECT pg_sleep(4)"))
    await connection_is_busy(postgres_server)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await connection.fetch("one", "SELECT 1") == [(1,)]
    await connection.close()


async def test_a_server_that_starts_up_says_so(postgres_server: PostgresUnderTest) -> None:
    postgres_server.stop(signal.SIGINT)
    problem = await problem_of(postgres_server.settings())
    postgres_server.start()
    assert problem.kind is ProblemKind.UNREACHABLE


async def connection_is_busy(server: PostgresUnderTest) -> None:
    busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'opsconsole' AND state = 'active'"
    with server.connect() as other:
        while other.execute(busy).fetchone() != (1,):
            await asyncio.sleep(0)
