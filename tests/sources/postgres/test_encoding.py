"""Databases in several encodings with bytes that are no text in them: every question is answered all the same."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from opsconsole.sources.postgres import statement_texts
from opsconsole.sources.postgres.encoding import codec, decode
from opsconsole.sources.postgres.plan import explain
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.sources.postgres.sessions import SessionReader
from opsconsole.sources.postgres.statement_texts import WholeText
from tests.servers.postgres import PostgresUnderTest

WRITTEN = {
    "SQL_ASCII": (b'SELECT 1 AS "caf\xe9 \xff"', "caf� �"),
    "LATIN1": ('SELECT 1 AS "café"'.encode("latin-1"), "café"),
    "EUC_JP": ('SELECT 1 AS "珈琲"'.encode("euc_jp"), "珈琲"),
    "UTF8": ('SELECT 1 AS "café 珈琲"'.encode(), "café 珈琲"),
}


def name(encoding: str) -> str:
    return f"written_{encoding.lower()}"


@pytest.fixture(scope="module")
def databases(postgres_server: PostgresUnderTest) -> Iterator[PostgresUnderTest]:
    for encoding in WRITTEN:
        create = sql.SQL("CREATE DATABASE {} ENCODING {} LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
        postgres_server.run(create.format(sql.Identifier(name(encoding)), sql.Literal(encoding)), database="postgres")
        postgres_server.run("CREATE EXTENSION pg_stat_statements", database=name(encoding))
    yield postgres_server
    for encoding in WRITTEN:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name(encoding)))
        postgres_server.run(drop, database="postgres")
    postgres_server.run("SELECT pg_stat_statements_reset()")


def reset(server: PostgresUnderTest) -> None:
    server.run("SELECT pg_stat_statements_reset()")


async def every_id(server: PostgresServer) -> list[int]:
    return [row[0] for row in await server.put("ids", "ids", "SELECT queryid FROM pg_stat_statements(false)")]


def write(server: PostgresUnderTest, encoding: str) -> "psycopg.Connection[tuple[object, ...]]":
    connection = server.connect(name(encoding), client_encoding="SQL_ASCII")
    connection.execute(WRITTEN[encoding][0])
    return connection


@pytest.mark.parametrize("encoding", WRITTEN)
async def test_texts_and_plans_in_the_encoding_of_their_database(databases: PostgresUnderTest, encoding: str) -> None:
    reset(databases)
    write(databases, encoding).close()
    server = PostgresServer(databases.settings(database=name(encoding)))
    texts = await statement_texts.read(server, await every_id(server))
    assert texts.problem == ""
    found = {key: text for key, text in texts.known.items() if text.text.startswith("SELECT $1 AS")}
    assert [text.text for text in found.values()] == [f'SELECT $1 AS "{WRITTEN[encoding][1]}"']
    key = "/".join(map(str, (*next(iter(found)), 1)))
    assert (await statement_texts.whole(server, key)).raw == WRITTEN[encoding][0].replace(b"1", b"$1")
    assert (await explain(server, key)).nodes[0].kind == "Result"
    await server.close()


@pytest.mark.parametrize(("asked_in", "written_in"), [("UTF8", "SQL_ASCII"), ("LATIN1", "UTF8"), ("EUC_JP", "LATIN1")])
async def test_a_text_of_another_database_that_cannot_be_written_here_leaves_the_names(
    databases: PostgresUnderTest, asked_in: str, written_in: str
) -> None:
    reset(databases)
    write(databases, written_in).close()
    server = PostgresServer(databases.settings(database=name(asked_in)))
    texts = await statement_texts.read(server, await every_id(server))
    assert "encoding" in texts.problem
    assert name(written_in) in {text.database for text in texts.known.values()}
    assert {text.text for text in texts.known.values()} == {""}
    await server.close()


@pytest.mark.parametrize("asked_in", WRITTEN)
async def test_sessions_of_all_databases_are_told_in_each(databases: PostgresUnderTest, asked_in: str) -> None:
    others = [write(databases, encoding) for encoding in WRITTEN]
    server = PostgresServer(databases.settings(database=name(asked_in)))
    sessions = await SessionReader(server).read()
    told = {session.database: session.query for session in sessions.rows}
    assert set(map(name, WRITTEN)) <= set(told)
    assert told[name(asked_in)] == f'SELECT ? AS "{WRITTEN[asked_in][1]}"'
    await server.close()
    for other in others:
        other.close()


@pytest.mark.parametrize(
    ("encoding", "data", "expected"),
    [
        ("UTF8", b"caf\xc3\xa9", "café"),
        ("UTF8", b"caf\xe9", "caf�"),
        ("EUC_JP", "日本".encode(), "日本"),
        ("SQL_ASCII", b"\xff\xfe", "��"),
        ("WIN1252", b"\x80", "€"),
        ("KOI8R", b"\xc1", "а"),
        ("MULE_INTERNAL", b"a\xff", "a�"),
    ],
)
def test_decoding(encoding: str, data: bytes, expected: str) -> None:
    assert decode(data, codec(encoding)) == expected
    assert WholeText(data, len(data), "", "", encoding).sql == expected
