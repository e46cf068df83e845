"""What the Redis view says of figures that no test server shows at will."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.redis import CacheFigures, CommandCount, Database, Persistence
from opsconsole.rules.cache import events_between, figures
from opsconsole.rules.cache_row import CacheRow
from opsconsole.rules.cache_rows import cache_rows, headline
from opsconsole.text import units
from tests.rules.test_cache import FIRST, START, later


@pytest.mark.parametrize(
    ("policy", "limit", "state", "advice"),
    [
        ("noeviction", 100, "", "For a cache only: allkeys-lru"),
        ("volatile-lru", 100, "warn", "Give what may go a time to live"),
        ("allkeys-lru", 100, "", "Keep what must stay in another server"),
        ("allkeys-lru", 0, "", "Set maxmemory"),
    ],
)
def test_the_policy_is_judged_by_what_is_stored(policy: str, limit: int, state: str, advice: str) -> None:
    now = later(policy=policy, max_memory_bytes=limit, databases=(Database(0, 1000, 20),))
    row = {row.key: row for row in cache_rows(figures(FIRST, now))}["policy"]
    assert (row.value, row.state) == (policy, state)
    assert row.remedy.startswith(advice)


def test_a_snapshot_that_is_overdue() -> None:
    old = Persistence(changes=5, saved=START - timedelta(hours=3), save_status="ok", save_rules=((3600, 1),))
    now = msgspec.structs.replace(later(persistence=old), uptime_s=86400)
    first = cache_rows(figures(FIRST, now))[0]
    assert (first.key, first.state, first.value) == ("snapshot", "warn", "3h00m old, 5 changed since")


def test_a_reset_is_seen_in_the_commands_even_where_the_sums_grew() -> None:
    before = later(0, by_command=(CommandCount("get", 900, 900),))
    now = later(commands=5000, hits=5000, by_command=(CommandCount("get", 7, 9), CommandCount("set", 4993, 9)))
    assert figures(before, now).commands_s is None
    assert [event.what for event in events_between(before, now)] == ["its counters were reset"]


def shown(now: CacheFigures) -> dict[str, CacheRow]:
    return {row.key: row for row in cache_rows(now)}


def test_a_low_hit_ratio_after_a_start_without_keys_is_put_down_to_it() -> None:
    empty = Persistence(aof=False, loaded_keys=0)
    now = later(hits=91, misses=19, uptime_s=720, persistence=empty)
    cold = shown(figures(msgspec.structs.replace(FIRST, uptime_s=710), now))["hits"]
    assert (cold.state, cold.value) == ("warn", "10.0 %")
    assert cold.limit == "cold since 12m: hit ratio is of a cache that fills · 80 %"
    assert cold.remedy.startswith("The database bears it until it is warm")
    for warm in (Persistence(aof=False, loaded_keys=900), Persistence(aof=True, loaded_keys=0), Persistence()):
        read = figures(msgspec.structs.replace(FIRST, uptime_s=710), msgspec.structs.replace(now, persistence=warm))
        assert shown(read)["hits"].limit == "80 % · over the last 10s"
    full = figures(msgspec.structs.replace(FIRST, uptime_s=710), msgspec.structs.replace(now, evicted=50))
    assert shown(full)["hits"].remedy.startswith("It evicts: too small")


def test_a_cache_that_somebody_emptied_is_cold_too() -> None:
    before = later(0, by_command=(CommandCount("flushall", 0, 0),), keys=12_000)
    now = later(hits=91, misses=19, by_command=(CommandCount("flushall", 1, 9),), keys=3, uptime_s=90_000)
    (event,) = events_between(before, now)
    assert (event.kind, event.what) == ("emptied", "FLUSHALL ran: 12,000 keys before, 3 now")
    assert shown(figures(before, now, (event,)))["hits"].limit.startswith("cold since <1m: ")


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"evicted": 50}, "It evicts: too small for what is stored"),
        ({"expired": 50, "databases": (Database(0, 100, 90, 20_000),)}, "Keys live for 20s only"),
        ({}, "Compare with evictions"),
    ],
)
def test_a_low_hit_ratio_names_its_likely_reason(changes: dict[str, Any], advice: str) -> None:
    now = later(hits=91, misses=19, uptime_s=90_000, **changes)
    assert shown(figures(msgspec.structs.replace(FIRST, uptime_s=89_990), now))["hits"].remedy.startswith(advice)


@pytest.mark.parametrize(
    ("policy", "limit", "expires", "why"),
    [
        ("allkeys-lru", 0, 1, "Hardly a key expires and maxmemory is 0"),
        ("volatile-lru", 100, 1, "Hardly a key expires, and volatile-lru"),
        ("allkeys-lru", 100, 60, "Keys without a time to live stay"),
    ],
)
def test_times_to_live_are_advised_by_what_stays(policy: str, limit: int, expires: int, why: str) -> None:
    now = later(policy=policy, max_memory_bytes=limit, databases=(Database(3, 100, expires, 90_000),))
    row = shown(figures(FIRST, now))["db:3"]
    assert row.limit == f"{units.percent(expires / 100)} % expire, mean time to live 1m30s"
    assert row.why.startswith(why)


def test_what_a_server_does_not_tell_is_unknown_and_not_0() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("hits", "misses", "evicted", "expired", "commands", "clients", "blocked_clients")
    )
    nothing |= dict.fromkeys(("uptime_s", "keys", "max_clients", "memory_bytes", "max_memory_bytes"))
    now = later(run_id="", version="", role="", policy="", **nothing)
    before = msgspec.structs.replace(FIRST, run_id="")
    read = figures(before, now)
    rows = shown(read)
    for key in ("hits", "ping", "memory", "policy", "commands:none"):
        assert rows[key].value == "unknown"
    assert {rows[key].value for key in ("commands", "evicted", "expired")} == {"unknown"}
    assert (rows["clients"].value, rows["blocked"].value) == ("unknown, limit unknown", "unknown")
    assert headline(read, ()) == "cache version unknown role unknown · nothing above its limit in what is read"
    assert events_between(before, now) == ()


def test_a_hidden_run_id_leaves_the_uptime() -> None:
    before = msgspec.structs.replace(FIRST, run_id="", uptime_s=900)
    now = later(run_id="")
    assert figures(before, now).commands_s is None
    assert [event.kind for event in events_between(before, now)] == ["restart"]
