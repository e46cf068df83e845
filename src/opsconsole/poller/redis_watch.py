"""What the judge knows of changes at Redis and Valkey servers: from the events of their own readings."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.reading import Reading
from ..model.redis import CacheFigures
from ..rules.cache_changes import RECENT, cache_changes
from .topics import Topic

WOBBLE = timedelta(seconds=3)
"""A server tells how long it runs in whole seconds: its start, reckoned from that, moves a little."""


class CacheWatch:
    """A watcher of the judge (see judge.Watcher) for the figures of all servers."""

    def __init__(self, topics: Sequence[Topic[CacheFigures]]) -> None:
        self.topics: Sequence[Topic[Any]] = tuple(topics)
        self._newest: dict[str, CacheFigures] = {}
        self._starts: dict[str, tuple[datetime, ...]] = {}

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """Keep the newest of each; a failed reading keeps the last good value."""
        now = reading.value
        if not isinstance(now, CacheFigures):
            return
        self._newest[now.server] = now
        known = self._starts.get(now.server, ())
        if now.started is not None and not any(abs(now.started - each) <= WOBBLE for each in known):
            self._starts[now.server] = (*known, now.started)

    async def findings(self, now: datetime) -> Iterable[Finding]:
        """None: the hit ratio has a rule, and what else is wrong the Redis view lists."""
        return ()

    def changes(self, now: datetime) -> Iterable[Change]:
        starts = [(server, at) for server, all_of in self._starts.items() for at in all_of]
        return [each for each in cache_changes(self._newest.values(), starts) if each.at >= now - RECENT]

    def place(self, finding: Finding) -> Finding:
        return finding
