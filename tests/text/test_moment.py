"""Moments as people type them under stress."""

from datetime import UTC, datetime

import pytest

from opsconsole.text import moment

NOW = datetime(2026, 3, 26, 2, 53, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("02:41", "2026-03-26T02:41:00"),
        ("2:41Z", "2026-03-26T02:41:00"),
        ("23:50", "2026-03-25T23:50:00"),
        ("12m", "2026-03-26T02:41:10"),
        ("-12m", "2026-03-26T02:41:10"),
        ("1h 5m ago", "2026-03-26T01:48:10"),
        ("1d", "2026-03-25T02:53:10"),
        ("2026-03-24 18:00", "2026-03-24T18:00:00"),
        ("2026-03-26T03:41+01:00", "2026-03-26T02:41:00"),
    ],
)
def test_each_form_is_a_moment_in_utc_and_of_the_past(typed: str, meant: str) -> None:
    assert moment.parse(typed, NOW) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize("typed", ["", "ago", "soon", "25:00", "12:99", "9999999999d", "2026-03-26 02:54", "\x1b[A"])
def test_what_is_none_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|still to come"):
        moment.parse(typed, NOW)
