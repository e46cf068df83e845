"""Who waits for whom, and for what: asked in one query for all that wait, as seldom and for as few as is decent."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from ...model.sessions import Held, HeldLock, Session, SessionLocks
from ...rules.lock_words import INDEXES, Lock, lock_words, relation_words, row_words
from ...text import clock
from ...text.clean import clean
from .connection import Row
from .server import PostgresServer, utc

MOST_ASKED = 100
"""For so many of those that wait it is asked whom they wait for, longest waiting first: each costs the server a moment
in which nobody takes or gives back a lock. A tree shows its root and its size long before."""
SHARE = 0.05
"""The server answers about locks at most for this share of the time: a slow answer is used longer."""
_TABLES = 2
"""A row lock is named by its table where no more than so many come into question."""
_NAMED = 8
"""Locks of one session that others want, at most."""


class Wait(msgspec.Struct, frozen=True, gc=False):
    """What one session waits for."""

    mode: str
    what: str
    since: datetime | None
    blockers: tuple[int, ...]
    queued: tuple[int, ...]


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """An answer about all that wait."""

    waits: dict[str, Wait] = {}
    """By the session's key and the start of its query: what waits for another thing later is another wait."""
    holds: dict[int, tuple[Held, ...]] = {}
    prepared: tuple[Row, ...] = ()
    not_asked: int = 0

    def tell(self, session: Session) -> Session:
        """The session with what is known of its locks."""
        wait = self.waits.get(_of(session))
        holds = self.holds.get(session.pid, ())
        if wait is None:
            return msgspec.structs.replace(session, holds=holds) if holds else session
        return msgspec.structs.replace(
            session, blocked_by=wait.blockers, relation=wait.what, lock_mode=wait.mode, waits_since=wait.since,
            queued=wait.queued, holds=holds,
        )  # fmt: skip


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
        asked = sessions[:MOST_ASKED]
        rows = await self._server.ask("who waits for whom", "locks", pids=[one.pid for one in asked])
        prepared: list[Row] = []
        if any(0 in (row[19] or ()) for row in rows):
            prepared = await self._server.ask("prepared transactions", "locks_prepared")
        took = clock.boottime() - began
        self._next = clock.boottime() + took * (1 / SHARE - 1)
        self._last = understood(rows, asked, prepared, leaders, len(sessions) - len(asked))
        return self._last

    async def locks_of(self, pids: tuple[int, ...]) -> SessionLocks:
        """All locks of these backends, at most as many as the query's own limit."""
        rows = await self._server.ask("its locks", "locks_of", pids=list(pids))
        locks = tuple(HeldLock(r[1], lock_words(_lock(r)), r[18], r[19], utc(r[17])) for r in rows)
        return SessionLocks(locks, max(0, rows[0][20] - len(rows)) if rows else 0)


def understood(
    rows: Iterable[Row],
    asked: Iterable[Session],
    prepared: Sequence[Row],
    leaders: Mapping[int, int],
    not_asked: int = 0,
) -> Waiting:
    """The rows of the locks query put together."""
    by_kind: dict[str, list[tuple[Lock, Row]]] = defaultdict(list)
    for row in rows:
        by_kind[row[0]].append((_lock(row[1:]), row))
    wanted = {lock.pid: (lock, row) for lock, row in by_kind["wants"] if lock.pid is not None}
    tables = _tables([lock for lock, _ in by_kind["touches"]])
    words = _words([(lock, tuple(row[19] or ())) for lock, row in wanted.values()], tables)
    holders: dict[str, set[int]] = defaultdict(set)
    holds: dict[int, list[Held]] = defaultdict(list)
    crowd: dict[str, int] = defaultdict(int)
    for lock, _ in wanted.values():
        crowd[lock.object] += 1
    known = {int(one[0]) for one in prepared}
    for lock, row in by_kind["has"]:
        # two prepared transactions may go by one virtual id: then both are told
        own = (
            [leaders.get(lock.pid, lock.pid)] if lock.pid is not None else [-x for x in map(int, row[20]) if x in known]
        )
        for pid in own:
            holders[lock.object].add(pid)
            holds[pid].append(Held(lock.mode, words.get(lock.object) or lock_words(lock), crowd[lock.object]))
    waits: dict[str, Wait] = {}
    for session in asked:
        if session.pid not in wanted:
            continue  # it has got its lock meanwhile
        lock, row = wanted[session.pid]
        blockers = _blockers(row[19] or (), holders[lock.object], session)
        queued = tuple(pid for pid in blockers if pid and pid not in holders[lock.object])
        waits[_of(session)] = Wait(lock.mode, words[lock.object], utc(row[18]), blockers, queued)
    return Waiting(waits, {pid: _most_wanted(held) for pid, held in holds.items()}, tuple(prepared), not_asked)


def _blockers(pids: Sequence[int], holders: set[int], session: Session) -> tuple[int, ...]:
    """Each once, though a leader is told once per worker; 0 is a prepared transaction: the one that has the lock."""
    found = {pid for pid in pids if pid and pid not in (session.pid, session.leader)}
    if 0 in pids:
        found |= {pid for pid in holders if pid < 0} or {0}
    if not pids and session.backend_type == "startup":
        # what replays WAL on a replica is no backend that pg_blocking_pids() knows
        found = holders - {session.pid}
    return tuple(sorted(found))


def _tables(locks: Iterable[Lock]) -> dict[int, tuple[set[str], set[str]]]:
    """By pid: the tables of whose rows it holds a tuple lock, and those into which it writes."""
    found: dict[int, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for lock in locks:
        if lock.pid is not None and lock.relation_kind not in INDEXES:
            found[lock.pid][0 if lock.kind == "tuple" else 1].add(relation_words(lock))
    return found


def _words(
    wanted: Iterable[tuple[Lock, tuple[int, ...]]], tables: dict[int, tuple[set[str], set[str]]]
) -> dict[str, str]:
    """What each wanted object is; who waits for another transaction's end waits for one of its rows."""
    words: dict[str, str] = {}
    guessed: dict[str, str] = {}
    for lock, blockers in wanted:
        plain = lock_words(lock)
        if lock.kind not in ("transactionid", "spectoken"):
            words[lock.object] = plain
            continue
        sure, touched = tables.get(lock.pid or 0, (set(), set()))
        if sure:
            words[lock.object] = row_words(tuple(sorted(sure)))
            continue
        theirs = set().union(*(tables[pid][1] for pid in blockers if pid in tables)) if blockers else set()
        common = sorted(touched & theirs or touched)
        guessed.setdefault(lock.object, row_words(tuple(common)) if 0 < len(common) <= _TABLES else plain)
    return guessed | words


def _most_wanted(held: list[Held]) -> tuple[Held, ...]:
    unique = dict.fromkeys(held)
    return tuple(sorted(unique, key=lambda one: (-one.rank, one.what, one.mode))[:_NAMED])


def _lock(row: Row) -> Lock:
    """The columns that all queries about locks begin with: pid, mode, … objsubid."""
    pid, mode, kind, object, database, relation_id, relation, relation_kind, parent, *rest = row[:17]
    page, number, virtual, transaction, catalog, class_id, object_id, sub_id = rest
    return Lock(
        pid, mode or "", kind or "", object or "", clean(database or ""), relation_id, clean(relation or ""),
        relation_kind or "", clean(parent or ""), page, number, virtual or "", transaction or "",
        clean(catalog or ""), class_id, object_id, sub_id,
    )  # fmt: skip


def _of(session: Session) -> str:
    return f"{session.key} {session.query_start}"
