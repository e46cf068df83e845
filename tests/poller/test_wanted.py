"""What is watched only while somebody looks at it: off without a problem, listed at a wish, let go some time after."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from opsconsole.model.collection import Collection, Delta
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.feed import Wake
from opsconsole.poller.kubernetes_wanted import Wanted
from opsconsole.poller.schedule import Alarm
from opsconsole.poller.topics import CLUSTER, NAMESPACES, PODS, Topic
from opsconsole.poller.wishes import Wishes
from opsconsole.text import clock
from opsconsole.widgets.source_state import summarise
from tests.sources.kubernetes.conftest import until


class Source:
    """A feed that publishes one row and then waits; it counts how often it was begun and ended."""

    name = "k8s.namespaces"
    topics: tuple[Topic[Any], ...] = (NAMESPACES,)

    def __init__(self) -> None:
        self.begun = self.ended = 0

    async def run(self, board: Board, wake: Wake) -> None:
        self.begun += 1
        try:
            rows: dict[str, Any] = {"uid": "shop"}
            reading = Reading(Collection(rows, complete=True), State.OK, clock.now())
            board.publish(NAMESPACES, reading, Delta(rows, reset=True))
            await asyncio.Event().wait()
        finally:
            self.ended += 1


@asynccontextmanager
async def running(linger_s: float) -> AsyncIterator[tuple[Board, Wishes, Source]]:
    board, wishes, source = Board(), Wishes(), Source()
    task = asyncio.create_task(Wanted(source, NAMESPACES, wishes, linger_s=linger_s).run(board, Alarm()))
    try:
        await until(lambda: NAMESPACES in board.topics())
        yield board, wishes, source
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_nobody_looks_nothing_is_asked_and_nothing_is_wrong() -> None:
    async with running(60) as (board, _, source):
        assert (board.get(NAMESPACES).state, board.get(NAMESPACES).problem, source.begun) == (State.OFF, None, 0)
        well: Reading[Any] = Reading(Collection({}), State.OK)
        state = summarise([(CLUSTER, well), (PODS, well), (NAMESPACES, board.get(NAMESPACES))])
        assert state.words() == "src 1/1"


async def test_what_is_awaited_is_no_trouble_and_what_failed_is() -> None:
    well: Reading[Any] = Reading(Collection({}), State.OK)
    failed: Reading[Any] = Reading(Collection({}), State.FAILED)
    assert summarise([(PODS, well), (NAMESPACES, Reading())]).words() == "src 1/1"
    assert summarise([(PODS, well), (NAMESPACES, failed)]).words() == "src 0/1 k8s FAILED"


async def test_it_lives_from_the_first_wish_until_some_time_after_the_last() -> None:
    async with running(0.02) as (board, wishes, source):
        one, other = wishes.want(NAMESPACES), wishes.want(NAMESPACES)
        await until(lambda: board.get(NAMESPACES).value)
        one()
        one()  # a wish is taken back once
        assert wishes.wanted(NAMESPACES)
        other()
        await until(lambda: board.get(NAMESPACES).state is State.OFF)
        assert (source.begun, source.ended, board.get(NAMESPACES).value) == (1, 1, None)
        wishes.want(NAMESPACES)
        await until(lambda: board.get(NAMESPACES).value)
        assert source.begun == 2


async def test_who_comes_back_soon_finds_the_rows() -> None:
    async with running(60) as (board, wishes, source):
        release = wishes.want(NAMESPACES)
        await until(lambda: board.get(NAMESPACES).value)
        release()
        wishes.want(NAMESPACES)
        await until(lambda: wishes.wanted(NAMESPACES))
        assert (source.begun, source.ended, board.get(NAMESPACES).state) == (1, 0, State.OK)
