"""How long an entry and a line of the journal take to the disk, and to the board that the screen hears."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opsconsole.model.incident import Incident, TimelineEntry
from opsconsole.model.journal import JournalLine, Who
from opsconsole.model.reading import Reading
from opsconsole.poller.board import Board
from opsconsole.poller.incidents import IncidentsFeed
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import INCIDENTS, JOURNAL, Topic
from opsconsole.store.store import Store

from .report import Figure, median

WRITES = 400
BODY = "x" * 4000
"""As long as a plan."""
AT = datetime(2025, 3, 27, 2, 41, tzinfo=UTC)
WHO = Who("maren", "bastion")


def journal(_: object) -> list[Figure]:
    """In the working directory: a file system in memory would be no disk."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        return asyncio.run(_measured(Path(folder)))


async def _measured(folder: Path) -> list[Figure]:
    store = Store.open(folder / "store.db")
    await store.add_incident(Incident("INC-1", "checkout slow", 2, "investigating", "api", AT, AT))
    figures = _times("an entry to disk", await _timed(lambda number: store.append(_entry(f"disk-{number}"))))
    figures += _times("a line of the journal to disk", await _timed(lambda number: store.journal(_line(number))))
    board = Board()
    poller = Poller(board)
    poller.start([IncidentsFeed(store)])
    shown = Shown(board)

    async def seen(number: int) -> None:
        identity = f"board-{number}"
        await store.append(_entry(identity))
        await shown.until(INCIDENTS, lambda value: any(entry.id == identity for entry in value.entries))

    async def seen_line(number: int) -> None:
        saved = await store.journal(_line(number))
        await shown.until(JOURNAL, lambda value: bool(value) and value[0].seq >= saved.seq)

    figures += _times("an entry to disk and board", await _timed(seen), f"beside {WRITES} entries")
    figures += _times("a line of the journal to disk and board", await _timed(seen_line))
    await poller.stop()
    began = time.perf_counter()
    verified = await store.journal_verify()
    took_ms = 1000 * (time.perf_counter() - began)
    figures.append(Figure(f"journal verify of {verified.lines} lines", took_ms, "ms"))
    await store.close()
    return figures


class Shown:
    """Waits until the board shows something."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._news = asyncio.Event()
        for topic in (INCIDENTS, JOURNAL):
            board.subscribe(topic, self._hear)

    async def until(self, topic: Topic[Any], holds: Callable[[Any], bool]) -> None:
        while (value := self._board.get(topic).value) is None or not holds(value):
            self._news.clear()
            await self._news.wait()

    def _hear(self, _: Reading[Any], __: object) -> None:
        self._news.set()


async def _timed(write: Callable[[int], Awaitable[object]]) -> list[float]:
    """Milliseconds of each write, one after the other."""
    times: list[float] = []
    for number in range(WRITES):
        began = time.perf_counter()
        await write(number)
        times.append(1000 * (time.perf_counter() - began))
    return times


def _times(name: str, times_ms: list[float], note: str = "") -> list[Figure]:
    return [
        Figure(f"{name}: median", median(times_ms), "ms", note=note or f"{len(times_ms)} writes"),
        Figure(f"{name}: 95th percentile", sorted(times_ms)[int(len(times_ms) * 0.95)], "ms"),
    ]


def _entry(identity: str) -> TimelineEntry:
    return TimelineEntry(identity, "INC-1", AT, AT, "note", "maren", "human", "the cache is cold " * 5)


def _line(number: int) -> JournalLine:
    words = "scaled from 6 to 8"
    return JournalLine(
        0, AT, f"run-{number}", "outcome", WHO, "1/2", "scale", "prod", "shop", "deployment/api", words, BODY
    )
