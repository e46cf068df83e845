"""Rows about locks put together: for what each session that waits waits, who holds that, and who is in its way."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from ...model.sessions import Held, Session
from ...rules.lock_words import INDEXES, Lock, lock_words, relation_words, row_words
from ...text.clean import clean
from .connection import Row
from .server import utc

_LATEST = datetime.max.replace(tzinfo=UTC)
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
    likened: int = 0

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


def understood(
    rows: Iterable[Row],
    sessions: Iterable[Session],
    prepared: Sequence[Row],
    leaders: Mapping[int, int],
) -> Waiting:
    """The rows of the locks query put together; `sessions` are those that wait."""
    by_kind: dict[str, list[tuple[Lock, Row]]] = defaultdict(list)
    for row in rows:
        by_kind[row[0]].append((lock_of(row[1:]), row))
    wanted = {lock.pid: (lock, row) for lock, row in by_kind["wants"] if lock.pid is not None}
    tables = _tables([lock for lock, _ in by_kind["touches"]])
    words = _words([(lock, tuple(row[19] or ())) for lock, row in wanted.values()], tables)
    holders: dict[str, set[int]] = defaultdict(set)
    holds: dict[int, list[Held]] = defaultdict(list)
    crowd: dict[str, int] = defaultdict(int)
    for lock, _ in wanted.values():
        crowd[lock.object] += 1
    for pid, lock in _have(by_kind["has"], {int(one[0]) for one in prepared}, leaders):
        holders[lock.object].add(pid)
        holds[pid].append(Held(lock.mode, words.get(lock.object) or lock_words(lock), crowd[lock.object]))
    waits: dict[str, Wait] = {}
    examples, not_asked, likened = _examples(wanted.values()), 0, 0
    for session in sessions:
        if session.pid not in wanted:
            continue  # it has got its lock meanwhile
        lock, row = wanted[session.pid]
        pids = _in_its_way(row, examples.get((lock.object, lock.mode)), holders[lock.object])
        not_asked += pids is None
        likened += pids is not None and row[19] is None
        blockers = () if pids is None else _blockers(pids, holders[lock.object], session)
        queued = tuple(pid for pid in blockers if pid and pid not in holders[lock.object])
        waits[_of(session)] = Wait(lock.mode, words[lock.object], utc(row[18]), blockers, queued)
    wanted_most = {pid: _most_wanted(held) for pid, held in holds.items()}
    return Waiting(waits, wanted_most, tuple(prepared), not_asked, likened)


def _have(
    rows: Iterable[tuple[Lock, Row]], prepared: Collection[int], leaders: Mapping[int, int]
) -> Iterator[tuple[int, Lock]]:
    """Who has which lock: parallel workers as their leader, prepared transactions by their negative id."""
    for lock, row in rows:
        if lock.pid is not None:
            yield leaders.get(lock.pid, lock.pid), lock
            continue
        # two of them may go by one virtual id: then both are told
        yield from ((-one, lock) for one in map(int, row[20]) if one in prepared)


def _examples(wanted: Iterable[tuple[Lock, Row]]) -> dict[tuple[str, str], Row]:
    """By what is wanted and in which mode: of those that were asked for the one that waits longest."""
    found: dict[tuple[str, str], Row] = {}
    for lock, row in sorted(wanted, key=lambda one: one[1][18] or _LATEST):
        if row[19] is not None:
            found.setdefault((lock.object, lock.mode), row)
    return found


def _in_its_way(row: Row, example: Row | None, holders: Container[int]) -> Sequence[int] | None:
    """Who blocks it, as the server tells; None where it was not asked and cannot be known.

    Whoever has the lock blocks all that want it in the same mode, and who stands in the queue blocks those behind him.
    """
    told: Sequence[int] | None = row[19]
    if told is not None or example is None:
        return told
    behind = row[18] is not None and example[18] is not None and example[18] <= row[18]
    return [pid for pid in example[19] if behind or not pid or pid in holders] or None


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


def lock_of(row: Row) -> Lock:
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
