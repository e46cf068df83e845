"""The feed that keeps whom an open incident hurts, at its worst: hours later the board tells another story."""

import asyncio
import logging
from collections.abc import Collection
from typing import Any

from ..poller.board import Board
from ..poller.feed import Wake
from ..poller.topics import CUSTOMERS, INCIDENTS, SERVICES, Topic
from ..store.errors import StoreError
from ..store.store import Store
from .impact import remember

AT_MOST_EVERY_S = 20.0
log = logging.getLogger(__name__)


class ImpactKeeper:
    """Looks when customers, services or incidents are read anew; writes only where something is worse than before."""

    name = "impact"
    topics: tuple[Topic[Any], ...] = ()

    def __init__(self, store: Store, elsewhere: Collection[str] = (), every_s: float = AT_MOST_EVERY_S) -> None:
        """`elsewhere` are incidents of another platform: whom this one's trouble hurts is not their impact."""
        self.store = store
        self.elsewhere = elsewhere
        self.every_s = every_s

    async def run(self, board: Board, wake: Wake) -> None:
        news = asyncio.Event()
        news.set()
        heard: tuple[Topic[Any], ...] = (INCIDENTS, CUSTOMERS, SERVICES)
        endings = [board.subscribe(topic, lambda reading, delta: news.set()) for topic in heard]
        try:
            while True:
                await news.wait()
                news.clear()
                try:
                    await self._keep(board)
                except StoreError as error:  # the store's own state says so; the next reading tries again
                    log.warning("the impact could not be kept: %s", error.problem.sentence)
                await asyncio.sleep(self.every_s)
        finally:
            for end in endings:
                end()

    async def _keep(self, board: Board) -> None:
        held = board.get(INCIDENTS).value
        for incident in held.incidents if held is not None else ():
            if incident.open and incident.id not in self.elsewhere:
                await remember(incident, self.store, board)
