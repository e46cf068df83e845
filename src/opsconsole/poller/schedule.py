"""The schedule: one task per feed, no overlap, jitter, backoff, an immediate retry on request; it gives up never."""

import asyncio
import logging
import random
import time
from collections.abc import Iterable
from typing import Any

from ..model.asked import Asked
from ..model.reading import Problem, ProblemKind, Reading, State
from ..sources.asking import gathering
from ..sources.errors import SourceError
from ..text import clock
from ..text.redact import redact
from .board import Board
from .feed import Feed, Polled
from .topics import Topic

log = logging.getLogger(__name__)

LETS_GO_S = 1.0
CANCELLED_AT_MOST = 5
"""So often a feed is told to end, and has so long each time."""
LONGEST_BACKOFF_S = 60.0
LATE_AFTER = 2.0
"""An answer is late after so many of its own intervals, and stale after five times as many."""
TAKEN = 0.25
"""What a reading took is part of its interval, up to this share of it: a slow source is not asked without a rest."""
WATCHDOG_S = 5.0
JUMP_S = 5.0


class Alarm:
    """How a feed waits: for its time, or for somebody who asks at once."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def ring(self) -> None:
        self._asked.set()

    async def wait(self, seconds: float) -> bool:
        """True when somebody asked before the time was over."""
        try:
            # not wait_for: that one forgets that it was cancelled when what it waits for is done by then
            async with asyncio.timeout(seconds):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True


class Poller:
    """Runs feeds against one board; start and stop it on the same event loop."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._alarms: dict[str, tuple[tuple[Topic[Any], ...], Alarm]] = {}
        self._watchdog: asyncio.Task[None] | None = None

    def start(self, feeds: Iterable[Feed | Polled[Any]]) -> None:
        """Run these feeds beside those that run already."""
        for feed in feeds:
            alarm = Alarm()
            self._alarms[feed.name] = (feed.topics, alarm)
            work = self._poll(feed, alarm) if isinstance(feed, Polled) else self._stream(feed, alarm)
            self._tasks[feed.name] = asyncio.create_task(work, name=f"feed {feed.name}")
        if self._watchdog is None:
            self._watchdog = asyncio.create_task(self._watch_clock(), name="poller watchdog")

    def refresh(self, topics: Iterable[Topic[Any]] | None = None) -> None:
        """Ask at once: the feeds of these topics, or all."""
        wanted = None if topics is None else set(topics)
        for served, alarm in self._alarms.values():
            if wanted is None or wanted.intersection(served):
                alarm.ring()

    async def stop(self) -> None:
        """Cancel every feed and wait until each has let go of its source; one that does not is left behind, and logged.

        A task group whose child fails while it ends raises that error in place of the cancellation: the feed would go
        on, so it is cancelled again.
        """
        tasks = {*self._tasks.values(), *([self._watchdog] if self._watchdog else [])}
        for _ in range(CANCELLED_AT_MOST):
            for task in tasks:
                task.cancel()
            if not tasks or not (tasks := (await asyncio.wait(tasks, timeout=LETS_GO_S))[1]):
                break
        for task in tasks:
            log.error("%s did not end", task.get_name())
        self._tasks.clear()
        self._alarms.clear()
        self._watchdog = None

    async def _poll(self, feed: Polled[Any], alarm: Alarm) -> None:
        failures = 0
        while True:
            began = time.perf_counter()
            problem, retry_after_s = await self._read(feed)
            took = time.perf_counter() - began
            failures = 0 if problem is None else failures + 1
            if problem is None:
                pause = feed.every_s - min(took, feed.every_s * TAKEN)
            else:
                pause = max(retry_after_s or 0.0, backoff(feed.every_s, failures))
            if await alarm.wait(jitter(pause)):
                failures = 0

    async def _read(self, feed: Polled[Any]) -> tuple[Problem | None, float | None]:
        """One reading onto the board; where it failed: the problem, and how long the source asks to be left alone."""
        with gathering() as asked:
            return await self._take(feed, asked)

    async def _take(self, feed: Polled[Any], asked: list[Asked]) -> tuple[Problem | None, float | None]:
        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        late_s = max(feed.every_s, feed.usual_s) * LATE_AFTER
        late = loop.call_later(late_s, self._overdue, feed.topic, State.LATE)
        stale = loop.call_later(late_s * 5, self._overdue, feed.topic, State.STALE)
        try:
            async with asyncio.timeout(feed.timeout_s):
                value, source = await feed.read()
        except TimeoutError:
            problem = Problem(ProblemKind.TIMEOUT, f"no answer within {feed.timeout_s:g} s", "press r to ask again")
            self.board.mark(feed.topic, State.FAILED, problem, tuple(asked))
            return problem, None
        except SourceError as error:
            off = error.problem.kind is ProblemKind.MISSING
            self.board.mark(feed.topic, State.OFF if off else State.FAILED, error.problem, tuple(asked))
            return error.problem, error.retry_after_s
        except Exception as error:  # a mistake of ours in one feed must not silence it for ever
            log.exception("feed %s failed", feed.name)
            problem = internal(error)
            self.board.mark(feed.topic, State.FAILED, problem, tuple(asked))
            return problem, None
        finally:
            late.cancel()
            stale.cancel()
        took = time.perf_counter() - started
        reading = Reading(value, State.OK, clock.now(), took, source, feed.doubt(), tuple(asked))
        self.board.publish(feed.topic, reading)
        return None, None

    async def _stream(self, feed: Feed, alarm: Alarm) -> None:
        failures = 0
        while True:
            started = clock.boottime()
            try:
                await feed.run(self.board, alarm)
                problem = Problem(ProblemKind.INTERNAL, f"the feed {feed.name} ended", "press r to start it again")
            except SourceError as error:
                problem = error.problem
            except Exception as error:  # see _read
                log.exception("feed %s failed", feed.name)
                problem = internal(error)
            for topic in feed.topics:
                self.board.mark(topic, State.FAILED, problem)
            failures = 1 if clock.boottime() - started > LONGEST_BACKOFF_S else failures + 1
            await alarm.wait(jitter(backoff(1.0, failures)))

    def _overdue(self, topic: Topic[Any], state: State) -> None:
        if self.board.get(topic).state in (State.OK, State.LATE):
            self.board.mark(topic, state, self.board.get(topic).problem)

    async def _watch_clock(self) -> None:
        """After a suspension (SIGSTOP, a closed lid) or a jump of the clock nothing on the board is live any more."""
        before, day = clock.boottime(), clock.now()
        while True:
            await asyncio.sleep(WATCHDOG_S)
            now, today = clock.boottime(), clock.now()
            slept = now - before - WATCHDOG_S
            jumped = abs((today - day).total_seconds() - (now - before))
            if slept > JUMP_S or jumped > JUMP_S:
                self.everything_is_stale()
            before, day = now, today

    def everything_is_stale(self) -> None:
        """Mark every topic that has a value stale, and ask for all of them again."""
        for topic in self.board.topics():
            reading = self.board.get(topic)
            if reading.state in (State.OK, State.LATE) and reading.value is not None:
                self.board.mark(topic, State.STALE, reading.problem)
        self.refresh()


def backoff(every_s: float, failures: int) -> float:
    """Seconds until the next try after so many failures in a row: doubling from the feed's own interval to a minute."""
    return min(max(LONGEST_BACKOFF_S, every_s), every_s * 2.0 ** min(failures - 1, 10))


def jitter(seconds: float) -> float:
    """Up to a tenth more, so that many feeds (and many consoles) do not ask in step."""
    return seconds * random.uniform(1.0, 1.1)


def internal(error: Exception) -> Problem:
    """A mistake of the console itself, in words that hold no secret."""
    sentence = redact(f"{type(error).__name__}: {error}")[:300]
    return Problem(
        ProblemKind.INTERNAL, f"the console made a mistake: {sentence}", "see ! for the log; please report it"
    )
