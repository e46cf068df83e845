"""The services' connection pools on the demo's PostgreSQL: as many open connections, under as many names, as the shop
says."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg

Connection = psycopg.AsyncConnection[Any]
_OPENED_PER_STEP = 12


class Pools:
    """Open connections by application name. A connection that breaks is dropped and opened anew at the next step."""

    def __init__(self, dsn: str, rng: random.Random) -> None:
        self._dsn = dsn
        self._rng = rng
        self._idle: dict[str, list[Connection]] = {}
        self._busy: dict[str, int] = {}

    def size(self, application: str) -> int:
        return len(self._idle.get(application, ())) + self._busy.get(application, 0)

    async def follow(self, wanted: Mapping[str, int]) -> None:
        """Open or close connections towards these sizes; what the server refuses is asked again at the next step."""
        to_open = []
        for application in {*wanted, *self._idle}:
            count = wanted.get(application, 0)
            to_open += [application] * (count - self.size(application))
            idle = self._idle.setdefault(application, [])
            while self.size(application) > count and idle:
                await idle.pop().close()
        self._rng.shuffle(to_open)
        opened = await asyncio.gather(*map(self._open, to_open[:_OPENED_PER_STEP]), return_exceptions=True)
        for failure in opened:
            if isinstance(failure, BaseException) and not isinstance(failure, psycopg.OperationalError):
                raise failure

    async def _open(self, application: str) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._dsn, application_name=application, autocommit=True, prepare_threshold=0
        )
        self._idle.setdefault(application, []).append(connection)

    @asynccontextmanager
    async def borrow(self, application: str) -> AsyncIterator[Connection | None]:
        """A connection of this pool, or of the fullest one where it has no pool; None when all are busy."""
        name = application if self._idle.get(application) or self._busy.get(application) else self._fullest()
        idle = self._idle.get(name)
        if not idle:
            yield None
            return
        connection = idle.pop(self._rng.randrange(len(idle)))
        self._busy[name] = self._busy.get(name, 0) + 1
        try:
            yield connection
        finally:
            self._busy[name] -= 1
            if connection.closed or connection.broken:
                await connection.close()
            else:
                idle.append(connection)

    def _fullest(self) -> str:
        return max(self._idle, key=lambda name: len(self._idle[name]), default="")

    async def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                await connection.close()
        self._idle.clear()
