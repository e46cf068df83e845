"""The demo's customers: their table, a month of health inputs, and who is hurt when the shop is slow or fails."""

import datetime
import itertools
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from opsconsole.demo.platform import Load

COUNT = 240
HISTORY_DAYS = 35

CUSTOMER_SCHEMA: LiteralString = """
CREATE TABLE customers (
    id text PRIMARY KEY, name text NOT NULL, plan text NOT NULL, monthly_revenue numeric(12, 2) NOT NULL,
    currency text NOT NULL DEFAULT 'USD', owner text NOT NULL, signed_up date NOT NULL, last_contact date,
    champion_left boolean NOT NULL DEFAULT false);
CREATE TABLE customer_inputs (
    customer_id text NOT NULL REFERENCES customers, day date NOT NULL, engagement numeric(5, 1),
    adoption numeric(5, 1), api_usage numeric(5, 1), open_tickets integer, days_overdue integer, nps integer,
    PRIMARY KEY (customer_id, day));
CREATE TABLE customer_requests (
    customer_id text NOT NULL REFERENCES customers, minute timestamptz NOT NULL, total integer NOT NULL,
    slow integer NOT NULL, failed integer NOT NULL, PRIMARY KEY (customer_id, minute)) WITH (fillfactor = 60);
"""

_NAMES = (
    ("Alder", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper", "Kestrel",
     "Lumen", "Meridian", "North", "Orchid", "Pioneer", "Quarry", "River", "Summit", "Tundra"),
    ("Labs", "Retail", "Logistics", "Media", "Bank", "Foods", "Travel", "Health", "Studio", "Energy", "Games", "Press"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Course:
    """How one input of a customer runs: its level today and how far it has moved in thirty days."""

    level: float
    change: float

    def at(self, days_ago: int, noise: float) -> float:
        return self.level - self.change * days_ago / 30 + noise


def customer_content(connection: psycopg.Connection[Any], seed: int, today: datetime.date) -> None:
    """Fill `customers` and `customer_inputs`; the same seed gives the same customers, dates move with `today`."""
    rng = random.Random(seed)
    names = [" ".join(parts) for parts in itertools.product(*_NAMES)]
    rng.shuffle(names)
    customers, inputs = [], []
    for index in range(COUNT):
        identifier = f"c-{1001 + index}"
        customer, history = _one(rng, identifier, names[index], today)
        customers.append(customer)
        inputs += history
    with connection.cursor().copy("COPY customers FROM STDIN") as copy:
        for row in customers:
            copy.write_row(row)
    with connection.cursor().copy("COPY customer_inputs FROM STDIN") as copy:
        for row in inputs:
            copy.write_row(row)


def _one(
    rng: random.Random, identifier: str, name: str, today: datetime.date
) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    plan = rng.choices(("enterprise", "pro", "free"), (1, 4, 5))[0]
    revenue = {"enterprise": rng.randrange(3000, 14000, 100), "pro": rng.randrange(60, 900, 10), "free": 0}[plan]
    mood = min(97.0, rng.betavariate(4.2, 1.8) * 100)
    if rng.random() < 0.05:
        mood = rng.uniform(3, 24)
    change = rng.choices((0, -22, 12), (78, 13, 9))[0] * rng.random()
    tickets, overdue, champion_left = max(0, round(rng.gauss(3 - mood / 40, 1.5))), 0, rng.random() < 0.03
    contact = today - datetime.timedelta(days=int(rng.expovariate(1 / 18)))
    owner = f"cs-team-{rng.randint(1, 4)}"
    if rng.random() < 0.05 and revenue:
        overdue = rng.randint(3, 40)
    if identifier == "c-1042":
        # The one that everybody should call: large, sinking, and not spoken to for weeks.
        plan, revenue, mood, change, tickets, owner = "enterprise", 9800, 29.0, -22.0, 9, "cs-team-2"
        contact = today - datetime.timedelta(days=41)
    signed_up = today - datetime.timedelta(days=rng.randint(20, 1500))
    fresh = identifier == "c-1017"
    if fresh:
        # Too new to be judged: only what it pays and asks for support is known of it.
        signed_up, contact = today - datetime.timedelta(days=4), today - datetime.timedelta(days=4)
    engagement = _Course(mood, change)
    adoption = _Course(mood + rng.gauss(0, 9), change * rng.uniform(0.4, 0.9))
    # Against the customer's own usual: the content ones stand near 100 %.
    usage = _Course(min(100, 35 + 0.85 * mood) + rng.gauss(0, 5) + change * 1.6, change * 1.6)
    nps = None if rng.random() < 0.25 else min(10, max(0, round(mood / 10 + rng.gauss(0, 1.2))))
    history = []
    for days_ago in range(min(HISTORY_DAYS, (today - signed_up).days)):
        scores = [course.at(days_ago, rng.gauss(0, 1.2)) for course in (engagement, adoption, usage)]
        levels = (round(_percent(scores[0]), 1), round(_percent(scores[1]), 1), round(max(0, scores[2]), 1))
        past_tickets = max(0, tickets - round(-change * days_ago / 150)) if change < 0 else tickets
        day = today - datetime.timedelta(days=days_ago)
        known: tuple[float | None, ...] = (None, None, levels[2]) if fresh else levels
        history.append((identifier, day, *known, past_tickets, max(0, overdue - days_ago), None if fresh else nps))
    customer = (identifier, name, plan, revenue, "USD", owner, signed_up, contact, champion_left)
    return customer, history


def _percent(value: float) -> float:
    return min(100.0, max(0.0, value))


@dataclass(slots=True)
class _Account:
    """What one customer has asked since the last flush; fractions stay until they are whole requests."""

    id: str
    plan: str
    share: float
    """Of its plan's traffic, 0–1."""
    total: float = 0.0
    slow: float = 0.0
    failed: float = 0.0


class Ledger:
    """Turns the shop's load into requests of named customers, minute by minute."""

    def __init__(self, customers: Iterable[tuple[str, str, float]], rng: random.Random | None = None) -> None:
        """`customers`: (id, plan, weight), where the weight is how busy it is.

        With `rng` each begins with a fraction of a request, so that rare things do not reach all in the same moment.
        """
        rows = list(customers)
        of_plan: dict[str, float] = {}
        for _, plan, weight in rows:
            of_plan[plan] = of_plan.get(plan, 0.0) + weight
        self._plan_weights = of_plan
        self._accounts = [_Account(id, plan, weight / of_plan[plan]) for id, plan, weight in rows]
        if rng is not None:
            for account in self._accounts:
                account.total, account.slow, account.failed = rng.random(), rng.random(), rng.random()

    def add(self, load: Load, seconds: float) -> None:
        """Book `seconds` of this load."""
        requests = sum(endpoint.requests_s for endpoint in load.services.get("api", ())) * seconds
        weight_of_all = sum(self._plan_weights.values())
        for account in self._accounts:
            slow, failed = load.hurt.get(account.plan, (0.0, 0.0))
            account.total += requests * account.share * self._plan_weights[account.plan] / weight_of_all
            account.slow += slow * account.share * seconds
            account.failed += failed * account.share * seconds

    def take(self) -> list[tuple[str, int, int, int]]:
        """(customer, total, slow, failed) in whole requests since the last call; customers without any are left out."""
        taken = []
        for account in self._accounts:
            total, slow, failed = int(account.total), int(account.slow), int(account.failed)
            account.total, account.slow, account.failed = account.total % 1, account.slow % 1, account.failed % 1
            if total or slow or failed:
                taken.append((account.id, max(total, slow + failed), slow, failed))
        return taken


async def write_requests(connection: psycopg.AsyncConnection[Any], rows: list[tuple[str, int, int, int]]) -> None:
    """Add these requests to the current minute, in one statement."""
    if rows:
        await connection.execute(
            """INSERT INTO customer_requests AS r (customer_id, minute, total, slow, failed)
SELECT id, date_trunc('minute', now()), total, slow, failed
FROM unnest(%s::text[], %s::int[], %s::int[], %s::int[]) AS new (id, total, slow, failed)
ON CONFLICT (customer_id, minute) DO UPDATE SET total = r.total + excluded.total, slow = r.slow + excluded.slow,
failed = r.failed + excluded.failed /*application='ingress',job='request_ledger'*/""",
            tuple(list(column) for column in zip(*rows, strict=True)),
        )


async def read_customers(connection: psycopg.AsyncConnection[Any]) -> Mapping[str, tuple[str, float]]:
    """Customer id → (plan, weight)."""
    cursor = await connection.execute(
        "SELECT c.id, c.plan, coalesce(i.engagement, 50)::float / 20 + 1 FROM customers c "
        "LEFT JOIN customer_inputs i ON i.customer_id = c.id AND i.day = (SELECT max(day) FROM customer_inputs)"
    )
    return {id: (plan, weight) for id, plan, weight in await cursor.fetchall()}
