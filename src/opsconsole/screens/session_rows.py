"""Sessions as the Queries tab shows them: their groups, each of them, and the pane that explains one."""

from collections.abc import Callable, Collection
from datetime import datetime

from rich.text import Text

from ..model.sessions import HIDDEN, PREPARED, UNTRACKED, Session
from ..rules import sessions as rules
from ..rules.lock_words import short_mode
from ..rules.sessions import GROUPINGS, SessionGroup
from ..rules.statements import short_id
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import ASIDE, Cell, Column

SORTS: dict[str, tuple[str, str]] = {
    "n": ("app", "application"), "t": ("state", "state"), "a": ("age", "how long in this"),
    "q": ("runs", "age of its query"), "x": ("tx", "age of its transaction"), "b": ("backend", "age of its backend"),
    "u": ("user", "user"), "w": ("wait", "what it waits for"), "p": ("pid", "pid"), "m": ("xmin", "xmin age"),
}  # fmt: skip
GROUP_SORTS: dict[str, tuple[str, str]] = {
    "n": ("app", "name"), "t": ("state", "state"), "a": ("oldest", "oldest"), "c": ("count", "count"),
    "w": ("waits", "what it waits for"),
}  # fmt: skip


def group_columns(by: str) -> list[Column[SessionGroup]]:
    return [
        Column("app", GROUPINGS[by][1], 13, _label, flex=1, most=26),
        Column("state", "STATE", 19, lambda g: clean(g.state) or "hidden", flex=1, most=30),
        Column("count", "COUNT", 5, lambda g: f"{g.count:,}", right=True, sort=lambda g: -g.count),
        Column("oldest", "OLDEST", 6, lambda g: whole_minutes(g.oldest_s), right=True,
               sort=lambda g: -(g.oldest_s or 0)),
        Column("waits", "WAITS ON", 12, _waits, flex=1, most=36),
        Column("query", "EXAMPLE", 14, lambda g: clean(_example(g).query) or units.DASH, flex=4),
    ]  # fmt: skip


def group_mark(group: SessionGroup) -> Cell:
    return ("▲", "warn") if group.wrong else ""


def _label(group: SessionGroup) -> Cell:
    return clean(group.label) or (units.DASH, "dim")


def _waits(group: SessionGroup) -> Cell:
    if not group.waits:
        return units.DASH, "dim"
    name, count = group.waits[0]
    more = f" +{len(group.waits) - 1}" if len(group.waits) > 1 else ""
    return f"{clean(name)} ({count}){more}", "warn" if group.waiting else ""


def _example(group: SessionGroup) -> Session:
    """The session that has been in this state longest."""
    return group.sessions[0]


def state_words(session: Session) -> str:
    """Its state, or what it waits for."""
    if rules.waits(session):
        mode, what = clean(short_mode(session.lock_mode)), clean(session.relation)
        return f"waits {mode} {what}".replace("  ", " ").rstrip() if what else f"waits {wait_words(session)}"
    if session.state == "active" and session.wait_type:
        return f"active, {wait_words(session)}"
    return clean(rules.state_words(session))


def wait_words(session: Session) -> str:
    return f"{clean(session.wait_type)}: {clean(session.wait_event)}" if session.wait_type else units.DASH


def session_mark(session: Session, blocking: Collection[int]) -> Cell:
    return ("▲", "warn") if rules.is_wrong(session, blocking, clock.now()) else ""


def _age(of: Callable[[Session, datetime], float | None]) -> Callable[[Session], Cell]:
    def render(session: Session) -> Cell:
        age = of(session, clock.now())
        return (units.DASH, "dim") if age is None else whole_minutes(age)

    return render


def _by(of: Callable[[Session, datetime], float | None]) -> Callable[[Session], float | None]:
    """Longest first, and what has none last."""

    def key(session: Session) -> float | None:
        age = of(session, clock.now())
        return None if age is None else -age

    return key


def _backend_s(session: Session, now: datetime) -> float | None:
    return rules.since_s(session.backend_start, now)


def _application(session: Session) -> Cell:
    if session.own:
        return f"own: {clean(session.application)}", "dim"
    return clean(session.application) or (clean(session.backend_type), "dim")


def _client(session: Session) -> str:
    port = f":{session.client_port}" if session.client_port else ""
    return f"{clean(session.client)}{port}" if session.client else units.DASH


def _blocked_by(session: Session) -> Cell:
    """Of one that waits it may be unknown by whom."""
    return ("?", "dim") if rules.waits(session) and not session.blocked_by else _pids(session.blocked_by)


def _pids(pids: Collection[int]) -> str:
    return ", ".join(str(pid) if pid > 0 else "prepared" for pid in pids) or units.DASH


def session_columns() -> list[Column[Session]]:
    return [
        Column("pid", "PID", 7, lambda s: str(s.pid), sort=lambda s: s.pid),
        Column("app", "APPLICATION", 12, _application, flex=1, most=20),
        Column("state", "STATE", 16, state_words, flex=2, most=34),
        Column("age", "FOR", 5, _age(rules.waited_s), right=True, sort=_by(rules.waited_s), search=False),
        Column("tx", "TX", 5, _age(rules.transaction_s), right=True, sort=_by(rules.transaction_s), search=False),
        Column("runs", "RUNS", 5, _age(rules.query_s), right=True, from_width=100, sort=_by(rules.query_s),
               search=False),
        Column("backend", "CONN", 5, _age(_backend_s), right=True, from_width=120, sort=_by(_backend_s), search=False),
        Column("blocked", "BLOCKED BY", 10, _blocked_by, from_width=100),
        Column("user", "USER", 10, lambda s: clean(s.user) or units.DASH, from_width=100),
        Column("client", "CLIENT", 12, lambda s: clean(s.client) or units.DASH, from_width=140),
        Column("query", "QUERY", 20, lambda s: clean(s.query) or units.DASH, flex=6),
        Column("database", "DATABASE", 10, lambda s: clean(s.database) or units.DASH, from_width=ASIDE),
        Column("wait", "WAIT EVENT", 20, wait_words, from_width=ASIDE),
        Column("type", "TYPE", 16, lambda s: clean(s.backend_type) or units.DASH, from_width=ASIDE),
        Column("workers", "WORKERS", 7, lambda s: str(s.workers) if s.workers else units.DASH, right=True,
               from_width=ASIDE, sort=lambda s: -s.workers),
        Column("address", "CLIENT:PORT", 21, _client, from_width=ASIDE),
        Column("started", "STARTED", 7, lambda s: _at(s.query_start), right=True, from_width=ASIDE, search=False),
        Column("changed", "CHANGED", 7, lambda s: _at(s.state_change), right=True, from_width=ASIDE, search=False),
        Column("xmin", "XMIN AGE", 8, lambda s: units.DASH if s.xmin_age is None else units.number(s.xmin_age),
               right=True, from_width=ASIDE, sort=lambda s: None if s.xmin_age is None else -s.xmin_age, search=False),
        Column("statement", "STMT", 4, statement_id, from_width=ASIDE),
    ]  # fmt: skip


def unseen(session: Session) -> str:
    """Why it is not known what it does; "" where it is."""
    if session.state == HIDDEN:
        return "what it does is unknown: needs pg_monitor"
    return "what it does is unknown: track_activities is off in it" if session.state == UNTRACKED else ""


def statement_id(session: Session) -> str:
    """Its statement as the Statements view calls it."""
    return short_id(session.query_id) or units.DASH


def _at(moment: datetime | None) -> str:
    return units.DASH if moment is None else units.when(moment, clock.now())


def whole_minutes(duration_s: float | None) -> str:
    """A duration as an age: whole minutes from one on, so that a resting screen stays silent."""
    if duration_s is None:
        return "?"
    return "<1m" if duration_s < 60 else units.span(duration_s - duration_s % 60)


def who(session: Session) -> str:
    """`4711 worker · shop_app@shop`, `prepared transaction pay-17 · shop_app@shop`."""
    role = f"{clean(session.user)}@{clean(session.database)}".strip("@")
    if session.state == PREPARED:
        return " · ".join(part for part in (f"prepared transaction {clean(session.gid)}", role) if part)
    name = clean(session.application) or clean(session.backend_type)
    return " · ".join(part for part in (f"{session.pid} {name}".rstrip(), role) if part)


def waits_for(session: Session, below: int = 0) -> str:
    """`waits 13m for AccessExcl on orders, held by 4711`; "" where it waits for no lock.

    It is not said again of the one that it stands `below`.
    """
    if not rules.waits(session):
        return ""
    age = rules.span_words(rules.waited(session, clock.now()))
    what = clean(session.relation) or wait_words(session)
    mode = clean(short_mode(session.lock_mode))
    held = [pid for pid in session.blocked_by if pid not in session.queued and pid != below]
    queued = [pid for pid in session.queued if pid != below]
    parts = [f"waits {age} for {f'{mode} on ' if mode else ''}{what}"]
    if held:
        parts.append(f"held by {_pids(held)}")
    if session.queued:
        parts.append(f"in the queue behind {_pids(queued)}" if queued else "in the queue")
    if not session.blocked_by:
        parts.append("whom for was not asked")
    return ", ".join(parts)


def holds(session: Session) -> str:
    """`holds RowX on orders`: what others want of it."""
    return ", ".join(f"{clean(short_mode(held.mode))} on {clean(held.what)}" for held in session.holds[:3])


def explain_group(group: SessionGroup, width: int) -> list[Text]:
    head = Text.assemble(
        (clean(group.label) or "none", "bold"),
        f" ─ {units.plural(group.count, 'session')}: {clean(group.state) or 'hidden'}",
        f" · longest in this state {whole_minutes(group.oldest_s)}",
    )
    roles = dict.fromkeys(f"{clean(s.user)}@{clean(s.database)}" for s in group.sessions)
    wanted = ", ".join(f"{clean(name)} {count}" for name, count in group.waits[:4])
    blocking = f"others wait for {group.blocking} of them" if group.blocking else ""
    facts = [f"as {', '.join(list(roles)[:3])}", f"wait on {wanted}" if wanted else "", blocking, "enter lists them"]
    return [head, Text(" · ".join(fact for fact in facts if fact), style="dim"), Text(clean(_example(group).query))]


def explain_session(session: Session, width: int) -> list[Text]:
    now = clock.now()
    head = Text.assemble(
        (who(session), "bold"), f" · {state_words(session)} {whole_minutes(rules.waited_s(session, now))}"
    )
    if session.transaction_start is not None:
        head.append(f" · transaction {units.age(session.transaction_start, now)}")
    if session.backend_start is not None and session.state != PREPARED:
        head.append(f" · connected {units.age(session.backend_start, now)}")
    if session.workers:
        head.append(f" · with {units.plural(session.workers, 'parallel worker')}")
    held = holds(session)
    facts = [waits_for(session), f"holds {held}, which others want" if held else "", "enter tells all, with its locks"]
    query = Text(unseen(session), style="dim") if unseen(session) else Text(clean(session.query))
    return [head, query, Text(" · ".join(fact for fact in facts if fact), style="dim")]
