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
_ASKED_WHEN_REFUSED = 3
"""A server that has just refused is not stormed."""


class Pools:
    """Open connections by application name. A connection that breaks is dropped and opened anew at the next step."""

    def __init__(self, dsn: str, rng: random.Random) -> None:
        self._dsn = dsn
        self._rng = rng
        self._idle: dict[str, list[Connection]] = {}
        self._busy: dict[str, int] = {}
        self._wanted: set[str] = set()
        self._leaked: dict[str, list[Connection]] = {}
        self._owed: dict[str, float] = {}
        self._refused = False

    def size(self, application: str) -> int:
        return len(self._idle.get(application, ())) + self._busy.get(application, 0)

    async def follow(self, wanted: Mapping[str, int]) -> None:
        """Open or close connections towards these sizes; what the server refuses is asked again at the next step."""
        to_open = []
        self._wanted = {application for application, count in wanted.items() if count}
        for application in {*wanted, *self._idle}:
            count = wanted.get(application, 0)
            to_open += [application] * (count - self.size(application))
            idle = self._idle.setdefault(application, [])
            while self.size(application) > count and idle:
                await idle.pop().close()
        self._rng.shuffle(to_open)
        most = _ASKED_WHEN_REFUSED if self._refused else _OPENED_PER_STEP
        opened = await asyncio.gather(*map(self._open, to_open[:most]), return_exceptions=True)
        failures = [failure for failure in opened if isinstance(failure, BaseException)]
        self._refused = bool(failures)
        for failure in failures:
            if not isinstance(failure, psycopg.OperationalError):
                raise failure

    async def leak(self, leaks: Mapping[str, tuple[str, float]]) -> None:
        """For one second, pods take connections of their application and never give them back; their end closes them.

        `leaks`: pod → (application, connections per second).
        """
        for pod in [pod for pod in self._leaked if pod not in leaks]:
            for connection in self._leaked.pop(pod):
                await connection.close()
        for pod, (application, per_second) in leaks.items():
            kept = self._leaked.setdefault(pod, [])
            idle = self._idle.get(application, [])
            self._owed[pod] = self._owed.get(pod, self._rng.random()) + per_second
            while self._owed[pod] >= 1:
                self._owed[pod] -= 1
                if idle:
                    kept.append(idle.pop(0))

    async def _open(self, application: str) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._dsn, application_name=application, autocommit=True, prepare_threshold=0
        )
        self._idle.setdefault(application, []).append(connection)

    @asynccontextmanager
    async def borrow(self, application: str) -> AsyncIterator[Connection | None]:
        """A connection of this pool, or of the fullest one where it has no pool; None when all are busy or gone."""
        name = application if application in self._wanted else self._fullest()
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
        for connections in (*self._idle.values(), *self._leaked.values()):
            for connection in connections:
                await connection.close()
        self._idle.clear()
        self._leaked.clear()
