"""Statements that hold passwords and personal data: nothing of that is in what the console keeps of them."""

import contextlib

import psycopg

from opsconsole.sources.postgres import statement_texts
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.sources.postgres.sessions import SessionReader
from opsconsole.text.sql_format import laid_out
from tests.servers.postgres import PostgresUnderTest

SECRET = "S3CRET"
TOLD = (
    "CREATE ROLE tellable PASSWORD 'S3CRET'",
    "ALTER ROLE tellable PASSWORD 'S3CRET'",
    "DO $$ BEGIN PERFORM 'S3CRET'; END $$",
    "SELECT 1 AS \"S3CRET@mail.example\" /*application='api',route='/users/S3CRET@mail.example',token='S3CRET'*/",
    "SELECT dblink_connect('host=db password=S3CRET')",
    "SELECT 'a\\' AS \"x\", 'S3CRET'",
    "COMMENT ON ROLE tellable IS E'it\\'s S3CRET'",
    "DROP ROLE tellable",
)


async def test_texts_and_sessions(postgres_server: PostgresUnderTest) -> None:
    postgres_server.run("SELECT pg_stat_statements_reset()")
    server = PostgresServer(postgres_server.settings())
    for sql in TOLD:
        with postgres_server.connect() as other:
            with contextlib.suppress(psycopg.errors.UndefinedFunction):
                other.execute(sql.encode())
            for session in (await SessionReader(server).read()).rows:
                assert SECRET not in session.query, sql
    found = await server.put("keys", "keys", "SELECT userid, dbid, queryid FROM pg_stat_statements(false)")
    texts = await statement_texts.read(server, [row[2] for row in found])
    assert {"ALTER ROLE tellable PASSWORD ?", 'SELECT $1 AS "<mail>"'} <= {one.text for one in texts.known.values()}
    assert SECRET not in str(texts)
    for row in found:
        whole = await statement_texts.whole(server, "/".join(map(str, (*row, 1))))
        assert SECRET not in laid_out(whole.sql)[0]
    await server.close()
