"""The console's own cost as a real server counts it."""

import pytest

from opsconsole.poller.own_cost import CostDesk
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.text import clock
from tests.servers.older_postgres import OlderPostgres
from tests.servers.postgres import PostgresUnderTest


async def test_the_server_counts_what_we_ask_and_not_what_others_ask(
    postgres_server: PostgresUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, passed = clock.boottime(), [0.0]
    monkeypatch.setattr(clock, "boottime", lambda: begun + passed[0])
    server = PostgresServer(postgres_server.settings())
    desk = CostDesk(server)
    await server.ask("its counters", "facts")
    first, _ = await desk.read()
    for passed[0] in (30.0, 60.0, 90.0, 120.0):
        await desk.read()
    assert not first.by_server, "while not all of ours are known a sum over them would be too small"
    with postgres_server.connect() as other:
        for _ in range(300):
            other.execute("SELECT 1")
    passed[0] = 150.0
    for _ in range(20):
        await server.ask("its counters", "facts")
    cost, _ = await desk.read()
    await server.close()
    assert cost.by_server
    assert cost.per_minute is not None
    assert 10 <= cost.per_minute <= 20, "some 29 in two minutes; the 300 of others are not in it"
    assert cost.ms_each


async def test_without_pg_stat_statements_our_own_clock_tells(
    older_postgres: OlderPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = PostgresServer(older_postgres.settings())
    desk = CostDesk(server)
    begun = clock.boottime()
    monkeypatch.setattr(clock, "boottime", lambda: begun + 60.0)
    cost, _ = await desk.read()
    await server.close()
    assert not cost.by_server
    assert cost.per_minute
