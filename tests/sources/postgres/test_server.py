"""What the console reads of a real PostgreSQL 18."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from opsconsole.model.reading import ProblemKind
from opsconsole.rules.server_facts import facts
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres import statement_texts
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.sources.postgres.sessions import SessionReader
from opsconsole.sources.postgres.statements import StatementReader
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
async def server(postgres_server: PostgresUnderTest) -> AsyncIterator[PostgresServer]:
    opened = PostgresServer(postgres_server.settings())
    yield opened
    await opened.close()


async def test_facts_count_connections_against_those_that_may_be_used(
    server: PostgresServer, postgres_server: PostgresUnderTest
) -> None:
    first = await server.counters()
    with postgres_server.connect() as other:
        other.execute("CREATE TABLE IF NOT EXISTS counted (id int)")
        other.execute("BEGIN")
        second = await server.counters()
    # three for superusers and the two that the demo keeps for its watchers (16 and later)
    assert (first.facts.max_connections, first.facts.reserved) == (100, 5)
    assert second.facts.connections == first.facts.connections + 1
    assert dict(second.facts.by_state)["idle in transaction"] == 1
    assert second.facts.version.startswith("18")
    assert second.facts.started is not None
    assert second.facts.started.utcoffset() is not None
    assert second.facts.database_bytes
    assert second.facts.has_statements
    assert first.facts.hit_ratio is None
    rates = facts(first, second)
    assert rates.commits_s is not None
    assert rates.commits_s >= 0


async def test_statements_and_their_texts(server: PostgresServer, postgres_server: PostgresUnderTest) -> None:
    with postgres_server.connect() as other:
        other.execute("SELECT count(*) /*application='billing'*/ FROM pg_class WHERE relname = 'secret-name'")
    with ThreadPoolExecutor(1) as thread:
        sample = await StatementReader(server, thread).read()
    assert sample.stats_reset is not None
    assert sample.deallocations == 0
    texts = await statement_texts.read(server, (counters.query_id for counters in sample.counters))
    mine = [text for text in texts.known.values() if "from pg_class where relname" in text.text.lower()]
    assert [(text.text, text.application, text.database, text.user) for text in mine] == [
        ("SELECT count(*) FROM pg_class WHERE relname = $1", "billing", "shop", "postgres")
    ]
    assert all(counters.since is not None for counters in sample.counters)


async def test_sessions_hide_our_own_and_say_who_waits_for_whom(
    server: PostgresServer, postgres_server: PostgresUnderTest
) -> None:
    with (
        postgres_server.connect(application_name="holder") as holder,
        postgres_server.connect(application_name="waiter") as waiter,
    ):
        holder.execute("CREATE TABLE IF NOT EXISTS fought_over (id int)")
        holder.execute("BEGIN; LOCK TABLE fought_over")
        waiting = asyncio.create_task(
            asyncio.to_thread(waiter.execute, "SELECT * FROM fought_over WHERE id = 4711 AND 'a' = 'top secret'")
        )
        while not any(session.blocked_by for session in (await SessionReader(server).read()).rows):
            assert not waiting.done()
        sessions = await SessionReader(server).read()
        holder.execute("COMMIT")
        await waiting
    by_application = {session.application: session for session in sessions.rows}
    blocked = by_application["waiter"]
    assert blocked.blocked_by == (by_application["holder"].pid,)
    assert (blocked.relation, blocked.lock_mode, blocked.wait_type) == ("fought_over", "AccessShareLock", "Lock")
    assert blocked.query == "SELECT * FROM fought_over WHERE id = ? AND ? = ?"
    assert by_application["holder"].state == "idle in transaction"
    assert "opsconsole" not in by_application
    assert by_application["holder"].query_id is not None


async def test_a_role_without_pg_monitor_gets_hidden_and_never_zero(postgres_server: PostgresUnderTest) -> None:
    server = PostgresServer(postgres_server.settings("nobody_special", "nobody-Words"))
    try:
        with postgres_server.connect(application_name="private") as other:
            other.execute("SELECT 1")
            counters = await server.counters()
            sessions = await SessionReader(server).read()
    finally:
        await server.close()
    assert counters.facts.oldest_transaction_s is None
    assert dict(counters.facts.by_state)["hidden"] >= 1
    assert any("pg_monitor" in note for note in counters.facts.notes)
    assert sessions.hidden >= 1
    assert all(session.query == "" for session in sessions.rows if session.state == "hidden")


async def test_without_pg_stat_statements_the_rest_is_still_there(postgres_server: PostgresUnderTest) -> None:
    server = PostgresServer(postgres_server.settings(database="postgres"))
    try:
        counters = await server.counters()
        with pytest.raises(SourceError) as caught:
            server.need_statements(await server.identity())
    finally:
        await server.close()
    assert not counters.facts.has_statements
    assert caught.value.problem.kind is ProblemKind.MISCONFIGURED
    assert "CREATE EXTENSION" in caught.value.problem.remedy


async def test_a_restart_between_two_readings_is_another_epoch(
    server: PostgresServer, postgres_server: PostgresUnderTest
) -> None:
    before = await server.counters()
    postgres_server.stop()
    postgres_server.start()
    with pytest.raises(SourceError) as caught:
        await server.counters()
    assert caught.value.problem.kind is ProblemKind.UNREACHABLE
    after = await server.counters()
    assert after.facts.started != before.facts.started
    assert facts(before, after).commits_s is None
