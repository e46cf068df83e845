"""Which migrations a revision has not known, in the words of the dialog and of the page."""

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.migration import Migration, Migrations
from opsconsole.rules.migrations_since import at_length, briefly

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def applied(*minutes_ago: float) -> Migrations:
    """Oldest first; each is named by its minutes."""
    return Migrations(tuple(Migration(NOW - timedelta(minutes=ago), f"m{ago:g}") for ago in minutes_ago))


@pytest.mark.parametrize(
    ("known", "began", "short", "long"),
    [
        (applied(90, 22), 60, "m22 02:31", "1 migration since 01:53: m22 02:31"),
        (applied(90, 40, 30, 20, 10), 60, "4, the last m10 02:43",
         "4 migrations since 01:53: m10 02:43 · m20 02:33 · m30 02:23 · 1 more"),
        (applied(90, 80), 60, "none", "none of 2 was applied since 01:53"),
        (applied(1500), 3000, "m1500 25 Mar 01:53", "1 migration since 24 Mar 00:53: m1500 25 Mar 01:53"),
        (applied(), 60, "none", "none of 0 was applied since 01:53"),
        (Migrations(None, "flyway failed (1)"), 60, "unknown", "unknown: flyway failed (1)"),
        (applied(20), None, "unknown", "unknown: nothing tells when the revision began"),
    ],
)  # fmt: skip
def test_since_a_revision_began(known: Migrations, began: float | None, short: str, long: str) -> None:
    since = NOW - timedelta(minutes=began) if began is not None else None
    assert (briefly(known, since, NOW), at_length(known, since, NOW)) == (short, long)
