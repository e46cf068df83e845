"""Sessions as the Queries tab shows them: grouped by application and state, and as trees of who blocks whom."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from rich.text import Text

from ..model.sessions import Session
from ..rules.sessions import Blocker, SessionGroup, blockers, waited_s
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell, Column

IDLE_LONG_S = 60.0
"""From so long on an open transaction that does nothing is worth a mark."""
SHOWN = 6
"""Victims that one blocker shows until it is opened."""


class LockRow(msgspec.Struct, frozen=True, gc=False):
    """One line of a blocking tree."""

    key: str
    place: int
    branch: str
    """`├ `, `│ └ `: how the line hangs on the one above; "" for a root."""
    pid: int
    session: Session | None
    """None where the backend is no client session or may not be seen."""
    victims: int
    """All that wait for it, through others too."""
    waits_s: float | None
    """How long it waits; of a root, how long its longest victim does."""
    more: tuple[Session, ...] = ()
    """Not a session but those that are folded away here."""
    cycle: bool = False


def group_columns() -> list[Column[SessionGroup]]:
    return [
        Column("app", "APPLICATION", 13, lambda g: clean(g.application) or units.DASH, flex=1, most=26),
        Column("state", "STATE", 19, lambda g: clean(g.state) or "hidden", flex=1, most=30),
        Column("count", "COUNT", 5, lambda g: f"{g.count:,}", right=True, sort=lambda g: -g.count),
        Column("oldest", "OLDEST", 6, lambda g: whole_minutes(g.oldest_s), right=True,
               sort=lambda g: -(g.oldest_s or 0)),
        Column("waits", "WAITS ON", 12, _waits, flex=1, most=36),
        Column("query", "EXAMPLE", 14, lambda g: clean(_example(g).query) or units.DASH, flex=4),
    ]  # fmt: skip


def group_mark(group: SessionGroup) -> Cell:
    held = group.state.startswith("idle in transaction") and (group.oldest_s or 0.0) > IDLE_LONG_S
    return ("▲", "warn") if group.waiting or held else ""


def _waits(group: SessionGroup) -> Cell:
    if not group.waits:
        return units.DASH, "dim"
    name, count = group.waits[0]
    more = f" +{len(group.waits) - 1}" if len(group.waits) > 1 else ""
    return f"{clean(name)} ({count}){more}", "warn" if group.waiting else ""


def _example(group: SessionGroup) -> Session:
    """The session that has been in this state longest."""
    return group.sessions[0]


def lock_rows(sessions: Sequence[Session], now: datetime, opened: Collection[int] = ()) -> tuple[LockRow, ...]:
    """The blocking trees, most victims first; `opened` names the pids whose victims are all shown."""
    by_pid = {session.pid: session for session in sessions}
    waiting: dict[int, list[Session]] = defaultdict(list)
    for session in sessions:
        for pid in dict.fromkeys(session.blocked_by):
            waiting[pid].append(session)
    for victims in waiting.values():
        victims.sort(key=lambda victim: (-(waited_s(victim, now) or 0.0), victim.pid))
    rows: list[LockRow] = []
    for tree in blockers(sessions, now):
        _add_root(rows, tree, by_pid.get(tree.pid), waiting, now, opened)
    return tuple(rows)


def _add_root(
    rows: list[LockRow],
    tree: Blocker,
    session: Session | None,
    waiting: dict[int, list[Session]],
    now: datetime,
    opened: Collection[int],
) -> None:
    key = f"{tree.pid}"
    victims = len(tree.victims)
    rows.append(LockRow(key, len(rows), "", tree.pid, session, victims, tree.longest_s, cycle=tree.cycle))
    shown = {tree.pid}

    def hang(pid: int, trunk: str, key: str) -> None:
        victims = [victim for victim in waiting.get(pid, ()) if victim.pid not in shown]
        shown.update(victim.pid for victim in victims)
        kept = victims if pid in opened or len(victims) <= SHOWN else victims[: SHOWN - 1]
        for number, victim in enumerate(kept):
            last = number == len(victims) - 1
            own = f"{key}/{victim.pid}"
            behind = _behind(victim.pid, waiting, set(shown))
            branch = f"{trunk}{'└' if last else '├'} "
            rows.append(LockRow(own, len(rows), branch, victim.pid, victim, behind, waited_s(victim, now)))
            hang(victim.pid, trunk + ("  " if last else "│ "), own)
        folded = tuple(victims[len(kept) :])
        if folded:
            longest = max((waited_s(victim, now) or 0.0 for victim in folded), default=None)
            rows.append(LockRow(f"{key}/more", len(rows), f"{trunk}└ ", pid, None, len(folded), longest, more=folded))

    hang(tree.pid, "", key)


def _behind(pid: int, waiting: dict[int, list[Session]], known: set[int]) -> int:
    """How many wait for this one that are not in the tree above already."""
    count, queue = 0, [pid]
    while queue:
        for victim in waiting.get(queue.pop(), ()):
            if victim.pid not in known:
                known.add(victim.pid)
                queue.append(victim.pid)
                count += 1
    return count


def lock_columns() -> list[Column[LockRow]]:
    return [
        Column("pid", "PID", 11, _pid, flex=1, most=24),
        Column("waits", "WAITS", 5, lambda r: whole_minutes(r.waits_s), right=True),
        Column("victims", "VICTIMS", 7, lambda r: str(r.victims) if r.victims else units.DASH, right=True),
        Column("state", "STATE", 12, _state, flex=1, most=30),
        Column("lock", "LOCK / RELATION", 16, _lock, flex=1, most=40),
        Column("app", "APPLICATION", 12, lambda r: clean(r.session.application) if r.session else "", from_width=100),
        Column("query", "QUERY", 14, lambda r: clean(r.session.query) if r.session else "", flex=4),
    ]  # fmt: skip


def lock_mark(row: LockRow) -> Cell:
    return ("▲", "crit" if row.victims >= SHOWN else "warn") if not row.branch else ""


def _pid(row: LockRow) -> Cell:
    if row.more:
        return f"{row.branch}{len(row.more)} more", "accent"
    return f"{row.branch}{row.pid}", "" if row.branch else "strong"


def _state(row: LockRow) -> Cell:
    if row.more:
        return "enter opens", "dim"
    if row.session is None:
        return "not to be seen", "dim"
    if row.cycle and not row.branch:
        return "deadlock: a circle", "crit"
    if row.branch:
        return "waiting"
    return waits(row.session).replace("idle in transaction", "idle in tx"), "warn"


def _lock(row: LockRow) -> Cell:
    """What it waits for; a root holds what its victims want."""
    session = row.session
    if session is None or not (session.relation or session.lock_mode):
        return "holds what these want" if not row.branch else units.DASH, "dim"
    return f"{clean(session.lock_mode.removesuffix('Lock'))} {clean(session.relation)}".strip()


def waits(session: Session) -> str:
    """Its state, or what it waits for."""
    if session.state == "active" and session.wait_type:
        return f"waits {clean(session.wait_type)}: {clean(session.wait_event)}"
    return clean(session.state) or clean(session.backend_type) or "hidden"


def session_mark(session: Session) -> Cell:
    if session.blocked_by:
        return "▲", "warn"
    age = session_age_s(session, clock.now())
    if session.state.startswith("idle in transaction") and age is not None and age > IDLE_LONG_S:
        return "▲", "warn"
    return ""


def session_age_s(session: Session, now: datetime) -> float | None:
    """How long it has been in what it does: the transaction where one is open, else the state."""
    since = session.transaction_start or session.state_change
    return None if since is None else (now - since).total_seconds()


def session_order(session: Session) -> tuple[object, ...]:
    """Waiting for others first, then idle in transaction, both oldest first; then active, then the rest."""
    in_order = ("idle in transaction", "idle in transaction (aborted)", "active")
    state = 0 if session.blocked_by else 1 + (in_order.index(session.state) if session.state in in_order else 3)
    start = session.transaction_start if session.blocked_by or state < 3 else None
    return state, start.timestamp() if start else 0.0, session.application, session.pid


def session_columns() -> list[Column[Session]]:
    return [
        Column("pid", "PID", 7, lambda s: str(s.pid), sort=lambda s: s.pid),
        Column("app", "APPLICATION", 12, lambda s: clean(s.application) or units.DASH, flex=1, most=20),
        Column("state", "STATE", 16, waits, flex=1, most=26),
        Column("age", "AGE", 6, lambda s: units.age(s.transaction_start or s.state_change, clock.now()), right=True,
               sort=lambda s: -(session_age_s(s, clock.now()) or 0.0)),
        Column("blocked", "BLOCKED BY", 10, lambda s: ", ".join(map(str, s.blocked_by)) or units.DASH, from_width=100),
        Column("user", "USER", 10, lambda s: clean(s.user), from_width=100),
        Column("client", "CLIENT", 12, lambda s: clean(s.client) or units.DASH, from_width=120),
        Column("query", "QUERY", 20, lambda s: clean(s.query) or units.DASH, flex=6),
    ]  # fmt: skip


def whole_minutes(duration_s: float | None) -> str:
    """A duration as an age: whole minutes from one on, so that a resting screen stays silent."""
    if duration_s is None:
        return "?"
    return "<1m" if duration_s < 60 else units.span(duration_s - duration_s % 60)


def explain_group(group: SessionGroup, width: int) -> list[Text]:
    head = Text.assemble(
        (clean(group.application) or "no application name", "bold"),
        f" ─ {units.plural(group.count, 'session')} {clean(group.state) or 'hidden'}",
        f" · longest in this state {whole_minutes(group.oldest_s)}",
    )
    roles = dict.fromkeys(f"{clean(s.user)}@{clean(s.database)}" for s in group.sessions)
    wanted = ", ".join(f"{clean(name)} {count}" for name, count in group.waits[:4])
    facts = [f"as {', '.join(list(roles)[:3])}", f"wait on {wanted}" if wanted else "", "enter lists them"]
    return [head, Text(" · ".join(fact for fact in facts if fact), style="dim"), Text(clean(_example(group).query))]


def explain_session(session: Session, width: int) -> list[Text]:
    now = clock.now()
    head = Text.assemble(
        (f"{session.pid} ", "bold"),
        f"{clean(session.application)} · {clean(session.user)}@{clean(session.database)} · {waits(session)}",
        f" · connected {units.age(session.backend_start, now)}",
    )
    blocked = f"blocked by {', '.join(map(str, session.blocked_by))}" if session.blocked_by else ""
    lock = f"{clean(session.lock_mode)} {clean(session.relation)}".strip()
    return [head, Text(clean(session.query)), Text(" · ".join(part for part in (blocked, lock) if part), style="dim")]


def explain_lock(row: LockRow, width: int) -> list[Text]:
    if row.more:
        queries = dict.fromkeys(clean(session.query) for session in row.more)
        return [Text(f"{units.plural(len(row.more), 'more session')} behind {row.pid}"), *map(Text, queries)]
    holds = f"{units.plural(row.victims, 'session')} wait for it" if row.victims else "nobody waits for it"
    if row.session is None:
        return [Text.assemble((f"{row.pid} ", "bold"), f"no client session, or not to be seen · {holds}")]
    lines = explain_session(row.session, width)
    lines[0].append(f" · {holds}")
    return lines
