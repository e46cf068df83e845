"""One PostgreSQL server: asks its queries and turns rows into values of the model."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from ...config.settings import Postgres
from ...model.asked import Asked
from ...model.counters import ServerCounters
from ...model.postgres import ServerFacts, ServerPlace, ServerSettings
from ...model.reading import ProblemKind
from ...text import clock
from ...text.clean import clean
from ..asking import GIVEN_UP, note
from ..errors import SourceError
from ..way import NoWay, Ways
from .connection import APPLICATION, Connection, Row
from .queries import pick

OLDEST_VERSION = 130000
SIZE_EVERY_S = 300.0
IDENTITY_EVERY_S = 60.0
TEXT_LIMIT = 4096
VERSION = "SELECT current_setting('server_version_num')::int"
TAG = f"/*application='{APPLICATION}'*/"
"""At the end of every query of ours: there pg_stat_statements keeps it on all versions, so that what we cost is known
whatever role asks."""
SPENT_S = 300.0
MOST_SPENT = 2000


class Identity(msgspec.Struct, frozen=True, gc=False):
    """Who we talk to and what the role may see."""

    version: int
    version_text: str
    started: datetime | None
    is_replica: bool
    database: str
    user: str
    reads_stats: bool
    """Member of pg_read_all_stats: sees the sessions and statements of others."""
    monitors: bool
    schema: str | None
    """Where pg_stat_statements is installed; None where it is not."""
    max_connections: int
    reserved: int


def text_for(query: str, who: Identity) -> str:
    """One of the package's queries as that server is asked it: the schema of pg_stat_statements filled in, tagged."""
    return _filled(query, who.version, who.schema or "public")


@lru_cache(maxsize=512)
def _filled(query: str, version: int, schema: str) -> str:
    """Made once: all that is kept of what was asked shares it."""
    quoted = '"' + schema.replace('"', '""') + '"'
    return tagged(pick(query, version).replace("{schema}", quoted))


def tagged(text: str) -> str:
    """The text with the words that tell the server's administrator, and ourselves, who asks."""
    return f"{text.rstrip()}\n{TAG}"


class PostgresServer:
    """Reads one server through one connection; every method raises SourceError when it cannot."""

    def __init__(self, settings: Postgres, ways: Ways = NoWay) -> None:
        self.settings = settings
        self.name = settings.name
        self.connection = Connection(settings, ways)
        self._turn = asyncio.Lock()
        self._identity: Identity | None = None
        self._identity_at = (-1, 0.0)
        self._size: tuple[int | None, float] = (None, 0.0)
        self._system = (-1, "")
        """(how often a connection was opened, the identifier)"""
        self.spent: deque[tuple[float, float]] = deque(maxlen=MOST_SPENT)
        """(seconds of clock.boottime, seconds it took) of each query of the last minutes, by our own clock."""

    async def close(self) -> None:
        await self.connection.close()

    async def identity(self) -> Identity:
        """Version and rights; asked again after a reconnect and once a minute: extensions and roles change."""
        opened, at = self._identity_at
        if self._identity and opened == self.connection.opened and clock.boottime() - at < IDENTITY_EVERY_S:
            return self._identity
        version = (await self.put("version", "its version", tagged(VERSION)))[0][0]
        if version < OLDEST_VERSION:
            sentence = f"{self.name} is PostgreSQL {version // 10000}; 13 is the oldest that is understood"
            raise SourceError(ProblemKind.BAD_ANSWER, sentence, "upgrade the server")
        row = (await self.put("server", "who it is", tagged(pick("server", version))))[0]
        self._identity = Identity(row[0], row[1].split(" ")[0], utc(row[2]), *row[3:])
        self._identity_at = (self.connection.opened, clock.boottime())
        return self._identity

    async def ask(self, what: str, query: str, **parameters: Any) -> list[Row]:
        """The rows of one of the package's queries in its text for this server's version."""
        who = await self.identity()
        text = text_for(query, who)
        if "{schema}" not in pick(query, who.version):
            return await self.put(query, what, text, parameters)
        try:
            return await self.put(query, what, text, parameters)
        except SourceError as error:
            if error.problem.kind is ProblemKind.BAD_ANSWER:
                # the extension may have been dropped or moved since we looked
                self._identity = None
                self.need_statements(await self.identity())
            raise

    async def put(self, name: str, what: str, text: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a text that the caller has tagged; all that is asked of the server goes through here."""
        async with self._turn:  # waiting for another query of ours is no time of this one
            taken, start = clock.now(), time.perf_counter()
            rows: list[Row] = []
            problem = ""
            try:
                rows = await self.connection.fetch(what, text, parameters or None)
            except SourceError as error:
                problem = error.problem.sentence
                raise
            except asyncio.CancelledError:
                problem = GIVEN_UP
                raise
            finally:
                took = time.perf_counter() - start
                note(Asked(name, what, text, self.name, taken, took, len(rows), problem))
                self._spend(took)
        return rows

    def _spend(self, took: float) -> None:
        now = clock.boottime()
        self.spent.append((now, took))
        while self.spent[0][0] < now - SPENT_S:
            self.spent.popleft()

    async def counters(self) -> ServerCounters:
        """Headline facts and the counters behind their rates."""
        who = await self.identity()
        row = (await self.ask("its counters", "facts"))[0]
        if row[1] != who.is_replica:
            # promoted, or made a replica, since we looked who it is
            self._identity = None
            who = await self.identity()
        states = await self.ask("its connections", "states")
        notes: list[str] = []
        try:
            self.need_statements(who)
        except SourceError as error:
            notes.append(error.problem.sentence)
        if not who.reads_stats:
            notes.append("the role is not in pg_monitor: states and statements of others are hidden")
        facts = ServerFacts(
            server=self.name,
            version=who.version_text,
            started=utc(row[0]),
            is_replica=row[1],
            connections=sum(count for _, count, _ in states),
            max_connections=who.max_connections,
            reserved=who.reserved,
            by_state=tuple(sorted(((state or "hidden", count) for state, count, _ in states), key=lambda s: -s[1])),
            database_bytes=await self._database_bytes(),
            replica_lag_s=row[9],
            oldest_transaction_s=max((oldest for _, _, oldest in states if oldest is not None), default=0.0)
            if who.reads_stats
            else None,
            has_statements=who.schema is not None,
            notes=tuple(notes),
            place=await self._place(who, row),
        )
        hit, read, commits, rollbacks, deadlocks, temp_bytes = (value or 0 for value in row[2:8])
        return ServerCounters(clock.now(), facts, hit, read, commits, rollbacks, deadlocks, temp_bytes, utc(row[8]))

    async def _place(self, who: Identity, row: Row) -> ServerPlace:
        opened, system = self._system
        if opened != self.connection.opened:
            try:
                system = (await self.ask("its identifier", "system"))[0][0]
            except SourceError as error:
                if error.problem.kind in (ProblemKind.UNREACHABLE, ProblemKind.TIMEOUT):
                    raise
                system = ""
            self._system = (self.connection.opened, system)
        timeline, position, behind, host, port, follows, receives = row[10:17]
        return ServerPlace(
            system=system,
            timeline=timeline,
            position=position or "",
            address=f"{host}:{port}" if host else "",
            follows=clean(follows or ""),
            receives=receives if row[1] else None,
            behind_bytes=behind,
            database=who.database,
            user=who.user,
            monitors=who.monitors,
        )

    async def server_settings(self) -> ServerSettings:
        """What the role may see of the settings that all sessions share."""
        rows = await self.ask("its settings", "settings")
        values = {name: clean(value or "", 200) for name, value, _, _ in rows}
        started, loaded = (utc(rows[0][2]), utc(rows[0][3])) if rows else (None, None)
        return ServerSettings(self.name, started, loaded, values)

    def need_statements(self, who: Identity) -> None:
        """Raises SourceError where the extension is not there, with what to do; the next question looks anew."""
        if who.schema is None:
            self._identity = None
            raise SourceError(
                ProblemKind.MISCONFIGURED,
                f"{self.name}: pg_stat_statements is not installed in database {who.database}",
                "add it to shared_preload_libraries, restart, and run CREATE EXTENSION pg_stat_statements",
            )

    async def _database_bytes(self) -> int | None:
        size, at = self._size
        if at and clock.boottime() - at < SIZE_EVERY_S:
            return size
        try:
            size = (await self.ask("the database's size", "size"))[0][0]
        except SourceError as error:
            if error.problem.kind is ProblemKind.UNREACHABLE:
                raise
            size = None
        self._size = (size, clock.boottime())
        return size


def utc(moment: datetime | None) -> datetime | None:
    """The server answers in its own zone; the model holds UTC."""
    return None if moment is None else moment.astimezone(UTC)
