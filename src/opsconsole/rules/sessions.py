"""Who is connected and what each does: what they do by kind, how long, and sessions grouped by what they share."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from ..model.sessions import HIDDEN, PREPARED, UNTRACKED, Session
from ..text import units
from .statements import short_id

WAITING, BLOCKING, IDLE_IN_TRANSACTION, RUNNING, IDLE, UNKNOWN = (
    "waiting",
    "blocking",
    "idle in tx",
    "running",
    "idle",
    "unknown",
)
IDLE_LONG_S = 60.0
"""From so long on an open transaction that does nothing is wrong."""

_URGENCY = (
    "idle in transaction (aborted)",
    "idle in transaction",
    "active",
    "fastpath function call",
    HIDDEN,
    UNTRACKED,
    "idle",
)
_DOING = (WAITING, BLOCKING, IDLE_IN_TRANSACTION, RUNNING, UNKNOWN, IDLE)


class Age(msgspec.Struct, frozen=True, gc=False):
    """A duration that is known, or that is at most so long."""

    seconds: float | None
    at_most: bool = False


class SessionGroup(msgspec.Struct, frozen=True, gc=False):
    """All sessions that share something; by application they share their state, too."""

    key: str
    label: str
    state: str
    """Several with how many of each, where they do not share it: `3 active, 5 idle`."""
    count: int
    waiting: int
    """Of them, those that wait for a lock."""
    oldest_s: float | None
    """Longest time in this state; None where it may not be seen."""
    waits: tuple[tuple[str, int], ...]
    """What they wait for (`Lock: relation`), most frequent first."""
    sessions: tuple[Session, ...]
    """Longest in this state first."""
    idle_longest_s: float | None = None
    """The longest that one of them has been idle in a transaction."""
    blocking: int = 0
    """Of them, those that others wait for."""

    @property
    def wrong(self) -> bool:
        return bool(self.waiting or self.blocking or (self.idle_longest_s or 0.0) > IDLE_LONG_S)

    @property
    def application(self) -> str:
        """The application of all of them; "" where they are of several."""
        names = {session.application for session in self.sessions}
        return names.pop() if len(names) == 1 else ""


def waits(session: Session) -> bool:
    """Whether it waits for a lock, or replays WAL and waits for a query; of hidden ones the lock tables tell."""
    if session.wait_event.startswith("RecoveryConflict"):
        return True
    return session.wait_type == "Lock" or bool(session.blocked_by or session.lock_mode)


def does(session: Session, blocking: Collection[int]) -> str:
    """What it does, by what matters first; `blocking` are the pids that others wait for."""
    if waits(session):
        return WAITING
    if session.pid in blocking:
        return BLOCKING
    if session.state.startswith("idle in transaction"):
        return IDLE_IN_TRANSACTION
    if session.state in (HIDDEN, UNTRACKED):
        return UNKNOWN
    if session.state in ("idle", "", "starting", "sends WAL"):
        return IDLE
    return RUNNING


def blocking_pids(sessions: Iterable[Session]) -> frozenset[int]:
    return frozenset(pid for session in sessions for pid in session.blocked_by)


def is_wrong(session: Session, blocking: Collection[int], now: datetime) -> bool:
    """It waits, others wait for it, or it has held a transaction open for a minute without doing anything."""
    doing = does(session, blocking)
    if doing in (WAITING, BLOCKING):
        return True
    return doing == IDLE_IN_TRANSACTION and (waited_s(session, now) or 0.0) > IDLE_LONG_S


# ---- ages -----------------------------------------------------------------------------------------------------------


def since_s(moment: datetime | None, now: datetime) -> float | None:
    """The server's clock may be a little ahead of ours."""
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def waited(session: Session, now: datetime) -> Age:
    """How long it waits for its lock; before PostgreSQL 14 it is only known that it is no longer than its query."""
    if session.waits_since is not None:
        return Age(since_s(session.waits_since, now))
    return Age(since_s(session.query_start, now), at_most=True)


def waited_s(session: Session, now: datetime) -> float | None:
    """How long a session has been in what it does: its wait, its query for an active one, else its state."""
    if waits(session):
        return waited(session, now).seconds
    return since_s(session.query_start if session.state == "active" else session.state_change, now)


def query_s(session: Session, now: datetime) -> float | None:
    """How long its query runs; None where none does."""
    return since_s(session.query_start, now) if session.state == "active" else None


def transaction_s(session: Session, now: datetime) -> float | None:
    return since_s(session.transaction_start, now)


# ---- parallel workers -----------------------------------------------------------------------------------------------


def folded(sessions: Iterable[Session]) -> tuple[Session, ...]:
    """Parallel workers as part of their leader: it waits for what they wait for. A worker without leader stays."""
    everyone = tuple(sessions)
    by_pid = {session.pid: session for session in everyone}
    workers: dict[int, list[Session]] = defaultdict(list)
    for session in everyone:
        if session.leader is not None and session.leader != session.pid and session.leader in by_pid:
            workers[session.leader].append(session)
    if not workers:
        return everyone
    gone = {worker.pid for found in workers.values() for worker in found}
    return tuple(
        _with(session, workers.get(session.pid, [])) for session in everyone if session.pid not in gone
    )  # fmt: skip


def _with(leader: Session, workers: Sequence[Session]) -> Session:
    if not workers:
        return leader
    pids = {leader.pid, *(worker.pid for worker in workers)}
    family = (leader, *workers)
    waiting = next((one for one in family if waits(one)), leader)
    return msgspec.structs.replace(
        leader,
        workers=len(workers),
        wait_type=waiting.wait_type,
        wait_event=waiting.wait_event,
        blocked_by=tuple(sorted({pid for one in family for pid in one.blocked_by} - pids)),
        queued=tuple(sorted({pid for one in family for pid in one.queued} - pids)),
        relation=waiting.relation,
        lock_mode=waiting.lock_mode,
        waits_since=waiting.waits_since,
        holds=tuple(dict.fromkeys(held for one in family for held in one.holds)),
    )


# ---- groups ---------------------------------------------------------------------------------------------------------


def _application(session: Session) -> str:
    return session.application or session.backend_type


def _wait(session: Session) -> str:
    if session.wait_type and session.wait_type != "Client":
        return f"{session.wait_type}: {session.wait_event}"
    return "waits for its client" if session.wait_type else "does not wait" if session.state == "active" else ""


GROUPINGS: Mapping[str, tuple[str, str, Callable[[Session], str]]] = {
    "application": ("application and state", "APPLICATION", _application),
    "user": ("user", "USER", lambda session: session.user),
    "client": ("client address", "CLIENT", lambda session: session.client),
    "database": ("database", "DATABASE", lambda session: session.database),
    "wait": ("wait event", "WAIT", _wait),
    "statement": ("statement", "STATEMENT", lambda session: short_id(session.query_id)),
    "doing": ("what they do", "DOES", lambda session: session.state),
}
"""By id: what one groups by, the title of its column, and what it is of one session."""


def groups(
    sessions: Sequence[Session], now: datetime, by: str = "application", blocking: Collection[int] = ()
) -> tuple[SessionGroup, ...]:
    """Groups: waiting first, then those that hold things up, then the largest."""
    of = GROUPINGS[by][2] if by != "doing" else lambda session: does(session, blocking)
    members: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in sessions:
        members[of(session), session.state if by == "application" else ""].append(session)
    made = [_group(label, rows, now, f"{label}\x00{state}", blocking) for (label, state), rows in members.items()]
    return tuple(sorted(made, key=lambda g: (-g.waiting, -g.blocking, _urgency(g), -g.count, g.label, g.state)))


def _group(label: str, rows: list[Session], now: datetime, key: str, blocking: Collection[int]) -> SessionGroup:
    ages = {row.key: waited_s(row, now) for row in rows}
    ordered = sorted(rows, key=lambda row: (-(ages[row.key] or 0.0), row.pid))
    found: dict[str, int] = defaultdict(int)
    states: dict[str, int] = defaultdict(int)
    for row in rows:
        states[row.state] += 1
        if row.wait_type and row.wait_type != "Client":
            found[f"{row.wait_type}: {row.wait_event}"] += 1
    by_count = sorted(states.items(), key=lambda state: (-state[1], state[0]))
    idle = [ages[row.key] for row in rows if row.state.startswith("idle in transaction")]
    return SessionGroup(
        key,
        label,
        rows[0].state if len(states) == 1 else ", ".join(f"{count} {state or HIDDEN}" for state, count in by_count),
        len(rows),
        sum(1 for row in rows if waits(row)),
        max((age for age in ages.values() if age is not None), default=None),
        tuple(sorted(found.items(), key=lambda wait: (-wait[1], wait[0]))),
        tuple(ordered),
        max((age for age in idle if age is not None), default=None),
        sum(1 for row in rows if row.pid in blocking),
    )


def _urgency(group: SessionGroup) -> int:
    states = {session.state for session in group.sessions}
    return min((_URGENCY.index(state) if state in _URGENCY else len(_URGENCY)) for state in states)


def order_of(session: Session, blocking: Collection[int], now: datetime) -> tuple[object, ...]:
    """What waits first, then what blocks, what is idle in a transaction, what runs; each longest first."""
    age = transaction_s(session, now) if session.state.startswith("idle in transaction") else waited_s(session, now)
    return _DOING.index(does(session, blocking)), -(age or 0.0), session.application, session.pid


def state_words(session: Session) -> str:
    """`idle in tx`, `active`, `prepared`, or its type where it has no state."""
    if session.state == PREPARED:
        return "prepared"
    return session.state.replace("idle in transaction", "idle in tx") or session.backend_type or HIDDEN


def span_words(age: Age) -> str:
    """`14m`; `≤14m` where it is only known that it is no longer."""
    if age.seconds is None:
        return units.UNKNOWN
    words = "<1m" if age.seconds < 60 else units.span(age.seconds - age.seconds % 60)
    return f"≤{words}" if age.at_most and not words.startswith("<") else words
