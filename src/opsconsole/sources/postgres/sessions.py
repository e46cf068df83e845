"""Who is connected to a server: rows of pg_stat_activity as sessions of the model."""

from ...model.sessions import Session, Sessions
from ...text.clean import clean
from ...text.sql import compact
from .connection import Row
from .server import TEXT_LIMIT, PostgresServer, utc


class SessionReader:
    """Reads one server's sessions; raises SourceError when it cannot."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    async def read(self) -> Sessions:
        """Client sessions, our own left out."""
        rows = tuple(session(row) for row in await self._server.ask("its sessions", "sessions"))
        return Sessions(self._server.name, rows, sum(1 for row in rows if row.state == "hidden"))


def session(row: Row) -> Session:
    """One row of the sessions query; what the role may not see has the state `hidden`."""
    text = [clean(value or "") for value in row[2:9]]
    state, application, user, database, client, wait_type, wait_event = text
    hidden = row[2] is None and row[9] == "<insufficient privilege>"
    return Session(
        pid=row[0],
        backend_start=utc(row[1]),
        state="hidden" if hidden else state,
        application=application,
        user=user,
        database=database,
        client=client,
        wait_type=wait_type,
        wait_event=wait_event,
        query="" if hidden else clean(compact(row[9] or ""), TEXT_LIMIT),
        query_start=utc(row[10]),
        transaction_start=utc(row[11]),
        state_change=utc(row[12]),
        query_id=row[13],
        # A blocker appears once per lock it holds, and as 0 where a prepared transaction blocks.
        blocked_by=tuple(sorted({pid for pid in row[14] if pid > 0})),
        backend_type=row[15] or "",
        relation=clean(row[16] or ""),
        lock_mode=row[17] or "",
    )
