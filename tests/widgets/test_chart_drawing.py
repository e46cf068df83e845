"""Charts as lines of text: round numbers on the axis, gaps left open, times that fit, the same picture every time."""

import os
import subprocess
import sys

import pytest

from opsconsole.widgets.chart_drawing import (
    ChartSpec,
    Line,
    Palette,
    draw,
    round_values,
    sparkline,
    time_axis,
)

PALETTE = Palette((90, 180, 250), (1, 1, 1), (100, 100, 100), (200, 80, 80))
HOUR = tuple(float(60 * minute) for minute in range(61))


def chart(values: tuple[float | None, ...], **more: object) -> ChartSpec:
    return ChartSpec("P99", (Line(HOUR[: len(values)], values),), 0.0, 3600.0, **more)  # type: ignore[arg-type]  # of the test's own


def plain(spec: ChartSpec, width: int = 60, height: int = 12) -> list[str]:
    return [line.plain for line in draw(spec, width, height, PALETTE)]


def test_the_title_carries_the_newest_value_and_the_limit() -> None:
    lines = plain(chart((0.2,) * 40 + (1.9,) * 10, limit=0.5))
    assert lines[0].startswith(" P99")
    assert lines[0].endswith("limit 0.5 ╌╌  1.9")
    assert any("╌" in line for line in lines[1:])


def test_a_line_is_never_drawn_across_a_gap() -> None:
    with_gap = plain(chart((1.0,) * 20 + (None,) * 20 + (1.0,) * 21))
    row = next(line for line in with_gap[1:] if "▀" in line or "▄" in line)
    middle = row[len(row) // 2 - 5 : len(row) // 2 + 5]
    assert not middle.strip()


def test_nothing_to_draw_is_said() -> None:
    assert "no data in this range" in "\n".join(plain(chart((None,) * 10)))
    assert "STALE" in "\n".join(plain(chart((), stale="STALE 4m: nobody answers")))


@pytest.mark.parametrize(
    ("bottom", "top", "values"), [(0, 2, [0, 1, 2]), (0, 0.012, [0, 0.005, 0.01]), (-50, 100, [-50, 0, 50, 100])]
)
def test_axes_carry_round_numbers(bottom: float, top: float, values: list[float]) -> None:
    assert round_values(bottom, top, 4) == pytest.approx(values)


@pytest.mark.parametrize(
    ("width", "axis"),
    [(40, "00:00  00:15     00:30     00:45   01:00"), (20, "00:00  00:30   01:00"), (12, "00:00  01:00")],
)
def test_times_stand_where_they_fit(width: int, axis: str) -> None:
    found = time_axis(chart((1.0,)), width)
    assert len(found) == width
    assert found.split() == axis.split()


def test_the_picture_does_not_depend_on_the_process() -> None:
    code = (
        "from tests.widgets.test_chart_drawing import chart, plain\n"
        "print(*plain(chart((400.0,) * 50 + (412.0,) * 11), 38, 9), sep='\\n')"
    )
    pictures = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4")
    }
    assert len(pictures) == 1


def test_a_sparkline_shows_news_and_not_noise() -> None:
    assert sparkline((100.0, 101.0, 99.0), 3) == "▄▄▄"
    assert sparkline((1.0, 1.0, 9.0), 3) == "▁▁█"
    assert sparkline((1.0, None, 9.0), 4) == " ▁ █"
    assert sparkline((None, None), 3) == "   "
