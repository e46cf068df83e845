"""The feed of the service level objectives: reads their files again when these change, and follows each of them."""

import asyncio
import time
from pathlib import Path

from ..config.openslo import SloBook, read_files, stamps
from ..config.settings import SloFiles
from ..model.slo import Slo, SloFigures, Slos
from ..rules.slo_state import Guard
from ..sources.executor import DaemonExecutor
from ..text import clock
from .feed import Polled
from .prometheus import Desk
from .slo_following import EVERY_S, Following
from .topics import SLOS

TIMEOUT_S = 60.0
AT_FIRST_S, LEDGERS_S = 1.0, 10.0
"""So long the first reading, and each later one, goes back in time; what is missing then comes with the next."""
ENOUGH_S = 35.0
"""After so long a reading takes what is left to be read as it was: it begins the next one."""
SOON_S = 1.0
AT_ONCE = 3
"""Objectives that are asked for at the same time: the console's other questions want an answer, too."""


def slo_feed(desk: Desk, settings: SloFiles) -> Polled[Slos]:
    reader = SloReader(desk, settings)
    feed = Polled("slos", SLOS, EVERY_S, reader.read, timeout_s=TIMEOUT_S)
    reader.feed = feed
    return feed


class SloReader:
    """All objectives of a profile."""

    def __init__(self, desk: Desk, settings: SloFiles) -> None:
        self.feed: Polled[Slos] | None = None
        self._desk = desk
        self._settings = settings
        self._guard = Guard(settings.min_bad, settings.min_total)
        self._following: dict[str, Following] = {}
        self._files = DaemonExecutor("slo files", 1)
        self._stamps: tuple[tuple[Path, float, int], ...] | None = None
        self._book = SloBook()
        self._patience_s = AT_FIRST_S

    async def read(self) -> tuple[Slos, str]:
        """Every objective now. Raises SourceError where Prometheus does not answer."""
        book = await self._newest_book()
        self._following = {slo.key: self._follow(slo) for slo in book.slos}
        figures: list[SloFigures] = []
        if book.slos:
            catalogue = await self._desk.catalogue()
            figures = await self._figures(catalogue.label("endpoint"))
        incomplete = any(one.period is not None and one.period.reading for one in figures)
        if self.feed is not None:
            self.feed.every_s = SOON_S if incomplete else EVERY_S
        problems = tuple(str(problem) for problem in book.problems)
        value = Slos(tuple(figures), problems, self._guard.min_bad, self._guard.min_total)
        return value, ", ".join(self._settings.files)

    async def _figures(self, label: str) -> list[SloFigures]:
        """The first goes alone: a server that hangs costs one time-out. Those that came too late last time begin."""
        source, now = self._desk.source, clock.now()
        began = time.monotonic()
        deadline = began + self._patience_s
        self._patience_s = LEDGERS_S
        first, *others = sorted(self._following.values(), key=lambda one: one.read_at)
        await first.read(source, now, label, deadline)
        gate = asyncio.Semaphore(AT_ONCE)

        async def gated(one: Following) -> None:
            async with gate:
                if time.monotonic() - began < ENOUGH_S:
                    await one.read(source, now, label, deadline)

        for answer in await asyncio.gather(*map(gated, others), return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
        return [one.figures for one in self._following.values()]

    def _follow(self, slo: Slo) -> Following:
        """The one that follows it already, unless its file says otherwise now."""
        held = self._following.get(slo.key)
        return held if held is not None and held.slo == slo else Following(slo, self._guard)

    async def _newest_book(self) -> SloBook:
        """In a thread: files may lie on a disk that does not answer, and YAML is slow to read."""
        loop = asyncio.get_running_loop()
        now = await loop.run_in_executor(self._files, stamps, self._settings.files)
        if now != self._stamps:
            self._book = await loop.run_in_executor(self._files, read_files, self._settings.files)
            self._stamps = now
        return self._book
