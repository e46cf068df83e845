"""What a PgBouncer's numbers mean: rates by difference, who waits, and whether its pools fit the server."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from opsconsole.model.pools import ClientGroup, Pool, PoolCounters, PoolerFigures, PoolerSample
from opsconsole.model.reading import Reading, State
from opsconsole.rules.connection_row import ConnectionRow
from opsconsole.rules.pool_rows import pool_rows, pooler_words
from opsconsole.rules.pools import figures, from_pools, steady

START = datetime(2025, 3, 24, 2, 41, tzinfo=UTC)
BUSY = Pool("shop", "app", "transaction", 20, 14, 20, 0, 12.5, 20, 5, host="10.0.0.5:5432")
QUIET = Pool("reports", "app", "transaction", 1, 0, 1, 3, 0.0, 10, 0, host="10.0.0.5:5432")


def sample(seconds: float, counters: PoolCounters) -> PoolerSample:
    taken = START + timedelta(seconds=seconds)
    return PoolerSample("pooler", taken, "1.24.1", (BUSY, QUIET), {"shop": counters}, 900, 1000, (), 120.0)


def rows(now: PoolerFigures, limit: int | None = 97) -> dict[str, ConnectionRow]:
    return {row.key: row for row in pool_rows(now, limit)}


def test_rates_between_two_readings() -> None:
    before = sample(0, PoolCounters(1000, 5000, 8_000_000, 4_000_000, 0))
    now = sample(10, PoolCounters(1400, 9000, 16_000_000, 8_000_000, 2_000_000))
    (rates,) = figures(before, now).rates
    assert (rates.transactions_s, rates.queries_s) == (40, 400)
    assert (rates.transaction_s, rates.query_s, rates.wait_s) == pytest.approx((0.02, 0.001, 0.005))


def test_no_rates_over_a_restart_and_none_of_nothing() -> None:
    before = sample(0, PoolCounters(1000, 5000, 8_000_000, 4_000_000, 0))
    assert figures(before, sample(10, PoolCounters(4, 4, 100, 100, 0))).rates == ()
    assert figures(None, before).rates == ()
    (still,) = figures(before, sample(10, before.counters["shop"])).rates
    assert (still.queries_s, still.query_s, still.wait_s) == (0, None, None)


def test_what_the_policy_judges() -> None:
    now = figures(None, sample(0, PoolCounters(0, 0, 0, 0, 0)))
    wait, calm, clients = from_pools(Reading(now, State.OK, START))
    assert (wait.measure, wait.object, wait.value) == ("pool.wait", "pooler:shop/app", 10)
    assert wait.text == "14 wait, the longest 10s, 20 of 20 connections busy"
    assert (calm.value, calm.text) == (0.0, "")
    assert (clients.measure, clients.object, clients.value, clients.text) == (
        "pool.clients",
        "pooler",
        0.9,
        "900 of 1000",
    )
    assert from_pools(Reading()) == ()


@pytest.mark.parametrize(("wait", "told"), [(0.4, 0.4), (3.7, 3), (47, 40), (107, 60), (3601, 3600)])
def test_a_wait_is_told_steadily(wait: float, told: float) -> None:
    assert steady(wait) == told


def test_the_lines_of_a_pool_that_clients_wait_in() -> None:
    now = figures(None, sample(0, PoolCounters(0, 0, 0, 0, 0)))
    row = rows(now)["pool:pooler:shop/app"]
    assert (row.state, row.value) == ("crit", "20 of 20 busy")
    assert row.limit == "20 clients served · 14 wait, the longest 10s · transaction"
    assert "refused after 2m" in row.why
    assert rows(now)["pool:pooler:reports/app"].state == ""
    assert rows(now)["clients:pooler"].state == "warn"
    assert pooler_words(now) == "14 clients of pooler wait, the longest 10s, in shop/app"


@pytest.mark.parametrize(("limit", "state"), [(97, ""), (30, "warn"), (None, "")])
def test_sizes_of_all_pools_against_the_server(limit: int | None, state: str) -> None:
    now = figures(None, sample(0, PoolCounters(0, 0, 0, 0, 0)))
    row = rows(now, limit)["sizes:pooler"]
    assert (row.value, row.state) == ("35 at most, 24 open", state)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"paused": True}, "RESUME"),
        ({"disabled": True}, "ENABLE"),
        ({"servers_active": 0}, "no connection to the server"),
        ({"mode": "session"}, "transaction mode shares"),
    ],
)
def test_what_one_does_depends_on_why_they_wait(changed: dict[str, object], words: str) -> None:
    pool = msgspec.structs.replace(BUSY, **changed)
    assert words in rows(PoolerFigures("pooler", "1.24.1", (pool,)))["pool:pooler:shop/app"].remedy


def test_what_a_version_does_not_tell_is_unknown() -> None:
    now = PoolerFigures("pooler", "1.16.0", (msgspec.structs.replace(BUSY, size=None),))
    assert now.most_servers is None
    assert rows(now)["pool:pooler:shop/app"].value == "20 of unknown busy"
    assert "sizes:pooler" not in rows(now)
    assert rows(now)["client:pooler:"].state == "unknown"


def test_many_kinds_of_clients_are_ten_lines_and_the_rest() -> None:
    clients = tuple(ClientGroup(f"job-{number}", "10.0.0.7", "shop", "app", 2, 0) for number in range(300))
    found = [row for row in pool_rows(PoolerFigures("pooler", "1.24.1", clients=clients), None) if "client" in row.part]
    assert len(found) == 11
    assert (found[-1].name, found[-1].value) == ("others (290)", "580 clients")
