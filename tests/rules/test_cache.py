"""Cache rates of an interval."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.redis import CacheCounters, SlowEntry
from opsconsole.rules.cache import figures

START = datetime(2025, 3, 27, 2, 0, tzinfo=UTC)
FIRST = CacheCounters("cache", START, "run-1", 100, "valkey 9.1", "master", 90, 10, 0, 0, 100, 50, 100, "lru", 3, 0, 10)


def later(seconds: int = 10, **changes: Any) -> CacheCounters:
    taken = START + timedelta(seconds=seconds)
    return msgspec.structs.replace(FIRST, taken=taken, **{"uptime_s": 100 + seconds, **changes})


def test_a_drop_shows_in_its_interval() -> None:
    now = figures(FIRST, later(hits=91, misses=19, commands=200, evicted=5))
    assert now.hit_ratio == 0.1
    assert (now.commands_s, now.evictions_s, now.interval_s) == (10.0, 0.5, 10.0)
    assert now.started == START - timedelta(seconds=100)


def test_nothing_of_nothing_is_unknown() -> None:
    assert figures(FIRST, later()).hit_ratio is None
    assert figures(None, FIRST).evictions_s is None


def test_another_run_is_another_epoch() -> None:
    now = figures(FIRST, later(run_id="run-2", hits=500, misses=500))
    assert now.hit_ratio is None
    assert now.notes == ("the server started again since the last reading",)


def test_a_reset_of_the_counters_is_said() -> None:
    now = figures(FIRST, later(hits=0, misses=0, commands=1))
    assert now.commands_s is None
    assert now.notes == ("counters were reset since the last reading",)


def test_no_limit_is_said() -> None:
    assert figures(None, later(max_memory_bytes=0)).notes == ("maxmemory is 0: memory is not limited",)


def test_slow_entries_are_counted_by_id() -> None:
    slow = tuple(SlowEntry(number, START, 12.0, "GET k") for number in (7, 6, 5))
    before = msgspec.structs.replace(FIRST, slow=slow[2:])
    assert figures(before, later(slow=slow)).slow_new == 2
    assert figures(before, later(slow=slow[1:], run_id="run-2")).slow_new == 2
    assert figures(None, later(slow=slow)).slow_new == 0


@given(st.tuples(*[st.integers(0, 10**9)] * 4), st.integers(1, 10**5))
def test_no_rate_is_negative_and_no_ratio_outside(values: tuple[int, ...], seconds: int) -> None:
    hits, misses, evicted, commands = values
    now = figures(FIRST, later(seconds, hits=hits, misses=misses, evicted=evicted, commands=commands))
    assert now.hit_ratio is None or 0 <= now.hit_ratio <= 1
    assert all(rate is None or rate >= 0 for rate in (now.evictions_s, now.expired_s, now.commands_s))
