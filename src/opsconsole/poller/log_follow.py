"""One container's log followed through everything that happens to it: cuts, rotations, restarts, its end."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Protocol

from ..model.kubernetes import Container, Pod
from ..model.logs import LogLine, LogSource, Window, moment_of, stamp_of
from ..model.reading import ProblemKind
from ..rules import log_marks
from ..rules.log_lines import level_of
from ..rules.log_sources import has_log
from ..sources.errors import SourceError
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.log_stream import Ended, Raw, read_log
from ..text import clock

PREVIOUS_LINES = 500
"""Of the run before, at most."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
FORBIDDEN_PAUSE_S = 60.0
FIRST_LINES_S = 0.3
"""So long after its opening a stream has brought what was there already."""
STARTING = ("", "ContainerCreating", "PodInitializing")
STARTS_S = 15.0
"""So long a start takes that is not worth a word."""
END_S = 2.0
"""So long after the end of a stream the container's own end may show."""
UNSEEN = timedelta(seconds=3)
"""Lines older than this at a quiet re-opening had been there before: the stream had stopped unseen."""


class Desk(Protocol):
    """What a follower needs of the desk that started it."""

    cluster: Cluster
    window: Window
    tail: int
    previous: bool
    slots: asyncio.Semaphore

    def pod_of(self, source: LogSource) -> Pod | None: ...
    def take(self, lines: list[LogLine]) -> None: ...
    def spare(self, count: int) -> None: ...
    def may_take(self) -> bool: ...
    def problem(self, source: LogSource, sentence: str) -> None: ...
    def settled(self, source: LogSource) -> None: ...


class Follower:
    """Reads one container; `news` is set when its pod has changed."""

    def __init__(self, desk: Desk, source: LogSource) -> None:
        self.source = source
        self.news = asyncio.Event()
        self._desk = desk
        self._key = b""
        """Of the newest line."""
        self._at_key = 0
        """How many lines have that time."""
        self._run = -1
        """The container's restarts when its log was opened."""
        self._over = False
        """Then it had ended and waited to start again: its log was still that of the run before."""
        self._begun = False
        """The run's own log has been opened before: what comes next goes on after its newest line."""
        self._lost: datetime | None = None
        """Since when the stream is cut."""
        self._back: datetime | None = None
        """When it was opened again."""
        self._quiet = False
        """It was opened again only because it was silent."""
        self._again = False
        """Lines come that were seen before."""
        self._skip = 0
        """So many of them have the time of the newest line."""
        self._before = b"~"
        """Only lines from before that are the ones that were asked for."""
        self._overlap = False
        """The newest line came again: nothing was missed."""
        self._count = 0
        self._slot = False
        self._streaming = False
        self._pause = FIRST_PAUSE_S
        self._said = ""

    async def run(self) -> None:
        """Until the container has ended for good, or the window has been read."""
        desk = self._desk
        while (container := self._container()) is not None:
            if not has_log(container):
                desk.settled(self.source)
                await self._start(container)
                continue
            try:
                if self._runs_anew(container):
                    await self._begin(container)
                ended = await self._stream()
            except SourceError as error:
                desk.settled(self.source)
                if not await self._failed(error):
                    return
                continue
            desk.settled(self.source)
            if desk.window.end is not None:
                return
            self._lost = self._lost or clock.now()
            self._quiet = ended is Ended.SILENT
            if not self._quiet and not await self._goes_on():
                return

    # ---- the container's life ---------------------------------------------------------------------------------------

    def changed(self) -> None:
        """The pod has changed, or has gone."""
        self.news.set()
        container = self._container()
        if self._streaming and container is not None and self._runs_anew(container):
            asyncio.get_running_loop().call_later(END_S, self._restarted_meanwhile)

    def _restarted_meanwhile(self) -> None:
        """The stream was opened again before the restart was known: it is the new run's, the mark comes later."""
        container = self._container()
        if self._streaming and container is not None and self._runs_anew(container) and container.state == "running":
            self._run, self._over = container.restarts, False
            begun = stamp_of(container.started) if container.started else self._key
            self._mark(begun, log_marks.restart(self.source.label, container))

    def _container(self) -> Container | None:
        pod = self._desk.pod_of(self.source)
        if pod is None:
            return None
        return next((one for one in pod.containers if one.name == self.source.container), None)

    async def _start(self, container: Container) -> None:
        """Wait for a container to start; one that takes its time, or cannot, is said."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STARTS_S if container.reason in STARTING else 0):
                while (one := self._container()) is not None and not has_log(one) and one.reason == container.reason:
                    await self._wait(None)
                return
        self._say_once(log_marks.waits(self.source.label, container))
        await self._wait(None)

    def _runs_anew(self, container: Container) -> bool:
        """Whether its log is not the one that was opened last."""
        return container.restarts != self._run or (self._over and container.state == "running")

    async def _begin(self, container: Container) -> None:
        """A run that was not read yet: the one before it comes first, then a mark between them."""
        first = self._run < 0
        self._lost = None  # a container that ends is no cut
        if container.state == "waiting":
            # until it starts, its log and that of the run before are the same
            self._run, self._over = container.restarts, True
            return
        if container.restarts and (not first or self._shows_previous(container)):
            if self._desk.previous:
                await self._read_previous(container, whole=first)
            begun = stamp_of(container.started) if container.started else self._key
            self._mark(max(begun, self._key), log_marks.restart(self.source.label, container))
        self._run, self._over, self._begun = container.restarts, False, False
        self._pause = FIRST_PAUSE_S

    def _shows_previous(self, container: Container) -> bool:
        """The run before belongs to what is shown: it ended within the window, or in the last hour."""
        ended, window = container.last.finished if container.last else None, self._desk.window
        if ended is None or (window.end is not None and ended > window.end):
            return False
        return ended >= (window.start or clock.now() - timedelta(hours=1))

    async def _read_previous(self, container: Container, *, whole: bool) -> None:
        """Of the run before the newest restart all that the window shows, or what came after the last line seen."""
        ended = container.last.finished if container.last else None
        if container.started is not None and ended is not None and ended < container.started:
            # where the newest run has ended by now as well, it is the one that is told
            self._before = stamp_of(container.started)
        start = self._desk.window.start
        since = (stamp_of(start) if start else b"") if whole else self._key
        self._expect(known=not whole and bool(self._key))
        try:
            await read_log(
                self._desk.cluster, self.source, self._take, since=since, tail=PREVIOUS_LINES, previous=True
            )  # fmt: skip
        except SourceError as error:
            if error.problem.kind is ProblemKind.FORBIDDEN:
                raise
            self._mark(self._key, f"{self.source.label} the log of the run before is gone")
        finally:
            self._before = b"~"

    async def _goes_on(self) -> bool:
        """After the end of a stream: False when the container will write no more."""
        await self._container_ended()
        await self._wait(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
        while (container := self._container()) is not None and container.restarts == self._run:
            pod = self._desk.pod_of(self.source)
            if container.state == "running":
                return True
            if pod is None or pod.phase in ("Succeeded", "Failed") or (container.init and not container.sidecar):
                return False
            self._lost = None
            if container.state == "waiting":
                ended = container.last.finished if container.last is not None else None
                self._say_once(log_marks.over(self.source.label, container), ended)
            await self._wait(None)
        return container is not None

    async def _container_ended(self) -> None:
        """Wait a moment for the news that would explain the end of the stream."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                while (one := self._container()) and one.state == "running" and one.restarts == self._run:
                    await self._wait(None)

    async def _failed(self, error: SourceError) -> bool:
        """Say what cannot be read, and wait; False when there is nothing more to wait for."""
        desk, kind = self._desk, error.problem.kind
        pause = self._pause
        if kind is ProblemKind.FORBIDDEN:
            pause = FORBIDDEN_PAUSE_S
        elif self._begun:
            self._lost, self._quiet = self._lost or clock.now(), False
        if kind is not ProblemKind.MISSING:  # that the pod has gone is seen on its topic
            desk.problem(self.source, error.problem.sentence)
        if desk.window.end is not None:
            return False
        await self._wait(error.retry_after_s or pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
        return True

    async def _wait(self, seconds: float | None) -> None:
        """Until the pod has changed, or so long."""
        self.news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()

    # ---- its stream -------------------------------------------------------------------------------------------------

    async def _stream(self) -> Ended:
        desk, window = self._desk, self._desk.window
        follow, goes_on = window.end is None, self._begun and bool(self._key)
        self._expect(known=goes_on)
        since = self._key if goes_on else stamp_of(window.start) if window.start else b""
        await desk.slots.acquire()
        self._slot = True
        try:
            return await read_log(
                desk.cluster, self.source, self._take,
                since=since,
                tail=desk.tail if follow and not goes_on else None,
                follow=follow,
                spare=self._spare if follow else None,
                may_take=desk.may_take, opened=self._opened, wanted=self._wanted,
            )  # fmt: skip
        finally:
            self._streaming = False
            self._let_slot_go()

    def _let_slot_go(self) -> None:
        """Others may open theirs now."""
        if self._slot:
            self._slot = False
            self._desk.slots.release()

    def _opened(self) -> None:
        self._let_slot_go()
        self._begun = self._streaming = True
        self._back = clock.now()
        self._desk.problem(self.source, "")
        asyncio.get_running_loop().call_later(FIRST_LINES_S, self._desk.settled, self.source)

    def _wanted(self) -> bool:
        """Whether the window still has room."""
        end = self._desk.window.end
        if end is None or self._key >= stamp_of(end):
            return end is None
        if self._count < self._desk.tail:
            return True
        self._mark(self._key, f"{self.source.label} the window is cut here, after {self._count:,} lines")
        return False

    def _expect(self, *, known: bool) -> None:
        """Whether the stream begins with lines that were seen before."""
        self._again, self._overlap = known, False
        self._skip = self._at_key if known else 0

    def _spare(self, count: int, last: bytes) -> None:
        if last > self._key:
            self._key, self._at_key = last, 1
        self._desk.spare(count)

    def _take(self, raws: list[Raw]) -> None:
        if self._again:
            raws = self._without_known(raws)
            if self._overlap or raws:
                self._mark_gap(raws)
        end = self._desk.window.end
        last = self._before if end is None else min(self._before, stamp_of(end))
        key, count, number = self._key, self._at_key, self.source.number
        lines = []
        for stamp, text in raws:
            if stamp > key:
                key, count = stamp, 1
            else:
                count += stamp == key
            if key >= last:
                break
            lines.append(LogLine(key, text, number, level_of(text), stamp))
        self._key, self._at_key = key, count
        if lines:
            self._count += len(lines)
            self._pause = FIRST_PAUSE_S
            self._desk.take(lines)

    def _without_known(self, raws: list[Raw]) -> list[Raw]:
        """Of a re-opened stream only what was not seen before: it begins with the whole second of the last line."""
        for place, (stamp, _) in enumerate(raws):
            if stamp == self._key:
                self._overlap = True
                if self._skip:
                    self._skip -= 1
                    continue
            elif stamp < self._key and (stamp or not self._overlap):
                continue
            self._again = False
            return raws[place:]
        return []

    def _mark_gap(self, raws: list[Raw]) -> None:
        """Once after a re-opening; silence alone is none, where nothing had been written meanwhile."""
        lost, self._lost = self._lost, None
        if lost is None:
            return
        if self._quiet:
            first = moment_of(raws[0][0]) if raws else None
            if self._overlap and (first is None or first > lost - UNSEEN):
                return
            lost = moment_of(self._key) or lost
        words = log_marks.gap(self.source.label, lost, self._back or clock.now(), whole=self._overlap)
        self._mark(self._key, words)

    def _mark(self, key: bytes, words: str) -> None:
        self._desk.take([LogLine(key, words.encode(), self.source.number, mark=True)])

    def _say_once(self, words: str, moment: datetime | None = None) -> None:
        if words != self._said:
            self._said = words
            self._mark(max(self._key, stamp_of(moment or clock.now())), words)
