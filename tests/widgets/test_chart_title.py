"""What a chart's title keeps when the line is short: the name, that it is old, and the value."""

import pytest

from opsconsole.widgets.chart_drawing import ChartSpec, Line, Palette, draw

PALETTE = Palette((0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0))


@pytest.mark.parametrize("width", [160, 60, 40])
def test_an_old_chart_says_so_in_its_title_at_any_width(width: int) -> None:
    lines = (Line((0.0, 60.0), (1.0, 2.0)), Line((0.0, 60.0), (1.0, 1.0), "past"))
    old = "STALE 4m: Prometheus did not answer within 10 s · it is asked again by itself"
    title = draw(ChartSpec("P99 latency api", lines, 0.0, 60.0, limit=3.0, stale=old), width, 12, PALETTE)[0].plain
    assert title.startswith(" P99 latency api")
    assert "STALE 4m" in title
    assert title.rstrip().endswith("2")
    assert len(title) <= width


def test_where_nothing_was_ever_read_the_reason_stands_in_the_middle() -> None:
    drawn = draw(ChartSpec("chart", (), 0.0, 1.0, stale="FAILED: no answer · press r"), 60, 9, PALETTE)
    assert any("FAILED: no answer · press r" in line.plain for line in drawn[1:])
