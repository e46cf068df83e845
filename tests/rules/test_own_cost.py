"""What the console costs a server: the difference of what the server counted of its queries."""

from datetime import UTC, datetime

from opsconsole.model.own_cost import OwnCalls
from opsconsole.rules.own_cost import clocked, counted

STARTED = datetime(2026, 3, 26, tzinfo=UTC)


def test_queries_per_minute_and_their_time_are_of_the_difference() -> None:
    before = OwnCalls(0.0, STARTED, ((1, 1000, 9000.0), (2, 500, 100.0)))
    now = OwnCalls(60.0, STARTED, ((1, 1020, 9180.0), (2, 508, 172.0)))
    cost = counted("pg", before, now)
    assert cost is not None
    assert (cost.per_minute, cost.ms_each, cost.by_server) == (28.0, 9.0, True)


def test_an_evicted_entry_counts_from_nothing() -> None:
    before = OwnCalls(0.0, STARTED, ((1, 1000, 9000.0),))
    cost = counted("pg", before, OwnCalls(60.0, STARTED, ((1, 4, 8.0),)))
    assert cost is not None
    assert (cost.per_minute, cost.ms_each) == (4.0, 2.0)


def test_a_query_that_was_not_known_as_ours_before_makes_no_sum_that_is_too_small() -> None:
    before = OwnCalls(0.0, STARTED, ((1, 1000, 9000.0),))
    assert counted("pg", before, OwnCalls(60.0, STARTED, ((1, 1004, 9009.0), (2, 700, 9.0)))) is None


def test_another_start_and_a_moment_ago_are_nothing_to_compare_with() -> None:
    now = OwnCalls(60.0, STARTED, ((1, 4, 8.0),))
    assert counted("pg", None, now) is None
    assert counted("pg", OwnCalls(0.0, None, ()), now) is None
    assert counted("pg", OwnCalls(59.0, STARTED, ()), now) is None


def test_our_own_clock_says_what_it_is_and_nothing_while_it_has_hardly_run() -> None:
    cost = clocked("pg", [(5.0, 1.0), (100.0, 0.01), (110.0, 0.03)], 60.0, 120.0)
    assert (cost.per_minute, cost.ms_each, cost.by_server) == (2.0, 20.0, False)
    assert clocked("pg", [(1.0, 0.01)], 0.0, 3.0).per_minute is None
