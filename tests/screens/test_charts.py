"""The charts of Metrics under a hand: time, ranges, the cursor that reads values, marks and what else moved."""

from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.config.policies import builtin
from opsconsole.model.alerts import Alert
from opsconsole.model.chart import Chart
from opsconsole.model.finding import Change
from opsconsole.model.incident import Incident
from opsconsole.model.metrics import Series, ServiceFigures
from opsconsole.poller.charts import axis
from opsconsole.rules.moved import Figure, MovedThen, Mover
from opsconsole.screens import chart_marks, chart_reading
from opsconsole.screens.chart_look import RANGES, Look
from opsconsole.screens.chart_panel import ChartPanel
from opsconsole.screens.metric_views.service_words import over_words, tree_order
from opsconsole.screens.moved_then import mover_line, rest_line
from opsconsole.screens.table_tab import TableTab

from . import story
from .driving import shown, until
from .tabs import console, settled, text

NOW = story.NOW.timestamp()
HOUR = 3600.0


async def pressed(pilot: Pilot[Any], *keys: str) -> None:
    app = pilot.app
    assert isinstance(app, Console)
    for key in keys:
        await pilot.press(key)
        await until(pilot, lambda: app._gate.deadline is None)
    await pilot.pause()


def panel(app: Console) -> ChartPanel:
    return app.tab.query_one(ChartPanel)


# ---- time and range, without a screen --------------------------------------------------------------------------------


def test_every_range_comes_by_t_and_after_the_widest_the_narrowest() -> None:
    look, seen = Look(range_s=900.0), []
    for _ in RANGES:
        seen.append(RANGES[look.range_s])
        look = look.next_range(None, NOW, 100)
    assert seen == ["15m", "1h", "3h", "6h", "24h", "7d", "30d"]
    assert look == Look(range_s=900.0)


def test_earlier_ends_behind_now_by_quarters_and_later_comes_back_to_now() -> None:
    earlier = Look().moved(-1, NOW, 100)
    assert earlier.end == axis(NOW, HOUR, 100).end - HOUR / 4 <= NOW
    assert earlier.axis(NOW, 100).end == earlier.end
    assert earlier.moved(1, NOW, 100) == Look()
    assert earlier.moved(-2, NOW, 100).moved(2, NOW, 100) == earlier


def test_closer_and_wider_keep_the_cursor_in_sight() -> None:
    at = NOW - 5 * HOUR
    day = Look(range_s=86400.0)
    closer = day.zoomed(-1, at, NOW, 100).zoomed(-1, at, NOW, 100)
    on = closer.axis(NOW, 100)
    assert RANGES[closer.range_s] == "3h"
    assert on.start < at < on.end < NOW
    assert Look(range_s=900.0).zoomed(-1, None, NOW, 100) == Look(range_s=900.0)


def test_a_way_to_look_is_kept_without_its_time_and_a_word_of_another_version_is_passed_over() -> None:
    look = Look("p95", 21600.0, NOW, "yesterday", braille=True, from_zero=False)
    assert Look.remembered((*look.words(), "mood:bright", "range:77")) == Look(
        "p95", 21600.0, 0.0, "yesterday", braille=True, from_zero=False
    )


# ---- marks and words -------------------------------------------------------------------------------------------------


def test_changes_incidents_and_alerts_are_letters_with_words() -> None:
    at = story.NOW - timedelta(minutes=12)
    marks = chart_marks.ordered([
        *chart_marks.of_changes([Change(at, "release", "api 1.8.1→1.8.2", "deployer"), Change(at, "node", "gone")]),
        *chart_marks.of_alerts([Alert("f", "Slow\x1b[31m", "active", "critical", "", at)]),
        *chart_marks.of_incidents([Incident("INC-7", "checkout slow", 2, "investigating", "api", at, at)]),
    ])  # fmt: skip
    assert [mark.letters for mark in marks] == ["I7", "A", "D1.8.2"]
    assert "\x1b" not in marks[1].words
    assert marks[2].words.startswith("release api 1.8.1→1.8.2 by deployer ")
    assert chart_marks.legend(marks) == "I incident  A alert  D release"


def test_the_cursor_reads_every_series_and_says_what_is_not_there(fixed_clock: None) -> None:
    times = tuple(NOW - 300 + 60 * minute for minute in range(8))
    course = Series((), times, (0.2, None, 0.2, 0.2, 1.9, 2.0, None, None))
    week = Series((), times, (0.1,) * 8)
    chart = Chart("P99 latency api", "s", (course,), 0.5, week, "last week", step=60.0, until=times[5])
    assert "P99 latency api 1.9 s · last week 100 ms · limit 500 ms" in chart_reading.reading_at(chart, times[4])
    assert "api no value" in chart_reading.reading_at(chart, times[1])
    assert "api not yet" in chart_reading.reading_at(chart, times[7])
    assert chart_reading.newest(chart) == times[5]
    assert chart_reading.moved_by(chart, times[5], 3) == times[5]


def test_what_moved_is_told_with_its_amount_and_without_a_cause() -> None:
    db = Figure("db connections", "ratio", 3, "")
    found = MovedThen(NOW, 60.0, (Mover(db, 0.4, 0.9, 31.0), Mover(db, None, 0.9, 99.0)), 30, 2, ("queue: refused",))
    line = " ".join(mover_line(found.movers[0]).split())
    assert line == "db connections 40% → 90% x2.2 31 times its usual deviation"
    assert "had no value before, then 90%" in mover_line(found.movers[1])
    assert "29 others did not move" in rest_line(found)
    assert "1 not asked: queue: refused" in rest_line(found)


def test_pods_stand_under_their_service_before_its_endpoints() -> None:
    rows = [ServiceFigures("web"), ServiceFigures("api", "/cart"), ServiceFigures("api", instance="api-1"),
            ServiceFigures("api")]  # fmt: skip
    assert [row.key for row in sorted(rows, key=tree_order)] == ["api ", "api @api-1", "api /cart", "web "]


# ---- on the screen ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(160, 45), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_full_chart_is_read_by_a_cursor_and_left_again(size: tuple[int, int], fixed_clock: None) -> None:
    app = console(story.board(), start=1)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pressed(pilot, "f")
        await until(pilot, lambda: "02:53" in text(app) and "P99 latency api 1.9 s" in text(app))
        await pressed(pilot, "left", "g")
        await until(pilot, lambda: "P99 latency api 300 ms" in text(app))
        assert panel(app).cursor is not None
        await pressed(pilot, "escape")
        assert not panel(app).is_full
        table = cast(TableTab, app.tab).table
        assert table is not None
        assert table.size.height > 4


async def test_earlier_says_that_it_is_not_now_and_r_comes_back(fixed_clock: None) -> None:
    app = console(story.board(), start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pressed(pilot, ",", ",")
        assert "range 1h, ends 02:30" in shown(app, "views")
        await until(pilot, lambda: "ends 02:30, . later, r now" in text(app))
        await pressed(pilot, "r")
        assert "ends" not in shown(app, "views")


async def test_another_chart_is_the_large_one_and_stays_so(fixed_clock: None) -> None:
    app = console(story.board(), start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pressed(pilot, "f", "n")
        await until(pilot, lambda: "P95 latency api" in text(app))
        tab = cast(Any, app.tab)
        assert Look.remembered(tab.memory.get("metrics.charts").on).kind == "p95"


async def test_enter_on_a_point_lists_what_moved_and_leads_to_it(
    fixed_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = console(story.board(), start=1)
    web = Figure("web requests/s", "per_s", 1, "web", "requests")

    class Movements:
        async def then(self, at: float, range_s: float) -> MovedThen:
            return MovedThen(at, 60.0, (Mover(web, 400.0, 90.0, 12.0),), 9, 0)

    app.context.services.charts.moved = Movements()
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pressed(pilot, "f", "enter")
        await until(pilot, lambda: "moved at the same time" in text(app) and "x0.2" in text(app))
        await pressed(pilot, "enter")
        await until(pilot, lambda: panel(app).look.kind == "requests")
        assert cast(TableTab, app.tab).row.service == "web"


def test_an_endpoint_beyond_the_limits_of_services_is_not_called_ok() -> None:
    """A rule judges the sum of a service: a slow endpoint may hide in it, or be what the service fires for."""
    policy = builtin("default")
    calm = ServiceFigures("api", "/checkout", requests_s=3.5, server_errors=0.0, p95_s=0.2, p99_s=0.3)

    def over(**figures: float) -> str:
        return over_words(msgspec.structs.replace(calm, **figures), policy)

    assert [over(), over(p95_s=2.2, p99_s=2.5), over(server_errors=0.32)] == ["", "> 1 s", "> 5.0 %"]
    assert over(requests_s=0.005, server_errors=0.5) == "", "one failed request is no share"
