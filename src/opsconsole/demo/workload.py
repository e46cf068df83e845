"""Plays the shop's load on the demo's real PostgreSQL: its statements, transactions, lock waits and forgotten sessions.

Statements travel in pipelined batches of prepared statements: a thousand a second cost a few percent of a core.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import psycopg

from opsconsole.demo.customers import Ledger, read_customers, write_requests
from opsconsole.demo.database_seed import PRODUCTS
from opsconsole.demo.meter import Meter
from opsconsole.demo.platform import Load, Observed
from opsconsole.demo.pools import Pools
from opsconsole.demo.shop.statements import PRESENCE_SWEEP
from opsconsole.demo.statements_sql import STATEMENTS

TICKS_PER_SECOND = 5
_EXPORTER = "postgres-exporter"
"""Its connection is opened by `observe`, which is that exporter."""
_LEDGER_EVERY_S = 10
_FLUSH_BATCH = 400
"""Most calls of one statement in one tick: beyond that a real pool would queue too."""
_AT_ONCE = 24
"""Most connections that one statement may hang in: services keep the rest for what still works."""
_LARGEST_DATABASE = 256 * 2**20
_GROWING = {PRESENCE_SWEEP}
"""Statements that make a table grow without end while vacuum is held back: the laptop's disk has one."""
_TICK_PATIENCE_S = 0.5
_HANGS_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class _Flight:
    """A batch that is under way."""

    id: str
    calls: int
    since: float


class Workload:
    """Runs until cancelled; `load` is asked each second for what the shop does now."""

    def __init__(self, dsn: str, load: Callable[[], Load], seed: int, observed: Observed | None = None) -> None:
        """`observed` is told how the statements fare."""
        self._dsn = dsn
        self._load = load
        self._observed = observed or Observed()
        self._meter = Meter()
        self._flying: dict[asyncio.Task[None], _Flight] = {}
        self._rng = random.Random(seed)
        self._pools = Pools(dsn, self._rng)
        self._owed: dict[str, float] = {}
        self._ledger: Ledger | None = None
        self._side: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Open all pools, so that the first look at the sessions finds them."""
        wanted = self._wanted()
        while any(self._pools.size(name) < count for name, count in wanted.items()):
            await self._pools.follow(wanted)
        async with self._pools.borrow("api") as connection:
            if connection is not None:
                rows = await read_customers(connection)
                self._ledger = Ledger(((id, plan, weight) for id, (plan, weight) in rows.items()), self._rng)

    async def run(self) -> None:
        """One second after the other; a server that is gone costs a second, never the workload."""
        second = 0
        try:
            while True:
                load = self._load()
                await self._survive(self._pools.follow(self._wanted()))
                await self._survive(self._pools.leak(load.database.leaks))
                for _ in range(TICKS_PER_SECOND):
                    tick = asyncio.create_task(self._tick(load))
                    await asyncio.sleep(1 / TICKS_PER_SECOND)
                    await tick
                await self._book(load, second)
                self._report()
                self._stage()
                second += 1
        finally:
            for task in (*self._side, *self._flying):
                task.cancel()
            await self._pools.close()

    def _wanted(self) -> dict[str, int]:
        return {name: count for name, count in self._load().database.connections.items() if name != _EXPORTER}

    async def _tick(self, load: Load) -> None:
        """Start what is due, and wait for it unless the statement hangs already."""
        hanging = {flight.id for flight in self._flying.values()}
        awaited = []
        for id, per_second in load.database.statements_s.items():
            owed = self._owed.get(id, 0.0) + per_second / TICKS_PER_SECOND * self._rng.uniform(0.8, 1.2)
            count = int(owed)
            self._owed[id] = owed - count
            if id in _GROWING and (self._observed.database_size_bytes or 0) > _LARGEST_DATABASE:
                continue
            if count and id in STATEMENTS:
                batch = self._begin(id, min(count, _FLUSH_BATCH))
                if batch is not None and id not in hanging:
                    awaited.append(batch)
        if awaited:
            await asyncio.wait(awaited, timeout=_TICK_PATIENCE_S)

    def _begin(self, id: str, count: int) -> asyncio.Task[None] | None:
        self._meter.asked(id, count)
        if sum(flight.id == id for flight in self._flying.values()) >= _AT_ONCE:
            self._meter.failed(id, count)
            return None
        task = asyncio.create_task(self._batch(id, count))
        self._flying[task] = _Flight(id, count, time.monotonic())
        task.add_done_callback(lambda done: self._flying.pop(done))
        return task

    async def _batch(self, id: str, count: int) -> None:
        statement = STATEMENTS[id]
        started = time.monotonic()
        try:
            async with self._pools.borrow(statement.application) as connection:
                if connection is None:
                    self._meter.failed(id, count)
                    return
                async with connection.cursor() as cursor:
                    await cursor.executemany(statement.sql, [statement.parameters(self._rng) for _ in range(count)])
        except psycopg.Error:
            self._meter.failed(id, count)
        else:
            self._meter.answered(id, count, time.monotonic() - started)

    def _report(self) -> None:
        """Tell how the statements of the last seconds fared."""
        now = time.monotonic()
        hanging: dict[str, int] = {}
        held: dict[str, int] = {}
        for flight in self._flying.values():
            if now - flight.since > _HANGS_AFTER_S:
                application = STATEMENTS[flight.id].application
                hanging[flight.id] = hanging.get(flight.id, 0) + flight.calls
                held[application] = held.get(application, 0) + 1
        self._observed.statements, self._observed.held = self._meter.second(hanging), held

    async def _book(self, load: Load, second: int) -> None:
        if self._ledger is None:
            return
        self._ledger.add(load, 1.0)
        if second % _LEDGER_EVERY_S == 0:
            async with self._pools.borrow("api") as connection:
                if connection is not None:
                    await self._survive(write_requests(connection, self._ledger.take()))

    def _stage(self) -> None:
        """Now and then a scene that a single statement cannot show."""
        scenes = ((20.0, self._transaction), (180.0, self._lock_wait), (90.0, self._forgotten))
        for mean_s, scene in scenes:
            if self._rng.random() < 1 / mean_s:
                task = asyncio.create_task(self._survive(scene()))
                self._side.add(task)
                task.add_done_callback(self._side.discard)

    async def _transaction(self) -> None:
        """A checkout as one transaction: order, items, stock."""
        rng = self._rng
        async with self._pools.borrow("api") as connection:
            if connection is None:
                return
            async with connection.transaction():
                row = await (
                    await connection.execute(
                        "INSERT INTO orders (user_id, payment_state, total) VALUES (%s, 'pending', %s) RETURNING id",
                        (rng.randint(1, 100), 42),
                    )
                ).fetchone()
                assert row is not None
                for product in sorted(rng.sample(range(1, PRODUCTS), 3)):
                    await connection.execute(
                        "INSERT INTO order_items (order_id, product_id, quantity, price) VALUES (%s, %s, 1, 14)",
                        (row[0], product),
                    )
                    await connection.execute("UPDATE products SET stock = stock - 1 WHERE id = %s", (product,))

    async def _lock_wait(self) -> None:
        """An import holds a product's row for a moment; a checkout waits for it."""
        product = self._rng.randint(1, PRODUCTS)
        async with self._pools.borrow("worker") as holder:
            if holder is None:
                return
            async with holder.transaction():
                await holder.execute(
                    "UPDATE products SET price = price * 1.01 WHERE id = %s /*application='worker',job='prices'*/",
                    (product,),
                )
                waiter = asyncio.create_task(self._survive(self._buy(product)))
                await asyncio.sleep(self._rng.uniform(0.3, 0.6))
            await waiter

    async def _buy(self, product: int) -> None:
        async with self._pools.borrow("api") as connection:
            if connection is not None:
                await connection.execute("UPDATE products SET stock = stock - 1 WHERE id = %s", (product,))

    async def _forgotten(self) -> None:
        """A report that opens a transaction, reads, and then calls somebody else before it commits."""
        async with self._pools.borrow("worker") as connection:
            if connection is not None:
                async with connection.transaction():
                    await connection.execute(
                        "SELECT count(*) FROM orders WHERE payment_state = %s /*application='worker',job='dunning'*/",
                        ("pending",),
                    )
                    await asyncio.sleep(self._rng.uniform(8.0, 45.0))

    async def _survive(self, work: Coroutine[Any, Any, None]) -> None:
        """The server may restart, refuse or cancel: real services go on after that, and so does this one."""
        try:
            await work
        except psycopg.Error:
            return
