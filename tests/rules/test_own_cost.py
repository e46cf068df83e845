"""What the console costs a server: the difference of what the server counted of its queries."""

from datetime import timedelta

import msgspec

from opsconsole.rules.own_cost import clocked, counted
from tests.rules.statement_samples import counters, sample

OURS = frozenset((1, 2))
BEFORE = sample(0, counters(1, 1000, 9000.0), counters(2, 500, 100.0), counters(7, 5, 5.0))


def test_queries_per_minute_and_their_time_are_of_the_difference_of_ours() -> None:
    now = sample(60, counters(1, 1020, 9180.0), counters(2, 508, 172.0), counters(7, 900, 900.0))
    cost = counted([now, BEFORE], OURS, 300.0)
    assert cost is not None
    assert (cost.per_minute, cost.ms_each, cost.by_server) == (28.0, 9.0, True)


def test_an_evicted_entry_and_one_that_was_not_there_count_from_nothing() -> None:
    before = sample(0, counters(1, 1000, 9000.0))
    cost = counted([sample(60, counters(1, 4, 8.0), counters(2, 2, 4.0)), before], OURS, 300.0)
    assert cost is not None
    assert (cost.per_minute, cost.ms_each) == (6.0, 2.0)


def test_the_oldest_within_reach_is_compared() -> None:
    now, near, far = (sample(at, counters(1, calls)) for at, calls in ((600, 70), (540, 10), (0, 0)))
    cost = counted([now, near, far], OURS, 300.0)
    assert cost is not None
    assert (cost.per_minute, cost.span_s) == (60.0, 60.0)


def test_another_start_and_a_moment_ago_are_nothing_to_compare_with() -> None:
    now = sample(60, counters(1, 4))
    started = msgspec.structs.replace(BEFORE, started=now.taken - timedelta(seconds=9))
    assert counted([], OURS, 300.0) is None
    assert counted([now], OURS, 300.0) is None
    assert counted([now, started], OURS, 300.0) is None
    assert counted([now, sample(59, counters(1, 4))], OURS, 300.0) is None


def test_our_own_clock_says_what_it_is_and_nothing_while_it_has_hardly_run() -> None:
    cost = clocked("pg", [(5.0, 1.0), (100.0, 0.01), (110.0, 0.03)], 60.0, 120.0)
    assert (cost.per_minute, cost.ms_each, cost.by_server) == (2.0, 20.0, False)
    assert clocked("pg", [(1.0, 0.01)], 0.0, 3.0).per_minute is None
