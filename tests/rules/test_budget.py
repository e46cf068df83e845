"""Burn-down: the published run-rate example, the laws of a budget, and its sentence."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.config.settings import Budget
from opsconsole.model.billing import Bill, BurnDown, DailyCharge
from opsconsole.rules.budget import as_of, burn_down, burn_sentence, period_of

MARCH = date(2026, 3, 1)


def charge(day: date, cost: Decimal | int | str, **more: Any) -> DailyCharge:
    amount = Decimal(cost)
    fields = {"category": "Compute", "service": "EC2", "account": "prod", **more}
    return DailyCharge(day=day, billed=amount, effective=amount, **fields)


def bill(*charges: DailyCharge, currency: str = "USD") -> Bill:
    return Bill(currency, charges, max((charge.day for charge in charges), default=None))


def steady(daily: Decimal | int | str, days: int, start: date = MARCH) -> Bill:
    return bill(*(charge(start + timedelta(days=day), daily) for day in range(days)))


def burn(of: Bill, amount: Decimal | int = 1000, complete: date | None = None, **more: Any) -> BurnDown:
    budget = Budget(id="prod", amount=Decimal(amount), **more)
    return burn_down(of, budget, complete or of.complete_through)


def test_the_published_run_rate_500_after_10_of_31_days_projects_1550() -> None:
    # docs.oracle.com/en-us/iaas/Content/Billing/Tasks/tag-budget.htm
    found = burn(steady(50, 10), 2000)
    assert (found.spent, found.days_done, found.days_total) == (Decimal(500), 10, 31)
    assert found.projected == Decimal(1550)


def test_no_projection_before_the_third_day() -> None:
    assert burn(steady(50, 2)).projected is None
    assert burn(steady(50, 2)).projection == ()
    assert burn(steady(50, 3)).projected == Decimal(1550)


def test_the_day_of_exhaustion_and_of_each_line() -> None:
    found = burn(steady(50, 10))
    assert found.exhausted_on == date(2026, 3, 20)
    assert found.lines == (
        (80, Decimal(800), date(2026, 3, 16)),
        (90, Decimal(900), date(2026, 3, 18)),
        (100, Decimal(1000), date(2026, 3, 20)),
    )
    assert found.state == "warn"


def test_lines_that_were_crossed_carry_the_day_they_were() -> None:
    found = burn(steady(50, 19))
    assert [day for _, _, day in found.lines] == [date(2026, 3, 16), date(2026, 3, 18), date(2026, 3, 20)]
    assert found.state == "crit"


def test_an_overdrawn_budget_goes_below_zero() -> None:
    found = burn(steady(50, 25))
    assert found.remaining == Decimal(-250)
    assert found.exhausted_on == date(2026, 3, 20)
    assert "exhausted on 20 Mar, $250 over" in burn_sentence(found)


def test_a_line_beyond_the_period_is_not_crossed() -> None:
    found = burn(steady(10, 10))
    assert [day for _, _, day in found.lines] == [None, None, None]
    assert (found.state, found.exhausted_on) == ("ok", None)


@pytest.mark.parametrize(
    ("spent", "state"), [("799.99", "ok"), ("800", "warn"), ("899.99", "warn"), ("900", "crit"), ("1000", "crit")]
)
def test_states_at_their_limits(spent: str, state: str) -> None:
    last = bill(charge(date(2026, 3, 31), 0), charge(MARCH, spent))
    assert burn(last).state == state


def test_the_plan_falls_evenly_to_zero() -> None:
    plan = burn(steady(10, 5), 3100).plan
    assert plan[0] == (MARCH, Decimal(3000))
    assert plan[-1] == (date(2026, 3, 31), Decimal(0))


def test_actual_and_projection_meet_on_the_last_complete_day() -> None:
    found = burn(steady(50, 10))
    assert found.actual[-1] == found.projection[0] == (date(2026, 3, 10), Decimal(500))
    assert found.projection[-1] == (date(2026, 3, 31), Decimal(-550))


def test_the_recent_rate_sees_what_the_whole_month_hides() -> None:
    days = [charge(MARCH + timedelta(days=day), 10 if day < 13 else 100) for day in range(20)]
    found = burn(bill(*days))
    assert found.spent == Decimal(830)
    assert found.projected_recent == Decimal(830 + 11 * 100)


def test_scope_tax_and_credit() -> None:
    of = bill(
        charge(MARCH, 100),
        charge(MARCH, 50, category="AI and Machine Learning"),
        charge(MARCH, 20, account="dev"),
        charge(MARCH, 8, kind="Tax"),
        charge(MARCH, -5, kind="Credit"),
    )
    assert burn(of).spent == Decimal(173)
    assert burn(of, categories=("AI and Machine Learning",)).spent == Decimal(50)
    assert burn(of, accounts=("dev",)).spent == Decimal(20)
    assert burn(of, include_tax=False).spent == Decimal(165)
    assert burn(of, include_credit=False).spent == Decimal(178)


def test_the_basis_decides_which_cost_counts() -> None:
    upfront = DailyCharge(MARCH, "Compute", "EC2", "prod", Decimal(8760), Decimal(0), kind="Purchase")
    assert burn(bill(upfront), basis="billed").spent == Decimal(8760)
    assert burn(bill(upfront)).spent == 0


def test_days_that_are_not_complete_do_not_count() -> None:
    of = steady(50, 10)
    assert as_of(of, 2, date(2026, 3, 10)) == date(2026, 3, 8)
    assert as_of(of, 2, date(2026, 3, 20)) == date(2026, 3, 10)
    assert burn(of, complete=date(2026, 3, 8)).spent == Decimal(400)


def test_what_cannot_be_judged_is_unknown_never_green() -> None:
    empty = burn_down(bill(), Budget(id="prod", amount=Decimal(10)), None)
    assert (empty.state, empty.as_of) == ("unknown", None)
    other = burn(steady(1, 5), currency="EUR")
    assert other.state == "unknown"
    assert burn_sentence(other) == "BUDGET prod  1,000 EUR · not judged: the budget is in EUR, the bill in USD"


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("month", date(2026, 3, 1), date(2026, 4, 1)),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1)),
        ("year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_periods(period: str, start: date, end: date) -> None:
    assert period_of(date(2026, 3, 31), period) == (start, end)
    assert period_of(date(2026, 12, 31), "month")[1] == date(2027, 1, 1)


def test_the_sentence_of_the_costs_tab() -> None:
    of = bill(charge(MARCH, 41200), charge(date(2026, 3, 26), 0))
    assert burn_sentence(burn(of, 55000)) == (
        "BUDGET prod  $41,200 of $55,000 = 75 % on day 26/31 (84 %) · run-rate -> $49,123, not exhausted · "
        "80 % line on 28 Mar"
    )


_MONEY = st.decimals(min_value=0, max_value=10_000, places=4)


@given(st.lists(_MONEY, min_size=3, max_size=31), st.decimals(min_value=1, max_value=100_000, places=2))
def test_laws_of_a_budget(daily: list[Decimal], amount: Decimal) -> None:
    of = bill(*(charge(MARCH + timedelta(days=day), cost) for day, cost in enumerate(daily)))
    found = burn(of, amount)
    assert found.spent + found.remaining == amount
    assert found.spent == sum(daily)
    crossed = [day for _, _, day in found.lines if day is not None]
    assert crossed == sorted(crossed)
    assert all(found.start <= day < found.end for day in crossed)
    assert (found.exhausted_on is not None and found.exhausted_on <= of.charges[-1].day) == (found.remaining <= 0)
