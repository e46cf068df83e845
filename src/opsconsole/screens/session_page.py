"""The page of one session: what it does and since when, its statement, its locks, whom it blocks, and how to end it."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..model.sessions import Session, SessionLocks, Sessions
from ..model.statements import Statements
from ..rules import sessions as rules
from ..rules.blocking import Forest, forest, ring_words
from ..rules.lock_words import short_mode
from ..rules.session_advice import advice
from ..text import clock, units
from ..text.clean import clean
from ..widgets.line import Part, Parts
from . import session_rows as people
from .dialogs.object_page import Content, ObjectPage, Reader

if TYPE_CHECKING:
    from .query_views.desk import Desk

_TITLE = 13
_NAMED = 20
"""Sessions that wait for it which are named."""


def open_page(desk: "Desk", session: Session) -> bool:
    """Its locks are asked for when it opens, and again on `r`."""
    server = desk.server

    async def read() -> Content:
        sessions = desk.reading("sessions", server).value
        everyone = sessions.everyone if isinstance(sessions, Sessions) else (session,)
        found = forest(everyone, clock.now())
        now_there = next((one for one in rules.folded(everyone) if one.key == session.key), None)
        one = now_there or next((one for one in everyone if one.key == session.key), session)
        locks = await _locks(desk, server, one, everyone)
        notes = () if now_there or one is not session else ("gone: this is what it did last",)
        return Content(lines(one, found, locks, clock.now()), notes)

    title = f"prepared transaction {clean(session.gid)}" if session.gid else f"session {session.pid}"
    leads = {"related": lambda page: _leave_to_statement(desk, session, page)}
    console = desk.tab.console
    console.push_screen(
        ObjectPage(
            title, (Reader("session", read, ("d",), wrap=True),), console.palette, leads if session.query_id else {}
        )
    )
    return True


def go_to_statement(desk: "Desk", session: Session) -> bool:
    """Its statement in the Statements view, where that lists it; said where not."""
    statements = desk.reading("statements").value
    rows = statements.rows if isinstance(statements, Statements) else ()
    same = [row for row in rows if row.query_id == session.query_id and session.query_id is not None]
    named = [row for row in same if (row.user, row.database) == (session.user, session.database)]
    if named or same:
        desk.tab.console.go(3, "statements", (named or same)[0].key)
    elif session.query_id is None:
        desk.tab.console.say("o: its statement is not known (query ids: PostgreSQL 14 and later, compute_query_id)")
    else:
        desk.tab.console.say(f"o: statement {people.statement_id(session)} is not among those that ran in the window")
    return True


def _leave_to_statement(desk: "Desk", session: Session, page: ObjectPage) -> None:
    page.dismiss(None)
    go_to_statement(desk, session)


async def _locks(desk: "Desk", server: str, session: Session, everyone: tuple[Session, ...]) -> SessionLocks | None:
    """None where there is nobody to ask."""
    readers: Mapping[str, Any] = desk.context.services.__dict__.get("databases") or {}
    reader = readers.get(server)
    if reader is None or session.pid <= 0:
        return None
    workers = tuple(one.pid for one in everyone if one.leader == session.pid and one.pid != session.pid)
    found: SessionLocks = await reader.people.locks_of(session, workers)
    return found


def lines(session: Session, found: Forest, locks: SessionLocks | None, now: datetime) -> list[Parts]:
    """The most important first."""
    victims = [found.sessions[pid] for pid in found.victims.get(session.pid, ())]
    behind = found.behind.get(session.pid, 0)
    return [
        *_facts(session, now),
        *_blocks(session, victims, behind, found, now),
        *_query(session),
        *_lock_lines(session, locks, now),
        *_ending(session, behind),
    ]


def _facts(session: Session, now: datetime) -> list[Parts]:
    client = clean(session.client)
    port = f" port {session.client_port}" if session.client_port else ""
    facts = (
        ("who", f"{people.who(session)}{' · a console' if session.own else ''}"),
        ("does", f"{people.state_words(session)}, for {people.whole_minutes(rules.waited_s(session, now))}"),
        ("client", f"{client}{port}" if client else ""),
        ("type", clean(session.backend_type)),
        ("workers", units.plural(session.workers, "parallel worker") if session.workers else ""),
        ("wait event", people.wait_words(session) if session.wait_type else ""),
        ("query", _since(session.query_start, now, "began" if session.state == "active" else "the last one began")),
        ("transaction", _since(session.transaction_start, now, "open since")),
        ("state", _since(session.state_change, now, "since")),
        ("connected", _since(session.backend_start, now, "since") if session.pid > 0 else ""),
        ("xmin", _xmin(session)),
    )
    return [_fact(title, value) for title, value in facts if value]


def _xmin(session: Session) -> str:
    if session.xmin_age is None:
        return ""
    return f"{session.xmin_age:,} transactions old: dead rows that are younger cannot be vacuumed"


def _blocks(session: Session, victims: list[Session], behind: int, found: Forest, now: datetime) -> list[Parts]:
    lines: list[Parts] = []
    wait = people.waits_for(session)
    if wait:
        lines += [_heading("BLOCKED BY"), _text(wait)]
        blockers = [found.sessions[pid] for pid in session.blocked_by if pid in found.sessions]
        lines += [_text(f"  {people.who(one)} · {people.state_words(one)}") for one in blockers[:_NAMED]]
    circle = next((tree.circle for tree in found.trees if session.pid in tree.circle), ())
    if circle:
        lines.append(_text(f"a deadlock: {ring_words(circle)}; the server ends one when deadlock_timeout is over"))
    if victims:
        lines.append(_heading(f"BLOCKS {units.plural(behind, 'session')}"))
        held = people.holds(session)
        if held:
            lines.append(_text(f"holds {held}"))
        for victim in victims[:_NAMED]:
            lines.append(_text(f"  {people.who(victim)} · {people.waits_for(victim, below=session.pid)}"))
        if behind > min(len(victims), _NAMED):
            lines.append(_text(f"  and {behind - min(len(victims), _NAMED)} more, directly or behind these"))
    return lines


def _query(session: Session) -> list[Parts]:
    if why := people.unseen(session):
        return [_heading("STATEMENT"), _text(why)]
    if not session.query:
        return []
    named = f" {people.statement_id(session)} (o goes to it)" if session.query_id is not None else ""
    return [_heading(f"STATEMENT{named}"), _text(clean(session.query, 4096))]


def _lock_lines(session: Session, locks: SessionLocks | None, now: datetime) -> list[Parts]:
    if locks is None:
        return []
    if not locks.rows:
        return [_heading("LOCKS"), _text("none, or it is gone")]
    lines: list[Parts] = [_heading(f"LOCKS {len(locks.rows) + locks.more:,}")]
    for lock in locks.rows:
        parts = [Part(f" {clean(short_mode(lock.mode)):<12}"), Part(clean(lock.what))]
        if not lock.granted:
            since = f" {units.age(lock.since, now)}" if lock.since is not None else ""
            parts.append(Part(f"  waits for it{since}", "warning"))
        lines.append(parts)
    if locks.more:
        lines.append(_text(f"{locks.more:,} more are not listed"))
    return lines


def _ending(session: Session, behind: int) -> list[Parts]:
    return [
        _heading("TO END IT (not done from here)"),
        *(_text(f"- {clean(one, 600)}") for one in advice(session, behind)),
    ]


def _since(moment: datetime | None, now: datetime, words: str) -> str:
    return "" if moment is None else f"{words} {units.when(moment, now)}, {units.age(moment, now)} ago"


def _fact(title: str, value: str) -> Parts:
    return [Part(f" {title:<{_TITLE}}", "dim"), Part(value)]


def _heading(text: str) -> Parts:
    return [Part(f" {text}", "title")]


def _text(text: str) -> Parts:
    return [Part(f" {text}")]
