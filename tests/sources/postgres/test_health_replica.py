"""A real primary with its replica: its lag seen from both sides, feedback, and an index that only one of them reads."""

from collections.abc import AsyncIterator, Callable

import pytest

from opsconsole.model.postgres import HealthCheck
from opsconsole.model.server_signs import HealthSigns
from opsconsole.rules.health_verdict import Case
from opsconsole.rules.server_health import checks
from opsconsole.sources.postgres.health import HealthReader
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.text import clock
from tests.servers.older_postgres import OlderPostgres


@pytest.fixture
async def primary(older_postgres: OlderPostgres, older_replica: OlderPostgres) -> AsyncIterator[PostgresServer]:
    server = PostgresServer(older_postgres.settings())
    yield server
    await server.close()


@pytest.fixture
async def replica(older_replica: OlderPostgres) -> AsyncIterator[PostgresServer]:
    server = PostgresServer(older_replica.settings())
    yield server
    await server.close()


async def seen(server: PostgresServer, wanted: Callable[[HealthSigns], object]) -> HealthSigns:
    until = clock.boottime() + 30
    while not wanted(signs := await HealthReader(server).signs()):
        assert clock.boottime() < until, "it was never seen"
    return signs


def judged(now: HealthSigns, **known: object) -> dict[str, HealthCheck]:
    return {check.id: check for check in checks(Case(now, **known))}  # type: ignore[arg-type]


async def test_a_paused_replica_is_seen_from_both_sides(
    primary: PostgresServer, replica: PostgresServer, older_postgres: OlderPostgres, older_replica: OlderPostgres
) -> None:
    with older_replica.connect() as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        try:
            older_postgres.run("CREATE TABLE lagging AS SELECT generate_series(1, 50000) n")
            behind = await seen(replica, lambda signs: signs.receiver and signs.receiver.lag_bytes)
            told = await seen(primary, lambda signs: signs.replicas and (signs.replicas[0].lag_bytes or 0) > 10**6)
        finally:
            connection.execute("SELECT pg_wal_replay_resume()")
            older_postgres.run("DROP TABLE lagging")
    lag = judged(behind)["replication"]
    assert (lag.state, lag.remedy) == ("crit", "SELECT pg_wal_replay_resume()")
    assert lag.value.startswith("replay paused, ")
    assert ("status", "streaming") in lag.details[0].rows
    assert behind.system == told.system
    assert "walreceiver: " in judged(told)["replication"].value
    caught_up = await seen(replica, lambda signs: signs.receiver and signs.receiver.lag_bytes == 0)
    assert judged(caught_up)["replication"].state == "ok"
    assert caught_up.refused == ()


async def test_a_long_query_there_holds_back_vacuum_here(primary: PostgresServer, older_replica: OlderPostgres) -> None:
    with older_replica.connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT count(*) FROM pg_class")
        signs = await seen(primary, lambda signs: any(x.kind == "standby feedback" for x in signs.xmins or ()))
        connection.execute("ROLLBACK")
    holder = next(sign for sign in signs.xmins or () if sign.kind == "standby feedback")
    assert (holder.name, holder.detail) == ("walreceiver", "127.0.0.1 streaming")


async def test_an_index_that_the_replica_reads_is_in_use(
    primary: PostgresServer, replica: PostgresServer, older_postgres: OlderPostgres, older_replica: OlderPostgres
) -> None:
    older_postgres.run("CREATE TABLE reported AS SELECT generate_series(1, 50000) n; CREATE INDEX by_n ON reported (n)")

    def unread(signs: HealthSigns) -> set[str]:
        return {index.name for index in signs.indexes or ()}

    try:
        await seen(replica, lambda signs: "public.by_n" in unread(signs))
        with older_replica.connect() as connection:
            connection.execute("SET enable_seqscan = off")
            connection.execute("SELECT * FROM reported WHERE n = 7")
        there = await seen(replica, lambda signs: "public.by_n" not in unread(signs))
        here = await HealthReader(primary).signs()
    finally:
        older_postgres.run("DROP TABLE reported")
    assert "public.by_n" in unread(here)
    alone = judged(here)["unused-indexes"].details[0].rows
    asked = judged(here, copies=(there,))["unused-indexes"].details
    assert "public.by_n" in {row[0] for row in alone}
    assert "public.by_n" not in {row[0] for detail in asked for row in detail.rows}
