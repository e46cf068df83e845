"""The console's own cost as a real server counts it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from opsconsole.poller.own_cost import CostDesk
from opsconsole.poller.postgres import ServerReader
from opsconsole.poller.statement_history import StatementHistory
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.text import clock
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest


@pytest.fixture
def pass_s(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass."""
    boottime, now, passed = clock.boottime, clock.now, [0.0]
    monkeypatch.setattr(clock, "boottime", lambda: boottime() + passed[0])
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=passed[0]))

    def more(seconds: float) -> None:
        passed[0] += seconds

    return more


async def test_the_server_counts_what_we_ask_and_not_what_others_ask(
    postgres_server: PostgresUnderTest, pass_s: Callable[[float], None]
) -> None:
    reader = ServerReader(postgres_server.settings(), "", None)
    server, desk = reader.server, CostDesk(reader.server, reader.statement_desk.history)
    await reader.statements()
    first, _ = await desk.read()
    for _ in range(5):
        pass_s(60)
        await reader.statements()
        await desk.read()
    assert not first.by_server, "while not all of ours are known a sum over them would be too small"
    with postgres_server.connect() as other:
        for _ in range(300):
            other.execute("SELECT 1")
    asked = len(server.spent)
    await desk.read()
    assert len(server.spent) <= asked + 2, "the samples of the statements hold ours: at most who it is, and which"
    for _ in range(20):
        await server.ask("its counters", "facts")
    await reader.statements()
    cost, _ = await desk.read()
    await server.close()
    assert cost.by_server
    assert cost.per_minute is not None
    assert 5 <= cost.per_minute <= 20, "some 40 in five minutes; the 300 of others are not in it"
    assert cost.ms_each


async def test_without_pg_stat_statements_our_own_clock_tells(
    older_postgres: OlderPostgres, pass_s: Callable[[float], None]
) -> None:
    server = PostgresServer(older_postgres.settings())
    desk = CostDesk(server, StatementHistory(server.name, None))
    pass_s(60)
    cost, _ = await desk.read()
    await server.close()
    assert not cost.by_server
    assert cost.per_minute
