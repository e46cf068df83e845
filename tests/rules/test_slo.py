"""Error budgets against published figures.

Sources: Google SRE Workbook ch. 5 (sre.google/workbook/alerting-on-slos), table 5-8 and its formulas; slok/sloth
internal/alert/alert_test.go for the factors of 30 and 28 days.
"""

from datetime import UTC, datetime
from math import inf
from pathlib import Path

import pytest

from opsconsole.config.slo_legs import legs_of, never_fires
from opsconsole.model.slo import PAGE, TICKET, Burn, Counts, Indicator, Leg, Slo, Window
from opsconsole.rules import slo as sums
from opsconsole.rules.slo_state import Guard, held, moved, shown
from opsconsole.rules.slo_sums import bad_of
from opsconsole.rules.slo_window import bounds
from opsconsole.rules.thresholds import Phase, Threshold

DAY_S = 86400.0
PAGE_LEG = Leg(PAGE, 3600.0, 300.0, 14.4)


def objective(window: Window, target: float = 0.999) -> Slo:
    counts = Counts("bad", "total", good=False)
    return Slo("x", "x", "api", target, window, Indicator(), counts, legs_of(window), file=str(Path("x.yaml")))


@pytest.mark.parametrize(
    ("days", "factors"), [(30, (14.4, 6.0, 3.0, 1.0)), (28, (13.44, 5.6, 2.8, 0.9333333333333333))]
)
def test_the_factors_of_a_month_are_those_of_sloth(days: int, factors: tuple[float, ...]) -> None:
    legs = legs_of(Window(days, "d"))
    assert tuple(leg.factor for leg in legs) == pytest.approx(factors, abs=1e-12)
    assert [leg.severity for leg in legs] == [PAGE, PAGE, TICKET, TICKET]
    assert [(leg.long_s, leg.short_s) for leg in legs] == [(3600, 300), (21600, 1800), (86400, 7200), (259200, 21600)]


def test_windows_of_other_periods_are_scaled_and_keep_the_factors_of_30_days() -> None:
    quarter, week = legs_of(Window(90, "d")), legs_of(Window(1, "w"))
    assert [leg.factor for leg in quarter] == [leg.factor for leg in week] == pytest.approx([14.4, 6.0, 3.0, 1.0])
    assert (quarter[0].long_s, quarter[0].short_s) == (3 * 3600, 15 * 60)
    assert (week[0].long_s, week[0].short_s) == (14 * 60, 120)


def test_budgets_burns_and_exhaustion_of_the_workbook() -> None:
    assert sums.budget(0.999) * 30 * 24 * 60 == pytest.approx(43.2)  # minutes
    assert sums.budget(0.9995) * 30 * 24 * 60 == pytest.approx(21.6)
    period_s = 30 * DAY_S
    for burn, days in ((1, 30), (2, 15), (10, 3)):
        assert sums.burn(0.001 * burn * 1e6, 1e6, 0.999) == pytest.approx(burn)
        assert sums.exhausted_s(1.0, burn, period_s) == pytest.approx(days * DAY_S)
    # table 5-8: 14.4 over an hour uses 2 %, 6 over six hours 5 %, 1 over three days 10 %
    used = [sums.used(burn, hours * 3600.0, period_s) for burn, hours in ((14.4, 1), (6, 6), (1, 72))]
    assert used == pytest.approx([0.02, 0.05, 0.10])
    # "a 100 % outage": an hour's window at 14.4 is detected after 0.864 minutes
    assert sums.detection_s(PAGE_LEG, 1.0, 0.999) == pytest.approx(51.84)
    assert sums.exhausted_s(0.5, 0.0, period_s) == inf
    assert sums.exhausted_s(-0.2, 3.0, period_s) == 0.0


def test_an_overdrawn_budget_is_negative_and_missing_is_unknown() -> None:
    assert sums.left(3000, 1_000_000, 0.999) == pytest.approx(-2.0)
    assert sums.events_left(3000, 1_000_000, 0.999) == pytest.approx(-2000)
    assert sums.left(None, 1_000_000, 0.999) is None
    assert sums.burn(None, 10, 0.999) is None
    assert sums.left(0, 0, 0.999) == 1.0  # nothing happened, nothing is used


def test_no_series_of_the_bad_events_is_none_of_them_only_beside_their_own_metric() -> None:
    of_one = Counts("bad", "total", good=False, same_metric=True)
    of_two = Counts("good", "total", good=True, same_metric=False)
    assert bad_of(of_one, None, 100.0) == (0.0, 100.0)
    assert bad_of(of_two, None, 100.0) == (None, 100.0)
    assert bad_of(of_two, 100.4, 100.0) == (0.0, 100.0)  # estimates of two sums may cross
    assert bad_of(of_one, 5.0, None) == (None, None)


def test_a_page_that_can_never_fire_says_why() -> None:
    assert "burns at most 10x" in never_fires(PAGE_LEG, 0.9)
    assert "93.06 %" in never_fires(PAGE_LEG, 0.9)
    assert not never_fires(PAGE_LEG, 0.94)


def test_both_windows_must_burn_and_a_single_error_of_a_few_requests_is_held_back() -> None:
    def burns(long: float, short: float, bad: float = 100.0, total: float = 1000.0) -> dict[float, Burn]:
        return {3600.0: Burn(3600.0, 0.0, 0.0, long), 300.0: Burn(300.0, bad, total, short)}

    guard = Guard(min_bad=2.0)
    start = Threshold()
    assert moved(start, PAGE_LEG, burns(20, 3), guard, 100.0, 30.0).phase is Phase.INACTIVE
    firing = moved(start, PAGE_LEG, burns(20, 15), guard, 100.0, 30.0)
    assert firing.phase is Phase.FIRING
    few = burns(40, 333, bad=1, total=3)
    assert moved(start, PAGE_LEG, few, guard, 100.0, 30.0).phase is Phase.INACTIVE
    assert held(PAGE_LEG, few, guard) == "1 bad of 3 in 5m: the guard asks for 2 bad"
    assert not held(PAGE_LEG, burns(40, 3, bad=1), guard)  # nothing to hold back
    kept = moved(firing, PAGE_LEG, burns(20, 0), guard, 130.0, 30.0)
    assert (kept.phase, shown(PAGE_LEG, kept, {}, guard, 130.0, 30.0).state) == (Phase.FIRING, "firing")
    assert shown(PAGE_LEG, kept, {}, guard, 300.0, 30.0).state == "unknown"  # nothing was heard for two steps


def test_a_window_of_the_calendar_begins_on_its_day_in_its_zone() -> None:
    month = Window(1, "M", "2026-01-31T00:00:00", "America/New_York")
    now = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
    begin, end = bounds(month, now)
    assert (begin, end) == (datetime(2026, 2, 28, 5, tzinfo=UTC), datetime(2026, 3, 31, 4, tzinfo=UTC))
    week = Window(1, "w", "2022-01-01T12:00:00", "UTC")
    assert bounds(week, now)[0] == datetime(2026, 3, 21, 12, tzinfo=UTC)
    assert bounds(Window(30, "d"), now)[1] == now
