"""New and grown statements as findings."""

from datetime import UTC, datetime

import msgspec

from opsconsole.model.metrics import ServiceFigures, Services
from opsconsole.model.statements import StatementRate, Statements
from opsconsole.rules.statement_findings import statement_findings

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def row(share: float, calls_s: float, before: float | None = None, first_seen: datetime | None = None) -> StatementRate:
    return StatementRate("10/5/42/1", 0x7F3A, "select 1", calls_s, 2.1, share, 1.0, before, first_seen=first_seen)


def said(one: StatementRate, before_s: float | None = 600.0, normal: float | None = None) -> list[str]:
    held = {} if normal is None else {"statement:10/5/42/1": normal}
    return [found.finding.what for found in statement_findings(Statements("pg", 300.0, before_s, (one,)), held)]


def test_a_new_heavy_statement_counts_from_its_first_appearance() -> None:
    (grown,) = statement_findings(Statements("pg", 300.0, 600.0, (row(0.61, 1800.0, first_seen=NOW),)), {})
    found = grown.finding
    assert grown.normal == 0.0
    assert found.what == "statement 7f3a new, 61 % of the time (select 1)"
    assert (found.since, found.object, found.tab) == (NOW, "10/5/42/1", 3)


def test_one_that_is_called_many_times_as_often_is_said_with_its_factor() -> None:
    assert said(row(0.61, 1800.0, 44.0)) == ["statement 7f3a called x40.9, 61 % of the time (select 1)"]


def test_little_time_little_growth_or_no_time_before_are_nothing() -> None:
    assert said(row(0.05, 1800.0, 44.0)) == []
    assert said(row(0.61, 1800.0, 1700.0)) == []
    assert said(row(0.61, 1800.0, 44.0), before_s=None) == []
    assert said(row(0.61, 1800.0)) == []
    assert said(row(0.61, 1800.0, first_seen=NOW), before_s=20.0) == []  # what comes once a minute would be new
    assert statement_findings(None, {}) == ()


def test_what_stands_is_measured_against_what_was_normal_and_ends_at_half_the_bounds() -> None:
    used_to_it = row(0.12, 1800.0, 1700.0)
    assert said(used_to_it) == []
    assert said(used_to_it, normal=44.0) == ["statement 7f3a called x40.9, 12 % of the time (select 1)"]
    assert said(used_to_it, normal=0.0) == ["statement 7f3a new, 12 % of the time (select 1)"]
    assert said(row(0.12, 60.0, 1700.0), normal=44.0) == []
    assert said(row(0.05, 1800.0, 1700.0), normal=44.0) == []


def test_one_that_is_called_as_ever_and_takes_far_longer_is_said_until_half_of_it_is_gone() -> None:
    slow = msgspec.structs.replace(row(0.95, 14.0, 14.0), mean_ms=48.0, before_mean_ms=4.0)
    assert said(slow) == ["statement 7f3a slower x12.0: 48 ms each, 95 % of the time (select 1)"]
    assert said(slow, before_s=60.0) == []
    used_to_it = msgspec.structs.replace(slow, before_mean_ms=47.0)
    held = {"slower:10/5/42/1": 4.0}
    assert len(statement_findings(Statements("pg", 300.0, 600.0, (used_to_it,)), held)) == 1
    well = msgspec.structs.replace(slow, mean_ms=5.0)
    assert statement_findings(Statements("pg", 300.0, 600.0, (well,)), held) == ()


def test_one_that_is_asked_again_and_again_for_a_request_says_so() -> None:
    services = Services((ServiceFigures("api", "POST /checkout", requests_s=43.0),))
    one = msgspec.structs.replace(row(0.61, 1800.0, first_seen=NOW), tags=(("route", "POST /checkout"),))
    (grown,) = statement_findings(Statements("pg", 300.0, 600.0, (one,)), {}, services=services)
    assert grown.finding.what == "statement 7f3a new, 61 % of the time: 42 calls per POST /checkout (select 1)"
