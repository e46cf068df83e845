"""Who waits for whom, and for what: asked in one query for all that wait, as seldom and for as few as is decent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ...model.sessions import HeldLock, Session, SessionLocks
from ...rules.lock_words import lock_words
from ...text import clock
from .connection import Row
from .server import PostgresServer, utc
from .waiting import Waiting, lock_of, understood

MOST_ASKED = 100
"""For so many of those that wait it is asked whom they wait for: each costs the server a moment in which nobody takes
or gives back a lock. The others are told by what they want."""
SHARE = 0.05
"""The server answers about locks at most for this share of the time: a slow answer is used longer."""


class LockReader:
    """Asks one server about its locks."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._last = Waiting()
        self._next = 0.0

    async def waiting(self, sessions: Sequence[Session], leaders: Mapping[int, int]) -> Waiting:
        """Whom these wait for, longest waiting first. The last answer serves on while a new one would be a burden.

        `leaders` has the leader's pid of each parallel worker.
        """
        if not sessions:
            self._last = Waiting()
            return self._last
        began = clock.boottime()
        if began < self._next:
            return self._last
        asked = varied(sessions)[:MOST_ASKED]
        rows = await self._server.ask("who waits for whom", "locks", pids=[one.pid for one in asked])
        prepared: list[Row] = []
        if any(0 in (row[19] or ()) for row in rows):
            prepared = await self._server.ask("prepared transactions", "locks_prepared")
        took = clock.boottime() - began
        self._next = clock.boottime() + took * (1 / SHARE - 1)
        self._last = understood(rows, sessions, prepared, leaders)
        return self._last

    async def locks_of(self, pids: tuple[int, ...]) -> SessionLocks:
        """All locks of these backends, at most as many as the query's own limit."""
        rows = await self._server.ask("its locks", "locks_of", pids=list(pids))
        locks = tuple(HeldLock(r[1], lock_words(lock_of(r)), r[18], r[19], utc(r[17])) for r in rows)
        return SessionLocks(locks, max(0, rows[0][20] - len(rows)) if rows else 0)


def varied(sessions: Iterable[Session]) -> list[Session]:
    """One of each kind first, so that no tree hides behind the many of another; within a kind the order stays."""
    kinds: Counter[tuple[str, ...]] = Counter()
    placed: list[tuple[int, int, Session]] = []
    for session in sessions:
        kind = (session.database, session.wait_event, session.query)
        placed.append((kinds[kind], len(placed), session))
        kinds[kind] += 1
    return [session for *_, session in sorted(placed, key=lambda one: one[:2])]
