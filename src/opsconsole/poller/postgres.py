"""The feeds of PostgreSQL: facts, statements, sessions and health of every configured server."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from ..config.settings import Postgres
from ..model.counters import ServerCounters
from ..model.finding import Change
from ..model.postgres import ServerFacts, ServerHealth, ServerSettings
from ..model.sessions import Sessions
from ..model.statements import Statements
from ..rules import server_facts
from ..rules.server_changes import server_changes
from ..sources.postgres.errors import silent
from ..sources.postgres.server import PostgresServer, text_for
from ..sources.postgres.sessions import SessionReader
from ..sources.way import NoWay, Ways
from ..text import clock
from .feed import Polled, Read
from .own_cost import EVERY_S as COST_EVERY_S
from .own_cost import CostDesk
from .samples import SAVE_EVERY_S, Samples
from .server_health import DiskRead, HealthDesk, acquaint
from .statement_feed import FIRST_S, StatementDesk, WindowsFeed
from .statement_texts import StatementTexts
from .topics import PG_CHANGES, PG_COST, PG_FACTS, PG_HEALTH, PG_SESSIONS, PG_STATEMENTS, Topic
from .wishes import Wishes

T = TypeVar("T")

FACTS_EVERY_S = 5.0
SESSIONS_EVERY_S = 2.0
HEALTH_EVERY_S = 60.0
CHANGES_EVERY_S = 30.0
KEPT = timedelta(hours=24)
"""How long a change is remembered."""
TIMEOUT_S, GRACE_S = 15.0, 5.0
"""A reading is given up after the first, or later than two of its queries in a row where the settings let them take
longer: the one that the server gave up must not take the others with it."""
HEALTH_TIMEOUT_S = 60.0
FACTS_FIRST_S = 2.0
"""So long the dear readings wait for the first facts, which take a few milliseconds and are looked at first."""
RECENT_S = 300.0
"""A stored reading this young may serve as the one before the first."""
COUNTERS = "pg.counters"


class PostgresFeeds:
    """All feeds of the servers; the first one has the topics of `poller.topics`, others add their name."""

    def __init__(
        self, servers: Sequence[Postgres], store: Samples | None = None, disk: DiskRead | None = None,
        ways: Ways = NoWay,
    ) -> None:  # fmt: skip
        self.readers = tuple(
            ServerReader(settings, "" if index == 0 else settings.name, store, disk, ways)
            for index, settings in enumerate(servers)
        )
        acquaint(reader.desk for reader in self.readers)

    @property
    def feeds(self) -> tuple[Polled[Any], ...]:
        return tuple(feed for reader in self.readers for feed in reader.feeds)

    def windows(self, wishes: Wishes) -> tuple[WindowsFeed, ...]:
        """What shows the statements over other windows than the usual one, for who wishes it."""
        return tuple(WindowsFeed(reader.statement_desk, wishes, reader.suffix) for reader in self.readers)

    async def close(self) -> None:
        """Close the connections; call it after the poller has stopped."""
        await asyncio.gather(*(reader.server.close() for reader in self.readers))


class ServerReader:
    """One server's readings, and what each remembers of the one before."""

    def __init__(
        self, settings: Postgres, suffix: str, store: Samples | None, disk: DiskRead | None = None,
        ways: Ways = NoWay,
    ) -> None:  # fmt: skip
        self.server = PostgresServer(settings, ways)
        self.people = SessionReader(self.server)
        self.texts = StatementTexts(self.server)
        self.statement_desk = StatementDesk(self.server, self.texts, store)
        self.suffix = suffix
        self.desk = HealthDesk(self.server, store, disk)
        self._store = store
        self._counters: ServerCounters | None = None
        self._counters_saved: float | None = None
        self._settings: ServerSettings | None = None
        self._met = asyncio.Event()
        """Set once the facts were read, or could not be."""
        self._changes: tuple[Change, ...] = ()
        patience_s = max(TIMEOUT_S, 2 * settings.statement_timeout_s + GRACE_S)
        cost = CostDesk(self.server, self.statement_desk.history)
        self._statement_feed = self._polled(PG_STATEMENTS, FIRST_S, self._after_facts(self.statements), patience_s)
        self.feeds: tuple[Polled[Any], ...] = (
            self._polled(PG_FACTS, FACTS_EVERY_S, self.facts, patience_s),
            self._polled(PG_SESSIONS, SESSIONS_EVERY_S, self.sessions, patience_s),
            self._statement_feed,
            self._polled(PG_HEALTH, HEALTH_EVERY_S, self._after_facts(self.health), max(HEALTH_TIMEOUT_S, patience_s)),
            self._polled(PG_CHANGES, CHANGES_EVERY_S, self._after_facts(self.changes), patience_s),
            self._polled(PG_COST, COST_EVERY_S, cost.read, patience_s),
        )

    def _polled(self, topic: Topic[T], every_s: float, read: Read[T], timeout_s: float) -> Polled[T]:
        async def in_time() -> tuple[T, str]:
            try:
                async with asyncio.timeout(timeout_s):
                    return await read()
            except TimeoutError:
                # all share one connection: whoever waits behind a query that hangs has not been asked for itself
                if self.server.connection.silent:
                    raise silent(self.server.name) from None
                raise

        named = server_topic(topic, self.suffix)
        return Polled(named.name, named, every_s, in_time, timeout_s=timeout_s + 1.0)

    def _after_facts(self, read: Read[T]) -> Read[T]:
        async def later() -> tuple[T, str]:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FACTS_FIRST_S):
                    await self._met.wait()
            self._met.set()  # without facts nothing waits twice
            return await read()

        return later

    async def facts(self) -> tuple[ServerFacts, str]:
        try:
            now = await self.server.counters()
        finally:
            self._met.set()
        # The store opens while the server answers.
        before = self._counters or await self._stored_counters()
        self._counters = now
        await self._save_counters(now)
        return self.statement_desk.tell(server_facts.facts(before, now)), await self._origin("facts")

    async def sessions(self) -> tuple[Sessions, str]:
        sessions = await self.people.read()
        self.texts.learn(sessions)
        return sessions, await self._origin("sessions")

    async def statements(self) -> tuple[Statements, str]:
        view = await self.statement_desk.read()
        self._statement_feed.every_s = self.statement_desk.pause_s
        return view, await self._origin("statements")

    async def health(self) -> tuple[ServerHealth, str]:
        return await self.desk.health(self._changes), await self._origin("databases")

    async def changes(self) -> tuple[tuple[Change, ...], str]:
        """What changed at the server since the first reading, and when it started."""
        now = await self.server.server_settings()
        new, self._settings = server_changes(self._settings, now), now
        oldest = clock.now() - KEPT
        self._changes = tuple(change for change in (*self._changes, *new) if change.at >= oldest)
        return self._changes, await self._origin("settings")

    async def _origin(self, query: str) -> str:
        who = await self.server.identity()
        return f"{self.server.name}: {text_for(query, who)}"

    async def _stored_counters(self) -> ServerCounters | None:
        """What another console kept a moment ago; a rate over a longer gap would say nothing of now."""
        if self._store is None:
            return None
        kept = await self._store.samples(COUNTERS, self.server.name, clock.now() - timedelta(seconds=RECENT_S))
        try:
            return msgspec.msgpack.decode(kept[-1][1], type=ServerCounters) if kept else None
        except (msgspec.ValidationError, msgspec.DecodeError):
            return None

    async def _save_counters(self, now: ServerCounters) -> None:
        at = clock.boottime()
        if self._store and (self._counters_saved is None or at - self._counters_saved >= SAVE_EVERY_S):
            self._counters_saved = at
            await self._store.save_sample(COUNTERS, self.server.name, now.taken, msgspec.msgpack.encode(now))


def server_topic(topic: Topic[T], server: str) -> Topic[T]:
    """The topic of a further server; the first one has the plain topics (`server` "")."""
    return Topic(f"{topic.name}.{server}", topic.system) if server else topic
