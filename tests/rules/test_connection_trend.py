"""When connections run out: said where it is sure, and silent where it is not."""

import math
import random

import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.pools import ConnectionGrowth, Connections, Trend
from opsconsole.rules.connection_trend import judged, theil_sen, thinned, trend
from opsconsole.rules.connection_words import outlook, roughly, verdict, with_outlook

LIMIT = 97


def course(*values: float, step_s: float = 10.0) -> list[tuple[float, float]]:
    return [(1000 + place * step_s, value) for place, value in enumerate(values)]


def test_the_published_example_of_the_slope() -> None:
    """Rainfall of five years with cloud seeding (Hollander & Wolfe, Nonparametric Statistical Methods, 9.1): -0.056."""
    slope, low, high = theil_sen([(1, 1.26), (2, 1.27), (3, 1.12), (4, 1.16), (5, 1.03)])
    assert slope == pytest.approx(-0.05625)
    assert low < slope < high


def test_a_single_outlier_does_not_move_it() -> None:
    straight = [(float(x), 2.0 * x) for x in range(20)]
    straight[10] = (10.0, 500.0)
    assert theil_sen(straight)[0] == pytest.approx(2.0)


def test_points_at_one_instant_have_no_slope() -> None:
    assert theil_sen([(1.0, 1.0), (1.0, 2.0)]) == (0.0, -math.inf, math.inf)


def test_steady_growth_says_when_it_is_full() -> None:
    """One and a half connections a minute with 9 left: six minutes."""
    values = [88 - (60 - n) * 0.25 for n in range(61)]
    told = judged(course(*(int(value) for value in values)), LIMIT)
    assert (told.verdict, told.far) == ("grows", False)
    assert told.full_s == pytest.approx(6 * 60, rel=0.1)
    assert outlook(told) == "full in ~6m"
    assert verdict(told).startswith("+1.5 a minute over 10m")


def noise() -> list[int]:
    rolled = random.Random(4711)
    return [50 + rolled.randint(-8, 8) for _ in range(60)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([50] * 60, "flat"),
        ([50, 51] * 30, "flat"),
        (noise(), "noisy"),
        ([90 - n // 2 for n in range(60)], "falls"),
        ([40] * 30 + [70] * 30, "stepped"),
        ([50 + n for n in range(9)], "short"),
        ([90, 92, 97], "full"),
        ([], "short"),
    ],
)
def test_what_is_no_growth_is_not_called_so(values: list[int], expected: str) -> None:
    told = judged(course(*values), LIMIT)
    assert told.verdict == expected
    assert outlook(told) == ("full" if expected == "full" else "")
    assert verdict(told)


def test_a_forecast_reaches_three_times_as_far_as_was_seen() -> None:
    slow = judged(course(*(20 + n // 10 for n in range(60))), LIMIT)
    assert (slow.verdict, slow.far, outlook(slow)) == ("grows", True, "")
    assert "further ahead" in verdict(slow)


def test_a_slow_leak_shows_in_six_hours() -> None:
    """A connection every ten minutes: the last quarter of an hour alone says nothing of the hours left."""
    minutes = [(minute * 60.0, float(40 + minute // 10)) for minute in range(345)]
    recent = [(345 * 60.0 + n * 10, 40.0 + (345 + n // 6) // 10) for n in range(90)]
    told = trend(recent, minutes, LIMIT)
    assert told.verdict == "grows"
    assert outlook(told) == "full in ~4h"


def test_thinning_keeps_both_ends() -> None:
    points = course(*range(1000))
    assert len(thinned(points)) == 60
    assert (thinned(points)[0], thinned(points)[-1]) == (points[0], points[-1])


@pytest.mark.parametrize(("seconds", "words"), [(20, "<1m"), (370, "~6m"), (800, "~15m"), (3500, "~1h"), (9000, "~2h")])
def test_a_forecast_is_rough(seconds: float, words: str) -> None:
    assert roughly(seconds) == words


def test_a_finding_says_who_takes_them_and_when_they_are_gone() -> None:
    what = "pg-primary db connections 88 of 97 (91 %) > 80 %"
    seen = Connections(
        "pg-primary", 88, 100, 3, 0, trend=Trend("grows", 600, 60, 0.025, 0.02, 0.03, 370),
        growth=(ConnectionGrowth("api", 31),), growth_s=905,
    )  # fmt: skip
    said = with_outlook(Finding("x", Severity.WARNING, what, 3), seen)
    assert said.what == f"{what}, full in ~6m, api +31 in 15m"
    quiet = with_outlook(Finding("x", Severity.WARNING, what, 3), Connections("pg-primary", 88, 100, 3, 0))
    assert quiet.what == what
