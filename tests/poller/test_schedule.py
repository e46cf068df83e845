"""The poller: each source is asked on its own, a failing one is asked ever more rarely, and what was good stays."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from opsconsole.model.reading import ProblemKind, Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.feed import Polled, Wake
from opsconsole.poller.schedule import Poller, backoff
from opsconsole.poller.topics import Topic
from opsconsole.sources.errors import SourceError

NUMBER: Topic[int] = Topic("test.number", "test")
OTHER: Topic[int] = Topic("test.other", "test")


async def until(condition: Callable[[], bool], patience_s: float = 5.0) -> None:
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0)


class Source:
    """Answers what it is told to answer, and counts how often it was asked."""

    def __init__(self, answer: int | Exception) -> None:
        self.answer = answer
        self.asked = 0

    async def read(self) -> tuple[int, str]:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, "select 1"


async def test_a_reading_carries_its_value_time_and_origin() -> None:
    board, source = Board(), Source(7)
    poller = Poller(board)
    poller.start([Polled("number", NUMBER, 60, source.read)])
    await until(lambda: board.get(NUMBER).value == 7)
    reading = board.get(NUMBER)
    assert (reading.state, reading.source) == (State.OK, "select 1")
    assert reading.taken is not None
    await poller.stop()


async def test_a_failing_source_keeps_its_last_good_value_and_costs_nobody_else_anything() -> None:
    board, source, other = Board(), Source(7), Source(1)
    poller = Poller(board)
    poller.start([Polled("number", NUMBER, 60, source.read), Polled("other", OTHER, 60, other.read)])
    await until(lambda: board.get(NUMBER).value == 7 and board.get(OTHER).value == 1)
    source.answer = SourceError(ProblemKind.UNREACHABLE, "nobody answers at db:5432", "check the address")
    poller.refresh()
    await until(lambda: board.get(NUMBER).state is State.FAILED and other.asked == 2)
    failed = board.get(NUMBER)
    assert failed.value == 7
    assert failed.problem is not None
    assert failed.problem.remedy == "check the address"
    assert board.get(OTHER).state is State.OK
    source.answer = 8
    poller.refresh([NUMBER])
    await until(lambda: board.get(NUMBER).value == 8)
    assert board.get(NUMBER).problem is None
    assert other.asked == 2
    await poller.stop()


async def test_a_mistake_of_ours_is_a_problem_of_that_feed_only_and_names_no_secret() -> None:
    board, source = Board(), Source(ValueError("password=hunter22"))
    poller = Poller(board)
    poller.start([Polled("number", NUMBER, 60, source.read)])
    await until(lambda: board.get(NUMBER).state is State.FAILED)
    problem = board.get(NUMBER).problem
    assert problem is not None
    assert problem.kind is ProblemKind.INTERNAL
    assert "hunter22" not in problem.sentence
    await poller.stop()


async def test_what_is_not_there_is_off_and_not_failed() -> None:
    board, source = Board(), Source(SourceError(ProblemKind.MISSING, "metrics.k8s.io is not installed"))
    poller = Poller(board)
    poller.start([Polled("number", NUMBER, 60, source.read)])
    await until(lambda: board.get(NUMBER).state is State.OFF)
    await poller.stop()


async def test_a_source_that_does_not_answer_is_late_then_stale_then_failed() -> None:
    board, states = Board(), list[State]()
    board.publish(NUMBER, Reading(7, State.OK))
    board.subscribe(NUMBER, lambda reading, _: states.append(reading.state))

    async def never() -> tuple[int, str]:
        await asyncio.Event().wait()
        return 0, ""

    poller = Poller(board)
    poller.start([Polled("number", NUMBER, 0.01, never, timeout_s=0.3)])
    await until(lambda: State.FAILED in states)
    assert states[:3] == [State.LATE, State.STALE, State.FAILED]
    assert board.get(NUMBER).value == 7
    await poller.stop()


async def test_after_a_suspension_everything_is_stale_until_read_again() -> None:
    board, source = Board(), Source(7)
    poller = Poller(board)
    poller.start([Polled("number", NUMBER, 60, source.read)])
    await until(lambda: board.get(NUMBER).state is State.OK)
    poller.everything_is_stale()
    assert board.get(NUMBER).state is State.STALE
    await until(lambda: board.get(NUMBER).state is State.OK)
    await poller.stop()


async def test_a_stream_that_breaks_is_started_again_on_request() -> None:
    board = Board()

    class Stream:
        name = "stream"
        topics = (NUMBER,)
        runs = 0

        async def run(self, board: Board, wake: Wake) -> None:
            self.runs += 1
            raise SourceError(ProblemKind.UNREACHABLE, "the stream broke")

    stream, poller = Stream(), Poller(board)
    poller.start([stream])
    await until(lambda: stream.runs == 1)
    assert board.get(NUMBER).state is State.FAILED
    poller.refresh()
    await until(lambda: stream.runs == 2)
    await poller.stop()


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (50, 60)])
def test_backoff_doubles_up_to_a_minute(failures: int, seconds: float) -> None:
    assert backoff(5, failures) == seconds


async def test_a_feed_stops_also_when_its_answer_comes_at_that_very_moment() -> None:
    board, answered = Board(), asyncio.Event()

    async def read() -> tuple[int, str]:
        await answered.wait()
        return 7, "select 1"

    poller = Poller(board)
    poller.start([Polled("number", NUMBER, 60, read)])
    await until(lambda: bool(answered._waiters))  # it was asked
    answered.set()
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
        await poller.stop()


async def test_a_feed_that_fails_while_it_is_cancelled_ends_all_the_same() -> None:
    begun: list[int] = []

    class Clumsy:
        name = "clumsy"
        topics: tuple[Topic[Any], ...] = ()

        async def run(self, board: Board, wake: Wake) -> None:
            async def child() -> None:
                try:
                    await asyncio.Event().wait()
                finally:
                    raise ValueError("the connection was gone already")

            begun.append(1)
            async with asyncio.TaskGroup() as group:
                group.create_task(child())
                await asyncio.Event().wait()

    poller = Poller(Board())
    poller.start([Clumsy()])
    while not begun:
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        await poller.stop()
