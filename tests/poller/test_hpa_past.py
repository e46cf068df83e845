"""The feed of what HPAs did: from the board's events into the store, and back at the next start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from opsconsole.model.collection import Collection
from opsconsole.model.kubernetes import Event, Hpa, HpaMetric, HpaPast
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.hpa_past import HpaPastFeed
from opsconsole.poller.topics import EVENTS, HPA_PAST, HPAS, Topic
from opsconsole.text import clock


class Shelf:
    """Keeps samples as the store does."""

    def __init__(self) -> None:
        self.kept: list[tuple[datetime, bytes]] = []

    async def save_sample(self, kind: str, server: str, taken: datetime, payload: bytes) -> None:
        self.kept.append((taken, payload))

    async def samples(self, kind: str, server: str, since: datetime, **how: Any) -> list[tuple[datetime, bytes]]:
        return self.kept


class NoWake:
    async def wait(self, seconds: float) -> bool:
        raise AssertionError("the feed waits for the board, not for a time")


def publish(board: Board, topic: Topic[Any], **rows: Any) -> None:
    board.publish(topic, Reading(Collection(rows=rows), State.OK, clock.now()))


def rescaled(minutes: int, size: int) -> Event:
    at = clock.now().replace(microsecond=0) - timedelta(minutes=minutes)
    message = f"New size: {size}; reason: cpu above target"
    return Event(f"e{size}", "shop", "Normal", "SuccessfulRescale", message, "", "api", "u", 1, at, at)


def api(value: float, size: int) -> Hpa:
    metric = HpaMetric("Resource", "cpu", "Utilization", 50, value)
    return Hpa("u", "shop", "api", "Deployment", "api", 2, 20, size, size, (metric,))


@asynccontextmanager
async def feeding(board: Board, shelf: Shelf) -> AsyncIterator[None]:
    task = asyncio.create_task(HpaPastFeed("here", shelf).run(board, NoWake()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def past_where(board: Board, condition: Any) -> HpaPast:
    async with asyncio.timeout(10):
        while True:
            found = (board.get(HPA_PAST).value or {}).get("u")
            if found is not None and condition(found):
                return found
            await asyncio.sleep(0.01)


async def test_steps_outlive_the_events_and_the_process() -> None:
    shelf, board = Shelf(), Board()
    publish(board, HPAS, u=api(90, 4))
    publish(board, EVENTS, one=rescaled(50, 4), two=rescaled(20, 9))
    async with feeding(board, shelf):
        past = await past_where(board, lambda past: len(past.scalings) == 2)
    assert [(one.before, one.after) for one in past.scalings] == [(None, 4), (4, 9)]
    assert past.known_since == past.scalings[0].at
    assert [wanted for _, wanted in past.asked] == [8]

    # the cluster has forgotten the first event by the time of the next start
    later = Board()
    publish(later, HPAS, u=api(50, 9))
    publish(later, EVENTS, two=rescaled(20, 9), three=rescaled(1, 12))
    async with feeding(later, shelf):
        past = await past_where(later, lambda past: len(past.scalings) == 3)
    assert [one.after for one in past.scalings] == [4, 9, 12]
    assert past.known_since == past.scalings[0].at
    assert [wanted for _, wanted in past.asked] == [9]


async def test_what_an_hpa_asked_for_is_kept_as_it_changes() -> None:
    board = Board()
    publish(board, HPAS, u=api(90, 4))
    async with feeding(board, Shelf()):
        await past_where(board, lambda past: past.asked)
        publish(board, HPAS, u=api(25, 4))
        past = await past_where(board, lambda past: len(past.asked) == 3)
    assert [wanted for _, wanted in past.asked] == [8, 8, 2]
    assert past.watched_since == past.asked[0][0]
