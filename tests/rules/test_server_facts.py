"""PostgreSQL's headline rates of an interval."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from opsconsole.model.counters import ServerCounters
from opsconsole.model.postgres import ServerFacts, ServerPlace
from opsconsole.rules.server_facts import facts

START = datetime(2025, 3, 27, 2, 0, tzinfo=UTC)
FACTS = ServerFacts("main", "18.1", START, False, 10, 100, 3)
FIRST = ServerCounters(START, FACTS, 1000, 100, 50, 5, 0, 0)


def later(**changes: Any) -> ServerCounters:
    return msgspec.structs.replace(FIRST, **{"taken": START + timedelta(seconds=5), **changes})


def test_rates_of_the_interval() -> None:
    now = facts(FIRST, later(blocks_hit=1099, blocks_read=101, commits=150, deadlocks=2, temp_bytes=50))
    assert (now.hit_ratio, now.commits_s, now.rollbacks_s, now.deadlocks) == (0.99, 20.0, 0.0, 2)
    assert now.temp_bytes_s == 10.0


def test_the_first_reading_has_none() -> None:
    assert facts(None, FIRST) == FACTS


def test_a_restart_a_reset_and_a_counter_that_fell_have_none() -> None:
    restarted = msgspec.structs.replace(FACTS, started=START + timedelta(seconds=3))
    promoted = msgspec.structs.replace(FACTS, is_replica=True)
    for now in (later(facts=restarted), later(facts=promoted), later(stats_reset=START), later(commits=1)):
        assert facts(FIRST, now).commits_s is None


def test_counters_of_another_server_behind_the_same_address_are_never_compared() -> None:
    here, there = (msgspec.structs.replace(FACTS, place=ServerPlace(system)) for system in ("1", "2"))
    assert facts(later(facts=here, taken=START), later(facts=there)).commits_s is None


def test_no_block_asked_for_is_unknown() -> None:
    assert facts(FIRST, later()).hit_ratio is None
