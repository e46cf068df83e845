"""Who is connected to a server: rows of pg_stat_activity as sessions of the model, and whom each of them waits for."""

from datetime import UTC, datetime

import msgspec

from ...model.reading import ProblemKind
from ...model.sessions import HIDDEN, PREPARED, Session, SessionLocks, Sessions
from ...text.clean import clean
from ...text.sql import compact
from ..errors import SourceError
from .connection import Row
from .encoding import decode
from .locks import LockReader
from .server import TEXT_LIMIT, PostgresServer, utc
from .waiting import Waiting

PEOPLE = ("client backend", "walsender", "parallel worker")
_NOT_TOLD = "<insufficient privilege>"
_LATEST = datetime.max.replace(tzinfo=UTC)


class SessionReader:
    """Reads one server's sessions; raises SourceError when it cannot."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._locks = LockReader(server)

    async def read(self) -> Sessions:
        """All backends, and who of them waits for whom: where that cannot be told it says why."""
        rows = await self._server.ask("its sessions", "sessions")
        everyone = [session(row, self._server.connection.codec) for row in rows]
        problem = ""
        waiting = Waiting()
        try:
            leaders = {one.pid: one.leader for one in everyone if one.leader is not None}
            waiting = await self._locks.waiting(await self._who_waits(everyone), leaders)
        except SourceError as error:
            if error.problem.kind is ProblemKind.UNREACHABLE:
                raise
            problem = error.problem.sentence
        told = [waiting.tell(one) for one in everyone]
        own = tuple(one for one in told if one.own)
        who = await self._server.identity()
        people = tuple(one for one in told if not one.own and _is_person(one))
        return Sessions(
            self._server.name,
            people,
            hidden=sum(1 for one in people if one.state == HIDDEN),
            own=own,
            system=tuple(one for one in told if not one.own and not _is_person(one)),
            prepared=tuple(waiting.tell(_prepared(one)) for one in waiting.prepared),
            not_asked=waiting.not_asked,
            likened=waiting.likened,
            problem=problem,
            role=clean(who.user),
            reads_stats=who.reads_stats,
        )

    async def locks_of(self, session: Session, workers: tuple[int, ...] = ()) -> SessionLocks:
        """The locks of one session and of its parallel workers, asked now."""
        return await self._locks.locks_of((session.pid, *workers))

    async def _who_waits(self, sessions: list[Session]) -> list[Session]:
        """Longest waiting first. Of whom a role may not see what it waits for, the lock tables tell that it does."""
        waiting = {one.pid: one for one in sessions if one.wait_type == "Lock"}
        hidden = {one.pid: one for one in sessions if one.state == HIDDEN}
        if hidden:
            seen = {row[0] for row in await self._server.ask("who waits", "locks_waiting")}
            waiting |= {pid: one for pid, one in hidden.items() if pid in seen}
        return sorted(waiting.values(), key=lambda one: (one.query_start or _LATEST, one.pid))


def session(row: Row, codec: str) -> Session:
    """One row of the sessions query; what the role may not see has the state `hidden`."""
    text = [clean(value or "") for value in row[2:9]]
    state, application, user, database, client, wait_type, wait_event = text
    query = decode(row[9] or b"", codec)
    hidden = row[2] is None and query == _NOT_TOLD
    if row[14] == "walsender" and state == "active":
        state = "sends WAL"  # its query is the command that began that, maybe months ago
    return Session(
        pid=row[0],
        backend_start=utc(row[1]),
        state=HIDDEN if hidden else state,
        application=application,
        user=user,
        database=database,
        client=client,
        wait_type=wait_type,
        wait_event=wait_event,
        query="" if hidden else clean(compact(query), TEXT_LIMIT),
        query_start=utc(row[10]),
        transaction_start=utc(row[11]),
        state_change=utc(row[12]),
        query_id=row[13],
        backend_type=clean(row[14] or ""),
        client_port=row[15] if row[15] is not None and row[15] >= 0 else None,
        leader=row[16],
        xmin_age=row[17],
        own=row[18],
    )


def _is_person(session: Session) -> bool:
    """Of a hidden session the type is hidden too; background processes have no user."""
    return session.backend_type in PEOPLE or (not session.backend_type and bool(session.user))


def _prepared(row: Row) -> Session:
    """A prepared transaction as a session without a backend."""
    transaction, gid, owner, database, prepared = row
    at, query = utc(prepared), "PREPARE TRANSACTION '{}'".format(clean(gid, 200).replace("'", "''"))
    blank = Session(-int(transaction), at, PREPARED, "", clean(owner), clean(database), "", "", "", query, None, at, at)
    return msgspec.structs.replace(blank, backend_type="prepared transaction", gid=clean(gid, 200))
