"""Which bounds bring a number of replicas, what the policy allows, which selector selects, how long a revision ran."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.kubernetes import Owner, ReplicaSet
from opsconsole.rules.replicas import allowed, bounds_for, within
from opsconsole.rules.revisions import Ran, newest_first, ran
from opsconsole.rules.selector import selects

NOW = datetime(2026, 5, 4, 3, 2, tzinfo=UTC)
counts = st.integers(1, 60)


@pytest.mark.parametrize(
    ("wanted", "bounds"),
    [(8, (8, 20)), (25, (25, 25)), (5, (3, 5)), (2, (2, 2)), (6, (3, 20))],
)
def test_more_raises_the_minimum_fewer_lowers_the_maximum(wanted: int, bounds: tuple[int, int]) -> None:
    assert bounds_for(wanted, 6, 3, 20) == bounds


@given(wanted=counts, current=counts, one=counts, other=counts)
def test_the_bounds_bring_what_was_wanted(wanted: int, current: int, one: int, other: int) -> None:
    minimum, maximum = bounds_for(wanted, current, min(one, other), max(one, other))
    assert minimum <= maximum
    if wanted != current:
        assert within(current, minimum, maximum) == wanted


def test_a_workload_s_own_bounds_come_before_those_of_all() -> None:
    assert allowed({"api": (3, 50), "*": (1, 9)}, "api") == (3, 50)
    assert allowed({"api": (3, 50), "*": (1, 9)}, "web") == (1, 9)
    assert allowed({"api": (3, 50)}, "web") is None


def test_selectors() -> None:
    labels = {"app": "api", "tier": "front"}
    assert selects({}, labels)
    assert not selects(None, labels)
    assert selects({"matchLabels": {"app": "api"}}, labels)
    assert not selects({"matchLabels": {"app": "api", "zone": "a"}}, labels)
    expressions = [
        ("In", "tier", ["front", "back"], True), ("NotIn", "tier", ["front"], False), ("NotIn", "zone", ["a"], True),
        ("Exists", "app", [], True), ("DoesNotExist", "app", [], False), ("Bogus", "app", [], False),
    ]  # fmt: skip
    for operator, key, values, meant in expressions:
        rule = {"key": key, "operator": operator, "values": values}
        assert selects({"matchExpressions": [rule]}, labels) is meant, operator


def revision(number: int, minutes_ago: int) -> ReplicaSet:
    created = NOW - timedelta(minutes=minutes_ago)
    return ReplicaSet(f"u{number}", "shop", f"api-{number}", Owner("Deployment", "api"), str(number), 0, 0, created)


def test_a_revision_ran_until_the_next_one_came() -> None:
    first, second, third = every = (revision(1, 300), revision(2, 60), revision(3, 14))
    assert [row.revision for row in newest_first(every)] == ["3", "2", "1"]
    assert ran(third, every, NOW) == Ran(timedelta(minutes=14))
    assert ran(second, every, NOW) == Ran(timedelta(minutes=46))
    assert ran(first, every, NOW) == Ran(timedelta(minutes=240))


def test_one_that_a_rollback_brought_back_ran_longer_than_is_known() -> None:
    back, other = every = (revision(4, 300), revision(3, 14))
    assert ran(back, every, NOW) == Ran(timedelta(minutes=286), at_least=True)
    assert ran(other, every, NOW) == Ran(timedelta(minutes=14))


def test_within_one_second_the_number_tells_which_came_later() -> None:
    first, second = every = (revision(1, 10), revision(2, 10))
    assert ran(first, every, NOW) == Ran(timedelta())
    assert ran(second, every, NOW) == Ran(timedelta(minutes=10))
