"""Asks the demo's real servers once a second how they are, as their exporters would, and keeps it for Prometheus."""

import asyncio
from typing import Any

import psycopg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from opsconsole.demo.platform import Observed

_RESERVED = (
    "SELECT sum(setting::int) FROM pg_settings WHERE name IN ('superuser_reserved_connections', 'reserved_connections')"
)
_STATES = """\
SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1"""
_SIZE_EVERY_S = 30


class Exporters:
    """Fills one `Observed`; what a server does not answer is never the last good figure."""

    def __init__(self, dsn: str, cache_url: str, cache_password: str, observed: Observed) -> None:
        self._dsn = dsn
        self._cache = Redis.from_url(
            cache_url, password=cache_password, client_name="redis-exporter", max_connections=1
        )
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self.observed = observed

    async def run(self) -> None:
        """Until cancelled, once a second."""
        second = 0
        try:
            while True:
                await asyncio.gather(self._database(second), self._valkey())
                second += 1
                await asyncio.sleep(1)
        finally:
            await self._cache.aclose()
            if self._connection is not None:
                await self._connection.close()

    async def _database(self, second: int) -> None:
        observed = self.observed
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._dsn, application_name="postgres-exporter", autocommit=True
                )
                observed.max_connections = await self._number("SELECT current_setting('max_connections')::int")
                observed.reserved_connections = await self._number(_RESERVED)
                observed.database_size_bytes = await self._size()
            elif second % _SIZE_EVERY_S == 0:
                observed.database_size_bytes = await self._size()
            cursor = await self._connection.execute(_STATES)
            observed.connections_by_state = dict(await cursor.fetchall())
        except psycopg.Error:
            # A server that does not answer has no sessions; its limits and its size are not known.
            observed.connections_by_state = {}
            observed.max_connections = observed.reserved_connections = observed.database_size_bytes = None
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def _size(self) -> int:
        return await self._number("SELECT pg_database_size(current_database())")

    async def _number(self, query: str) -> int:
        assert self._connection is not None
        row = await (await self._connection.execute(query.encode())).fetchone()
        assert row is not None
        return int(row[0])

    async def _valkey(self) -> None:
        observed = self.observed
        try:
            memory = await self._cache.info("memory")
            clients = await self._cache.info("clients")
        except RedisError:
            observed.cache_memory_bytes = observed.cache_max_memory_bytes = observed.cache_clients = None
            return
        observed.cache_memory_bytes = memory["used_memory"]
        observed.cache_max_memory_bytes = memory["maxmemory"]
        observed.cache_clients = clients["connected_clients"]
