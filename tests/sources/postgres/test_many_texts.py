"""Thousands of long statements: the loop goes on while their texts are read, and nothing of their literals is kept."""

import asyncio

from opsconsole.sources.postgres import statement_texts
from opsconsole.sources.postgres.server import PostgresServer
from tests.servers.postgres import PostgresUnderTest

STATEMENTS = 300
LENGTH = 100_000


async def test_texts_of_a_hundred_kilobytes(postgres_server: PostgresUnderTest) -> None:
    postgres_server.run("SELECT pg_stat_statements_reset()")
    filler = "'S3CRET\x1b[31m[red]'".ljust(LENGTH // 200)
    body = ", ".join([f"{filler} AS c"] * 190)
    with postgres_server.connect() as other:
        for number in range(STATEMENTS):
            different = " + ".join(["1"] * (number + 1))
            other.execute(f"SELECT {body}, {different} AS n".encode())
    server = PostgresServer(postgres_server.settings())
    ids = [row[0] for row in await server.put("ids", "ids", "SELECT queryid FROM pg_stat_statements(false)")]
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    texts = await statement_texts.read(server, ids)
    beating.cancel()
    long = [text for text in texts.known.values() if text.text.startswith("SELECT $1 AS c")]
    assert len(long) == STATEMENTS
    assert max(len(text.text) for text in long) <= 4096
    assert not any("S3CRET" in text.text or "\x1b" in text.text for text in long)
    assert beats > STATEMENTS
    await server.close()
