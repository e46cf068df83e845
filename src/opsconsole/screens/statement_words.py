"""The Statements view in words: what is known of a row, and which window it shows."""

import re
from collections.abc import Sequence
from datetime import timedelta

from rich.text import Text

from ..model.finding import Change
from ..model.statements import LAST, RESET, USUAL, StatementRate, Statements
from ..rules.statement_origin import deploy_name, origin, since_deploy
from ..rules.statement_windows import LENGTHS_S, SHORTEST_BEFORE_S, day_or_clock
from ..text import clock, units
from ..text.clean import clean
from .statement_columns import OTHERS, grown, query_id, tags

SOON = timedelta(hours=1)
"""What is first seen so soon after a reset may run for long."""
FULL = 0.9
"""From this part of its length on a window counts as full."""
TITLES = {"last": "last interval", "1m": "1 minute", "5m": "5 minutes", "15m": "15 minutes", "reset": "since the reset"}
GREW = 2.0
_THE_TIME_BEFORE = re.compile(r"v the (\S+) before$")


def window_title(statements: Statements) -> str:
    """`window 5m v the hour before`; the true spans until both are full, `since reset 12 Mar`."""
    label = statements.before_label
    compared = f" v {label}" if label else ""
    if statements.window == RESET:
        when = day_or_clock(statements.begins, clock.now()) if statements.begins else "(the server tells no time)"
        return f"since reset {when}"
    if statements.window_s <= 0:
        return f"window {TITLES.get(statements.window, units.UNKNOWN)}"
    title = f"window {units.span(statements.window_s)}"
    wanted = LENGTHS_S.get(statements.window, 0.0)
    if statements.window == LAST:
        title = f"last interval {units.span(statements.window_s)}"
    elif statements.window_s >= wanted * FULL:
        title = f"window {units.span(round(statements.window_s / 60) * 60)}"
    elif statements.before_s is None:
        # The usual one needs no name; of another it must be seen that it was chosen.
        title += ", since start" if statements.window == USUAL else f" of {clean(statements.window)}, since start"
    else:
        title += f" of {clean(statements.window)}"
    return title + compared


def titles(statements: Statements) -> Sequence[str]:
    """The same in fewer words: `5m v the hour before`, `5m v 1h`."""
    title = window_title(statements)
    bare = title.removeprefix("window ")
    return title, bare, _THE_TIME_BEFORE.sub(r"v \1", bare.replace("the hour before", "the 1h before"))


def news(view: Statements, rows: Sequence[StatementRate]) -> str:
    """`3 new statements since 01:44`, which is when the time before began; `no new statement in 5m`.

    "" after a short look, or none: what comes once a minute would be new.
    """
    new = sum(1 for row in rows if row.first_seen is not None)
    if view.begins is None or view.before_s is None or view.before_s < SHORTEST_BEFORE_S:
        return ""
    if not new:
        return f"no new statement in {units.minutes(view.window_s)}"
    began = view.begins - timedelta(seconds=view.before_s)
    return f"{units.plural(new, 'new statement')} since {units.when(began, clock.now())}"


def lines(row: StatementRate, view: Statements, changes: Sequence[Change], slow: Sequence[str]) -> list[Text]:
    """What is known of a row, the most important first; `slow` tells of its limits."""
    if row.key == OTHERS:
        return [Text("everything that is not listed, so that the shares add up to 100 %", style="dim")]
    head = Text.assemble((f"{query_id(row.query_id)} ", "bold"), clean(row.text))
    who = " · ".join(clean(part) for part in (row.application, row.user, row.database, tags(row)) if part)
    age = _age(row, view, changes)
    facts = [age, *_time(row)] if row.first_seen is not None else [*_time(row), age]
    more = (Text(" · ".join(_weights(row, view))), Text(who, style="dim"), Text(" · ".join(slow), style="dim"))
    return [Text(" · ".join(facts)), head, *(line for line in more if line.plain)]


def _time(row: StatementRate) -> list[str]:
    facts = [
        f"{units.number(row.calls_s)} calls/s, {units.milliseconds(row.mean_ms)} ms each",
        f"{units.percent(row.share, 1)} % of the time of all statements",
    ]
    if row.rows_per_call is not None:
        rows = units.number(row.rows_per_call, 1)
        facts.append(f"{rows} {'row' if rows == '1' else 'rows'} per call")
    if row.before_calls_s is not None and row.first_seen is None:
        mean = f", {units.milliseconds(row.before_mean_ms)} ms each" if row.before_mean_ms is not None else ""
        when = f" {units.when(row.before_until, clock.now())}" if row.before_until is not None else ""
        facts.append(f"before{when}: {units.number(row.before_calls_s)} calls/s{mean}")
    return facts


def _age(row: StatementRate, view: Statements, changes: Sequence[Change]) -> str:
    """New, and after which deploy; or since when it is known, and which deploy lies in the time in which it grew."""
    now = clock.now()
    doubt = _doubt(row, view)
    if row.first_seen is not None:
        said = clean(origin(row.first_seen, changes, now, row.main_application))
        return f"{said} (first seen {units.when(row.first_seen, now)}{doubt})"
    known = f"known since {units.when(row.known_since, now)}{doubt}" if row.known_since is not None else ""
    begun = view.begins if view.window != RESET else None
    if row.known_since is not None and begun is not None and row.known_since >= begun:
        known = f"first called {units.when(row.known_since, now)}, within this window{doubt}"
    growth = grown(row)
    begins = now - timedelta(seconds=view.window_s + (view.before_s or 0.0))
    deploy = since_deploy(changes, begins, now) if growth is not None and growth >= GREW else None
    if deploy is None:
        return known or "known for longer than anybody looked"
    came = f"{units.factor(growth, 1.0)}; {clean(deploy_name(deploy))} came {units.age(deploy.at, now)} ago"
    return f"{came} · {known}" if known else came


def _doubt(row: StatementRate, view: Statements) -> str:
    """Why it may be older than it seems."""
    if view.evicting:
        return ", or evicted before that"
    seen, reset = row.first_seen or row.known_since, view.counting_since
    if seen is None or reset is None or seen - reset > SOON:
        return ""
    return f", counted since the reset at {units.when(reset, clock.now())}"


def _weights(row: StatementRate, view: Statements) -> list[str]:
    """Blocks, temporary files, WAL, I/O, planning: what is counted and is not nothing, or is not counted at all."""
    said = []
    if row.hit_ratio is not None:
        said.append(f"{units.percent(row.hit_ratio, 1)} % of its blocks from cache, {units.number(row.reads_s)}/s read")
    more = (("temporary blocks", row.temp_s), ("local blocks", row.local_s), ("blocks dirtied", row.dirtied_s))
    said += [f"{units.number(value)} {name}/s" for name, value in more if value]
    if row.wal_s:
        said.append(f"WAL {units.size(row.wal_s)}/s")
    if row.in_io is not None:
        said.append(f"{units.percent(row.in_io)} % of its time in I/O")
    elif view.tracked.io_timing is False:
        said.append("time in I/O unknown: track_io_timing is off")
    if row.plan_mean_ms is not None:
        said.append(f"planned in {units.milliseconds(row.plan_mean_ms)} ms")
    if row.in_jit:
        said.append(f"{units.percent(row.in_jit)} % of its time in jit")
    return said
