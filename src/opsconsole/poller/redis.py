"""The feeds of Redis and Valkey: one reading per server, its rates from the reading before."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec

from ..config.settings import Redis
from ..model.redis import CacheCounters, CacheEvent, CacheFigures
from ..rules import cache
from ..sources.redis_server import RedisServer
from ..sources.way import NoWay, Ways
from ..text import clock
from .feed import Polled
from .samples import SAVE_EVERY_S, Samples
from .topics import REDIS, Topic

EVERY_S = 5.0
RECENT_S = 300.0
COUNTERS = "redis.counters"


class RedisFeeds:
    """All feeds of the configured servers; the first server has the topic of `poller.topics`, others add their name."""

    def __init__(self, servers: Sequence[Redis], store: Samples | None = None, ways: Ways = NoWay) -> None:
        self.readers = tuple(
            CacheReader(settings, cache_topic("" if index == 0 else settings.name), store, ways)
            for index, settings in enumerate(servers)
        )

    @property
    def feeds(self) -> tuple[Polled[Any], ...]:
        return tuple(reader.feed for reader in self.readers)

    async def close(self) -> None:
        """Close the connections; call it after the poller has stopped."""
        await asyncio.gather(*(reader.server.close() for reader in self.readers))


class CacheReader:
    """One server and its reading before."""

    def __init__(self, settings: Redis, topic: Topic[CacheFigures], store: Samples | None, ways: Ways = NoWay) -> None:
        self.server = RedisServer(settings, ways)
        self._before: CacheCounters | None = None
        self._events: tuple[CacheEvent, ...] = ()
        self._store = store
        self._saved: float | None = None
        self.feed: Polled[CacheFigures] = Polled(topic.name, topic, EVERY_S, self.read, timeout_s=20.0)

    async def read(self) -> tuple[CacheFigures, str]:
        before = self._before or await self._stored()
        now = await self.server.read()
        self._before = now
        self._events = (*cache.events_between(before, now), *self._events)[: cache.EVENTS]
        await self._save(now)
        origin = f"{self.server.name}: {', '.join(dict.fromkeys(asked.text for asked in now.asked))}"
        return cache.figures(before, now, self._events), origin

    async def _stored(self) -> CacheCounters | None:
        """What another console kept a moment ago; a rate over a longer gap would say nothing of now."""
        if self._store is None:
            return None
        kept = await self._store.samples(COUNTERS, self.server.name, clock.now() - timedelta(seconds=RECENT_S))
        try:
            return msgspec.msgpack.decode(kept[-1][1], type=CacheCounters) if kept else None
        except (msgspec.ValidationError, msgspec.DecodeError):
            return None

    async def _save(self, now: CacheCounters) -> None:
        at = clock.boottime()
        if self._store and (self._saved is None or at - self._saved >= SAVE_EVERY_S):
            self._saved = at
            await self._store.save_sample(COUNTERS, self.server.name, now.taken, msgspec.msgpack.encode(now))


def cache_topic(server: str) -> Topic[CacheFigures]:
    """The topic of a further server; the first one has the plain topic (`server` "")."""
    return Topic(f"{REDIS.name}.{server}", REDIS.system) if server else REDIS
