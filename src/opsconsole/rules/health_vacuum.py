"""Health of what vacuum has to do: wraparound, what holds it back, dead rows, what it does now, column statistics.

Limits: wraparound at 1.3 and 1.4 billion (check_postgres), prepared transactions 30 s (check_postgres), idle in
transaction 60 s and 5 min, long transactions 5 min and 1 h.
"""

from ..model.postgres import Detail
from ..model.server_signs import TableSign, TransactionSign, XminSign
from ..text.units import DASH, UNKNOWN, age, number, percent, plural, size, span
from .health_verdict import Case, Verdict, detail, graded, grant, hidden, minutes, names, unknown, worst

WRAPAROUND = 2_146_483_648
"""Transactions that fit before the server refuses to go on (2^31 less the million it keeps back; pghero)."""
WRAPAROUND_WARN, WRAPAROUND_CRIT = 1_300_000_000, 1_400_000_000
FREEZE_LATE = 1.5
"""Autovacuum comes to freeze a table at 1.0 of its limit: so far beyond it is late."""
IDLE_WARN_S, IDLE_CRIT_S = 60.0, 300.0
LONG_WARN_S, LONG_CRIT_S = 300.0, 3600.0
PREPARED_WARN_S, PREPARED_CRIT_S = 30.0, 300.0
HELD_WARN, HELD_CRIT = 1_000_000, 50_000_000
"""Transactions begun since the oldest snapshot that somebody keeps."""
BEHIND_FACTOR = 2.0
DEAD_LEAST = 10_000
DEAD_WARN, DEAD_CRIT = 0.2, 0.5
"""Dead of all rows of a table."""
ANALYZE_FACTOR = 5.0


def wraparound(case: Case) -> Verdict:
    bases = case.now.databases
    if not bases:
        return unknown("no databases to be seen")
    oldest = max(bases, key=lambda base: max(base.xid_age, base.mxid_age))
    held = max(oldest.xid_age, oldest.mxid_age)
    kind = "transaction ids" if oldest.xid_age >= oldest.mxid_age else "multixacts"
    rows = [
        (base.name, f"{percent(base.xid_age / WRAPAROUND)} %", number(base.xid_age),
         f"{percent(base.mxid_age / WRAPAROUND)} %", number(base.mxid_age))
        for base in sorted(bases, key=lambda base: -max(base.xid_age, base.mxid_age))
    ]  # fmt: skip
    state = graded(held, WRAPAROUND_WARN, WRAPAROUND_CRIT)
    return Verdict(
        state,
        f"{percent(held / WRAPAROUND)} % of {kind} used ({oldest.name})",
        f"< {percent(WRAPAROUND_WARN / WRAPAROUND)} %",
        "at the end the server refuses every write until a vacuum has frozen old rows",
        "end what holds back vacuum (Oldest snapshot), then VACUUM (FREEZE) its oldest tables" if state != "ok" else "",
        detail("by database", ("DATABASE", "XID", "AGE", "MULTIXACT", "AGE"), rows),
    )


def wraparound_tables(case: Case) -> Verdict:
    ages = case.now.table_ages
    if ages is None:
        return unknown("no tables to be seen")
    late = [t for t in ages if max(t.xid_age, t.mxid_age) >= t.freeze_max_age * FREEZE_LATE]
    rows = [
        (t.name, f"{percent(max(t.xid_age, t.mxid_age) / WRAPAROUND)} %", number(t.xid_age), number(t.mxid_age),
         number(t.freeze_max_age), size(t.bytes))
        for t in ages
    ]  # fmt: skip
    states = [graded(max(t.xid_age, t.mxid_age), WRAPAROUND_WARN, WRAPAROUND_CRIT) for t in ages]
    state = worst([*states, "warn" if late else "ok"])
    first = max(ages, key=lambda t: max(t.xid_age, t.mxid_age), default=None)
    top = "none" if first is None else f"{first.name} {percent(max(first.xid_age, first.mxid_age) / WRAPAROUND)} %"
    return Verdict(
        state,
        f"{plural(len(late), 'table')} late: {top}" if late else f"oldest {top}",
        f"< {FREEZE_LATE:g}x autovacuum_freeze_max_age",
        "autovacuum should have frozen its old rows by now; the oldest table decides for its whole database",
        f"VACUUM (FREEZE, VERBOSE) {late[0].name}" if late else "",
        detail("oldest tables", ("TABLE", "USED", "XID AGE", "MULTIXACT AGE", "FREEZE AT", "SIZE"), rows),
    )


def oldest_snapshot(case: Case) -> Verdict:
    """The oldest of each class: a session, a slot, a slot's catalog, a prepared transaction, a standby's feedback."""
    now = case.now
    if now.xmins is None:
        return unknown("what holds back vacuum could not be asked")
    first: dict[str, XminSign] = {}
    for sign in sorted(now.xmins, key=lambda sign: -sign.age):
        first.setdefault(sign.kind, sign)
    rows = [
        (s.kind, s.name, number(s.age), age(s.since, now.taken) if s.since else DASH, s.detail)
        for s in sorted(now.xmins, key=lambda s: -s.age)
    ]
    shown = detail("holders, oldest first", ("CLASS", "WHO", "TRANSACTIONS", "SINCE", "DETAIL"), rows)
    held = max((sign.age for sign in now.xmins), default=0)
    state = graded(held, HELD_WARN, HELD_CRIT)
    if state == "ok" and now.hidden_sessions:
        return hidden(now, "snapshots of other sessions", shown)
    top = next(iter(first.values()), None)
    remedies = {
        "session": "end it (Sessions); split long jobs",
        "standby feedback": "end the long query on that replica, or its hot_standby_feedback",
        "slot": "bring back its reader, or drop the slot",
        "slot catalog": "bring back its reader, or drop the slot",
        "prepared": "COMMIT PREPARED or ROLLBACK PREPARED it",
    }
    return Verdict(
        state,
        f"{top.kind} {top.name}: {number(top.age)} behind" if top else "nobody holds one",
        f"< {number(HELD_WARN)} transactions",
        "rows that died since are kept for it, in every table, whatever vacuum does",
        remedies.get(top.kind, "") if top and state != "ok" else "",
        shown,
    )


def idle_transactions(case: Case) -> Verdict:
    rows = [(t, t.idle_s) for t in case.now.transactions or () if t.idle_s is not None]
    return _oldest(
        case,
        rows,
        (IDLE_WARN_S, IDLE_CRIT_S),
        "an open transaction keeps its locks and holds back vacuum while it does nothing",
        "see Sessions for the application; set idle_in_transaction_session_timeout",
    )


def long_transactions(case: Case) -> Verdict:
    rows = [(t, t.open_s) for t in case.now.transactions or ()]
    return _oldest(
        case,
        rows,
        (LONG_WARN_S, LONG_CRIT_S),
        "what was deleted since it began cannot be cleaned up, in any table",
        "see Sessions for what it does; split long jobs",
    )


def _oldest(
    case: Case, rows: list[tuple[TransactionSign, float]], limits: tuple[float, float], why: str, remedy: str
) -> Verdict:
    now = case.now
    if now.transactions is None:
        return unknown("the sessions could not be asked")
    rows.sort(key=lambda row: -row[1])
    oldest = rows[0][1] if rows else 0.0
    state = graded(oldest, *limits)
    shown = detail(
        "oldest first",
        ("PID", "FOR", "STATE", "APPLICATION", "USER", "DATABASE"),
        [(str(t.pid), minutes(s), t.state, t.application or DASH, t.user, t.database) for t, s in rows],
    )
    if state == "ok" and now.hidden_sessions:
        return hidden(now, f"{plural(now.hidden_sessions, 'session')} of others", shown)
    value = f"oldest {minutes(oldest)}" if rows else "none"
    return Verdict(state, value, f"< {span(limits[0])}", why, remedy if state != "ok" else "", shown)


def prepared(case: Case) -> Verdict:
    found = case.now.prepared
    if found is None:
        return unknown("the prepared transactions could not be asked")
    rows = [(p.name, age(p.prepared, case.now.taken), p.owner, p.database, number(p.age)) for p in found]
    oldest = max(((case.now.taken - p.prepared).total_seconds() for p in found), default=0.0)
    state = graded(oldest, PREPARED_WARN_S, PREPARED_CRIT_S)
    first = min(found, key=lambda p: p.prepared, default=None)
    return Verdict(
        state,
        f"{len(found)}, oldest {minutes(oldest)}" if found else "none",
        f"< {span(PREPARED_WARN_S)}",
        "it survives its session and restarts, and keeps its locks and old rows until somebody ends it",
        f"ask its transaction manager, then ROLLBACK PREPARED '{first.name}'" if first and state != "ok" else "",
        detail("oldest first", ("NAME", "AGE", "OWNER", "DATABASE", "TRANSACTIONS"), rows),
    )


def autovacuum(case: Case) -> Verdict:
    settings = case.now.settings
    if settings is None:
        return unknown("the settings could not be read")
    off = [name for name in ("autovacuum", "track_counts") if settings.get(name) == "off"]
    tables = [t for t in case.now.tables or () if not t.autovacuum]
    most = int(settings.get("autovacuum_max_workers", "0") or 0)
    busy = case.now.workers if case.now.monitors else None
    state = "crit" if off else "warn" if tables or (busy and most and busy >= most) else "ok"
    remedy = {
        "crit": f"ALTER SYSTEM SET {off[0] if off else ''} = on; SELECT pg_reload_conf()",
        "warn": f"ALTER TABLE {tables[0].name} RESET (autovacuum_enabled)"
        if tables
        else "raise autovacuum_max_workers, or autovacuum_vacuum_cost_limit so that each gets on faster",
    }.get(state, "")
    value = (
        f"{' and '.join(off)} off"
        if off
        else f"off for {names([t.name for t in tables])}"
        if tables
        else f"on, {UNKNOWN if busy is None else busy} of {most} workers busy"
    )
    rows = [(t.name, number(t.dead), number(t.live)) for t in sorted(tables, key=lambda t: -t.dead)]
    return Verdict(
        state,
        value,
        "on, a worker free",
        "without it tables bloat, the planner errs and transaction ids run out",
        remedy,
        detail("switched off for", ("TABLE", "DEAD", "LIVE"), rows),
        "off" if "autovacuum" in off else "",
    )


def behind(case: Case) -> Verdict:
    tables = case.now.tables
    if tables is None:
        return unknown("no tables to be seen")
    late = [t for t in tables if t.dead >= DEAD_LEAST and t.dead > t.threshold * BEHIND_FACTOR]
    late.sort(key=lambda t: -t.dead)
    first = late[0] if late else None
    works = next((p for p in case.now.progress or () if first and p.relation in (first.name, _bare(first))), None)
    remedy = ""
    if first is not None:
        off = not first.autovacuum or (case.now.settings or {}).get("autovacuum") == "off"
        remedy = (
            "autovacuum is off for it: switch it on"
            if off
            else f"a {works.kind} of it runs ({works.phase}): wait"
            if works
            else f"see Oldest snapshot, then VACUUM (ANALYZE) {first.name}; lower its scale factor"
        )
    return Verdict(
        "warn" if late else "ok",
        f"{plural(len(late), 'table')}, worst {first.name}: {number(first.dead)} dead" if first else "none behind",
        f"≤ {BEHIND_FACTOR:g}x autovacuum's threshold",
        "autovacuum should have come already: it is too slow, held back, or off",
        remedy,
        _tables(case, late or sorted(tables, key=lambda t: -t.dead / max(1.0, t.threshold))),
    )


def dead_rows(case: Case) -> Verdict:
    tables = case.now.tables
    if tables is None:
        return unknown("no tables to be seen")
    some = [t for t in tables if t.dead >= DEAD_LEAST]
    some.sort(key=lambda t: -_dead(t))
    bad = [t for t in some if _dead(t) >= DEAD_WARN]
    state = worst(graded(_dead(t), DEAD_WARN, DEAD_CRIT) for t in bad)
    value = (
        f"{plural(len(bad), 'table')}, worst {bad[0].name}: {percent(_dead(bad[0]))} % of rows"
        if bad
        else f"at most {percent(_dead(some[0]))} % ({some[0].name})"
        if some
        else "few"
    )
    short = f"{percent(_dead(bad[0]))} % of {_bare(bad[0])}" if bad else ""
    if len(bad) > 1:
        short += f", {len(bad)} tables"
    return Verdict(
        state,
        value,
        f"< {percent(DEAD_WARN)} % of rows, from {number(DEAD_LEAST)} on",
        "dead rows are read and skipped by every scan, and the table grows",
        f"see Oldest snapshot, then VACUUM (ANALYZE) {bad[0].name}" if bad else "",
        _tables(case, some or sorted((t for t in tables if t.dead), key=lambda t: -t.dead)),
        short,
    )


def _tables(case: Case, tables: list[TableSign]) -> tuple[Detail, ...]:
    now = case.now.taken
    return detail(
        "tables",
        ("TABLE", "DEAD", "LIVE", "DEAD %", "AUTOVACUUM AT", "LAST VACUUM"),
        [
            (t.name, number(t.dead), number(t.live), percent(_dead(t)), number(t.threshold),
             age(t.last_vacuum, now) if t.last_vacuum else "never")
            for t in tables
            if t.dead
        ],
    )  # fmt: skip


def _dead(table: TableSign) -> float:
    return table.dead / max(1, table.dead + table.live)


def _bare(table: TableSign) -> str:
    """As the server names a table of the search path."""
    return table.name.removeprefix("public.")


def progress(case: Case) -> Verdict:
    """What runs, with its share; hidden rows have no phase."""
    runs = case.now.progress
    if runs is None:
        return unknown("the progress views could not be asked")
    rows = [
        (p.kind, p.relation or p.database or DASH, p.phase or "hidden", _done(p.done, p.total, p.unit),
         age(p.started, case.now.taken) if p.started else UNKNOWN, p.who or DASH, str(p.pid))
        for p in runs
    ]  # fmt: skip
    shown = detail("runs now", ("WHAT", "ON", "PHASE", "DONE", "SINCE", "WHO", "PID"), rows)
    if runs and not case.now.monitors and all(not p.phase for p in runs):
        return hidden(case.now, "what others vacuum, index and copy", shown)
    first = runs[0] if runs else None
    return Verdict(
        "ok",
        f"{len(runs)}: {first.kind} {first.relation} {_done(first.done, first.total, first.unit)}" if first else "none",
        DASH,
        "vacuum, analyze, index builds, CLUSTER, COPY and base backups take disk and CPU while they run",
        "",
        shown,
    )


def _done(done: int | None, total: int | None, unit: str) -> str:
    if done is None:
        return UNKNOWN
    if not total:
        return f"{size(done) if unit == 'bytes' else number(done)} {'' if unit == 'bytes' else unit}".strip()
    return f"{percent(min(1.0, done / total), 0)} %"


def column_statistics(case: Case) -> Verdict:
    """Whether the planner's statistics are there and fit; what they say of columns stands below."""
    tables, now = case.now.tables, case.now
    if tables is None:
        return unknown("no tables to be seen")
    never = [t for t in tables if t.last_analyze is None and max(t.live, t.modified) >= DEAD_LEAST]
    old = [
        t
        for t in tables
        if t.last_analyze and t.modified >= DEAD_LEAST and t.modified > t.analyze_threshold * ANALYZE_FACTOR
    ]
    late = [*never, *sorted(old, key=lambda t: -t.modified)]
    value = "all fit"
    if late:
        parts = [f"{len(never)} never analyzed" if never else "", f"{len(old)} out of date" if old else ""]
        value = f"{' and '.join(filter(None, parts))}: {late[0].name}"
    rows = [
        (t.name, number(t.modified), number(t.analyze_threshold),
         age(t.last_analyze, now.taken) if t.last_analyze else "never")
        for t in late
    ]  # fmt: skip
    shown = detail("to be analyzed", ("TABLE", "CHANGED SINCE", "AUTOANALYZE AT", "LAST"), rows)
    shown += detail(
        "columns of the largest tables",
        ("TABLE", "COLUMN", "NULL %", "DISTINCT", "CORRELATION", "BYTES"),
        [
            (c.table, c.column, percent(c.nulls), _distinct(c.distinct),
             DASH if c.correlation is None else f"{c.correlation:.2f}", str(c.width))
            for c in now.columns or ()
        ],
    )  # fmt: skip
    remedy = f"ANALYZE {late[0].name}" if late else ""
    if not remedy and now.columns is not None and not now.columns and now.tables:
        remedy = f"columns may not be seen: {grant(now, 'pg_read_all_data')}"
    return Verdict(
        "warn" if late else "ok",
        value,
        f"≤ {ANALYZE_FACTOR:g}x autoanalyze's threshold",
        "the planner guesses row counts by them: with old ones it takes the wrong index or join",
        remedy,
        shown,
    )


def _distinct(value: float) -> str:
    """As PostgreSQL keeps it: below 0 a share of the rows."""
    return f"{percent(-value)} % of rows" if value < 0 else number(value)
