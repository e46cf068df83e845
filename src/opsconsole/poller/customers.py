"""Keeps the Customers topic fresh: the table every minute, who is hurt now every half."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from ..config.policies import builtin
from ..config.settings import CustomerTable, Policy, Postgres
from ..model.asked import Asked
from ..model.customer import CustomerBase, Customers
from ..rules.health import judged
from ..sources.asking import gathering, note
from ..sources.customers import CustomerSource
from ..sources.errors import SourceError
from ..sources.way import NoWay, Ways
from ..text import clock
from .feed import Polled
from .topics import CUSTOMERS

TABLE_EVERY_S = 60.0
HURT_EVERY_S = 30.0


class AccountDesk:
    """Reads the customer table and judges it by the policy's weights (the default's where it has none).

    `policy` is already resolved.
    """

    def __init__(self, table: CustomerTable, servers: Iterable[Postgres], policy: Policy, ways: Ways = NoWay) -> None:
        self._table = table
        self._weights = policy.health or builtin("default").health
        self._bands = policy.health_bands
        self._source = CustomerSource(table, servers, self._weights, ways)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
        self._base: tuple[CustomerBase, str] | None = None
        self._read_at = 0.0
        self._asked: tuple[Asked, ...] = ()
        """What the table in hand was asked with."""
        every_s = HURT_EVERY_S if table.hurt_query else TABLE_EVERY_S
        self.feed: Polled[Customers] = Polled("customers", CUSTOMERS, every_s, self.read)

    async def close(self) -> None:
        """Close the connection and let go of the threads; call it after the poller has stopped."""
        self._thread.shutdown(wait=False)
        await self._source.close()

    async def read(self) -> tuple[Customers, str]:
        """Everything the Customers tab shows; raises SourceError where the table cannot be read."""
        base, source = await self._table_in_time()
        try:
            hurt = await self._source.hurt()
        except SourceError as error:  # the table alone is still worth showing; who is hurt is then not measured
            note = f"who is hurt is not known: {error.problem.sentence}"
            base = msgspec.structs.replace(base, rejected=(*base.rejected, note))
        else:
            base = msgspec.structs.replace(base, hurt=hurt, hurt_window_s=self._table.hurt_window_s)
        loop = asyncio.get_running_loop()
        value = await loop.run_in_executor(self._thread, judged, base, self._weights, self._bands, clock.now())
        return value, source

    async def _table_in_time(self) -> tuple[CustomerBase, str]:
        now = clock.boottime()
        # a little early, so that every second half-minute with its jitter finds the minute over
        if self._base is None or now - self._read_at >= TABLE_EVERY_S - HURT_EVERY_S / 2:
            with gathering() as asked:
                self._base = await self._source.customers()
            self._read_at, self._asked = now, tuple(asked)
        for one in self._asked:  # also of a table that was read half a minute ago
            note(one)
        return self._base
