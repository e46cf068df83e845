"""The feed that writes the story by itself: changes and transitions of the rules, while an incident is open."""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from typing import Any

from ..model.finding import Finding
from ..model.reading import Reading, State
from ..poller.board import Board
from ..poller.feed import Wake
from ..poller.topics import CHANGES, FINDINGS, INCIDENTS, RECORDED, Topic
from ..store.errors import StoreError
from ..store.store import Store
from ..text import clock
from .gather import over_lately
from .records import Records

AT_MOST_EVERY_S = 1.0
RETRY_S = 5.0
log = logging.getLogger(__name__)


class Recorder:
    """Hears CHANGES and FINDINGS, remembers the last of them before anything is declared, and writes each into the
    timelines of the open incidents once. Releases, rollouts and the autoscalers' steps are changes; what is done from a
    console, the actions write themselves. One that was resolved takes the ends of its own findings until it is closed:
    rules let go minutes later. Only what is live is written: an old reading tells nothing new."""

    name = "recorder"
    topics: tuple[Topic[Any], ...] = (RECORDED,)

    def __init__(self, store: Store, records: Records, elsewhere: Collection[str] = ()) -> None:
        """`elsewhere` are incidents of another platform: what happens here is no part of their story."""
        self.store = store
        self.records = records
        self.elsewhere = elsewhere
        self.written = 0

    async def run(self, board: Board, wake: Wake) -> None:
        """Write until cancelled; a store that fails is tried again."""
        news = asyncio.Event()
        news.set()
        ended: set[str] = set()

        def hear_findings(reading: Reading[tuple[Finding, ...]]) -> None:
            if reading.state is State.OK and reading.value is not None:
                ended.update(self.records.transitions.hear(reading.value, clock.now()))
            news.set()

        others: tuple[Topic[Any], ...] = (CHANGES, INCIDENTS)
        endings = [
            board.subscribe(FINDINGS, lambda reading, delta: hear_findings(reading)),
            *(board.subscribe(topic, lambda reading, delta: news.set()) for topic in others),
        ]
        try:
            hear_findings(board.get(FINDINGS))
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.records.transitions.next_due(clock.now())):
                        await news.wait()
                news.clear()
                try:
                    await self._write(board, ended)
                except StoreError as error:
                    log.warning("the timeline could not be written: %s", error)
                    board.mark(RECORDED, State.FAILED, error.problem)
                    news.set()
                    await wake.wait(RETRY_S)
                else:
                    await asyncio.sleep(AT_MOST_EVERY_S)
        finally:
            for end in endings:
                end()

    async def _write(self, board: Board, ended: set[str]) -> None:
        """`ended` are findings that were seen to end; those that are dealt with are taken out."""
        held = board.get(INCIDENTS)
        if held.state is State.OK and held.value is not None:
            for id in tuple(ended):
                await self.records.forget(id)
                ended.discard(id)
            for incident in held.value.incidents:
                ours = incident.id not in self.elsewhere
                if ours and (incident.open or over_lately(incident, clock.now())):
                    self.written += await self.records.gather(incident)
        known = board.get(RECORDED)
        if known.value != self.written or known.state is not State.OK:
            board.publish(RECORDED, Reading(self.written, State.OK, clock.now(), source=str(self.store.path)))
