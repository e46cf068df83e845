"""Charts: an axis that stands still, only the new tail fetched, nothing while hidden, errors on their own topic."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.config.policies import builtin
from opsconsole.model.reading import ProblemKind, State
from opsconsole.poller.board import Board
from opsconsole.poller.charts import WEEK_S, ChartRequest, Charts, axis
from opsconsole.poller.schedule import Alarm
from opsconsole.sources.errors import SourceError
from tests.poller.metrics_fakes import Scripted, desk, until

REQUEST = ChartRequest("p99", "api", range_s=3600.0, columns=61)


@contextlib.asynccontextmanager
async def running(source: Scripted) -> AsyncIterator[tuple[Charts, Board, Alarm]]:
    charts, board, alarm = Charts(desk(source), builtin("default")), Board(), Alarm()
    task = asyncio.create_task(charts.run(board, alarm))
    try:
        yield charts, board, alarm
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@given(st.floats(1e9, 3e9), st.sampled_from([300.0, 900.0, 3600.0, 21600.0, 604800.0]), st.integers(20, 400))
def test_an_axis_holds_now_and_fits_its_columns(now: float, range_s: float, columns: int) -> None:
    found = axis(now, range_s, columns)
    assert found.start <= now < found.end + found.step
    assert len(found.times) <= columns
    assert now - found.start >= 0.7 * (found.end - found.start)


def test_an_axis_stands_still_until_it_is_full_and_then_moves_by_a_quarter() -> None:
    starts = [axis(1_700_000_100.0 + second, 3600.0, 100).start for second in range(0, 3600, 10)]
    jumps = {after - before for before, after in pairwise(starts)}
    assert jumps == {0.0, 900.0}
    assert starts == sorted(starts)


async def test_the_first_fetch_is_whole_and_the_next_only_the_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Scripted(lambda promql, at: 0.25)
    now = 1_700_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    async with running(source) as (charts, board, _):
        topic = charts.want(REQUEST)
        await until(lambda: board.get(topic).value is not None, "the chart")
        chart = board.get(topic).value
        assert chart is not None
        await until(lambda: board.get(topic).value.past is not None, "last week")  # type: ignore[union-attr]  # is there
        chart = board.get(topic).value
        assert chart is not None
        whole, week = source.ranges
        on = axis(now, 3600.0, 61)
        assert week[1:] == (on.start - WEEK_S, on.end - WEEK_S, on.step)
        assert whole[1] == on.start
        assert chart.series[0].times == on.times
        known = [at for at, value in zip(on.times, chart.series[0].values, strict=True) if value is not None]
        # the value of now stands where the next point will: wide steps do not hide what has just begun
        assert chart.until <= now < chart.until + on.step == max(known)
        assert chart.latest == 1_699_999_995.0
        assert (chart.limit, chart.unit, chart.title) == (0.5, "s", "P99 latency api")
        assert chart.past is not None
        assert chart.past.times == on.times
        assert (chart.past_name, chart.until) == ("last week", 1_699_999_980.0)
        now += 60
        charts.refresh()
        await until(lambda: len(source.ranges) == 3, "the tail")
        assert source.ranges[2][1] == 1_699_999_980.0 - 2 * on.step


async def test_nothing_is_fetched_while_the_screen_is_hidden_or_for_what_was_dropped() -> None:
    source = Scripted(lambda promql, at: 1.0)
    async with running(source) as (charts, board, _):
        charts.rest(True)
        topic = charts.want(REQUEST)
        dropped = charts.want(ChartRequest("errors"))
        charts.drop(ChartRequest("errors"))
        await until(lambda: not charts._changed.is_set(), "the pause")
        assert source.ranges == []
        charts.rest(False)
        await until(lambda: board.get(topic).value is not None, "the chart")
        assert board.get(dropped).value is None


async def test_a_failing_source_keeps_the_last_chart_and_says_why() -> None:
    source = Scripted(lambda promql, at: 1.0)
    async with running(source) as (charts, board, alarm):
        topic = charts.want(REQUEST)
        await until(lambda: board.get(topic).state is State.OK, "the chart")
        source.failing = SourceError(ProblemKind.UNREACHABLE, "Prometheus cannot be reached", "wait")
        alarm.ring()
        await until(lambda: board.get(topic).state is State.FAILED, "the failure")
        assert board.get(topic).value is not None
        source.failing = None
        alarm.ring()
        await until(lambda: board.get(topic).state is State.OK, "the recovery")


async def test_no_series_is_a_chart_of_unknowns_not_of_zeros() -> None:
    async with running(Scripted(lambda promql, at: None)) as (charts, board, _):
        topic = charts.want(REQUEST)
        await until(lambda: board.get(topic).value is not None, "the chart")
        chart = board.get(topic).value
        assert chart is not None
        assert set(chart.series[0].values) == {None}
        assert chart.past is None
