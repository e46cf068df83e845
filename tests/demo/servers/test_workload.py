"""What runs on the demo's real servers: the shop's statements, connections, cache traffic and hurt customers."""

from collections import Counter
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from opsconsole.demo.cache_workload import CacheWorkload
from opsconsole.demo.customer_queries import HEALTH_QUERY, HURT_QUERY
from opsconsole.demo.customers import Ledger
from opsconsole.demo.platform import Business, DatabaseLoad, EndpointLoad, Load
from opsconsole.demo.shop.statements import STATEMENTS as NAMED
from opsconsole.demo.statements_sql import STATEMENTS
from tests.demo.servers.waiting import until
from tests.servers.valkey import PASSWORD, ValkeyUnderTest


def statements(database: psycopg.Connection) -> dict[str, int]:
    return dict(
        database.execute(
            "SELECT query, calls FROM pg_stat_statements s JOIN pg_roles ON oid = userid WHERE rolname = 'shop_app'"
        ).fetchall()
    )


def test_every_statement_of_the_shop_has_its_text() -> None:
    assert STATEMENTS.keys() == NAMED.keys()


def test_the_statements_run_and_are_counted(database: psycopg.Connection) -> None:
    wanted = ("FROM order_items WHERE order_id = $1", "JOIN posts p ON", "UPDATE user_sessions", "INSERT INTO orders")
    until(
        lambda: all(any(part in query for query in statements(database)) for part in wanted),
        "the shop's statements show in pg_stat_statements",
    )
    first = sum(statements(database).values())
    until(lambda: sum(statements(database).values()) > first + 50, "they go on")


def test_pools_hold_connections_under_their_names(database: psycopg.Connection) -> None:
    def pools() -> Counter[str]:
        rows = database.execute(
            "SELECT application_name, count(*) FROM pg_stat_activity WHERE usename = 'shop_app' GROUP BY 1"
        ).fetchall()
        return Counter(dict(rows))

    until(lambda: pools().total() >= 30, "about forty backends are connected")
    assert {"api", "auth", "worker", "feed"} <= pools().keys()


def test_the_cache_is_hit_and_missed(cache: Redis) -> None:
    before = cache.info("stats")
    until(
        lambda: (
            (now := cache.info("stats"))["keyspace_hits"] > before["keyspace_hits"] + 100
            and now["keyspace_misses"] > before["keyspace_misses"]
        ),
        "reads hit and miss",
    )
    memory = cache.info("memory")
    assert memory["maxmemory_policy"] == "allkeys-lru"
    assert 0.3 < memory["used_memory"] / memory["maxmemory"] < 0.95
    with pytest.raises(NoPermissionError):
        cache.set("post:1", "mine")


async def test_filling_the_cache_leaves_no_slow_command_behind(tmp_path: Path) -> None:
    server = ValkeyUnderTest(tmp_path)
    try:
        workload = CacheWorkload(f"redis://127.0.0.1:{server.port}", PASSWORD, lambda: load({}), 1)
        await workload.open()
        for connection in workload._clients:
            await connection.aclose()
        with server.client as client:
            assert client.dbsize() > 30_000
            assert client.slowlog_len() == 0
            assert "command" not in {name.decode() for name, *_ in client.latency_latest()}
    finally:
        server.stop()


def test_customers_have_inputs_now_and_a_month_ago(database: psycopg.Connection) -> None:
    with database.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        rows = {row["id"]: row for row in cursor.execute(HEALTH_QUERY).fetchall()}
    assert len(rows) == 240
    worst = rows["c-1042"]
    assert (worst["plan"], worst["monthly_revenue"], worst["owner"]) == ("enterprise", 9800, "cs-team-2")
    assert worst["engagement"] < worst["engagement_30d"] - 15
    assert {row["plan"] for row in rows.values()} == {"free", "pro", "enterprise"}
    assert any("payment overdue" in row["flags"] for row in rows.values())
    assert any(row["nps"] is None for row in rows.values()), "some never answered"


def test_the_hurt_query_runs(database: psycopg.Connection) -> None:
    database.execute(HURT_QUERY, {"window_s": 900.0})


def load(hurt: dict[str, tuple[float, float]]) -> Load:
    endpoint = EndpointLoad("POST", "/checkout", 24.0, 0, 0, 0.1, 0.4, 2)
    return Load(0, {"api": (endpoint,)}, {}, DatabaseLoad({}, {}), 0, 1, 0, Business(0, 0, 0), hurt)


def test_the_ledger_books_requests_to_customers_of_the_plan() -> None:
    ledger = Ledger([("a", "pro", 3.0), ("b", "pro", 1.0), ("c", "free", 4.0)])
    for _ in range(10):
        ledger.add(load({"pro": (4.0, 0.5)}), 1.0)
    assert ledger.take() == [("a", 90, 30, 3), ("b", 30, 10, 1), ("c", 120, 0, 0)]
    assert ledger.take() == []


def test_the_ledger_keeps_fractions_until_they_are_whole() -> None:
    ledger = Ledger([("a", "pro", 1.0), ("b", "pro", 1.0)])
    booked: Counter[str] = Counter()
    for _ in range(40):
        ledger.add(load({"pro": (0.1, 0.0)}), 1.0)
        booked.update({id: slow for id, _, slow, _ in ledger.take()})
    assert booked["a"] + booked["b"] == pytest.approx(4, abs=1)
