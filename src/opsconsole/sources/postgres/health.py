"""Gathers the signs of a PostgreSQL server's health, part by part: what the role may not see stays unknown.

Each part is one query with its own pace; a failing one costs its own part only. Rows are turned into values in
`health_rows`.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from ...model.asked import Asked
from ...model.reading import ProblemKind
from ...model.server_signs import HealthSigns, Refusal
from ...text import clock
from ..errors import SourceError
from . import health_rows as rows
from .connection import Row
from .server import PostgresServer, text_for

Made = Callable[[list[Row]], dict[str, Any]]

MINUTES, TEN_MINUTES, RARELY = 60.0, 600.0, 3600.0
EARLY_S = 5.0
"""A part is asked again this much before its time: rounds do not come to the second."""

SPARED = 1000
"""A part rests so many times as long as its answer took: large catalogues are asked more rarely."""


class Part(msgspec.Struct, frozen=True, gc=False):
    query: str
    what: str
    every_s: float
    make: Made


PARTS = (
    Part("health_settings", "its settings", MINUTES, rows.settings),
    Part("databases", "its databases", MINUTES, rows.databases),
    Part("transactions", "its transactions", MINUTES, rows.transactions),
    Part("xmins", "what holds back vacuum", MINUTES, rows.xmins),
    Part("prepared", "its prepared transactions", MINUTES, rows.prepared),
    Part("progress", "the maintenance that runs", MINUTES, rows.progress),
    Part("tables", "its tables", MINUTES, rows.tables),
    Part("replication", "its replicas", MINUTES, rows.replicas),
    Part("receiver", "how it follows its primary", MINUTES, rows.receiver),
    Part("slots", "its replication slots", MINUTES, rows.slots),
    Part("archiver", "its archiver", MINUTES, rows.archiver),
    Part("checkpoints", "its checkpoints", MINUTES, rows.checkpoints),
    Part("counting", "pg_stat_statements", MINUTES, rows.statements),
    Part("indexes", "its indexes", TEN_MINUTES, rows.indexes),
    Part("duplicates", "its duplicate indexes", TEN_MINUTES, rows.duplicates),
    Part("sequences", "its sequences", TEN_MINUTES, rows.sequences),
    Part("table_ages", "its tables' ages", TEN_MINUTES, rows.table_ages),
    Part("database_sizes", "its databases' sizes", TEN_MINUTES, rows.database_sizes),
    Part("table_sizes", "its tables' sizes", TEN_MINUTES, rows.table_sizes),
    Part("extensions", "its extensions", RARELY, rows.extensions),
    Part("columns", "its column statistics", RARELY, rows.columns),
    Part("provider", "whose service it is", RARELY, rows.provider),
    Part("system", "its identifier", RARELY, rows.system),
)


class _Answer(msgspec.Struct, frozen=True, gc=False):
    at: float
    rests_s: float
    """How long it serves."""
    found: dict[str, Any]
    asked: Asked
    refusal: Refusal | None = None


class HealthReader:
    """Remembers the answers of slow parts until their time has come; another connection begins anew."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._answers: dict[str, _Answer] = {}
        self._epoch: tuple[Any, ...] = ()

    async def signs(self) -> HealthSigns:
        """All parts; raises SourceError only where the server itself cannot be asked."""
        server = self.server
        who = await server.identity()
        epoch = (server.connection.opened, who.started, who.is_replica, who.user, who.monitors)
        if epoch != self._epoch:
            self._answers.clear()
            self._epoch = epoch
        await self._round()
        if server.connection.opened != epoch[0]:
            # Another session, maybe another server: nothing of the one before may stand beside its answers.
            self._answers.clear()
            await self._round()
            who = await server.identity()
        answers = self._answers.values()
        found: dict[str, Any] = {}
        for answer in answers:
            found |= answer.found
        return HealthSigns(
            server=server.name,
            taken=clock.now(),
            version=who.version,
            refused=tuple(answer.refusal for answer in answers if answer.refusal is not None),
            asked=tuple(answer.asked for answer in answers),
            database=who.database,
            user=who.user,
            started=who.started,
            is_replica=who.is_replica,
            monitors=who.monitors,
            **found,
        )

    async def _round(self) -> None:
        """Ask what is due."""
        for part in PARTS:
            kept = self._answers.get(part.query)
            if kept is None or clock.boottime() - kept.at >= kept.rests_s - EARLY_S:
                self._answers[part.query] = await self._ask(part)

    async def _ask(self, part: Part) -> _Answer:
        server = self.server
        start, taken = clock.boottime(), clock.now()
        found: dict[str, Any] = {}
        refusal, count, rests_s = None, 0, part.every_s
        try:
            if part.query == "counting" and (await server.identity()).schema is None:
                database = (await server.identity()).database
                found = {"statements": f"not installed in database {database}"}
            else:
                answer = await server.ask(part.what, part.query)
                count, found = len(answer), part.make(answer)
        except SourceError as error:
            problem = error.problem
            if problem.kind is ProblemKind.UNREACHABLE:
                raise
            if problem.kind is ProblemKind.TIMEOUT:
                # A struggling server is not asked every minute for what it could not tell in time.
                rests_s = max(rests_s, TEN_MINUTES)
            refusal = Refusal(part.query, problem.sentence, problem.kind is ProblemKind.FORBIDDEN)
        took, said = clock.boottime() - start, "" if refusal is None else refusal.sentence
        rests_s = max(rests_s, took * SPARED)
        text = text_for(part.query, await server.identity())
        return _Answer(
            start, rests_s, found, Asked(part.query, part.what, text, server.name, taken, took, count, said), refusal
        )


async def signs(server: PostgresServer) -> HealthSigns:
    """All parts, asked now."""
    return await HealthReader(server).signs()
