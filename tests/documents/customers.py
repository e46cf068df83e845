"""Customers of whom some are hurt."""

from decimal import Decimal

from opsconsole.model.customer import Customer, Customers, Health

from . import story


def hurt(count: int, *, of: int) -> Customers:
    """`count` of `of` customers had three slow requests and one failed; each pays 100 a month."""
    rows = tuple(
        Health(
            customer=Customer(f"c-{n}", f"Customer {n}", "pro", Decimal(100), "USD", "", None, None),
            score=80.0,
            band="healthy",
            coverage=1.0,
            change_30d=None,
            contributions=(),
            slow=3 if n < count else 0,
            failed=1 if n < count else 0,
            hurt_since=story.IMPACT if n < count else None,
        )
        for n in range(of)
    )
    return Customers(rows, story.at(9), hurt_measured=True, hurt_window_s=3600)
