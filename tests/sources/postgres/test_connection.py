"""How a connection fails, and that nothing of it hangs, leaks or writes."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from opsconsole.config.settings import Postgres
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.connection import Connection
from opsconsole.sources.postgres.errors import connecting
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


async def test_a_pooler_that_takes_no_session_settings(postgres_server: PostgresUnderTest) -> None:
    async with pooler(postgres_server.port) as port:
        settings = postgres_server.settings()
        dsn = settings.dsn.replace(f"port={postgres_server.port}", f"port={port}")
        connection = Connection(msgspec.structs.replace(settings, dsn=dsn))
        try:
            assert await connection.fetch("one", "SELECT current_setting('lock_timeout')") == [("1s",)]
            with pytest.raises(SourceError, match="read-only"):
                await connection.fetch("a write", "CREATE TABLE never (id int)")
            assert await connection.fetch("one", "SELECT 1") == [(1,)]
        finally:
            await connection.close()
    assert connection.pooled


async def test_pgpass_and_the_environment_are_read_by_libpq(
    postgres_server: PostgresUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pgpass").write_text(f"127.0.0.1:{postgres_server.port}:shop:console:console-Words\n")
    (tmp_path / "pgpass").chmod(0o600)
    for name, value in {
        "PGPASSFILE": str(tmp_path / "pgpass"),
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres_server.port),
        "PGUSER": "console",
        "PGDATABASE": "shop",
        "PGOPTIONS": "-c work_mem=7MB",
    }.items():
        monkeypatch.setenv(name, value)
    connection = Connection(Postgres())
    rows = await connection.fetch("who", "SELECT current_user::text, current_setting('work_mem')")
    await connection.close()
    assert rows == [("console", "7MB")]


async def test_a_stopped_server_is_given_up_and_found_again(postgres_server: PostgresUnderTest) -> None:
    settings = postgres_server.settings(statement_timeout_s=0.2)
    settings = msgspec.structs.replace(settings, dsn=f"{settings.dsn} connect_timeout=2")
    connection, other = Connection(settings), Connection(settings)
    await connection.fetch("one", "SELECT 1")
    postgres_server.pause()
    try:
        with pytest.raises(SourceError) as caught:
            await connection.fetch("one", "SELECT 1")
        with pytest.raises(SourceError) as refused:
            await other.fetch("one", "SELECT 1")
    finally:
        postgres_server.resume()
    assert caught.value.problem.kind is ProblemKind.TIMEOUT
    assert caught.value.problem == refused.value.problem  # one problem in every view
    assert connection.silent
    assert other.silent
    assert await connection.fetch("one", "SELECT 1") == [(1,)]
    assert not connection.silent
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


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        ("FATAL:  the database system is starting up", ProblemKind.REFUSED, "starting up or recovering"),
        ("FATAL:  the database system is not yet accepting connections", ProblemKind.REFUSED, "recovering"),
        ("FATAL:  the database system is in recovery mode", ProblemKind.REFUSED, "recovering"),
        ("FATAL:  the database system is shutting down", ProblemKind.REFUSED, "is shutting down"),
        ("FATAL:  sorry, too many clients already", ProblemKind.REFUSED, "no free connection"),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            ProblemKind.REFUSED,
            "no free connection",
        ),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.7"', ProblemKind.FORBIDDEN, "from this machine"),
        ('FATAL:  role "eve" does not exist', ProblemKind.UNAUTHORIZED, "knows no such user"),
        ("server does not support SSL, but SSL was required", ProblemKind.MISCONFIGURED, "TLS"),
        ("failed to resolve host 'db.invalid': [Errno -2]", ProblemKind.UNREACHABLE, "cannot be resolved"),
        ("connection timeout expired", ProblemKind.TIMEOUT, "does not answer"),
        ("something nobody has heard of", ProblemKind.UNREACHABLE, "something nobody has heard of"),
    ],
)
def test_what_a_refusal_means(said: str, kind: ProblemKind, sentence: str) -> None:
    where = 'connection failed: connection to server at "10.0.0.1", port 5432 failed: '
    problem = connecting("main", psycopg.OperationalError(where + said)).problem
    assert problem.kind is kind
    assert sentence in problem.sentence
    assert problem.remedy


async def connection_is_busy(server: PostgresUnderTest) -> None:
    busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'opsconsole' AND state = 'active'"
    with server.connect() as other:
        while other.execute(busy).fetchone() != (1,):
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def pooler(server_port: int) -> AsyncIterator[int]:
    """Passes everything on but a start packet with options, which it refuses in PgBouncer's words."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            while True:
                (length,) = struct.unpack("!I", await reader.readexactly(4))
                packet = await reader.readexactly(length - 4)
                if packet[:2] != b"\x04\xd2":
                    break
                # A request for TLS or GSS encryption.
                writer.write(b"N")
            if b"options\0" in packet:
                fields = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
                writer.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)
                return
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", server_port)
            with contextlib.closing(server_writer):
                server_writer.write(struct.pack("!I", length) + packet)
                await asyncio.wait(
                    [
                        asyncio.create_task(pass_on(*pair))
                        for pair in ((reader, server_writer), (server_reader, writer))
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
