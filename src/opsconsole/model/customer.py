"""Customers and their health."""

from datetime import date, datetime
from decimal import Decimal

import msgspec


class CustomerInput(msgspec.Struct, frozen=True, gc=False):
    """One measured input of the score; None is unknown."""

    id: str
    raw: float | None
    taken: datetime | None = None


class Customer(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    plan: str
    monthly_revenue: Decimal | None
    currency: str
    owner: str
    signed_up: date | None
    last_contact: date | None
    inputs: tuple[CustomerInput, ...] = ()
    past_score_inputs: tuple[CustomerInput, ...] = ()
    """The same inputs about 30 days ago, where the table has them."""
    flags: tuple[str, ...] = ()
    """Hard flags: payment overdue, champion left."""


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """How one input entered a score."""

    input: str
    raw: float | None
    normalized: float | None
    """0–100; None when unknown or too old."""
    weight: float
    lost: float
    """Points of the score that it costs."""
    note: str = ""


class Health(msgspec.Struct, frozen=True, gc=False):
    """A customer with the judgement on it."""

    customer: Customer
    score: float | None
    """0–100, unrounded; None when too little is known."""
    band: str
    """healthy, at-risk, churn-risk or insufficient data."""
    coverage: float
    """Share of the weights with fresh data, 0–1."""
    change_30d: float | None
    contributions: tuple[Contribution, ...]
    biggest: str = ""
    """The factor that costs most points, in words."""
    slow: int | None = None
    """Requests slow or failed for this customer since `hurt_since`; None where nothing is measured."""
    failed: int | None = None
    hurt_since: datetime | None = None


class CustomerBase(msgspec.Struct, frozen=True, gc=False):
    """The customer table as read."""

    customers: tuple[Customer, ...]
    as_of: datetime | None
    hurt: tuple[tuple[str, int, int, datetime | None], ...] | None = None
    """(customer id, slow, failed, since) in the hurt window; None where no query is configured."""
    hurt_window_s: float | None = None
    rejected: tuple[str, ...] = ()


class Customers(msgspec.Struct, frozen=True, gc=False):
    """Everything that the Customers tab shows, worst first."""

    rows: tuple[Health, ...]
    as_of: datetime | None
    hurt_measured: bool = False
    hurt_window_s: float | None = None
    rejected: tuple[str, ...] = ()
