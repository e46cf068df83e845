"""Who is connected and who waits on what: sessions grouped by application and state, and the roots of blocking."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from ..model.sessions import Session

_URGENCY = (
    "idle in transaction (aborted)",
    "idle in transaction",
    "active",
    "fastpath function call",
    "hidden",
    "idle",
)


class SessionGroup(msgspec.Struct, frozen=True, gc=False):
    """All sessions of one application in one state."""

    application: str
    state: str
    count: int
    waiting: int
    """Of them, those that wait for a lock."""
    oldest_s: float | None
    """Longest time in this state; None where it may not be seen."""
    waits: tuple[tuple[str, int], ...]
    """What they wait for (`Lock: relation`), most frequent first."""
    sessions: tuple[Session, ...]
    """Longest in this state first."""

    @property
    def key(self) -> str:
        return f"{self.application}\x00{self.state}"


class Blocker(msgspec.Struct, frozen=True, gc=False):
    """A session that others wait for and that itself waits for nobody (or closes a circle)."""

    root: Session | None
    """None where the blocker is no client session or may not be seen."""
    pid: int
    victims: tuple[Session, ...]
    """All that wait for it, directly or through others; longest waiting first."""
    longest_s: float | None
    cycle: bool = False


def groups(sessions: Sequence[Session], now: datetime) -> tuple[SessionGroup, ...]:
    """Groups by application and state: waiting first, then those that hold things up, then the largest."""
    members: dict[tuple[str, str], list[Session]] = defaultdict(list)
    for session in sessions:
        members[session.application or session.backend_type, session.state].append(session)
    made = [_group(application, state, rows, now) for (application, state), rows in members.items()]
    return tuple(sorted(made, key=lambda g: (-g.waiting, _urgency(g.state), -g.count, g.application)))


def blockers(sessions: Sequence[Session], now: datetime) -> tuple[Blocker, ...]:
    """The roots of every blocking tree, most victims first; a circle is reported once, under its lowest pid."""
    by_pid = {session.pid: session for session in sessions}
    victims: dict[int, dict[int, Session]] = defaultdict(dict)
    circles: set[int] = set()
    for session in sessions:
        if session.blocked_by:
            roots, circular = _roots(session, by_pid)
            circles |= circular
            for root in roots:
                if root != session.pid:
                    victims[root][session.pid] = session
    made = [
        _blocker(pid, by_pid.get(pid), tuple(found.values()), pid in circles, now) for pid, found in victims.items()
    ]
    return tuple(sorted(made, key=lambda b: (-len(b.victims), -(b.longest_s or 0.0), b.pid)))


def waited_s(session: Session, now: datetime) -> float | None:
    """How long a session has been in what it does: its query for an active one, else its state."""
    since = session.query_start if session.state == "active" else session.state_change
    return None if since is None else max(0.0, (now - since).total_seconds())


def _group(application: str, state: str, rows: list[Session], now: datetime) -> SessionGroup:
    ages = {row.key: waited_s(row, now) for row in rows}
    ordered = sorted(rows, key=lambda row: -(ages[row.key] or 0.0))
    waits: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.wait_type and row.wait_type != "Client":
            waits[f"{row.wait_type}: {row.wait_event}"] += 1
    return SessionGroup(
        application,
        state,
        len(rows),
        sum(1 for row in rows if row.wait_type == "Lock"),
        max((age for age in ages.values() if age is not None), default=None),
        tuple(sorted(waits.items(), key=lambda wait: (-wait[1], wait[0]))),
        tuple(ordered),
    )


def _urgency(state: str) -> int:
    return _URGENCY.index(state) if state in _URGENCY else len(_URGENCY)


def _roots(session: Session, by_pid: dict[int, Session]) -> tuple[set[int], set[int]]:
    """Pids at the end of every chain from here, and those of them that stand for a circle."""
    roots: set[int] = set()
    circles: set[int] = set()
    visited: set[int] = set()
    path = [(session.pid, frozenset[int]())]
    while path:
        pid, above = path.pop()
        if pid in above:
            circle = min(above_pid for above_pid in above if _reaches(above_pid, pid, by_pid))
            roots.add(circle)
            circles.add(circle)
            continue
        if pid in visited:
            continue
        visited.add(pid)
        waits_for = by_pid[pid].blocked_by if pid in by_pid else ()
        if not waits_for:
            roots.add(pid)
        path.extend((blocker, above | {pid}) for blocker in waits_for)
    return roots, circles


def _reaches(start: int, goal: int, by_pid: dict[int, Session]) -> bool:
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        pid = waiting.pop()
        if pid == goal:
            return True
        if pid not in seen:
            seen.add(pid)
            waiting.extend(by_pid[pid].blocked_by if pid in by_pid else ())
    return False


def _blocker(pid: int, root: Session | None, victims: Iterable[Session], cycle: bool, now: datetime) -> Blocker:
    ordered = tuple(sorted(victims, key=lambda victim: -(waited_s(victim, now) or 0.0)))
    ages = [age for victim in ordered if (age := waited_s(victim, now)) is not None]
    return Blocker(root, pid, ordered, max(ages, default=None), cycle)
