"""The desk of a log page that reads a Loki: a window of lines, then those that come, through cuts and refusals."""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..model.kubernetes import Labels
from ..model.logs import TAIL, LogLine, LogSource, LogTarget, StreamLines, Window, nanoseconds_of, stamp_at, stamp_of
from ..rules import log_marks
from ..rules.log_lines import level_of, without_colours
from ..rules.log_streams import PODS, first_of
from ..rules.shell_command import without_password
from ..sources.errors import SourceError
from ..text import clock
from ..text.clean import clean
from .log_buffer import MOST_LINES, LogBuffer
from .log_news import LogNews
from .slices import Slices

if TYPE_CHECKING:
    from .loki import LogStoreDesk

TAIL_LINES = 2_000
PAGE = 2_000
LOOKED_BACK = timedelta(hours=1)
"""Where the newest lines are looked for."""
FLUSH_S = 0.1
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
POLL_S = 2.0
"""So often lines are asked for where they cannot be streamed."""
OVERLAP_NS = 5 * 10**9
"""Asked for again after a cut: lines come late, and not in order."""
AHEAD = timedelta(minutes=10)
"""Lines of shippers whose clocks are ahead are lines, too."""
KNOWN = 10_000
"""Newest lines by which what comes again is recognised."""
NO_STREAM = frozenset((400, 403, 404, 405, 426, 500, 501, 502))
"""Answers of servers and gateways that let no stream through."""
Changed = Callable[[list[LogLine]], None]
Batch = list[tuple[int, bytes, Labels]]
log = logging.getLogger(__name__)


class LokiLogDesk:
    """Reads from `open` to `close`, as poller.logs.LogDesk does of pods. All of it runs on the event loop."""

    def __init__(self, desk: "LogStoreDesk", target: LogTarget, changed: Changed, *, pod: str = "") -> None:
        self.target = target
        self.window = TAIL
        self.previous = True
        self.buffer = LogBuffer()
        self.sources: list[LogSource] = []
        self.problems: dict[str, str] = {}
        self.unopened = 0
        self.query = ""
        """LogQL for the lines, once it is known."""
        self._desk = desk
        self._pod = pod
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._flushing: asyncio.TimerHandle | None = None
        self._numbers: dict[tuple[str, str], int] = {}
        self._newest = 0
        """Nanoseconds of the newest line."""
        self._known: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._asked = asyncio.Event()
        self._polls = False
        self._pod_label = ""

    # ---- begin and end ----------------------------------------------------------------------------------------------

    def open(self, window: Window | None = None) -> None:
        """Read a window, from its beginning; everything that was read before is let go."""
        self.close()
        self.window = window or self.window
        self.buffer = LogBuffer()
        self.problems.clear()
        self._known.clear()
        self._newest = 0
        self._task = asyncio.create_task(self._run(), name=f"loki {self.target.words}")
        self._flush_soon()

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None

    def retry(self) -> None:
        self._asked.set()

    @property
    def streams(self) -> int:
        return len(self.sources)

    # ---- what the page says of it -----------------------------------------------------------------------------------

    def whose(self, *, narrow: bool) -> str:
        return "Loki" if narrow else f"Loki {self.query}".rstrip()

    def nobody(self) -> str:
        return ""

    def names(self) -> set[str]:
        return {self.target.name}

    def newest_restart(self) -> datetime | None:
        """Loki knows of none."""
        return None

    async def news(self, since: datetime) -> LogNews:
        return await self._desk.news(self.target.name, self.target.namespace, since, pod=self._pod)

    def command(self) -> str:
        """The logcli command that shows about the same."""
        import shlex

        tenant = f" --org-id={shlex.quote(self._desk.settings.tenant)}" if self._desk.settings.tenant else ""
        address = shlex.quote(without_password(self._desk.settings.url))
        return f"logcli{tenant} --addr={address} query -t {shlex.quote(self.query)}"

    # ---- reading ----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                store = await self._desk.store()
                self.query = self._desk.selector(store, self.target.name, self.target.namespace, pod=self._pod)
                if not self.query:
                    self._say_problem("no label of this Loki names services: set `selector` in its settings")
                    return
                self._pod_label = first_of(PODS, store.labels)
                await self._window()
                break
            except SourceError as error:
                self._say_problem(error.problem.sentence)
                if self.window.end is not None:
                    return
                await self._wait(error.retry_after_s or pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            except Exception:
                log.exception("lines of %s could not be read", self.target.words)
                self._say_problem("reading the logs failed: see the log of the console (!)")
                return
        self._say_problem("")
        if self.window.end is None:
            await self._follow()

    async def _window(self) -> None:
        """What is there already, the newest first, page by page."""
        now = clock.now()
        start = nanoseconds_of(self.window.start or now - LOOKED_BACK)
        end = nanoseconds_of(self.window.end or now + AHEAD)
        most, count = (TAIL_LINES if self.window.start is None else MOST_LINES), 0
        while count < most:
            found = _flat(await self._desk.source.lines(self.query, start, end, min(PAGE, most - count)))
            await self._take(found)
            count += len(found)
            if len(found) < min(PAGE, most) or not found:
                return
            oldest = min(at for at, _, _ in found)
            if oldest >= end:
                return
            # lines of one nanosecond are not torn apart: those that come again are known
            end = oldest + 1
        if self.window.start is not None:
            self._mark(end, f"Loki the window is cut here: {count:,} lines are newer")

    async def _follow(self) -> None:
        pause, lost = FIRST_PAUSE_S, None
        while True:
            before = self._newest
            try:
                if lost is not None:
                    await self._catch_up(lost)
                    lost = None
                self._say_problem("")
                if self._polls:
                    await self._wait(POLL_S)
                    await self._catch_up(None)
                    continue
                start = (self._newest or nanoseconds_of(clock.now())) + 1
                async for streams, dropped in self._desk.source.tail(self.query, start, TAIL_LINES):
                    await self._take_streamed(_flat(streams), dropped)
            except SourceError as error:
                lost = lost or clock.now()
                if not self._polls and error.status in NO_STREAM:
                    self._polls, lost = True, None
                    words = f"Loki lets no stream through (HTTP {error.status}): asked every {POLL_S:.0f} s instead"
                    self._mark(self._newest, words)
                    continue
                self._say_problem(error.problem.sentence)
                if self._newest > before:
                    pause = FIRST_PAUSE_S
                await self._wait(error.retry_after_s or pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            except Exception:
                log.exception("lines of %s could not be followed", self.target.words)
                self._say_problem("following the logs failed: see the log of the console (!)")
                return

    async def _catch_up(self, lost: datetime | None) -> None:
        """Everything since the newest line; after a cut (`lost`) a mark stands before it."""
        edge = self._newest or nanoseconds_of(clock.now() - LOOKED_BACK)
        start, end = edge - OVERLAP_NS, nanoseconds_of(clock.now() + AHEAD)
        whole, count = False, 0
        while count < MOST_LINES:
            found = _flat(await self._desk.source.lines(self.query, start, end, PAGE, newest=False))
            count += len(found)
            if lost is not None and count == len(found):
                self._mark(edge, log_marks.gap("Loki", lost, clock.now(), whole=True))
            await self._take(found)
            whole = len(found) < PAGE
            if whole:
                return
            start = max(at for at, _, _ in found)
        self._mark(self._newest, f"Loki gap: more than {MOST_LINES:,} lines came meanwhile, the rest is left out")

    async def _take_streamed(self, found: Batch, dropped: int) -> None:
        if dropped:
            self.buffer.spare(dropped)
            self._mark(self._newest, f"Loki dropped {dropped:,} lines: more came than it could send")
        if self.buffer.may_take():
            await self._take(found)
        else:
            self.buffer.spare(len(found))
            self._newest = max([self._newest, *(at for at, _, _ in found)])

    async def _take(self, found: Batch) -> None:
        """Lines that are not here yet, in slices: a page of them takes a screen's time."""
        slices, lines = Slices(), []
        for at, raw, labels in found:
            key = (at, hash((raw, labels)))
            if key in self._known:
                continue
            self._known[key] = None
            text = without_colours(raw)
            stamp = stamp_at(at)
            lines.append(LogLine(stamp, text, self._number(labels), level_of(text), stamp))
            self._newest = max(self._newest, at)
            if slices.over:
                await slices.rest()
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        if lines:
            self.buffer.take(lines)
            self._flush_soon()

    def _number(self, labels: Labels) -> int:
        """Its stream by pod and container; a level that Loki adds makes no stream of its own."""
        by = dict(labels)
        pod = by.get(self._pod_label, "") or by.get("service_name", "") or self.target.name
        key = (pod, by.get("container", ""))
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.sources)
            name = pod
            if name.startswith(f"{self.target.name}-"):
                name = f"{self.target.name}-{name.rpartition('-')[2]}"
            self.sources.append(LogSource(number, by.get("namespace", ""), pod, "", key[1], clean(name, 200)))
        return number

    # ---- what the page hears ----------------------------------------------------------------------------------------

    def _mark(self, at: int, words: str) -> None:
        self.buffer.take([LogLine(stamp_at(at) if at else stamp_of(clock.now()), words.encode(), mark=True)])
        self._flush_soon()

    def _say_problem(self, sentence: str) -> None:
        if sentence:
            self.problems["Loki"] = sentence
        elif self.problems.pop("Loki", None) is None:
            return
        self._flush_soon()

    async def _wait(self, seconds: float) -> None:
        """So long, or until somebody asks."""
        self._asked.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._asked.wait()

    def _flush_soon(self) -> None:
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        self._changed(self.buffer.flush())
        if self.buffer.waiting:
            self._flush_soon()


def _flat(streams: Iterable[StreamLines]) -> Batch:
    return [(at, text, stream.labels) for stream in streams for at, text in stream.lines]
