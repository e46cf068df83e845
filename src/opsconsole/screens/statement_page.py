"""The page of one statement: its text, its numbers now and before, whose it is, for which requests, and who runs it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..model.finding import Change, Finding
from ..model.metrics import ServiceFigures, Services
from ..model.sessions import Session
from ..model.statements import StatementRate, Statements
from ..rules.n_plus_one import endpoint_of, per_request
from ..rules.statement_advice import advice
from ..text import units
from ..text.clean import clean
from ..widgets.line import Part, Parts
from .statement_columns import query_id

_TITLE = 13
_FIGURE = 12
_LONGEST = 1500
"""Characters of the text: `y` shows all of it."""
_SESSIONS = 12
_TAGS = ("route", "controller", "action", "job", "component", "framework", "db_driver", "source_location", "line")


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What is known when the page is read; None is unknown."""

    row: StatementRate
    view: Statements | None
    services: Services | None
    sessions: tuple[Session, ...] | None
    """Those that run it now."""
    changes: tuple[Change, ...]
    """About when it changed."""
    finding: Finding | None
    gone: bool = False
    """It did not run in the window; the numbers are its last ones."""


def lines(seen: Seen, now: datetime) -> list[Parts]:
    """The most important first."""
    parts = (_text(seen), _signs(seen), _numbers(seen, now), _who(seen), _endpoints(seen), _running(seen, now),
             _changed(seen))  # fmt: skip
    return [line for part in parts if part for line in (*part, [Part("")])]


def signs(row: StatementRate, services: Services | None) -> list[str]:
    """What stands out of a row in its pane, and what one does about it."""
    repeated = per_request(row, services)
    told = advice(row, repeated)
    said = [repeated.words] if repeated is not None and repeated.suspect else []
    return [*said, told.line] if told is not None else said


def _text(seen: Seen) -> list[Parts]:
    text = clean(seen.row.text, _LONGEST)
    if not text:
        return [[Part("its text is not visible to this role: GRANT pg_read_all_stats (or pg_monitor) to it", "dim")]]
    shown: list[Parts] = [[Part(f"{query_id(seen.row.query_id)} ", "title"), Part(text)]]
    return shown if len(seen.row.text) <= _LONGEST else [*shown, [Part("y shows the whole text", "dim")]]


def _signs(seen: Seen) -> list[Parts]:
    """What stands out, and what one does about it."""
    repeated = per_request(seen.row, seen.services)
    told = advice(seen.row, repeated)
    shown: list[Parts] = []
    if seen.gone:
        shown.append([Part("it has not run in the window: the numbers are its last ones", "stale")])
    if seen.finding is not None:
        shown.append([Part(f"▲ {clean(seen.finding.what)}", "warning")])
    if repeated is not None and repeated.suspect:
        shown.append([Part(f"▲ {repeated.words}", "warning")])
    if told is not None:
        shown.append([Part(told.line, "title")])
    shown.append([Part("plan: e asks the server for it (16 and later), without executing anything", "dim")])
    return shown


def _numbers(seen: Seen, now: datetime) -> list[Parts]:
    row, view = seen.row, seen.view
    window = units.span(view.window_s) if view is not None and view.window_s else "window"
    before = view.before_label if view is not None and view.before_label else "before"
    pairs = (
        ("calls/s", units.number(row.calls_s), units.number(row.before_calls_s)),
        ("mean ms", units.milliseconds(row.mean_ms), units.milliseconds(row.before_mean_ms)),
    )
    known = row.before_calls_s is not None or row.before_mean_ms is not None
    shown: list[Parts] = [
        [Part("NUMBERS", "title"), Part(f"{'':{_TITLE - 7}}{f'now ({window})':>{_FIGURE}}{'':3}{before}", "dim")]
    ]
    for title, value, other in pairs:
        compared = f"{'':3}{other if known else units.DASH}"
        shown.append([Part(f"{title:<{_TITLE}}", "dim"), Part(f"{value:>{_FIGURE}}"), Part(compared, "dim")])
    figures = (
        ("time share", f"{units.percent(row.share, 1)} %"),
        ("rows/call", units.number(row.rows_per_call, 1)),
        ("from cache", f"{units.percent(row.hit_ratio, 1)} %" if row.hit_ratio is not None else units.DASH),
        ("reads/s", units.number(row.reads_s) if row.reads_s is not None else units.DASH),
        ("temp/s", units.number(row.temp_s) if row.temp_s is not None else units.DASH),
        ("WAL/s", units.size(row.wal_s) if row.wal_s is not None else units.DASH),
        ("waits for I/O", f"{units.percent(row.in_io)} %" if row.in_io is not None else units.UNKNOWN),
    )
    shown += [[Part(f"{title:<{_TITLE}}", "dim"), Part(f"{value:>{_FIGURE}}")] for title, value in figures]
    since = row.first_seen or row.known_since
    first = f"{units.clock(since)}Z, {units.age(since, now)} ago" if since is not None else "before the console looked"
    shown.append(_fact("first seen", first))
    return shown


def _who(seen: Seen) -> list[Parts]:
    row = seen.row
    tags = [(name, value) for name, value in row.tags if name in _TAGS]
    facts = (
        ("application", row.application or "unknown: no comment names it, and no session was seen running it"),
        ("user", row.user or units.UNKNOWN),
        ("database", row.database or units.UNKNOWN),
        *tags,
    )
    return [[Part("WHO", "title")], *(_fact(name, clean(value)) for name, value in facts)]


def _endpoints(seen: Seen) -> list[Parts]:
    figures = seen.services.figures if seen.services is not None else ()
    found, _ = endpoint_of(seen.row, figures)
    if not found:
        return []
    repeated = per_request(seen.row, seen.services)
    shown: list[Parts] = [[Part("REQUESTS", "title"), Part("   o goes there", "dim")]]
    shown += [[Part(_endpoint(one))] for one in found]
    if repeated is not None:
        whole = "" if repeated.endpoint else "; no comment names the endpoint, so all requests count"
        shown.append([Part(f"{repeated.words}{whole}", "warning" if repeated.suspect else "")])
    return shown


def _endpoint(one: ServiceFigures) -> str:
    name = f"{one.service} {one.endpoint}".strip()
    errors = f", {units.percent(one.server_errors)} % 5xx" if one.server_errors is not None else ""
    slow = f", P95 {units.seconds(one.p95_s)}" if one.p95_s is not None else ""
    return clean(f"{name}: {units.number(one.requests_s)} requests/s{errors}{slow}")


def _running(seen: Seen, now: datetime) -> list[Parts]:
    if seen.sessions is None:
        return []
    count = len(seen.sessions)
    title = f"   {units.plural(count, 'session')} (o lists them)" if count else "   no session at the last look"
    shown: list[Parts] = [[Part("RUNNING NOW", "title"), Part(title, "dim")]]
    for one in seen.sessions[:_SESSIONS]:
        since = units.age(one.query_start, now) if one.query_start is not None else units.UNKNOWN
        waits = f", waits: {one.wait_type} {one.wait_event}" if one.wait_type else ""
        who = " ".join(part for part in (one.application, one.client) if part)
        shown.append([Part(clean(f"{one.pid}  {who}  for {since}{waits}"))])
    return shown


def _changed(seen: Seen) -> list[Parts]:
    if not seen.changes:
        return []
    shown: list[Parts] = [[Part("CHANGED", "title"), Part("   shortly before it did", "dim")]]
    return [*shown, *([Part(_change(one))] for one in seen.changes)]


def _change(change: Change) -> str:
    who = f"  {change.who}" if change.who else ""
    return clean(f"{units.clock(change.at)}Z  {change.what}{who}")


def _fact(title: str, text: str) -> Sequence[Part]:
    return [Part(f"{title:<{_TITLE}} ", "dim"), Part(text)]
