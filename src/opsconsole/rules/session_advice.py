"""What ending a session would do and cost, in words, the gentlest way first; nothing here ends anything."""

import re

from ..model.sessions import HIDDEN, PREPARED, UNTRACKED, Session
from .sessions import waits

_CONCURRENTLY = re.compile(r"\b(?:index|reindex)\b.*\bconcurrently\b", re.IGNORECASE)
_WRITES = re.compile(r"^\s*(?:with\b.*\b)?(?:insert|update|delete|merge|copy|create|alter|vacuum)\b", re.IGNORECASE)
RIGHT = "this takes the same role, pg_signal_backend, or for a superuser's session a superuser"


def advice(session: Session, victims: int) -> tuple[str, ...]:
    """Sentences for the session's page; `victims` wait for it."""
    if session.state == PREPARED:
        name = session.gid.replace("'", "''")
        return (
            "no backend runs it: it cannot be cancelled or terminated, and a restart does not end it",
            "ask the transaction manager first: its other half may be committed already",
            f"then, as {session.user} in database {session.database}:"
            f" COMMIT PREPARED '{name}' or ROLLBACK PREPARED '{name}'",
        )
    if session.leader is not None:
        return (f"it works for {session.leader}: cancel that one, and its workers end with it",)
    by_type = _of_type(session)
    if by_type:
        return by_type
    found = []
    if session.blocked_by and victims:
        found.append(
            "it waits itself: ending it helps only those that wait for nobody else; look at who blocks it first"
        )
    elif waits(session):
        found.append("it only waits: ending it frees nobody; look at who blocks it")
    if session.state.startswith("idle in transaction"):
        found += [
            f"no query runs, there is nothing to cancel: SELECT pg_terminate_backend({session.pid}) ends the session",
            "its open transaction is rolled back: what it has written since it began is lost, and its locks go at once",
            "that it does not come again: idle_in_transaction_session_timeout, or the application's own time limit",
        ]
    elif session.state in ("active", "fastpath function call"):
        found += [
            f"first SELECT pg_cancel_backend({session.pid}): its query ends, its transaction is aborted, it stays",
            f"only if that does nothing SELECT pg_terminate_backend({session.pid}): the client loses its connection",
            _cost(session.query),
        ]
    elif session.state in (HIDDEN, UNTRACKED):
        found += [
            f"what it does is not seen: SELECT pg_cancel_backend({session.pid}) ends a query where one runs",
            f"SELECT pg_terminate_backend({session.pid}) ends the session, and rolls back what may be open in it",
        ]
    elif victims:
        found += [
            f"no transaction: it holds a lock of its session, which SELECT pg_terminate_backend({session.pid}) ends",
            "its application may go on as if it still held the lock: let it unlock (pg_advisory_unlock) where it can",
        ]
    else:
        found.append(f"it does nothing; SELECT pg_terminate_backend({session.pid}) frees its connection and no more")
    return (*found, RIGHT)


def _of_type(session: Session) -> tuple[str, ...]:
    if session.backend_type == "autovacuum worker":
        if "to prevent wraparound" in session.query:
            return (
                "it keeps transaction ids from running out and does not give way: let it end; cancelled it comes back",
            )
        return ("it gives way by itself to whoever waits for its lock longer than deadlock_timeout",)
    if session.backend_type == "walsender":
        return ("it sends WAL to a replica or a subscriber: ended, that one connects again and goes on",)
    if session.backend_type not in ("client backend", ""):
        return (f"{session.backend_type} belongs to the server: leave it alone",)
    return ()


def _cost(query: str) -> str:
    if _CONCURRENTLY.search(query):
        return "ended halfway it leaves an invalid index behind, which must be dropped"
    if _WRITES.search(query):
        return (
            "rolling back takes no time, but what it has written stays as dead rows for vacuum, and must be done anew"
        )
    return "a query that only reads loses nothing but the time it took"
