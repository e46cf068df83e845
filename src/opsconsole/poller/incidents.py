"""The feed of incidents: reads the store at start, after own writes, and when another console has written."""

import time
from pathlib import Path
from typing import Any, Protocol

from ..model.incident import Incidents
from ..model.reading import Problem, Reading, State
from ..sources.errors import SourceError
from ..text import clock
from .board import Board
from .feed import Wake
from .topics import INCIDENTS, Topic

LOOK_EVERY_S = 2.0


class IncidentStore(Protocol):
    """What the feed needs of the store; both calls raise SourceError where its file cannot be used."""

    path: Path

    async def incidents(self) -> Incidents: ...

    async def version(self) -> tuple[int, int]:
        """Another value whenever there may be something new."""

    def trouble(self) -> Problem | None:
        """What the operator should know of the store even where it can be read: read-only, begun anew, full."""


class IncidentsFeed:
    """Keeps INCIDENTS fresh; a look costs one PRAGMA."""

    name = "store.incidents"
    topics: tuple[Topic[Any], ...] = (INCIDENTS,)

    def __init__(self, store: IncidentStore) -> None:
        self.store = store

    async def run(self, board: Board, wake: Wake) -> None:
        seen: tuple[int, int] | None = None
        asked = True
        while True:
            try:
                version = await self.store.version()
                known = board.get(INCIDENTS)
                if asked or version != seen or known.state is not State.OK or known.problem != self.store.trouble():
                    await self._read(board, asked)
                    seen = version
            except SourceError as error:
                board.mark(INCIDENTS, State.FAILED, error.problem)
            asked = await wake.wait(LOOK_EVERY_S)

    async def _read(self, board: Board, asked: bool) -> None:
        """Publish what the store holds where it is news; saved samples change the file and not the incidents."""
        started = time.perf_counter()
        value = await self.store.incidents()
        known = board.get(INCIDENTS)
        trouble = self.store.trouble()
        if asked or known.value != value or known.state is not State.OK or known.problem != trouble:
            took = time.perf_counter() - started
            board.publish(INCIDENTS, Reading(value, State.OK, clock.now(), took, str(self.store.path), trouble))
