"""What the Redis view says of figures that no test server shows at will."""

from datetime import timedelta

import msgspec
import pytest

from opsconsole.model.redis import CommandCount, Database, Persistence
from opsconsole.rules.cache import events_between, figures
from opsconsole.rules.cache_rows import cache_rows
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
