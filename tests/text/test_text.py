"""How values become text: one way for each, foreign text harmless, secrets masked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from opsconsole.text import units
from opsconsole.text.clean import clean, clean_lines, fit, wrapped
from opsconsole.text.redact import redact, remember

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


@given(st.text(max_size=60), st.integers(min_value=2, max_value=20))
def test_a_wrapped_sentence_loses_nothing_and_fits(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "unknown"), (0, "0"), (0.31, "0.31"), (0.002, "<0.01"), (41.23, "41.2"), (412.4, "412"), (8912, "8.9k"),
     (999.6, "1k"), (2.1e6, "2.1M"), (-59, "-59")],
)  # fmt: skip
def test_numbers_have_three_figures_and_missing_is_never_zero(value: float | None, text: str) -> None:
    assert units.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "unknown"), (0.0021, "2.1 ms"), (0.041, "41 ms"), (0.9996, "1 s"), (1.83, "1.8 s")]
)
def test_latencies(value: float | None, text: str) -> None:
    assert units.seconds(value) == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [(30, "<1m"), (61, "1m"), (3599, "59m"), (3720, "1h02m"), (40000, "11h"), (86400 * 9, "9d"), (86400 * 800, "2y")],
)
def test_ages_change_by_the_minute_at_most(passed: float, text: str) -> None:
    assert units.age(NOW - timedelta(seconds=passed), NOW) == text


@pytest.mark.parametrize(
    ("value", "text"), [(40, "40s"), (130, "2m10s"), (750, "12m"), (3900, "1h05m"), (900000, "10d")]
)
def test_durations(value: float, text: str) -> None:
    assert units.span(value) == text


def test_money_is_exact_and_names_its_currency() -> None:
    assert units.money(Decimal("41200.40")) == "$41,200"
    assert units.money(Decimal("-1050"), "EUR") == "-1,050 EUR"
    assert units.money(None) == "unknown"


@pytest.mark.parametrize(
    ("now", "before", "text"), [(6.1, 1, "x6.1"), (5, 0, "new"), (0, 0, "-"), (1, None, "unknown"), (400, 1, "x400")]
)
def test_times_normal(now: float, before: float | None, text: str) -> None:
    assert units.factor(now, before) == text


def test_control_characters_escapes_and_direction_marks_become_visible() -> None:
    assert clean("a\x1b[31mred\x07") == "a␛[31mred␇"
    assert clean("evil\u202etxt.exe") == "evil<202e>txt.exe"
    assert clean("two\nlines") == "two␊lines"
    assert clean_lines("two\nlines\x00") == "two\nlines␀"
    assert clean("\udcff") == "?"


@given(st.text(max_size=200))
def test_no_text_can_move_the_cursor(text: str) -> None:
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in clean(text))


@given(st.text(max_size=40).map(clean), st.integers(1, 30), st.booleans())
def test_fitted_text_fills_its_column_exactly(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, right=right)) == width


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ops:hunter22@db/shop",
        "host=db password=hunter22 user=ops",
        '{"client_secret": "hunter22"}',
        "Authorization: Bearer hunter22hunter22",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter22\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_are_masked(text: str) -> None:
    assert "hunter22" not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("PGPASSWORD=abc psql", "PGPASSWORD=*** psql"),
        ("db_password: abc", "db_password: ***"),
        ("AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=***"),
        ("redis://:p@ss@cache:6379/0", "redis://:***@cache:6379/0"),
        ("see http://h:9090/a@b and me@example.com", "see http://h:9090/a@b and me@example.com"),
        ("password authentication failed", "password authentication failed"),
    ],
)
def test_names_around_a_secret_and_signs_in_it_do_not_hide_it(text: str, masked: str) -> None:
    assert redact(text) == masked


def test_a_long_text_without_an_end_costs_no_more_than_its_length() -> None:
    """With a search that starts anew at every dot this would take minutes."""
    assert redact("a." * 500_000 + " password=abc").endswith(" password=***")


def test_a_secret_resolved_at_run_time_is_masked_wherever_it_shows_up() -> None:
    remember("correct-horse-battery")
    assert redact("the key is correct-horse-battery.") == "the key is ***."
