"""What is new in the logs of the one workload that somebody looks at: read after a rest, kept for a minute."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..model.kubernetes import Pod
from ..model.logs import LogTarget
from ..text import clock
from .log_news import LogNews, log_news

if TYPE_CHECKING:
    from ..sources.kubernetes.cluster import Cluster

RESTS_S = 1.0
"""So long the cursor stands on it before anything is read."""
KEPT_S = 60.0
MOST_KEPT = 50
PATIENCE_S = 20.0
MOST_CONTAINERS, LINES_EACH = 3, 1_000
NO_BREACH = timedelta(minutes=5)
"""Where nobody knows since when it is wrong: what came in the last minutes."""
log = logging.getLogger(__name__)


class LogNewsDesk:
    """Reads for one target at a time. `looked_at` is asked again after the rest; `changed` hears of what was read.

    All of it runs on the event loop.
    """

    def __init__(self, looked_at: Callable[[], bool], changed: Callable[[], None]) -> None:
        self._looked_at = looked_at
        self._changed = changed
        self._target: LogTarget | None = None
        """The one that is being read, or waited for."""
        self._task: asyncio.Task[None] | None = None
        self._kept: dict[LogTarget, tuple[datetime | None, float, LogNews]] = {}
        """(since when it was asked for, when it was read, what)."""

    def look(
        self, cluster: "Cluster", target: LogTarget, pods: Callable[[], Sequence[Pod]], since: datetime | None
    ) -> LogNews | None:
        """The cursor stands on it: what is known of it; None while it is read for the first time."""
        asked, read, news = self._kept.get(target, (None, 0.0, None))
        if news is not None and asked == since and asyncio.get_running_loop().time() - read < KEPT_S:
            if target != self._target:
                self.leave()
            return news
        if target != self._target:
            self.leave()
            self._target = target
            self._task = asyncio.create_task(
                self._read(cluster, target, pods, since), name=f"new log lines of {target.words}"
            )
        return news if asked == since else None

    def leave(self) -> None:
        """The cursor stands somewhere else: what is being read is let go."""
        self._target = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _read(
        self, cluster: "Cluster", target: LogTarget, pods: Callable[[], Sequence[Pod]], since: datetime | None
    ) -> None:
        await asyncio.sleep(RESTS_S)
        if not self._looked_at():
            self._target = self._task = None
            return
        moment = since or clock.now() - NO_BREACH
        try:
            async with asyncio.timeout(PATIENCE_S):
                news = await log_news(cluster, pods(), moment, most=MOST_CONTAINERS, lines=LINES_EACH)
        except TimeoutError:
            news = LogNews(moment, problem=f"the logs did not come within {PATIENCE_S:.0f} s")
        except Exception:
            log.exception("the new log lines of %s could not be read", target.words)
            news = LogNews(moment, problem="reading the logs failed: see the log of the console (!)")
        self._kept.pop(target, None)
        self._kept[target] = (since, asyncio.get_running_loop().time(), news)
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._target = self._task = None
        self._changed()
