"""What `enter`, `y` and `e` open about a statement, asked of its server when they do; and where `o` leads from it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ..model.finding import Change, Finding
from ..model.reading import ProblemKind
from ..model.sessions import Session, Sessions
from ..model.statements import StatementRate, Statements
from ..poller.topics import CHANGES, CUSTOMERS, FINDINGS, SERVICES
from ..rules.n_plus_one import endpoint_of
from ..rules.statement_findings import statement_object
from ..sources.errors import SourceError
from ..text import clock
from ..text.clean import clean
from ..text.sql import tokens
from ..text.units import plural
from ..widgets.line import Part, Parts
from . import plan_page, statement_page
from .dialogs.object_page import MOST_LINES, Content, ObjectPage, Reader
from .statement_columns import query_id

if TYPE_CHECKING:
    from .query_views.desk import Desk

STATEMENT, TEXT, PLAN = "statement", "full text", "plan"
OPENED_BY = {"raw": TEXT, "events": PLAN}
"""By the action whose key opens it."""
AROUND = timedelta(minutes=30), timedelta(minutes=2)
"""Before and after a statement changed: so far a change may lie to stand beside it."""
_WIDEST = 400
_KEYWORDS = frozenset(
    """SELECT FROM WHERE AND OR NOT IN IS NULL LIKE BETWEEN EXISTS JOIN LEFT RIGHT FULL INNER OUTER CROSS LATERAL ON
    USING GROUP ORDER BY HAVING LIMIT OFFSET FETCH UNION ALL EXCEPT INTERSECT DISTINCT AS WITH RECURSIVE INSERT INTO
    VALUES UPDATE SET DELETE MERGE RETURNING CASE WHEN THEN ELSE END FOR SHARE NOWAIT SKIP LOCKED CREATE ALTER DROP
    TABLE INDEX ROLE USER GRANT REVOKE PASSWORD ASC DESC""".split()  # noqa: SIM905  (as words it can be read)
)
_threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statement text")


def open_page(desk: "Desk", row: StatementRate, first: str = STATEMENT) -> bool:
    """A page with all three, `first` in front; False for the row of all others."""
    if not row.query_id:
        return False
    server, console = desk.server, desk.tab.console
    readers = [
        Reader(STATEMENT, partial(_statement, desk, server, row), ("enter",), wrap=True),
        Reader(PLAN, partial(_plan, desk, server, row.key), ("e",), wrap=True),
        Reader(TEXT, partial(_text, desk, server, row), ("y",), wrap=True),
    ]
    readers.sort(key=lambda reader: reader.title != first)

    def lead(go: Callable[["Desk", StatementRate], None], page: ObjectPage) -> None:
        page.dismiss(None)
        console.call_later(go, desk, row)

    leads = {"related": partial(lead, go_related), "impact": partial(lead, show_impact)}
    title = f"statement {query_id(row.query_id)} on {clean(server, 60) or 'the server'}"
    console.push_screen(ObjectPage(title, readers, console.palette, leads))
    return True


def go_related(desk: "Desk", row: StatementRate) -> None:
    """To the endpoint whose requests it serves, the sessions that run it, the workload of its application."""
    from .dialogs.choose import Choose

    console = desk.tab.console
    services = desk.context.board.get(SERVICES).value
    found, _ = endpoint_of(row, services.figures if services is not None else ())
    ways: list[tuple[str, Callable[[], object]]] = [
        (f"requests of {one.service} {one.endpoint}".strip(), partial(console.go, 1, "services", one.key))
        for one in found
    ]
    running = _running(desk, desk.server, row)
    if running:
        ways.append((f"{plural(len(running), 'session')} that run it", partial(_to_sessions, desk, running[0])))
    application = row.main_application
    if application and desk.context.profile.kubernetes is not None:
        ways.append((f"workload {application}", partial(console.go, 2, "workloads", application)))
    if not ways:
        console.say("o: neither an endpoint nor a session of this statement is known")
    elif len(ways) == 1:
        ways[0][1]()
    else:
        names = [clean(words, 120) for words, _ in ways]

        def chosen(place: int) -> None:
            ways[place][1]()

        console.push_screen(Choose("go to", names, chosen, console.palette, "o"))


def show_impact(desk: "Desk", row: StatementRate) -> None:
    """To the customers whose requests are slow or fail, where that is measured."""
    console = desk.tab.console
    customers = desk.context.board.get(CUSTOMERS).value
    if customers is None or not customers.hurt_measured:
        console.say("i: which customers have slow or failed requests is not measured")
    elif not any((one.slow or 0) + (one.failed or 0) > 0 for one in customers.rows):
        console.say("i: no customer has slow or failed requests")
    else:
        console.go(5, "hurt")


def _to_sessions(desk: "Desk", session: Session) -> None:
    """The first of them; the filter shows the others of its application."""
    desk.tab.jump("sessions")
    desk.tab.go_to(session.key)


LEADS = {"related": go_related, "impact": show_impact}
"""Where keys lead to from a row, by the action."""


# ---- what the pages read ----------------------------------------------------------------------------------------


async def _statement(desk: "Desk", server: str, opened: StatementRate) -> Content:
    view = desk.reading("statements", server).value
    rows = view.rows if isinstance(view, Statements) else ()
    row = next((one for one in rows if one.key == opened.key), None)
    finding = _finding(desk, opened.key)
    seen = statement_page.Seen(
        row or opened,
        view if isinstance(view, Statements) else None,
        desk.context.board.get(SERVICES).value,
        _running(desk, server, opened),
        _changes(desk, (finding.since if finding is not None else None) or (row or opened).first_seen),
        finding,
        gone=row is None,
    )
    return Content(statement_page.lines(seen, clock.now()))


async def _text(desk: "Desk", server: str, row: StatementRate) -> Content:
    from ..sources.postgres import statement_texts
    from ..sources.postgres.server import TEXT_LIMIT

    try:
        found = await statement_texts.whole(_server(desk, server), row.key)
        sql = found.sql
        cut = f"{found.size:,} bytes; the first {len(found.raw):,} are shown" if found.cut else ""
    except SourceError as error:
        if not row.text:
            raise
        sql, cut = row.text, f"as last read, at most {TEXT_LIMIT:,} characters: {error.problem.sentence}"
    text, note, lines = await asyncio.get_running_loop().run_in_executor(_threads, _laid_out, sql)
    notes = [note, clean(cut, 200)]
    return Content(lines, ("literals redacted", *(one for one in notes if one)), text)


async def _plan(desk: "Desk", server: str, key: str) -> Content:
    from ..sources.postgres.plan import explain

    return Content(plan_page.lines(await explain(_server(desk, server), key)))


def _laid_out(sql: str) -> tuple[str, str, list[Parts]]:
    """The text, why it is as it was written where it is, and its lines with their keywords standing out."""
    from ..text.sql_format import laid_out

    text, note = laid_out(sql)
    lines: list[list[Part]] = [[]]
    for token in tokens(text):
        style = "title" if token.kind == "name" and token.text.upper() in _KEYWORDS else ""
        for place, piece in enumerate(token.text.split("\n")):
            if place:
                lines.append([])
            # A line without end is broken: each part is measured between two keys.
            lines[-1] += [Part(piece[at : at + _WIDEST], style) for at in range(0, len(piece), _WIDEST)]
    return text, note, list(lines[:MOST_LINES])


def _server(desk: "Desk", server: str) -> Any:
    readers = desk.context.services.__dict__.get("databases") or {}
    if server not in readers:
        raise SourceError(ProblemKind.MISSING, "there is no server to ask")
    return readers[server].server


def _running(desk: "Desk", server: str, row: StatementRate) -> tuple[Session, ...] | None:
    """Sessions in the middle of it; None where the server does not tell (before 14) or nothing was read."""
    sessions = desk.reading("sessions", server).value
    if not isinstance(sessions, Sessions) or all(one.query_id is None for one in sessions.rows):
        return None
    return tuple(one for one in sessions.rows if one.query_id == row.query_id and one.state == "active")


def _finding(desk: "Desk", key: str) -> Finding | None:
    found, about = desk.context.board.get(FINDINGS).value or (), statement_object(desk.further, key)
    return next((one for one in found if one.rule == "statement" and one.object == about), None)


def _changes(desk: "Desk", since: datetime | None) -> tuple[Change, ...]:
    if since is None:
        return ()
    changes = desk.context.board.get(CHANGES).value or ()
    return tuple(one for one in changes if since - AROUND[0] <= one.at <= since + AROUND[1])[:8]
