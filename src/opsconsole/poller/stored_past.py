"""What the store says of the measures of databases and caches before this console began, for rules with durations."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar

import msgspec

from ..model.counters import ServerCounters
from ..model.redis import CacheCounters
from ..rules.evaluate import Samples as Past
from ..rules.stored_measures import cache_past, database_past
from ..text import clock
from .samples import Samples

T = TypeVar("T")
REACH = timedelta(hours=6)


class StoredPast:
    """Give it to the judge; `databases` and `caches` are the names of the configured servers."""

    def __init__(self, store: Samples, databases: Iterable[str], caches: Iterable[str]) -> None:
        self._store = store
        self._databases, self._caches = tuple(databases), tuple(caches)

    async def read(self) -> dict[str, dict[str, Past]]:
        """Measure → server → samples, oldest first."""
        found: dict[str, dict[str, Past]] = {"pg.connections": {}, "cache.hit": {}}
        for name in self._databases:
            found["pg.connections"][name] = database_past(await self._kept("pg.counters", name, ServerCounters))
        for name in self._caches:
            found["cache.hit"][name] = cache_past(await self._kept("redis.counters", name, CacheCounters))
        return found

    async def _kept(self, kind: str, name: str, shape: type[T]) -> list[T]:
        made = []
        for _, payload in await self._store.samples(kind, name, clock.now() - REACH):
            try:
                made.append(msgspec.msgpack.decode(payload, type=shape))
            except (msgspec.ValidationError, msgspec.DecodeError):
                continue  # of another version of the console
        return made
