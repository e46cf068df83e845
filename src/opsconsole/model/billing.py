"""The bill: daily charges, budgets, and what a burn-down is made of."""

from datetime import date
from decimal import Decimal

import msgspec


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A row of a billing file that was not used, and why."""

    file: str
    row: int
    """1-based line of the file's data."""
    reason: str


class DailyCharge(msgspec.Struct, frozen=True, gc=False):
    """What one service of one category cost on one UTC day."""

    day: date
    category: str
    service: str
    account: str
    billed: Decimal
    effective: Decimal
    corrected: bool = False
    """True when the day holds a restatement (ChargeClass=Correction)."""
    kind: str = "Usage"
    """FOCUS ChargeCategory: Usage, Purchase, Tax, Credit or Adjustment."""


class Bill(msgspec.Struct, frozen=True, gc=False):
    """All charges of one currency, with what was left out."""

    currency: str
    charges: tuple[DailyCharge, ...]
    complete_through: date | None
    """The last day that the data itself shows as complete."""
    files: tuple[str, ...] = ()
    rows: int = 0
    rejected: tuple[Rejected, ...] = ()
    rejected_rows: int = 0
    """All rejected rows; `rejected` names the first thousand of each file."""
    other_currencies: tuple[tuple[str, int], ...] = ()
    """Currencies left out, with their number of rows: sums hold one currency only."""
    notes: tuple[str, ...] = ()
    """Missing columns and what stands in for them."""


class BurnDown(msgspec.Struct, frozen=True, gc=False):
    """A budget in its charge period (see rules.budget for the formulae)."""

    budget: str
    amount: Decimal
    currency: str
    start: date
    end: date
    """First day after the period."""
    as_of: date | None
    """Last complete day counted."""
    spent: Decimal
    remaining: Decimal
    """Below zero when overdrawn."""
    days_total: int
    days_done: int
    projected: Decimal | None
    """Run-rate end-of-period spend; None with fewer than three days."""
    exhausted_on: date | None
    lines: tuple[tuple[int, Decimal, date | None], ...] = ()
    """(percent, amount, day it was or will be crossed)."""
    actual: tuple[tuple[date, Decimal], ...] = ()
    """Remaining at the end of each complete day."""
    plan: tuple[tuple[date, Decimal], ...] = ()
    projection: tuple[tuple[date, Decimal], ...] = ()
    state: str = "unknown"
    """ok, warn, crit or unknown."""
    basis: str = "effective"
    projected_recent: Decimal | None = None
    """The end-of-period spend if every day left costs what the last seven did on average."""
    note: str = ""
    """Why it cannot be judged, where its state is unknown."""


class Spend(msgspec.Struct, frozen=True, gc=False):
    """One category's or service's spend to date against the same days of the previous period."""

    name: str
    category: str
    to_date: Decimal
    previous: Decimal | None
    daily_now: Decimal | None
    """Mean of the last seven complete days."""
    share: float
    anomaly_since: date | None = None
    note: str = ""


class Costs(msgspec.Struct, frozen=True, gc=False):
    """Everything that the Costs tab shows."""

    burn_downs: tuple[BurnDown, ...]
    categories: tuple[Spend, ...]
    services: tuple[Spend, ...]
    bill: Bill
