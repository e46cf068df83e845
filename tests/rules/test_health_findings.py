"""Critical checks of the health list as findings: when they begin, what they say, and when they end."""

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.postgres import Detail, HealthCheck, ServerHealth
from opsconsole.rules.health_findings import Ill, health_findings, ills

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def check(
    id: str, state: str = "crit", value: str = "3", title: str = "", pid: str = "", short: str = ""
) -> HealthCheck:
    details = (Detail("oldest first", ("PID", "FOR"), ((pid, "1h"),)),) if pid else ()
    return HealthCheck(id, title or id.capitalize(), state, value, "< 1", "why", "", details, short=short)


def told(*minutes: tuple[HealthCheck, ...], blocking: tuple[Finding, ...] = ()) -> tuple[Finding, ...]:
    """What is told after readings that were taken a minute apart."""
    held: dict[str, Ill] | None = None
    for minute, checks in enumerate(minutes):
        held = ills(ServerHealth("pg", checks), NOW + timedelta(minutes=minute), held)
    return health_findings("pg", held or {}, blocking)


DEAD = check("dead-rows", title="Dead rows", value="1 table, worst x: 98 % of rows", short="98 % of x")
LATE = check("dead-rows", "warn", "40 %", "Dead rows")


def test_a_critical_check_is_a_warning_with_its_value_that_leads_to_its_row() -> None:
    (found,) = told((DEAD, check("prepared", "warn"), check("slots", "unknown")))
    assert found.what == "pg dead rows: 98 % of x"
    assert (found.id, found.object, found.tab) == ("health:pg:dead-rows", "pg dead-rows", 3)
    assert (found.severity, found.since, found.from_start) == (Severity.WARNING, NOW, True)


def test_it_counts_from_the_first_reading_that_was_critical_and_stands_until_it_is_fine() -> None:
    (found,) = told((), (DEAD,), (DEAD,))
    assert (found.since, found.from_start) == (NOW + timedelta(minutes=1), False)
    (easing,) = told((DEAD,), (LATE,), (DEAD,), (LATE,))
    assert (easing.since, easing.what) == (NOW, "pg dead rows: 40 %")
    assert told((DEAD,), (check("dead-rows", "ok"),)) == ()
    assert told((DEAD,), *[(LATE,)] * 5)
    assert told((DEAD,), *[(LATE,)] * 6) == ()


def test_unknown_makes_none_and_ends_none() -> None:
    unknown = check("dead-rows", "unknown", "unknown")
    assert told((unknown,)) == ()
    assert [one.what for one in told((DEAD,), *[(unknown,)] * 20)] == ["pg dead rows: 98 % of x"]


def test_what_may_be_over_with_the_next_reading_takes_two_to_begin_and_five_minutes_to_end() -> None:
    bad, fine = check("temp-files", value="2Gi/min"), check("temp-files", "ok", "none")
    assert told((bad,)) == told((bad,), (fine,), (bad,)) == ()
    (found,) = told((bad,), (bad,))
    assert (found.what, found.since) == ("pg temp-files: 2Gi/min", NOW)
    (over,) = told((bad,), (bad,), *[(fine,)] * 3)
    assert over.what == "pg temp-files: none, within the limit for 2m"
    assert told((bad,), (bad,), *[(fine,)] * 6) == ()


def test_a_reading_that_is_heard_twice_is_one() -> None:
    health = ServerHealth("pg", (check("temp-files"),))
    once = ills(health, NOW, {})
    assert ills(health, NOW, once) == once


@pytest.mark.parametrize("id", ["disk", "wraparound", "wraparound-tables", "checksums"])
def test_what_stops_the_database_or_loses_data_is_critical(id: str) -> None:
    assert [one.severity for one in told((check(id),))] == [Severity.CRITICAL]


def test_one_trouble_is_told_once() -> None:
    def ids(*checks: HealthCheck, blocking: tuple[Finding, ...] = ()) -> list[str]:
        return [one.object for one in told(checks, blocking=blocking)]

    assert ids(check("wraparound"), check("wraparound-tables")) == ["pg wraparound"]
    idle, long = check("idle-in-transaction", pid="471"), check("long-transactions", pid="471")
    assert ids(idle, long) == ["pg idle-in-transaction"]
    assert ids(idle, check("long-transactions", pid="9")) == ["pg idle-in-transaction", "pg long-transactions"]
    blocks = Finding("blocking:pg:471@x", Severity.WARNING, "471 blocks 3", 3, object="pg 471@2026")
    assert ids(idle, long, blocking=(blocks,)) == []
    assert ids(check("idle-in-transaction", pid="47"), blocking=(blocks,)) == ["pg idle-in-transaction"]
