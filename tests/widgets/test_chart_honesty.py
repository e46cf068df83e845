"""What a chart must not hide: that a course ended, where its axis begins, where its limit is, when things happened."""

from opsconsole.widgets.chart_drawing import ChartSpec, Line, Palette, draw, time_at
from opsconsole.widgets.chart_overlay import marks_line

COLOURS = ((90, 180, 250), (1, 1, 1), (100, 100, 100), (200, 80, 80))
HOUR = tuple(float(60 * minute) for minute in range(61))


def plain(
    values: tuple[float | None, ...], *others: Line, ascii_only: bool = False, width: int = 100, **more: object
) -> list[str]:
    lines = (*others, Line(HOUR[: len(values)], values, label="api"))
    spec = ChartSpec("P99", lines, 0.0, 3600.0, **more)  # type: ignore[arg-type]  # of the test's own
    return [line.plain for line in draw(spec, width, 14, Palette(*COLOURS, ascii=ascii_only))]


def test_a_course_that_ended_does_not_show_its_last_value_as_that_of_now() -> None:
    ended = (0.4,) * 30 + (None,) * 31
    assert plain(ended, until=3600.0, step=60.0)[0].endswith("none since 00:29")
    assert plain(ended, until=1800.0, step=60.0)[0].endswith("0.4")


def test_an_axis_that_does_not_begin_at_zero_says_so() -> None:
    course = (100.0, 104.0) * 30
    assert "axis from" not in plain(course)[0]
    assert "axis from 100" in plain(course, from_zero=False)[0]


def test_a_limit_that_lies_outside_the_picture_is_said_to() -> None:
    assert "limit 9 is far above" in plain((0.2,) * 61, limit=9.0)[0]
    assert "limit 0.5 ╌╌" in plain((0.2,) * 61, limit=0.5)[0]


def test_two_courses_have_their_names_and_signs() -> None:
    title = plain((1.0,) * 61, Line(HOUR, (2.0,) * 61, "secondary", "web"))[0]
    assert "• web 2" in title
    assert "▬ api 1" in title


def test_plain_ascii_draws_all_of_it_in_ascii() -> None:
    drawn = plain(
        (0.2, 0.9) * 30, Line(HOUR, (0.1,) * 61, "past"), Line(HOUR, (0.3,) * 61, "secondary", "web"),
        ascii_only=True, limit=0.5, cursor=1800.0, marks=((1800.0, "D1.8.2"),), braille=True,
    )  # fmt: skip
    assert "\n".join(drawn).isascii()
    assert any("*" in line for line in drawn[1:])


def test_each_mark_stands_at_its_own_time_and_loses_its_text_before_its_place() -> None:
    signs = ((600.0, "I7"), (600.0, "R"), (720.0, "D1.8.2"), (2400.0, "D1.9.0"), (9000.0, "H"))
    line = marks_line(signs, 0.0, 3600.0, 71, 10).plain
    assert (line[20:28], line.index("D1.9.0")) == ("I D1.8.2", 50)
    assert "R" not in line
    assert "H" not in line
    assert not marks_line((), 0.0, 3600.0, 71, 10).plain.strip()


def test_a_cell_of_the_picture_is_a_time_of_it() -> None:
    spec = ChartSpec("P99", (Line(HOUR, (1.0,) * 61),), 0.0, 3600.0)
    assert time_at(spec, 0, 100) is None
    assert time_at(spec, 99, 100) == 3600.0
