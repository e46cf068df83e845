"""Spend to date against the same days before, and the days that stand out."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.billing import Bill, DailyCharge, Spend
from opsconsole.rules.spend import anomaly, by_category, by_service

FIRST = date(2026, 1, 1)
TODAY = date(2026, 3, 20)


def charges(daily: dict[date, Decimal], **more: Any) -> list[DailyCharge]:
    fields = {"category": "Compute", "service": "EC2", "account": "prod", **more}
    return [DailyCharge(day=day, billed=cost, effective=cost, **fields) for day, cost in daily.items()]


def days(cost: int, first: date = FIRST, last: date = TODAY) -> dict[date, Decimal]:
    return {first + timedelta(days=day): Decimal(cost) for day in range((last - first).days + 1)}


def bill(*parts: list[DailyCharge]) -> Bill:
    return Bill("USD", tuple(charge for part in parts for charge in part), TODAY)


def only(rows: tuple[Spend, ...], name: str) -> Spend:
    return next(row for row in rows if row.name == name)


def test_to_date_against_the_same_days_of_the_month_before() -> None:
    costs = days(10) | days(20, date(2026, 3, 1))
    row = only(by_service(bill(charges(costs)), "effective", TODAY), "EC2")
    assert (row.to_date, row.previous) == (Decimal(400), Decimal(200))
    assert (row.daily_now, row.share) == (Decimal(20), 1.0)


def test_a_longer_month_is_compared_with_the_whole_shorter_one() -> None:
    row = only(by_service(bill(charges(days(10, last=date(2026, 3, 31)))), "effective", date(2026, 3, 31)), "EC2")
    assert (row.to_date, row.previous) == (Decimal(310), Decimal(280))


def test_what_the_bill_does_not_reach_back_to_is_unknown() -> None:
    row = only(by_service(bill(charges(days(10, date(2026, 3, 18)))), "effective", TODAY), "EC2")
    assert (row.to_date, row.previous, row.daily_now) == (Decimal(30), None, None)


def test_rows_are_dearest_first_and_shares_sum_to_one() -> None:
    of = bill(charges(days(10)), charges(days(30), service="RDS", category="Databases"), charges(days(5), service="S3"))
    rows = by_service(of, "effective", TODAY)
    assert [row.name for row in rows] == ["RDS", "EC2", "S3"]
    assert abs(sum(row.share for row in rows) - 1) < 1e-9
    assert [row.name for row in by_category(of, "effective", TODAY)] == ["Databases", "Compute"]


def test_the_basis_decides() -> None:
    upfront = [DailyCharge(TODAY, "Compute", "EC2", "prod", Decimal(8760), Decimal(24))]
    assert by_service(bill(upfront), "billed", TODAY)[0].to_date == Decimal(8760)
    assert by_service(bill(upfront), "effective", TODAY)[0].to_date == Decimal(24)


def test_a_jump_that_lasts_is_an_anomaly_since_its_first_day() -> None:
    costs = days(100) | days(300, date(2026, 3, 16))
    row = only(by_service(bill(charges(costs)), "effective", TODAY), "EC2")
    assert row.anomaly_since == date(2026, 3, 16)
    assert row.note == "+$200 a day over its usual"


def test_a_dear_weekday_is_no_anomaly() -> None:
    costs = {day: Decimal(500) if day.weekday() == 4 else cost for day, cost in days(100).items()}
    assert TODAY.weekday() == 4
    assert anomaly(costs, TODAY, FIRST) is None
    costs[TODAY] = Decimal(900)
    assert anomaly(costs, TODAY, FIRST) == (TODAY, Decimal(400))


def test_small_or_slight_jumps_are_none() -> None:
    assert anomaly(days(100) | {TODAY: Decimal(149)}, TODAY, FIRST) is None
    assert anomaly(days(1000) | {TODAY: Decimal(1199)}, TODAY, FIRST) is None
    assert anomaly(days(100) | {TODAY: Decimal(150)}, TODAY, FIRST) == (TODAY, Decimal(50))


def test_noise_as_large_as_the_jump_hides_it() -> None:
    noisy = {day: Decimal(100 + 200 * (index % 2)) for index, day in enumerate(days(0))}
    assert anomaly(noisy | {TODAY: Decimal(300)}, TODAY, FIRST) is None


def test_too_little_history_judges_nothing() -> None:
    first = TODAY - timedelta(days=20)
    assert anomaly(days(1, first) | {TODAY: Decimal(9000)}, TODAY, first) is None


def test_purchases_taxes_and_corrections_are_no_usage() -> None:
    yearly = {TODAY: Decimal(9000)}
    for more in ({"kind": "Purchase"}, {"kind": "Tax"}, {"corrected": True}):
        row = only(by_service(bill(charges(days(100)), charges(yearly, **more)), "effective", TODAY), "EC2")
        assert row.anomaly_since is None


def test_the_account_that_jumped_is_named() -> None:
    of = bill(charges(days(100)), charges(days(100) | {TODAY: Decimal(900)}, account="dev"))
    assert only(by_service(of, "effective", TODAY), "EC2").note == "+$800 a day over its usual in dev"


def test_new_and_vanished_services_are_said() -> None:
    of = bill(
        charges(days(10)),
        charges(days(10, date(2026, 3, 10)), service="Bedrock"),
        charges(days(10, last=date(2026, 3, 8)), service="Old"),
    )
    rows = by_service(of, "effective", TODAY)
    assert only(rows, "Bedrock").note == "new since 10 Mar"
    assert only(rows, "Old").note == "nothing since 8 Mar"


@given(st.integers(1, 10_000))
def test_what_never_changes_is_never_an_anomaly(cost: int) -> None:
    assert anomaly(days(cost), TODAY, FIRST) is None
