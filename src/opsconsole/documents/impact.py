"""Whom an incident hurts: read from the board while it lasts, and from what marks and findings wrote down.

What was seen is kept beside the incident: hours later the board tells another story.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from ..model.customer import Customers
from ..model.incident import Incident, TimelineEntry
from ..model.metrics import Services
from ..model.reading import State
from ..poller import topics
from ..poller.board import Board
from ..store.store import Store
from ..text import clock

Number = TypeVar("Number", int, float)
_FRESH = (State.OK, State.LATE)
_SUFFIX = {"": 1, "k": 1_000, "M": 1_000_000}
_OF = re.compile(r"\b(\d[\d,]*) of (\d[\d,]*) customers? \(")
"""As the Customers tab says it, and every mark."""
_SHARE = re.compile(r"\bcustomers hurt \((\d[\d,]*) of (\d[\d,]*)\)")
"""As the proposal of a severity says it."""
_HURTS = re.compile(r"\bhurts (\d[\d,]*)\b")
"""As the transition of a rule says it."""
_TELLING = ("metric_snapshot", "alert_fired", "declared", "severity_changed")
"""Kinds of entries whose words are the console's own; what people note of numbers is for people to read."""
_MONEY = re.compile(r"(?:\$(\d[\d,.]*)([kM]?)|\b(\d[\d,.]*)([kM]?) ([A-Z]{3})) MRR\b")
_PLANS = re.compile(r"MRR touched · ((?:\d+ [^·,]{1,40}(?:, )?)+)")


class Impact(msgspec.Struct, frozen=True, gc=False):
    """What was seen of the harm, each figure at its worst; None: nobody measured it."""

    at: datetime | None = None
    """When the number of customers was seen at its worst."""
    customers: int | None = None
    of: int | None = None
    revenue: Decimal | None = None
    """Monthly revenue of those customers."""
    currency: str = "USD"
    plans: tuple[tuple[str, int], ...] = ()
    slow: int | None = None
    failed: int | None = None
    """Requests of these customers, in the window that the profile measures."""
    since: datetime | None = None
    """The first of those requests."""
    errors: float | None = None
    """Share of the service's requests that failed."""
    cites: tuple[str, ...] = ()
    """Ids of the entries that say so; none: the console saw it itself."""
    window_s: float = 0.0
    """Over how long before `at` it was measured; 0: nobody said."""


def on_board(board: Board, incident: Incident, now: datetime) -> Impact:
    """What the board tells now; empty where no source measures it, or where what it has is old."""
    customers, services = board.get(topics.CUSTOMERS), board.get(topics.SERVICES)
    hurt = _hurt(customers.value, now) if customers.state in _FRESH else Impact()
    errors = _errors(services.value, incident.service) if services.state in _FRESH else None
    return msgspec.structs.replace(hurt, errors=errors)


def in_entries(entries: Iterable[TimelineEntry]) -> Impact:
    """What marks and findings wrote of customers and money, at its worst."""
    worst = Impact()
    for entry in entries:
        worst = worse(worst, _told(entry))
    return worst


def worse(first: Impact, second: Impact) -> Impact:
    """Each figure at its worst; who was hurt, of how many, and of what plans stay together."""
    most = second if _rank(second) > _rank(first) else first
    return Impact(
        at=most.at, customers=most.customers, of=most.of, revenue=most.revenue, currency=most.currency,
        plans=most.plans, cites=most.cites, window_s=most.window_s,
        slow=_most(first.slow, second.slow), failed=_most(first.failed, second.failed),
        since=min((one for one in (first.since, second.since) if one is not None), default=None),
        errors=_most(first.errors, second.errors),
    )  # fmt: skip


async def so_far(
    incident: Incident, entries: Iterable[TimelineEntry], store: Store, board: Board, now: datetime
) -> tuple[Impact, Impact]:
    """What the board tells now, and the worst of all that is known: what a postmortem says. Raises StoreError."""
    current = on_board(board, incident, now) if incident.open else Impact()
    return current, worse(worse(in_entries(entries), await remembered(incident.id, store)), current)


async def remember(incident: Incident, store: Store, board: Board) -> Impact:
    """Keep what the board tells of an open incident, beside what was seen earlier; returns both. Raises StoreError."""
    before = await remembered(incident.id, store)
    if not incident.open:
        return before
    seen = worse(before, on_board(board, incident, clock.now()))
    if seen != before:
        await store.save_document(_name(incident.id), msgspec.json.encode(seen).decode())
    return seen


async def remembered(incident_id: str, store: Store) -> Impact:
    """What was kept; empty where nothing was."""
    text = await store.document(_name(incident_id))
    try:
        return msgspec.json.decode(text, type=Impact) if text else Impact()
    except msgspec.DecodeError:  # of another version: what cannot be read is not known
        return Impact()


def _name(incident_id: str) -> str:
    return f"impact/{incident_id}"


def _hurt(customers: Customers | None, now: datetime) -> Impact:
    if customers is None or not customers.hurt_measured:
        return Impact()
    hurt = [row for row in customers.rows if (row.slow or 0) + (row.failed or 0) > 0]
    paying = [row.customer for row in hurt if row.customer.monthly_revenue is not None]
    currencies = {customer.currency for customer in paying}
    plans: dict[str, int] = {}
    for row in hurt:
        plans[row.customer.plan] = plans.get(row.customer.plan, 0) + 1
    one_currency = len(currencies) <= 1  # sums of two would mean nothing
    return Impact(
        at=now,
        customers=len(hurt),
        of=len(customers.rows),
        revenue=sum((one.monthly_revenue or Decimal(0) for one in paying), Decimal(0)) if one_currency else None,
        currency=next(iter(currencies), "USD"),
        plans=tuple(sorted(plans.items(), key=lambda plan: (-plan[1], plan[0]))),
        slow=sum(row.slow or 0 for row in hurt),
        failed=sum(row.failed or 0 for row in hurt),
        since=min((row.hurt_since for row in hurt if row.hurt_since is not None), default=None),
        window_s=customers.hurt_window_s,
    )


def _errors(services: Services | None, service: str) -> float | None:
    figures = services.figures if services is not None else ()
    return next((one.server_errors for one in figures if (one.service, one.endpoint) == (service, "")), None)


def _told(entry: TimelineEntry) -> Impact:
    """One entry: `212 of 3,410 customers (6 %) · $84,000 MRR touched · 4 enterprise, 208 pro`."""
    if entry.kind not in _TELLING:
        return Impact()
    text = f"{entry.text}\n{entry.detail}"[:50_000]
    of = _OF.search(text) or _SHARE.search(text)
    hurt = of or _HURTS.search(text)
    if hurt is None:
        return Impact()
    money, plans = _MONEY.search(text), _PLANS.search(text)
    return Impact(
        at=entry.occurred,
        customers=_whole(hurt[1]),
        of=_whole(of[2]) if of is not None else None,
        revenue=_amount(money[1] or money[3], money[2] or money[4] or "") if money is not None else None,
        currency=(money[5] or "USD") if money is not None else "USD",
        plans=_plans(plans[1]) if plans is not None else (),
        cites=(entry.id,),
    )


def _plans(text: str) -> tuple[tuple[str, int], ...]:
    parts = (part.strip().partition(" ") for part in text.split(","))
    return tuple((plan, int(count)) for count, _, plan in parts if count.isdigit() and plan)


def _whole(text: str) -> int:
    return int(text.replace(",", ""))


def _amount(text: str, suffix: str) -> Decimal | None:
    digits = text.rstrip(",.").replace(",", "")
    return None if digits.count(".") > 1 else Decimal(digits) * _SUFFIX[suffix]


def _rank(impact: Impact) -> tuple[int, bool, bool]:
    """More customers first; of two that say the same, the one that says more."""
    hurt = -1 if impact.customers is None else impact.customers
    return hurt, impact.revenue is not None, bool(impact.cites)


def _most(*values: Number | None) -> Number | None:
    return max((value for value in values if value is not None), default=None)
