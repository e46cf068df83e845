"""Health of indexes, sequences and extensions of a database.

Limits: unused ≥ 100 MB (pgwatch) once statistics are 30 days old; missing: less than 95 % of scans by index on ≥ 10,000
rows (pghero); sequences 85 and 95 % (check_postgres).
"""

from ..model.server_signs import TableSign
from ..text.units import DASH, age, number, percent, plural, size
from .health_verdict import Case, Verdict, detail, graded, grant, names, stats_days, unknown

UNUSED_BYTES = 100 * 2**20
UNUSED_DAYS = 30
INDEX_SHARE = 0.95
MISSING_ROWS = 10_000
SCAN_ROWS = 1000
"""Rows that a sequential scan reads on average, from which on an index could help."""
SEQUENCE_WARN, SEQUENCE_CRIT = 0.85, 0.95


def invalid_indexes(case: Case) -> Verdict:
    if case.now.indexes is None:
        return unknown("no indexes to be seen")
    bad = [index for index in case.now.indexes if not index.valid]
    built = {p.relation for p in case.now.progress or () if "index" in p.kind}
    builds = [i for i in bad if built & {i.table, i.table.removeprefix("public.")}]
    remedy = ""
    if bad:
        remedy = f"DROP INDEX CONCURRENTLY {bad[0].name}, then build it again"
        if bad[0] in builds:
            remedy = "an index of its table is being built (Maintenance): wait"
    return Verdict(
        "warn" if bad else "ok",
        names([index.name for index in bad]),
        "0",
        "it is written to and never read: a CREATE or REINDEX CONCURRENTLY failed, or still runs",
        remedy,
        detail(
            "invalid indexes",
            ("INDEX", "TABLE", "SIZE", "BUILD"),
            [(i.name, i.table, size(i.bytes), "runs" if i in builds else "none runs") for i in bad],
        ),
    )


def unused_indexes(case: Case) -> Verdict:
    """Not read for 30 days on this server, nor on any replica that is asked; of other replicas it is said."""
    now = case.now
    if now.indexes is None:
        return unknown("no indexes to be seen")
    idle = [i for i in now.indexes if i.valid and i.droppable]
    used = _used_elsewhere(case)
    idle = [i for i in idle if i.name not in used]
    big = [i for i in idle if i.bytes >= UNUSED_BYTES]
    days = stats_days(now)
    blind = _unseen_replicas(case)
    rows = [
        (i.name, i.table, size(i.bytes), age(i.last_scan, now.taken) + " ago" if i.last_scan else "never")
        for i in sorted(idle, key=lambda i: -i.bytes)
    ]
    shown = detail("not read, constraints left out", ("INDEX", "TABLE", "SIZE", "LAST READ"), rows)
    recent = [i for i in big if i.last_scan is None]
    if big and days is None:
        return unknown(f"{names([i.name for i in big])}: nobody knows since when statistics are kept", details=shown)
    if recent and days is not None and days < UNUSED_DAYS:
        why = (
            f"{names([i.name for i in recent])} ({size(sum(i.bytes for i in recent))}) not read, but statistics are "
            f"{plural(int(days), 'day')} old"
        )
        return unknown(why, needs=f"needs {UNUSED_DAYS} days of statistics", details=shown)
    if big and blind:
        why = f"{names([i.name for i in big])} not read here, but {blind}"
        return unknown(why, needs="needs its replicas", remedy="add the replicas to the settings", details=shown)
    if now.is_replica and big and not case.copies:
        return unknown("a replica's own reads only: the primary may use them", details=shown)
    total = f" ({size(sum(i.bytes for i in big))})" if big else ""
    small = f", {len(idle) - len(big)} small" if len(idle) > len(big) else ""
    seen = f", nor {plural(len(case.copies), 'replica')}" if case.copies else ""
    return Verdict(
        "warn" if big else "ok",
        f"{names([i.name for i in big])}{total}{small}",
        f"none ≥ {size(UNUSED_BYTES)}, {UNUSED_DAYS} d",
        f"every write keeps it up to date, and nothing on this server{seen} reads it",
        f"DROP INDEX CONCURRENTLY {big[0].name}" if big else "",
        shown,
    )


def _used_elsewhere(case: Case) -> set[str]:
    """Indexes that a copy of this server does read: what it does not list as unused it reads."""
    used: set[str] = set()
    for copy in case.copies:
        if copy.indexes is not None:
            unread = {index.name for index in copy.indexes}
            used |= {index.name for index in case.now.indexes or () if index.name not in unread}
    return used


def _unseen_replicas(case: Case) -> str:
    """Why its replicas are not known to leave an index alone; "" where they are, or there are none."""
    known = [copy for copy in case.copies if copy.indexes is not None and (stats_days(copy) or 0.0) >= UNUSED_DAYS]
    streaming = [replica for replica in case.now.replicas or () if replica.state != "backup"]
    missing = len(streaming) - len(known)
    return f"{missing} of {plural(len(streaming), 'replica')} is not asked" if missing > 0 else ""


def duplicate_indexes(case: Case) -> Verdict:
    found = case.now.duplicates
    if found is None:
        return unknown("no indexes to be seen")
    exact = [d for d in found if d.exact]
    total = size(sum(d.bytes for d in found))
    value = names([d.name for d in exact or found])
    return Verdict(
        "warn" if exact else "ok",
        f"{value} ({total})" if exact else f"{len(found)} covered by longer ones ({total})" if found else "none",
        "no two alike",
        "both are kept up to date by every write, and one is enough",
        f"DROP INDEX CONCURRENTLY {exact[0].name}: {exact[0].other} serves as well" if exact else "",
        detail(
            "superfluous",
            ("INDEX", "TABLE", "SIZE", "BESIDE", "HOW"),
            [
                (d.name, d.table, size(d.bytes), d.other, "equal" if d.exact else "its columns begin the other's")
                for d in sorted(found, key=lambda d: (not d.exact, -d.bytes))
            ],
        ),
    )


def missing_indexes(case: Case) -> Verdict:
    """Large tables that are read from end to end; a suspicion, with the interval's numbers where known."""
    now = case.now
    if now.tables is None:
        return unknown("no tables to be seen")
    earlier = {t.name: t for t in case.before.tables or ()} if case.before else {}
    suspects = [t for t in now.tables if _suspect(t)]
    fresh = {t.name: _new_rows(earlier.get(t.name), t) for t in suspects}
    suspects.sort(key=lambda t: (-(fresh[t.name] or 0), -t.seq_rows))
    active = [t for t in suspects if fresh[t.name]]
    rows = [
        (t.name, number(t.live), number(t.seq_scans), number(t.seq_rows / max(1, t.seq_scans)),
         f"{percent(_share(t))} %", DASH if fresh[t.name] is None else number(fresh[t.name]))
        for t in suspects
    ]  # fmt: skip
    value = "none"
    if suspects:
        quiet = "" if active or not earlier else ", none read now"
        value = f"{plural(len(suspects), 'table')}: {suspects[0].name} {percent(_share(suspects[0]))} % by index{quiet}"
    return Verdict(
        "warn" if active or (suspects and not earlier) else "ok",
        value,
        f"≥ {percent(INDEX_SHARE)} % by index, from {number(MISSING_ROWS)} rows on",
        "each such scan reads the whole table, which grows slower with it and pushes others out of the cache",
        f"look in Statements for what reads {suspects[0].name}, see its plan (e)" if suspects else "",
        detail(
            "suspects",
            ("TABLE", "ROWS", "WHOLE SCANS", "ROWS EACH", "BY INDEX", "ROWS READ NOW"),
            rows,
        ),
    )


def _suspect(table: TableSign) -> bool:
    return (
        table.live >= MISSING_ROWS
        and table.seq_scans > 0
        and table.seq_rows / table.seq_scans >= SCAN_ROWS
        and _share(table) < INDEX_SHARE
    )


def _share(table: TableSign) -> float:
    scans = table.seq_scans + (table.index_scans or 0)
    return (table.index_scans or 0) / scans if scans else 1.0


def _new_rows(before: TableSign | None, now: TableSign) -> int | None:
    if before is None or before.seq_rows > now.seq_rows:
        return None
    return now.seq_rows - before.seq_rows


def sequences(case: Case) -> Verdict:
    now = case.now
    if now.sequences is None:
        return unknown("no sequences to be seen")
    used = sorted(now.sequences, key=lambda s: -s.last / s.limit if s.limit else 0.0)
    rows = [(s.name, f"{percent(s.last / s.limit)} %", f"{s.last:,}", f"{s.limit:,}", s.column or DASH) for s in used]
    shown = detail("furthest first", ("SEQUENCE", "USED", "LAST", "END", "COLUMN"), rows)
    share = used[0].last / used[0].limit if used else 0.0
    state = graded(share, SEQUENCE_WARN, SEQUENCE_CRIT)
    if state == "ok" and now.hidden_sequences:
        return unknown(
            f"{plural(now.hidden_sequences, 'sequence')} hidden from role {now.user}",
            needs="needs SELECT on sequences",
            remedy=f"{grant(now, 'pg_read_all_data')} (14+), or GRANT SELECT ON ALL SEQUENCES",
            details=shown,
        )
    return Verdict(
        state,
        f"{used[0].name} {percent(share)} %" if used else "none used",
        f"< {percent(SEQUENCE_WARN)} %",
        "at its end, or that of its column's type, every insert fails",
        _wider(used[0].column) if state != "ok" else "",
        shown,
    )


def _wider(column: str) -> str:
    return f"make {column} bigint, and the sequence with it" if column else "ALTER SEQUENCE … AS bigint"


def extensions(case: Case) -> Verdict:
    found = case.now.extensions
    if found is None:
        return unknown("the extensions could not be asked")
    old = [e for e in found if e.available and e.available != e.installed]
    return Verdict(
        "warn" if old else "ok",
        f"{names([e.name for e in old])}" if old else f"{plural(len(found), 'extension')} up to date",
        "as its files",
        "the server's files are of another version than what the database was told: fixes are missing",
        f"ALTER EXTENSION {old[0].name} UPDATE" if old else "",
        detail(
            "extensions", ("NAME", "INSTALLED", "FILES"), [(e.name, e.installed, e.available or DASH) for e in found]
        ),
    )
