"""Five thousand statements of twenty kilobytes in several encodings, with bytes that are no text in any of them."""

from collections.abc import Iterator

import pytest
from psycopg import sql

from opsconsole.config.settings import Postgres
from opsconsole.model.statements import RESET
from opsconsole.poller.postgres import PostgresFeeds
from opsconsole.sources import asking
from opsconsole.sources.postgres.server import TEXT_LIMIT
from tests.servers.postgres import PostgresUnderTest
from tests.servers.relay import relay

STATEMENTS = 4_900
"""The server has room for 5,000, ours among them."""
LENGTH = 20_000
COLUMNS = 40
ENCODINGS = {
    "SQL_ASCII": b"\xff\xfe caf\xe9 \xed\xa0\x80",
    "LATIN1": "café ÿ".encode("latin-1"),
    "EUC_JP": "珈琲".encode("euc_jp"),
    "UTF8": "café 珈琲 👩‍💻".encode(),
}
SECRET = b"S3CRET\x1b[31m[red]"
MOST_BYTES = 10_000_000
"""Of a hundred that the server holds."""


def database(encoding: str) -> str:
    return f"crowded_{encoding.lower()}"


@pytest.fixture(scope="module")
def crowded(postgres_server: PostgresUnderTest) -> Iterator[PostgresUnderTest]:
    """Every statement is another one."""
    for encoding in ENCODINGS:
        create = sql.SQL("CREATE DATABASE {} ENCODING {} LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
        name, columns = sql.Identifier(database(encoding)), ", ".join(f"c{number} text" for number in range(COLUMNS))
        postgres_server.run(create.format(name, sql.Literal(encoding)), database="postgres")
        with postgres_server.connect(database(encoding)) as other:
            other.execute("CREATE EXTENSION pg_stat_statements")
            other.execute(f"CREATE TABLE {database(encoding)} ({columns})".encode())
    postgres_server.run("SELECT pg_stat_statements_reset()")
    for encoding, odd in ENCODINGS.items():
        call_all(postgres_server, encoding, odd)
    yield postgres_server
    for encoding in ENCODINGS:
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database(encoding)))
        postgres_server.run(drop, database="postgres")
    postgres_server.run("SELECT pg_stat_statements_reset()")


def call_all(server: PostgresUnderTest, encoding: str, odd: bytes) -> None:
    comment = b"/* " + (odd + b" ") * (LENGTH // (len(odd) + 1)) + b"*/"
    table = database(encoding).encode()
    with server.connect(database(encoding), client_encoding="SQL_ASCII") as other:
        for number in range(STATEMENTS // len(ENCODINGS)):
            wanted = divmod(number, COLUMNS)
            other.execute(b"SELECT c%d, c%d FROM %s WHERE c0 = '%s' %s AND true" % (*wanted, table, SECRET, comment))


@pytest.mark.parametrize("asked_in", ["SQL_ASCII", "UTF8"])
async def test_only_what_is_shown_is_asked_for_and_only_its_beginning(
    crowded: PostgresUnderTest, asked_in: str
) -> None:
    about = crowded.settings(database=database(asked_in))
    async with relay(crowded.port) as way:
        dsn = about.dsn.replace(f"port={crowded.port}", f"port={way.port}")
        feeds = PostgresFeeds([Postgres(name="pg", dsn=dsn, password=about.password, statement_timeout_s=60)])
        desk = feeds.readers[0].statement_desk
        try:
            with asking.gathering() as asked:
                await desk.read()
                view = await desk.view(RESET)
                again = await desk.view(RESET)
        finally:
            await feeds.close()
    assert len(view.rows) + view.others_count >= STATEMENTS
    assert again == view
    texts = [one for one in asked if one.name in ("texts", "names") and not one.problem]
    assert [one.rows for one in texts] == [len(view.rows)]
    assert way.answered < MOST_BYTES
    odd = "".join(row.text for row in view.rows)
    assert "S3CRET" not in odd
    assert "\x1b" not in odd
    assert max(len(row.text) for row in view.rows) <= TEXT_LIMIT
    assert {database(encoding) for encoding in ENCODINGS} <= {row.database for row in view.rows}
    if asked_in == "SQL_ASCII":
        assert odd.count("FROM crowded_") > len(view.rows) / 2
        assert view.notes == ()
    else:
        # the server cannot write what is no text: it is said, and all numbers and names are there
        assert odd == ""
        assert any("texts of new statements cannot be read" in note for note in view.notes)
