"""Burns a budget down over its charge period: remaining, plan, run rate, exhaustion and threshold lines.

Only complete days count. remaining(t) = amount - spend up to t; the plan falls evenly from amount to zero; the run rate
is the published formula of OCI Budgets, actual / days processed x days in period, from three days on
(docs.oracle.com/en-us/iaas/Content/Billing/Tasks/tag-budget.htm): $500 after 10 of 31 days projects to $1,550.
"""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from ..config.settings import Budget
from ..model.billing import Bill, BurnDown, DailyCharge
from ..text.units import money

FEWEST_DAYS = 3
RECENT_DAYS = 7
DEFAULT_THRESHOLDS = (80, 90, 100)
ZERO = Decimal(0)
DAY = timedelta(days=1)


def as_of(bill: Bill, lag_days: int, today: date) -> date | None:
    """The last day that counts as complete: what the data shows, but not the days the provider still works on."""
    if bill.complete_through is None:
        return None
    return min(bill.complete_through, today - lag_days * DAY)


def period_of(day: date, period: str) -> tuple[date, date]:
    """First day of the month, quarter or year that holds `day`, and the first day after it."""
    if period == "year":
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    months = 3 if period == "quarter" else 1
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, _later(first, months)


def amount_of(charge: DailyCharge, basis: str) -> Decimal:
    """What a charge counts on a basis: `effective` (amortised) or `billed` (as on the invoice)."""
    return charge.billed if basis == "billed" else charge.effective


def burn_down(bill: Bill, budget: Budget, complete: date | None, thresholds: tuple[int, ...] = ()) -> BurnDown:
    """The budget in the period that holds the last complete day.

    `thresholds` are percents, used where the budget names none. State: crit from the second line on, warn from the
    first or where the run rate ends above the amount, unknown without data or in another currency.
    """
    percents = tuple(sorted(budget.thresholds or thresholds or DEFAULT_THRESHOLDS))
    if complete is None or bill.currency != budget.currency:
        return _unknown(bill, budget, complete)
    start, end = period_of(complete, budget.period)
    days_total, days_done = (end - start).days, (complete - start).days + 1
    daily = _daily(bill.charges, budget, start, complete)
    actual = _remaining(budget.amount, daily, start, days_done)
    remaining = actual[-1][1]
    spent = budget.amount - remaining
    rate = spent / days_done if days_done >= FEWEST_DAYS else None
    projected = rate * days_total if rate is not None else None
    lines = tuple(
        (percent, limit, _crossed(actual, budget.amount - limit, rate, complete, end))
        for percent in percents
        for limit in (budget.amount * percent / 100,)
    )
    return BurnDown(
        budget=budget.id,
        amount=budget.amount,
        currency=budget.currency,
        start=start,
        end=end,
        as_of=complete,
        spent=spent,
        remaining=remaining,
        days_total=days_total,
        days_done=days_done,
        projected=projected,
        exhausted_on=_crossed(actual, ZERO, rate, complete, end),
        lines=lines,
        actual=actual,
        plan=tuple(
            (start + day * DAY, budget.amount * (days_total - day - 1) / days_total) for day in range(days_total)
        ),
        projection=_projection(remaining, rate, complete, end),
        state=_state(spent, budget.amount, percents, projected),
        basis=budget.basis,
        projected_recent=_recent(daily, complete, spent, (end - complete).days - 1),
    )


def burn_sentence(burn: BurnDown) -> str:
    """The budget in one line, the verdict of the Costs tab."""
    name = f"BUDGET {burn.budget}"
    if burn.state == "unknown" or burn.as_of is None:
        return f"{name}  {money(burn.amount, burn.currency)} · not judged: {burn.note or 'no complete day'}"
    share = burn.spent / burn.amount * 100
    elapsed = round(burn.days_done / burn.days_total * 100)
    parts = [
        f"{name}  {money(burn.spent, burn.currency)} of {money(burn.amount, burn.currency)} = {share:.0f} % "
        f"on day {burn.days_done}/{burn.days_total} ({elapsed} %)",
        _outlook(burn),
        _line_in_words(burn),
    ]
    return " · ".join(part for part in parts if part)


def _outlook(burn: BurnDown) -> str:
    if burn.as_of is not None and burn.exhausted_on is not None and burn.exhausted_on <= burn.as_of:
        over = money(-burn.remaining, burn.currency)
        return f"exhausted on {_day(burn.exhausted_on)}, {over} over"
    if burn.projected is None:
        return f"no run rate before day {FEWEST_DAYS}"
    end = "not exhausted" if burn.exhausted_on is None else f"exhausted on {_day(burn.exhausted_on)}"
    return f"run-rate -> {money(burn.projected, burn.currency)}, {end}"


def _line_in_words(burn: BurnDown) -> str:
    """The next threshold to be crossed, else the last one that was; 100 % is the exhaustion, said already."""
    below = [line for line in burn.lines if line[0] < 100]
    ahead = [line for line in below if line[2] is not None and burn.as_of is not None and line[2] > burn.as_of]
    behind = [line for line in below if line[2] is not None and burn.as_of is not None and line[2] <= burn.as_of]
    if ahead:
        return f"{ahead[0][0]} % line on {_day(ahead[0][2])}"
    if behind:
        return f"{behind[-1][0]} % line crossed on {_day(behind[-1][2])}"
    return ""


def _unknown(bill: Bill, budget: Budget, complete: date | None) -> BurnDown:
    if complete is None:
        note, start, end = "the bill has no complete day", date.min, date.min
    else:
        note = f"the budget is in {budget.currency}, the bill in {bill.currency}"
        start, end = period_of(complete, budget.period)
    return BurnDown(
        budget=budget.id, amount=budget.amount, currency=budget.currency, start=start, end=end, as_of=None, spent=ZERO,
        remaining=budget.amount, days_total=(end - start).days, days_done=0, projected=None, exhausted_on=None,
        basis=budget.basis, note=note,
    )  # fmt: skip


def _daily(charges: Iterable[DailyCharge], budget: Budget, start: date, complete: date) -> dict[date, Decimal]:
    """Spend per day in the budget's scope, from a week before the period on (for the recent rate)."""
    daily: dict[date, Decimal] = {}
    earliest = start - RECENT_DAYS * DAY
    for charge in charges:
        if earliest <= charge.day <= complete and _in_scope(charge, budget):
            daily[charge.day] = daily.get(charge.day, ZERO) + amount_of(charge, budget.basis)
    return daily


def _in_scope(charge: DailyCharge, budget: Budget) -> bool:
    return (
        (not budget.categories or charge.category in budget.categories)
        and (not budget.accounts or charge.account in budget.accounts)
        and (budget.include_tax or charge.kind != "Tax")
        and (budget.include_credit or charge.kind != "Credit")
    )


def _remaining(amount: Decimal, daily: dict[date, Decimal], start: date, days: int) -> tuple[tuple[date, Decimal], ...]:
    left = amount
    points = []
    for day in (start + index * DAY for index in range(days)):
        left -= daily.get(day, ZERO)
        points.append((day, left))
    return tuple(points)


def _crossed(
    actual: tuple[tuple[date, Decimal], ...], level: Decimal, rate: Decimal | None, complete: date, end: date
) -> date | None:
    """The day on which `remaining` fell, or by the run rate will fall, to `level`; None when not in this period."""
    for day, left in actual:
        if left <= level:
            return day
    if rate is None or rate <= 0:
        return None
    days = math.ceil((actual[-1][1] - level) / rate)
    return complete + days * DAY if days < (end - complete).days else None


def _projection(
    remaining: Decimal, rate: Decimal | None, complete: date, end: date
) -> tuple[tuple[date, Decimal], ...]:
    if rate is None:
        return ()
    return tuple((complete + day * DAY, remaining - rate * day) for day in range((end - complete).days))


def _recent(daily: dict[date, Decimal], complete: date, spent: Decimal, days_left: int) -> Decimal | None:
    """Spend at the end if each day left costs the mean of the last seven; None with fewer than three days of data."""
    window = [complete - day * DAY for day in range(RECENT_DAYS)]
    known = [day for day in window if day >= min(daily, default=complete)]
    if len(known) < FEWEST_DAYS:
        return None
    return spent + sum((daily.get(day, ZERO) for day in known), ZERO) / len(known) * days_left


def _state(spent: Decimal, amount: Decimal, percents: tuple[int, ...], projected: Decimal | None) -> str:
    used = spent * 100 / amount
    reached = [percent for percent in percents if used >= percent]
    if used >= 100 or len(reached) >= 2:
        return "crit"
    if reached or (projected is not None and projected > amount):
        return "warn"
    return "ok"


def _later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b}" if day else "-"
