"""The desk of one log page: which containers are read, their lines merged in time order, pods that come and go."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from ..model.collection import Collection, Delta
from ..model.kubernetes import Container, Pod
from ..model.logs import TAIL, LogLine, LogSource, LogTarget, Window, stamp_of
from ..model.reading import Reading
from ..rules import log_sources
from ..rules.workload_state import controller
from ..sources.kubernetes.cluster import Cluster
from ..text import clock
from .board import Board
from .log_buffer import MOST_LINES, LogBuffer
from .log_follow import Follower
from .log_news import LogNews, log_news
from .topics import PODS

MOST_STREAMS = 50
OPENING = 4
"""So many are opened at the same time: each takes a handshake."""
FLUSH_S = 0.1
"""Lines are handed on at most so often."""
BACKFILL_S = 3.0
"""So long the first lines wait for the slowest stream."""
TAIL_LINES = 2_000
"""Of the newest lines, shared by all streams; but no stream shows less than LEAST_TAIL."""
LEAST_TAIL = 20
Changed = Callable[[list[LogLine]], None]
log = logging.getLogger(__name__)


class Desk(Protocol):
    """What a page of logs needs of the desk that reads for it, wherever that reads."""

    target: LogTarget
    window: Window
    previous: bool
    buffer: LogBuffer
    sources: list[LogSource]
    problems: dict[str, str]
    unopened: int

    @property
    def streams(self) -> int: ...

    def open(self, window: Window | None = None) -> None: ...
    def close(self) -> None: ...
    def retry(self) -> None: ...
    def whose(self, *, narrow: bool) -> str: ...
    def nobody(self) -> str: ...
    def names(self) -> set[str]: ...
    def newest_restart(self) -> datetime | None: ...
    async def news(self, since: datetime) -> LogNews: ...
    def command(self) -> str: ...


class LogDesk:
    """Reads from `open` to `close`. `changed` hears of new lines (perhaps none: something else changed).

    All of it runs on the event loop.
    """

    def __init__(self, cluster: Cluster, board: Board, target: LogTarget, changed: Changed) -> None:
        self.cluster = cluster
        self.target = target
        self.window = TAIL
        self.previous = True
        self.tail = TAIL_LINES
        self.slots = asyncio.Semaphore(OPENING)
        self.buffer = LogBuffer()
        self.sources: list[LogSource] = []
        """By their numbers; those of pods that have gone stay."""
        self.problems: dict[str, str] = {}
        """Label of a stream → why it cannot be read now."""
        self.pods: dict[str, Pod] = {}
        """The target's, by uid."""
        self.unopened = 0
        """Containers that are not read because too many are."""
        self._board = board
        self._changed = changed
        self._followers: dict[tuple[str, str], Follower] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._unsettled: set[int] = set()
        """Streams whose first lines have not come yet."""
        self._flushing: asyncio.TimerHandle | None = None
        self._opened_at = 0.0
        self._end: Callable[[], None] | None = None

    # ---- begin and end ----------------------------------------------------------------------------------------------

    def open(self, window: Window | None = None) -> None:
        """Read a window, from its beginning; everything that was read before is let go."""
        self.close()
        self.window = window or self.window
        self.buffer = LogBuffer()
        self.problems.clear()
        self._opened_at = asyncio.get_running_loop().time()
        reading = self._board.get(PODS)
        rows = reading.value.rows if isinstance(reading.value, Collection) else {}
        self.pods = {uid: pod for uid, pod in rows.items() if log_sources.belongs(pod, self.target)}
        self._end = self._board.subscribe(PODS, self._pods_changed)
        self._open_streams()
        self._flush_soon()

    def close(self) -> None:
        """Let all streams go."""
        if self._end is not None:
            self._end()
            self._end = None
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        self._followers.clear()
        self._unsettled.clear()
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None

    def retry(self) -> None:
        """Somebody asked: what waits to be opened again is tried now."""
        for follower in self._followers.values():
            follower.news.set()

    @property
    def streams(self) -> int:
        """How many containers are read."""
        return sum(not task.done() for task in self._tasks.values())

    # ---- what the page says of it -----------------------------------------------------------------------------------

    def whose(self, *, narrow: bool) -> str:
        """`all 20 pods`; "" of a single pod."""
        return f"{'' if narrow else 'all '}{len(self.pods)} pods" if self.target.kind != "Pod" else ""

    def nobody(self) -> str:
        """Why no line can be there."""
        return "" if self.pods else "no pod of it is seen: its logs went with it"

    def names(self) -> set[str]:
        """Whose changes may have brought new lines about: the target, and what runs it."""
        owners = {owner.name for pod in self.pods.values() if (owner := controller(pod)) is not None}
        return {self.target.name, *owners}

    def newest_restart(self) -> datetime | None:
        return log_sources.newest_restart(tuple(self.pods.values()))

    async def news(self, since: datetime) -> LogNews:
        """What came since then and did not come before it."""
        return await log_news(self.cluster, tuple(self.pods.values()), since)

    def command(self) -> str:
        """The kubectl command that shows about the same."""
        kind = "pod" if self.target.kind == "Pod" else self.target.kind.lower()
        context = self.cluster.context
        where = f" --context {context}" if context else ""
        return (
            f"kubectl{where} -n {self.target.namespace} logs {kind}/{self.target.name} --all-containers --timestamps"
            + (" --all-pods --prefix" if kind != "pod" else "")
            + " -f"
        )

    # ---- pods that come and go --------------------------------------------------------------------------------------

    def _pods_changed(self, reading: Reading[Collection[Pod]], delta: Delta[Any] | None) -> None:
        if delta is None or delta.reset:
            rows = reading.value.rows if reading.value is not None else {}
            changed = {uid: pod for uid, pod in rows.items() if log_sources.belongs(pod, self.target)}
            gone = self.pods.keys() - changed.keys()
        else:
            changed = {uid: pod for uid, pod in delta.upserts.items() if log_sources.belongs(pod, self.target)}
            gone = self.pods.keys() & delta.removals
        for uid in gone:
            self._pod_gone(self.pods.pop(uid))
        self.pods.update(changed)
        if changed or gone:
            self._open_streams()
            for (uid, _), follower in self._followers.items():
                if uid in changed or uid in gone:
                    follower.changed()

    def _pod_gone(self, pod: Pod) -> None:
        """Its streams end by themselves, with what they still bring."""
        labels = [source.label for source in self.sources if source.uid == pod.uid]
        if labels:
            words = f"{labels[0].partition('/')[0]} is gone"
            self.take([LogLine(stamp_of(clock.now()), words.encode(), mark=True)])
        for name in labels:
            self.problems.pop(name, None)

    def _open_streams(self) -> None:
        wanted = [(pod, container) for pod, container in log_sources.ranked(self.pods.values())]
        self.unopened = 0
        for pod, container in wanted:
            key = (pod.uid, container.name)
            if key in self._tasks:
                continue
            if self.streams >= MOST_STREAMS:
                self.unopened += 1
                continue
            source = self._source(pod, container)
            follower = self._followers[key] = Follower(self, source)
            self._unsettled.add(source.number)
            self._tasks[key] = asyncio.create_task(follower.run(), name=f"log {pod.name}/{container.name}")
            self._tasks[key].add_done_callback(self._stream_done)
        shared = max(1, self.streams)
        least, most = (LEAST_TAIL, TAIL_LINES) if self.window.start is None else (1, MOST_LINES)
        self.tail = max(least, most // shared)

    def _source(self, pod: Pod, container: Container) -> LogSource:
        known = next((s for s in self.sources if (s.uid, s.container) == (pod.uid, container.name)), None)
        if known is not None:
            return known
        label = log_sources.label(self.target, pod, container.name, len(pod.containers) > 1)
        source = LogSource(
            len(self.sources), pod.namespace, pod.name, pod.uid, container.name, label,
            container.init and not container.sidecar,
        )  # fmt: skip
        self.sources.append(source)
        return source

    def _stream_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a log stream failed", exc_info=error)
        if self.unopened and self._end is not None:
            self._open_streams()
        self._flush_soon()

    # ---- what followers call ----------------------------------------------------------------------------------------

    def pod_of(self, source: LogSource) -> Pod | None:
        return self.pods.get(source.uid)

    def take(self, lines: list[LogLine]) -> None:
        self.buffer.take(lines)
        self._flush_soon()

    def spare(self, count: int) -> None:
        self.buffer.spare(count)
        self._flush_soon()

    def may_take(self) -> bool:
        return self.buffer.may_take()

    def problem(self, source: LogSource, sentence: str) -> None:
        if sentence:
            self.problems[source.label] = sentence
        elif self.problems.pop(source.label, None) is None:
            return
        self._flush_soon()

    def settled(self, source: LogSource) -> None:
        self._unsettled.discard(source.number)
        self._flush_soon()

    # ---- what the page hears ----------------------------------------------------------------------------------------

    def _flush_soon(self) -> None:
        if self._flushing is None and self._end is not None:
            self._flushing = asyncio.get_running_loop().call_later(FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flushing = None
        if self._unsettled and asyncio.get_running_loop().time() - self._opened_at < BACKFILL_S:
            self._flush_soon()
            return
        batch = self.buffer.flush()
        self._changed(batch)
        if self.buffer.waiting:
            self._flush_soon()
