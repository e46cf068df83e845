"""Courses: what is known is not asked again, whichever way one moves in time; what was not answered stays unknown."""

import time

import pytest

from opsconsole.model.metrics import Answer, Series
from opsconsole.poller.courses import Courses
from opsconsole.poller.moved import Moved
from tests.poller.metrics_fakes import Scripted, desk

STEP = 60.0
NOW = 1_700_000_040.0


class Server:
    """One series with a hole, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, float]] = []

    async def range(self, query: str, start: float, end: float, step: float) -> Answer:
        self.asked.append((start, end))
        times = tuple(at for at in _steps(start, end) if at % 600 != 0)
        return Answer(query, series=(Series((), times, tuple(1.0 for _ in times)),))


@pytest.fixture(autouse=True)
def at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)


async def test_only_the_ends_that_lack_are_asked() -> None:
    server = Server()
    courses = Courses(server.range)
    await courses.read("q", NOW - 3600, NOW, STEP)
    await courses.read("q", NOW - 4500, NOW - 900, STEP)
    await courses.read("q", NOW - 3600, NOW - 900, STEP)
    course = await courses.read("q", NOW - 3600, NOW, STEP)
    assert server.asked == [(NOW - 3600, NOW), (NOW - 4500, NOW - 3600 - STEP)]
    (series,) = course.on(_steps(NOW - 3600, NOW), NOW)
    holes = [at for at, value in zip(series.times, series.values, strict=True) if value is None]
    assert holes == [at for at in series.times if at % 600 == 0]


async def test_the_newest_points_are_asked_once_more_and_what_they_lost_is_gone() -> None:
    server = Server()
    courses = Courses(server.range)
    course = await courses.read("q", NOW - 600, NOW, STEP)
    course.points[()][NOW - STEP] = 99.0
    await courses.read("q", NOW - 600, NOW + STEP, STEP)
    assert server.asked[1] == (NOW - 2 * STEP, NOW + STEP)
    assert course.points[()][NOW - STEP] == 1.0


async def test_a_range_that_lies_apart_is_asked_whole() -> None:
    server = Server()
    courses = Courses(server.range)
    await courses.read("q", NOW - 600, NOW, STEP)
    course = await courses.read("q", NOW - 9000, NOW - 8400, STEP)
    assert server.asked[1] == (NOW - 9000, NOW - 8400)
    assert course.on(_steps(NOW - 600, NOW), NOW) == ()


async def test_what_moved_is_asked_of_services_tiles_and_measures_and_a_refusal_is_told() -> None:
    source = Scripted(lambda promql, at: 2.0 if "0.99" in promql and at >= NOW - 120 else 0.25)
    source.refused = ("sum by (queue) (queue_depth)",)
    found = await Moved(desk(source)).then(NOW - 120, 3600.0)
    assert {mover.figure.name for mover in found.movers} == {"P99", "P99 (all)"}
    assert {(mover.before, mover.after, mover.figure.chart) for mover in found.movers} == {(0.25, 2.0, "p99")}
    assert found.compared > 8
    assert [line.partition(":")[0] for line in found.refused] == ["queue"]


def _steps(start: float, end: float) -> tuple[float, ...]:
    return tuple(start + STEP * place for place in range(round((end - start) / STEP) + 1))
