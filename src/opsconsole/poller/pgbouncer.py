"""The feeds of PgBouncer: one reading per configured pooler, its rates from the reading before."""

import asyncio
from collections.abc import Sequence
from typing import Any

from ..config.settings import Pgbouncer
from ..model.pools import PoolerFigures, PoolerSample
from ..rules.pools import figures
from ..sources.pgbouncer import PgbouncerServer
from ..sources.way import NoWay, Ways
from .feed import Polled
from .topics import PGBOUNCER, Topic

EVERY_S = 5.0


class PgbouncerFeeds:
    """All feeds of the configured poolers; the first one has the plain topic, others add their name."""

    def __init__(self, poolers: Sequence[Pgbouncer], ways: Ways = NoWay) -> None:
        self.readers = tuple(
            PoolerReader(settings, pooler_topic(settings.name if number else ""), ways)
            for number, settings in enumerate(poolers)
        )

    @property
    def feeds(self) -> tuple[Polled[Any], ...]:
        return tuple(reader.feed for reader in self.readers)

    async def close(self) -> None:
        """Close the connections; call it after the poller has stopped."""
        await asyncio.gather(*(reader.server.close() for reader in self.readers))


class PoolerReader:
    """One PgBouncer and its reading before."""

    def __init__(self, settings: Pgbouncer, topic: Topic[PoolerFigures], ways: Ways = NoWay) -> None:
        self.server = PgbouncerServer(settings, ways)
        self._before: PoolerSample | None = None
        self.feed: Polled[PoolerFigures] = Polled(topic.name, topic, EVERY_S, self.read)

    async def read(self) -> tuple[PoolerFigures, str]:
        now = await self.server.read()
        before, self._before = self._before, now
        return figures(before, now), f"{self.server.name}: SHOW POOLS, STATS, LISTS, DATABASES, CLIENTS"


def pooler_topic(pooler: str) -> Topic[PoolerFigures]:
    """The topic of a further pooler; the first one has the plain topic (`pooler` "")."""
    return Topic(f"{PGBOUNCER.name}.{pooler}", PGBOUNCER.system) if pooler else PGBOUNCER
