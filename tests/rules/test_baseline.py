"""Baselines of a small simulated history: what is learned, what never, and what is called a shift."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.baseline import Baseline, BaselineNote, Baselines, RowBaseline, Window
from opsconsole.model.incident import Incident
from opsconsole.rules import baseline as rules
from opsconsole.rules import regression
from opsconsole.rules.baseline_classes import PARTS_S, classes
from opsconsole.rules.regression_drift import drift
from opsconsole.rules.regression_statistics import mad, median

NOW = datetime(2026, 3, 26, 14, 20, tzinfo=UTC)  # a Thursday
BOUNDS = (0.1, 0.25, 0.5, 1.0, math.inf)
HOUR = NOW.replace(minute=0)


def history(days: int, value: float = 0.3, *, around: bool = False) -> list[tuple[float, float | None]]:
    """Four windows an hour of so many days before, wandering by some milliseconds."""
    hours = (-1, 0, 1) if around else (0,)
    starts = [HOUR + timedelta(days=-day, hours=hour) for day in range(1, days + 1) for hour in hours]
    times = [start.timestamp() + part for start in starts for part in PARTS_S]
    return [(at, value + 0.001 * (place % 7)) for place, at in enumerate(sorted(times))]


def learn(samples: list[tuple[float, float | None]], learned: rules.Learned | None = None) -> Baseline:
    return rules.baseline("p99", "s", samples, classes(NOW.timestamp()), learned or rules.Learned(), BOUNDS)


def api(base: Baseline, *values: float | None, requests: float = 40.0) -> RowBaseline:
    """The service with its newest windows of five minutes."""
    first = NOW.timestamp() - 300.0 * (len(values) - 1)
    windows = tuple(Window(first + 300.0 * n, p99=value, requests=requests) for n, value in enumerate(values))
    traffic = Baseline("requests", "per_s", 44, 11, least=38.0)
    return RowBaseline("api", "", (base, traffic), windows)


def test_weekdays_are_held_against_weekdays() -> None:
    found = learn(history(15))
    assert (found.classed, found.hours, found.n) == ("weekdays 14h", 11, 44)
    values = [v for at, v in history(15) if v and datetime.fromtimestamp(at, UTC).weekday() < 5]
    assert (found.median, found.mad) == (median(values), mad(values))
    assert found.bounds == (0.25, 0.5)
    assert rules.quantile_words(0.487, found.bounds) == "0.25–0.5 s, est. 0.487"


def test_too_few_hours_widen_the_class_and_then_claim_nothing() -> None:
    assert learn(history(4, around=True)).classed == "weekdays 13–15h"
    few = learn(history(3))
    known = Baselines(NOW, "weekdays 14h", (api(few),))
    assert few.median is None
    assert rules.normal(known, "api", "", "p99").words == "n too small: 3 of 8 hours"
    assert rules.normal(None, "api", "", "p99").words == "no baseline"
    assert rules.normal_in(api(learn(history(15))), "p99").words == "normal 242–364 ms"


def test_a_shift_needs_distance_size_duration_and_traffic() -> None:
    base = learn(history(15))
    found = regression.shift(api(base, 0.3, 0.3, 1.9, 1.9, 1.89))
    assert found is not None
    assert (found.held, found.since, found.at_least) == ("3 of 5 windows of 5 min", NOW - timedelta(minutes=15), False)
    assert found.ratio == pytest.approx(6.24, abs=0.01)
    assert regression.shift(api(base, 0.3, 0.3, 0.3, 1.9, 1.9)) is None, "not yet three of five"
    assert regression.shift(api(base, *[0.35] * 5)) is None, "z is above 3, and it is not 20 %"
    assert regression.shift(api(base, *[1.9] * 5, requests=15.0)) is None, "less than half of the least traffic"
    quick = learn([(at, value / 100) for at, value in history(15) if value])
    assert regression.shift(api(quick, *[0.009] * 5)) is None, "three times normal, and not 10 ms"


def test_when_it_began_is_looked_for_further_back() -> None:
    row = api(learn(history(15)), *[1.9] * 5)
    shift = regression.shift(row)
    assert shift is not None
    assert shift.at_least
    longer = api(row.figures[0], *[0.3] * 10, *[1.9] * 9).windows
    known = regression.shift(row, longer)
    assert known is not None
    assert (known.since, known.at_least) == (NOW - timedelta(minutes=45), False)
    assert not regression.ended(row, "p99")
    assert regression.ended(api(row.figures[0], 1.9, 0.3, 0.3, 0.3, 0.3), "p99")
    # of a MAD of 0 the width of the bucket
    flat = learn([(at, 0.3) for at, _ in history(15)])
    assert (flat.mad, flat.spread) == (0.0, 0.25)
    assert regression.z_of(1.9, flat) == pytest.approx(0.6745 * 1.6 / 0.25)


def note(what: str, *, ago_h: float, since_h: float | None = None, endpoint: str = "") -> BaselineNote:
    since = NOW - timedelta(hours=since_h) if since_h is not None else None
    return BaselineNote(what, NOW - timedelta(hours=ago_h), "maren", what, "api", endpoint, since)


def test_incidents_and_shifts_are_never_learned_from() -> None:
    incident = Incident("INC-7", "slow", 2, "investigating", "api", NOW - timedelta(days=9), NOW - timedelta(days=9))
    left_out = rules.incident_intervals([incident])
    frozen = rules.learned((), ("api", ""), left_out)
    assert learn(history(15), frozen).until == NOW - timedelta(days=9, minutes=15), "the last window of before"
    assert rules.frozen_words(frozen, (), ("api", "")) == "frozen since 17 Mar 14:20: INC-7 is open"
    shifted = [note("shifted", ago_h=48, since_h=72)]
    slow = [(at, 1.9 if at > (NOW - timedelta(hours=72)).timestamp() else value) for at, value in history(15)]
    assert learn(slow, rules.learned(shifted, ("api", ""), ())).median == pytest.approx(0.303)
    mended = [*shifted, note("mended", ago_h=36)]
    assert rules.standing(shifted, ("api", "")) is not None
    assert rules.standing(mended, ("api", "")) is None
    assert (
        learn(slow, rules.learned(mended, ("api", ""), ())).n > learn(slow, rules.learned(shifted, ("api", ""), ())).n
    )


def test_an_acceptance_begins_anew_and_a_freezing_holds_what_is_known() -> None:
    accepted = [note("shifted", ago_h=48, since_h=72), note("accepted", ago_h=40, since_h=72)]
    after = rules.learned(accepted, ("api", ""), ())
    assert after.left_out == ()
    assert learn(history(15), after).hours == 3, "all that there is since"
    assert rules.accepted(accepted, ("api", "")) == accepted[1]
    frozen = [note("frozen", ago_h=240)]
    assert learn(history(15), rules.learned(frozen, ("api", "/checkout"), ())).until == NOW - timedelta(hours=240)
    assert rules.learned([*frozen, note("thawed", ago_h=1)], ("api", ""), ()).until == math.inf
    with pytest.raises(ValueError, match="n too small: 2 of 3 windows"):
        rules.accepted_figures(api(learn(history(15)), 0.3, 0.3, 0.3, 1.9, 1.9).windows, NOW.timestamp() - 600.0)
    figures = rules.accepted_figures(api(learn(history(15)), *[1.9] * 5).windows, NOW.timestamp() - 3600.0)
    assert [(one.measure, one.median, one.n) for one in figures] == [("p99", 1.9, 5), ("requests", 40.0, 5)]


def test_slow_degradation_is_told_although_each_day_is_like_the_one_before() -> None:
    oldest = (NOW - timedelta(days=28)).timestamp()
    slower: list[tuple[float, float | None]] = [
        (at, (value or 0.0) * (1 + (at - oldest) / 86400 / 60)) for at, value in history(28)
    ]
    base = learn(slower)
    found = drift(api(base), base, slower)
    assert found is not None
    assert (found.held, found.median < 0.33 < found.value) == ("slowly over 27 days, Mann–Whitney U=676 p<0.0001", True)
    calm = learn(history(28))
    assert drift(api(calm), calm, history(28)) is None
    assert drift(api(base), base, slower[-40:]) is None, "too few days"
