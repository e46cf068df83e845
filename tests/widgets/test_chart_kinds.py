"""How a panel's chart is drawn: as a line, an area, or bars."""

from opsconsole.widgets.chart_drawing import ChartSpec, Line, Palette, draw

PALETTE = Palette((1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4), ascii=True)


LOWEST = {"line": "", "area": "************         ************", "bars": "*    *     *         *     *    *"}


def test_an_area_is_filled_to_zero_and_bars_stand_apart_with_gaps_left_open() -> None:
    line = Line(tuple(60.0 * index for index in range(7)), (4.0, 5.0, 4.0, None, 5.0, 4.0, 5.0))
    for kind, lowest in LOWEST.items():
        rows = draw(ChartSpec("jobs", (line,), 0.0, 360.0, kind=kind), 36, 9, PALETTE)
        assert rows[-2].plain.partition("|")[2].rstrip() == lowest
