"""The statements of one server: read once, seen over every window that somebody looks at."""

import asyncio
import time
from collections import deque
from collections.abc import Collection
from typing import Any

import msgspec

from ..model.postgres import ServerFacts
from ..model.reading import ProblemKind, Reading, State
from ..model.statements import RESET, USUAL, WINDOWS, Statements
from ..rules.statement_before import Before, remembered, with_before
from ..rules.statement_windows import calls_s
from ..sources.errors import SourceError
from ..sources.postgres.server import PostgresServer
from ..sources.postgres.statements import StatementReader
from ..text import clock
from .board import Board
from .feed import Wake
from .samples import Samples
from .statement_history import StatementHistory, reckoner
from .statement_texts import StatementTexts
from .topics import Topic
from .wishes import Wishes

FIRST_S, EVERY_S, SLOWEST_S = 5.0, 10.0, 60.0
SPARED = 2000
"""A reading rests so many times as long as the server needed for it: one that has much to tell, or struggles, is asked
less."""
WAITING = "the first difference needs a second reading, in some seconds"


def window_topic(window: str, server: str = "") -> Topic[Statements]:
    """Another window than the usual one, which has a topic of its own; `server` "" is the first."""
    return Topic(f"pg.window.{window}{'.' if server else ''}{server}", "pg")


class StatementDesk:
    """One server's samples, and the views made of them without asking the server again."""

    def __init__(self, server: PostgresServer, texts: StatementTexts, store: Samples | None) -> None:
        self.server = server
        self.texts = texts
        self.history = StatementHistory(server.name, store)
        self.news = asyncio.Event()
        """Set by each new sample; who waits for it clears it."""
        self.problem = ""
        """Why the server cannot tell; "" where it can, or did not answer at all."""
        self.calls_s: float | None = None
        """Of all statements, in the newest interval."""
        self._took: deque[float] = deque(maxlen=3)
        self._before: dict[str, Before] = {}
        """Of statements that grew, as the usual window tells."""
        self._reader = StatementReader(server, reckoner)

    async def read(self) -> Statements:
        """Take a sample, and see the usual window. Raises SourceError."""
        await self.history.load(clock.now())
        self.calls_s = None
        try:
            sample = await self._reader.read()
        except SourceError as error:
            if error.problem.kind not in (ProblemKind.UNREACHABLE, ProblemKind.TIMEOUT):
                self.problem = error.problem.sentence
            raise
        self.problem = ""
        self._took.append(self._reader.took_s)
        await self.history.add(sample)
        self.calls_s = calls_s(self.history.samples)
        self.news.set()
        return await self.view(USUAL)

    @property
    def pause_s(self) -> float:
        """Until the next reading."""
        if len(self.history.samples) < 2:
            return FIRST_S  # the first difference needs another one
        return pause_s(self._took)

    def tell(self, facts: ServerFacts) -> ServerFacts:
        """The facts with what the statements know of the server."""
        if self.problem:
            notes = tuple(dict.fromkeys((*facts.notes, self.problem)))
            return msgspec.structs.replace(facts, has_statements=False, notes=notes)
        return msgspec.structs.replace(facts, statements_s=self.calls_s)

    async def view(self, window: str) -> Statements:
        """A window at the newest sample, its rows with their texts."""
        view = await self.history.view(window)
        if view is None:
            return Statements(self.server.name, 0.0, None, notes=(WAITING,), window=window, compared=False)
        if window == USUAL:
            self._before = remembered(view, self._before)
        rows = await self.texts.labelled(view.rows if window == RESET else with_before(view.rows, self._before))
        who = await self.server.identity()
        unread = (f"texts of new statements cannot be read: {self.texts.problem}",) if self.texts.problem else ()
        return msgspec.structs.replace(view, rows=rows, own_user=who.user, notes=(*view.notes, *unread))


def pause_s(took: Collection[float]) -> float:
    """Seconds until the next reading after the newest few have taken the server so long."""
    usually = sorted(took)[len(took) // 2] if took else 0.0
    return min(SLOWEST_S, max(EVERY_S, usually * SPARED))


class WindowsFeed:
    """Publishes the windows that somebody wants, at once when they are wanted and with each new sample."""

    def __init__(self, desk: StatementDesk, wishes: Wishes, suffix: str = "") -> None:
        self.name = f"pg.windows{'.' if suffix else ''}{suffix}"
        self._topics = {window: window_topic(window, suffix) for window in WINDOWS if window != USUAL}
        self.topics: tuple[Topic[Any], ...] = tuple(self._topics.values())
        self._desk = desk
        self._wishes = wishes

    async def run(self, board: Board, wake: Wake) -> None:
        endings = [self._wishes.hear(topic, self._desk.news.set) for topic in self.topics]
        try:
            while True:
                await self._desk.news.wait()
                self._desk.news.clear()
                for window, topic in self._topics.items():
                    if self._wishes.wanted(topic) and self._desk.history.samples:
                        await self._publish(board, window, topic)
        finally:
            for end in endings:
                end()

    async def _publish(self, board: Board, window: str, topic: Topic[Statements]) -> None:
        started = time.perf_counter()
        view = await self._desk.view(window)
        source = "the server's sums" if window == RESET else "the samples at hand"
        board.publish(topic, Reading(view, State.OK, clock.now(), time.perf_counter() - started, source))
