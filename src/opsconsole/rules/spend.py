"""Spend by category and service against the same days of the previous month, and days that stand out.

An anomaly is a day whose spend lies above what its weekday usually costs by a robust z of 3.5 or more (median and MAD,
Iglewicz and Hoaglin 1993), and by at least $50 and 20 %: small and steady things never alarm.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from ..model.billing import Bill, DailyCharge, Spend
from ..text.units import money
from .budget import DAY, RECENT_DAYS, ZERO, amount_of, period_of

Z_LIMIT = 3.5
MAD_TO_SIGMA = 1.4826
LEAST_AMOUNT = Decimal(50)
LEAST_SHARE = Decimal("0.2")
HISTORY_WEEKS = 8
FEWEST_WEEKS = 4
Series = dict[date, Decimal]


def by_category(bill: Bill, basis: str, complete: date) -> tuple[Spend, ...]:
    """One row per FOCUS ServiceCategory, dearest first."""
    return _rows(bill, basis, complete, lambda charge: (charge.category, charge.category))


def by_service(bill: Bill, basis: str, complete: date) -> tuple[Spend, ...]:
    """One row per service, dearest first, with its anomaly where one lasts until the last complete day."""
    return _rows(bill, basis, complete, lambda charge: (charge.service, charge.category))


def _rows(
    bill: Bill, basis: str, complete: date, name_of: Callable[[DailyCharge], tuple[str, str]]
) -> tuple[Spend, ...]:
    groups: dict[tuple[str, str], list[DailyCharge]] = defaultdict(list)
    for charge in bill.charges:
        if charge.day <= complete:
            groups[name_of(charge)].append(charge)
    first_day = min((charge.day for charge in bill.charges), default=complete)
    rows = [_row(key, charges, bill.currency, basis, complete, first_day) for key, charges in groups.items()]
    total = sum((row.to_date for row in rows), ZERO)
    shown = [_with_share(row, total) for row in rows if row.to_date or row.previous or row.note]
    return tuple(sorted(shown, key=lambda row: (-row.to_date, row.name)))


def _row(
    key: tuple[str, str], charges: list[DailyCharge], currency: str, basis: str, complete: date, first_day: date
) -> Spend:
    start, _ = period_of(complete, "month")
    before, _ = period_of(start - DAY, "month")
    series = _series(charges, basis)
    until = min(before + (complete - start), start - DAY)
    week = complete - (RECENT_DAYS - 1) * DAY
    since, note = _anomaly(charges, currency, basis, complete, first_day)
    return Spend(
        name=key[0],
        category=key[1],
        to_date=_sum(series, start, complete),
        previous=_sum(series, before, until) if first_day <= before else None,
        daily_now=_sum(series, week, complete) / RECENT_DAYS if first_day <= week else None,
        share=0.0,
        anomaly_since=since,
        note=note or _came_or_went(series, complete, first_day),
    )


def _anomaly(
    charges: list[DailyCharge], currency: str, basis: str, complete: date, first_day: date
) -> tuple[date | None, str]:
    """Since when, and by how much: the account whose usage exceeds its usual most, where one does up to now."""
    accounts: dict[str, list[DailyCharge]] = defaultdict(list)
    for charge in charges:
        if charge.kind == "Usage" and not charge.corrected:
            accounts[charge.account].append(charge)
    worst: tuple[Decimal, date, str] | None = None
    for account, usage in accounts.items():
        found = anomaly(_series(usage, basis), complete, first_day)
        if found is not None and (worst is None or found[1] > worst[0]):
            worst = found[1], found[0], account
    if worst is None:
        return None, ""
    where = f" in {worst[2]}" if len(accounts) > 1 and worst[2] else ""
    return worst[1], f"+{money(worst[0], currency)} a day over its usual{where}"


def anomaly(series: Series, complete: date, first_day: date) -> tuple[date, Decimal] | None:
    """(since, excess of the last day) of the run of anomalous days that ends on `complete`; None when there is none.

    Days without a charge count as zero, from `first_day` of the bill on.
    """
    since: date | None = None
    last_excess = ZERO
    for back in range(HISTORY_WEEKS * 7):
        day = complete - back * DAY
        excess = _excess(series, day, first_day)
        if excess is None:
            break
        since = day
        last_excess = last_excess if back else excess
    return None if since is None else (since, last_excess)


def _excess(series: Series, day: date, first_day: date) -> Decimal | None:
    """How far a day lies above its usual; None when it does not, or when too few weeks are known."""
    usual = _weekday(series, day, first_day)
    if len(usual) < FEWEST_WEEKS:
        return None
    expected = statistics.median(usual)
    excess = series.get(day, ZERO) - expected
    if excess < LEAST_AMOUNT or excess < expected * LEAST_SHARE:
        return None
    residuals = []
    for index in range(1, HISTORY_WEEKS * 7 + 1):
        past = day - index * DAY
        if past < first_day:
            break
        same = _weekday(series, past, first_day)
        if len(same) >= FEWEST_WEEKS:
            residuals.append(abs(series.get(past, ZERO) - statistics.median(same)))
    sigma = statistics.median(residuals) * Decimal(str(MAD_TO_SIGMA)) if residuals else ZERO
    return excess if sigma == 0 or excess / sigma >= Decimal(str(Z_LIMIT)) else None


def _weekday(series: Series, day: date, first_day: date) -> Sequence[Decimal]:
    days = (day - timedelta(weeks=week) for week in range(1, HISTORY_WEEKS + 1))
    return [series.get(past, ZERO) for past in days if past >= first_day]


def _came_or_went(series: Series, complete: date, first_day: date) -> str:
    """`new since` where nothing was spent before this month, `nothing since` where a week went by without spend."""
    spent = sorted(day for day, amount in series.items() if amount)
    if not spent:
        return ""
    start, _ = period_of(complete, "month")
    if spent[0] >= start and first_day < start - 28 * DAY:
        return f"new since {spent[0].day} {spent[0]:%b}"
    if len(spent) > 28 and complete - spent[-1] >= RECENT_DAYS * DAY:
        return f"nothing since {spent[-1].day} {spent[-1]:%b}"
    return ""


def _series(charges: list[DailyCharge], basis: str) -> Series:
    series: Series = {}
    for charge in charges:
        series[charge.day] = series.get(charge.day, ZERO) + amount_of(charge, basis)
    return series


def _sum(series: Series, first: date, last: date) -> Decimal:
    return sum((amount for day, amount in series.items() if first <= day <= last), ZERO)


def _with_share(row: Spend, total: Decimal) -> Spend:
    share = float(row.to_date / total) if total > 0 else 0.0
    return Spend(row.name, row.category, row.to_date, row.previous, row.daily_now, share, row.anomaly_since, row.note)
