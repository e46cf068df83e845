"""A collection that is watched only while somebody looks at it: listed at the first wish, let go some time after."""

import asyncio
import contextlib
from typing import Any

from ..model.collection import Collection, Delta
from ..model.reading import Reading, State
from .board import Board
from .feed import Feed, Narrowed, Wake
from .topics import Topic
from .wishes import Wishes

LINGER_S = 180.0
"""Watched for so long after the last one let go: who comes back finds the rows."""


class Wanted:
    """Runs a feed of one collection while its topic is wanted; else the topic is off, without a problem."""

    def __init__(
        self, feed: Feed, topic: Topic[Collection[Any]], wishes: Wishes, *, linger_s: float = LINGER_S
    ) -> None:
        self.name = feed.name
        self.topics: tuple[Topic[Any], ...] = (topic,)
        self._feed = feed
        self._topic = topic
        self._wishes = wishes
        self._linger_s = linger_s
        self._changed = asyncio.Event()

    def narrow(self) -> None:
        """Other namespaces are looked at."""
        if isinstance(self._feed, Narrowed):
            self._feed.narrow()

    async def run(self, board: Board, wake: Wake) -> None:
        deaf = self._wishes.hear(self._topic, self._changed.set)
        try:
            while True:
                if not self._wishes.wanted(self._topic):
                    # no rows, so that nothing old is taken for what is there when somebody comes back
                    board.publish(self._topic, Reading(None, State.OFF), Delta(reset=True))
                    await self._until(wanted=True)
                await self._watch(board, wake)
        finally:
            deaf()

    async def _watch(self, board: Board, wake: Wake) -> None:
        """Until nobody has wanted it for a while. An error of the feed's is an error here."""
        work = asyncio.create_task(self._feed.run(board, wake), name=f"wanted {self.name}")
        let_go = asyncio.create_task(self._until_let_go())
        try:
            await asyncio.wait((work, let_go), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
        finally:
            for task in (work, let_go):
                task.cancel()
            await asyncio.gather(work, let_go, return_exceptions=True)

    async def _until_let_go(self) -> None:
        while True:
            await self._until(wanted=False)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._linger_s):
                    await self._until(wanted=True)
            if not self._wishes.wanted(self._topic):
                return

    async def _until(self, *, wanted: bool) -> None:
        while self._wishes.wanted(self._topic) is not wanted:
            self._changed.clear()
            await self._changed.wait()
