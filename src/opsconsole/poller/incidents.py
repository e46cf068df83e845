"""The feed of incidents and the journal: reads the store at start, after own writes, and when another console wrote."""

import asyncio
import time
from pathlib import Path
from typing import Any, Protocol

from ..model.asked import Asked
from ..model.incident import Incidents
from ..model.journal import JournalHead, JournalLine
from ..model.reading import Problem, Reading, State
from ..sources.errors import SourceError
from ..text import clock
from .board import Board
from .feed import Wake
from .topics import INCIDENTS, JOURNAL, Topic

LOOK_EVERY_S = 2.0
NEWEST = 200
"""Lines of the journal on the board."""


class IncidentStore(Protocol):
    """What the feed needs of the store; the calls raise SourceError where its file cannot be used."""

    path: Path
    written: asyncio.Event
    """Set whenever this console has written something that the feed reads."""

    async def incidents(self) -> Incidents: ...

    async def journal_head(self) -> JournalHead: ...

    async def journal_lines(self, run: str = "", *, newest: int | None = None) -> tuple[JournalLine, ...]: ...

    async def version(self) -> tuple[int, int]:
        """Another value whenever there may be something new."""

    def trouble(self) -> Problem | None:
        """What the operator should know of the store even where it can be read: read-only, begun anew, full."""


class IncidentsFeed:
    """Keeps INCIDENTS and JOURNAL fresh; a look costs one PRAGMA."""

    name = "store.incidents"
    topics: tuple[Topic[Any], ...] = (INCIDENTS, JOURNAL)

    def __init__(self, store: IncidentStore) -> None:
        self.store = store
        self._head: JournalHead | None = None
        """Of the lines on the board."""

    async def run(self, board: Board, wake: Wake) -> None:
        seen: tuple[int, int] | None = None
        asked = True
        while True:
            self.store.written.clear()
            try:
                version = await self.store.version()
                known = board.get(INCIDENTS)
                if asked or version != seen or known.state is not State.OK or known.problem != self.store.trouble():
                    await self._read(board, asked)
                    await self._read_journal(board, asked)
                    seen = version
            except SourceError as error:
                for topic in self.topics:
                    board.mark(topic, State.FAILED, error.problem)
            asked = await self._wait(wake)

    async def _wait(self, wake: Wake) -> bool:
        """Until it is time to look, this console has written, or somebody asks: then True."""
        asked = asyncio.ensure_future(wake.wait(LOOK_EVERY_S))
        written = asyncio.ensure_future(self.store.written.wait())
        try:
            await asyncio.wait((asked, written), return_when=asyncio.FIRST_COMPLETED)
            return asked.done() and asked.result()
        finally:
            for waiting in (asked, written):
                waiting.cancel()

    async def _read(self, board: Board, asked: bool) -> None:
        """Publish what the store holds where it is news; saved samples change the file and not the incidents."""
        started = time.perf_counter()
        value = await self.store.incidents()
        known = board.get(INCIDENTS)
        trouble = self.store.trouble()
        if asked or known.value != value or known.state is not State.OK or known.problem != trouble:
            took = time.perf_counter() - started
            count = len(value.incidents)
            ask = self._asked("incidents and their timelines", "opsconsole incident list", started, count, "incident")
            path = str(self.store.path)
            board.publish(INCIDENTS, Reading(value, State.OK, clock.now(), took, path, trouble, (ask,)))

    def _asked(self, what: str, command: str, started: float, count: int, counted: str) -> Asked:
        """The store is no server: what asks the same is the program itself."""
        took = time.perf_counter() - started
        return Asked("store", what, command, str(self.store.path), clock.now(), took, count, counted=counted)

    async def _read_journal(self, board: Board, asked: bool) -> None:
        """Publish the newest lines where the chain has grown; their plans are long, so its end is looked at first."""
        started = time.perf_counter()
        head = await self.store.journal_head()
        known = board.get(JOURNAL)
        trouble = self.store.trouble()
        if asked or head != self._head or known.state is not State.OK or known.problem != trouble:
            lines = await self.store.journal_lines(newest=NEWEST)
            took = time.perf_counter() - started
            newest_first = tuple(reversed(lines))
            ask = self._asked("the newest lines of the journal", "opsconsole journal", started, len(lines), "line")
            path = str(self.store.path)
            board.publish(JOURNAL, Reading(newest_first, State.OK, clock.now(), took, path, trouble, (ask,)))
            self._head = head
