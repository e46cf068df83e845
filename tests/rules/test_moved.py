"""What else moved: a change is held against the figure's own course, and nothing is said of causes."""

import math

from opsconsole.rules.moved import Figure, moved, unit_of

AT, UNIT = 6000.0, 60.0
TIMES = [AT + UNIT * unit for unit in range(-20, 4)]


def figure(name: str, *values: float | None) -> Figure:
    return Figure(name, "s", 1, name, samples=tuple(zip(TIMES, values, strict=True)))


def test_what_jumped_is_ranked_by_how_unusual_that_is_for_itself() -> None:
    quiet = figure("quiet", *[0.24 + 0.001 * (i % 3) for i in range(19)], *[1.9] * 5)
    restless = figure("restless", *[1.0 + 0.3 * (i % 3) for i in range(19)], *[3.4] * 5)
    still = figure("still", *[5.0 + 0.2 * (i % 3) for i in range(24)])
    found = moved([still, restless, quiet], AT, UNIT)
    assert [mover.figure.name for mover in found.movers] == ["quiet", "restless"]
    assert (found.compared, found.too_short) == (3, 0)
    assert math.isclose(found.movers[0].before or 0, 0.241, abs_tol=0.001)
    assert found.movers[0].after == 1.9


def test_a_drop_to_zero_and_a_rise_from_zero_have_moved() -> None:
    found = moved([figure("up", *[0.0] * 19, *[0.2] * 5), figure("down", *[4.0] * 19, *[0.0] * 5)], AT, UNIT)
    assert {mover.figure.name for mover in found.movers} == {"up", "down"}


def test_what_vanished_or_appeared_is_told_and_what_is_hardly_known_is_counted() -> None:
    gone = figure("gone", *[1.0] * 19, *[None] * 5)
    new = figure("new", *[None] * 19, *[1.0] * 5)
    short = figure("short", *[None] * 16, *[1.0] * 8)
    found = moved([gone, new, short], AT, UNIT)
    assert {(mover.figure.name, mover.before, mover.after) for mover in found.movers} == {
        ("gone", 1.0, None), ("new", None, 1.0)
    }  # fmt: skip
    assert found.too_short == 1


def test_the_grain_follows_the_range() -> None:
    assert (unit_of(900.0), unit_of(3600.0), unit_of(7 * 86400.0)) == (15.0, 60.0, 10080.0)
