"""What scenarios do to the demo's real PostgreSQL and Valkey: real sessions, locks, indexes and limits."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from opsconsole.demo.database_seed import POSTS_CONTENT, USERS
from opsconsole.demo.platform import Backstage
from opsconsole.demo.scenarios import cache_collapse, lock_pileup, missing_index, vacuum_behind

_LOOK_EVERY_S = 0.2
_BESTSELLER = 17
_REMINDED = 60
_BUYERS = 5


@dataclass(frozen=True, slots=True)
class Targets:
    """Where the acts are played."""

    dsn: str
    """As the shop's own role, which owns its tables."""
    cache_url: str
    cache_password: str
    forgotten: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the transaction that nobody commits holds its locks."""

    @asynccontextmanager
    async def session(self, application: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A session of its own, with autocommit."""
        connection = await psycopg.AsyncConnection.connect(self.dsn, application_name=application, autocommit=True)
        try:
            yield connection
        finally:
            await connection.close()


Act = Callable[[Targets], Awaitable[None]]


async def _forget_to_commit(targets: Targets) -> None:
    """A job of the worker marks old orders in a transaction, and then waits for a mail server that never answers."""
    async with targets.session("worker") as session:
        await session.execute("BEGIN")
        await session.execute(
            "UPDATE orders SET payment_state = 'reminded' WHERE id <= %s /*application='worker',job='dunning'*/",
            (_REMINDED,),
        )
        targets.forgotten.set()
        await asyncio.Event().wait()


async def _alter_orders(targets: Targets) -> None:
    """A migration: quick by itself, but it needs the table for itself, and all who come later queue behind it.

    It comes second also where a busy machine makes both due at once: before the other it would not wait.
    """
    await targets.forgotten.wait()
    async with targets.session("alembic") as session:
        await session.execute(
            "ALTER TABLE orders ADD COLUMN delivery_note text /*application='alembic',revision='8f2c1d_delivery_note'*/"
        )


async def _buy_the_bestseller(targets: Targets) -> None:
    """Checkouts that take the bestseller out of the stock before they insert their order: each waits for the first."""

    async def buy() -> None:
        async with targets.session("api") as session, session.transaction():
            await session.execute(
                "UPDATE products SET stock = stock - 1 WHERE id = %s /*application='api',controller='checkout'*/",
                (_BESTSELLER,),
            )
            await session.execute(
                "INSERT INTO orders (user_id, payment_state, total) VALUES (%s, 'pending', 20) "
                "/*application='api',controller='checkout'*/",
                (1,),
            )

    await asyncio.gather(*(buy() for _ in range(_BUYERS)), return_exceptions=True)


async def _import_archive(targets: Targets) -> None:
    async with targets.session("import") as session:
        await psycopg.AsyncClientCursor(session).execute(
            POSTS_CONTENT, {"posts": missing_index.ARCHIVED, "users": USERS, "newest_days": 28}
        )
        await session.execute("ANALYZE posts")


def _migrate(statement: LiteralString) -> Act:
    async def act(targets: Targets) -> None:
        async with targets.session("alembic") as session:
            await session.execute(statement)

    return act


async def _leave_prepared(targets: Targets) -> None:
    """A payment in two phases whose coordinator died between them: the transaction outlives its session."""
    async with targets.session("payments-gateway") as session:
        await session.execute("BEGIN")
        await session.execute("UPDATE orders SET payment_state = 'charging' WHERE id = %s", (_REMINDED,))
        await session.execute(f"PREPARE TRANSACTION '{vacuum_behind.TRANSACTION}'".encode())


async def _shrink_cache(targets: Targets) -> None:
    async with Redis.from_url(targets.cache_url, password=targets.cache_password, client_name="operator") as client:
        await client.config_set("maxmemory", cache_collapse.MAX_MEMORY)


ACTS: dict[str, Act] = {
    lock_pileup.FORGET_TO_COMMIT: _forget_to_commit,
    lock_pileup.ALTER_ORDERS: _alter_orders,
    lock_pileup.BUY_THE_BESTSELLER: _buy_the_bestseller,
    missing_index.IMPORT_ARCHIVE: _import_archive,
    missing_index.DROP_INDEX: _migrate(
        "DROP INDEX posts_author_created_idx, posts_created_idx /*application='alembic',revision='5b90e7_unused'*/"
    ),
    vacuum_behind.LEAVE_PREPARED: _leave_prepared,
    cache_collapse.SHRINK: _shrink_cache,
}


class Acts:
    """Plays what the scenario calls for; an act that fails, or that somebody ends from outside, is over."""

    def __init__(self, backstage: Backstage, dsn: str, cache_url: str, cache_password: str) -> None:
        self._backstage = backstage
        self._targets = Targets(dsn, cache_url, cache_password)

    async def opening(self) -> None:
        """Play to its end what belongs to the platform before anybody looks at it."""
        await asyncio.gather(*map(self._play, self._backstage.take()))

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as playing:
            while True:
                for act in self._backstage.take():
                    playing.create_task(self._play(act))
                await asyncio.sleep(_LOOK_EVERY_S)

    async def _play(self, act: str) -> None:
        try:
            await ACTS[act](self._targets)
        except (psycopg.Error, RedisError) as error:
            print(f"{act}: {error}", file=sys.stderr)
