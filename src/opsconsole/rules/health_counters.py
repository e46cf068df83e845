"""Health by what a server counts: cache hits, rollbacks, deadlocks, temporary files, checkpoints, archive, checksums.

Limits: cache hit 99 % (pghero). By difference of two readings wherever the counter allows it.
"""

from collections.abc import Callable

from ..model.server_signs import DatabaseSign, HealthSigns
from ..text.units import DASH, number, percent, plural, size, span, when
from .health_verdict import Case, Verdict, detail, graded, names, same_epoch, unknown

CACHE_HIT_WARN, CACHE_HIT_CRIT = 0.99, 0.90
LEAST_BLOCKS = 1000
"""Below so many blocks in the interval a ratio says nothing."""
ROLLBACK_WARN, ROLLBACK_CRIT = 0.05, 0.25
LEAST_TRANSACTIONS = 100
TEMP_WARN, TEMP_CRIT = 100 * 2**20, 1 * 2**30
"""Bytes in temporary files per minute."""
LEAST_CHECKPOINTS = 5
REQUESTED_CHECKPOINTS = 0.5

SECOND = "by the difference of two readings: the second comes in a minute"


def cache_hit(case: Case) -> Verdict:
    """Blocks found in shared buffers of all asked for in the interval."""
    spent = _spent(case)
    if spent is None:
        return unknown(SECOND, needs="in a minute")
    hit, read = sum(base.blocks_hit for base in spent), sum(base.blocks_read for base in spent)
    if hit + read < LEAST_BLOCKS:
        return unknown(
            f"only {plural(hit + read, 'block')} asked for in the last {_interval(case)}",
            needs="hardly anything is read",
        )
    ratio = hit / (hit + read)
    state = "crit" if ratio < CACHE_HIT_CRIT else "warn" if ratio < CACHE_HIT_WARN else "ok"
    rows = [
        (base.name, f"{percent(base.blocks_hit / (base.blocks_hit + base.blocks_read), 1)} %", number(base.blocks_read))
        for base in sorted(spent, key=lambda base: -base.blocks_read)
        if base.blocks_hit + base.blocks_read
    ]
    return Verdict(
        state,
        f"{percent(ratio, 1)} %",
        f"≥ {percent(CACHE_HIT_WARN)} %",
        "what is not in shared buffers is read from the system, which makes every query that needs it slower",
        "find the statement that reads most (Statements), then think of an index or shared_buffers",
        detail(f"last {_interval(case)}", ("DATABASE", "HIT", "BLOCKS READ"), rows),
    )


def rollbacks(case: Case) -> Verdict:
    """Rolled back of all transactions that ended in the interval."""
    spent = _spent(case)
    if spent is None:
        return unknown(SECOND, needs="in a minute")
    ended = sum(base.commits + base.rollbacks for base in spent)
    if ended < LEAST_TRANSACTIONS:
        return unknown(
            f"only {plural(ended, 'transaction')} ended in the last {_interval(case)}", needs="hardly anything runs"
        )
    ratio = sum(base.rollbacks for base in spent) / ended
    rows = [
        (base.name, number(base.commits), number(base.rollbacks))
        for base in sorted(spent, key=lambda base: -base.rollbacks)
        if base.commits + base.rollbacks
    ]
    return Verdict(
        graded(ratio, ROLLBACK_WARN, ROLLBACK_CRIT),
        f"{percent(ratio, 1)} % rolled back",
        f"< {percent(ROLLBACK_WARN)} %",
        "a rollback is work thrown away: an error, a conflict or a time-out that an application ran into",
        "look for the error in the application's and the server's log",
        detail(f"last {_interval(case)}", ("DATABASE", "COMMITS", "ROLLBACKS"), rows),
    )


def deadlocks(case: Case) -> Verdict:
    spent = _spent(case)
    if spent is None:
        return unknown(SECOND, needs="in a minute")
    new = sum(base.deadlocks for base in spent)
    rows = _by_database(case, lambda base: base.deadlocks, lambda base: (f"{base.deadlocks:,}",))
    return Verdict(
        graded(new, 1, 10),
        f"{new} new in {_interval(case)}",
        "0",
        "two transactions waited for each other, and the server ended one of them",
        "let all code take its locks in the same order; the server's log names both",
        detail("since their statistics were reset", ("DATABASE", "DEADLOCKS"), rows),
    )


def temp_files(case: Case) -> Verdict:
    spent = _spent(case)
    if spent is None or case.before is None:
        return unknown(SECOND, needs="in a minute")
    taken_s = (case.now.taken - case.before.taken).total_seconds()
    minute = sum(base.temp_bytes for base in spent) / max(1.0, taken_s) * 60
    rows = _by_database(
        case, lambda base: base.temp_bytes, lambda base: (f"{base.temp_files:,}", size(base.temp_bytes))
    )
    return Verdict(
        graded(minute, TEMP_WARN, TEMP_CRIT),
        f"{size(minute)}/min" if minute else "none",
        f"< {size(TEMP_WARN)}/min",
        "a sort or hash that does not fit into work_mem goes to disk, which is slow and takes its room",
        "find the statement (Statements, temp); more work_mem for its role only, or an index that sorts",
        detail("since their statistics were reset", ("DATABASE", "FILES", "BYTES"), rows),
    )


def checkpoints(case: Case) -> Verdict:
    """Requested of all: in the interval where there were enough, else since the counters began."""
    now = case.now.checkpoints
    if now is None:
        return unknown("the counters of checkpoints could not be read")
    earlier = case.before.checkpoints if case.before else None
    timed, requested = (
        now.timed - (earlier.timed if earlier else 0),
        now.requested - (earlier.requested if earlier else 0),
    )
    window = f"last {_interval(case)}"
    if timed < 0 or requested < 0 or timed + requested < LEAST_CHECKPOINTS:
        timed, requested, window = now.timed, now.requested, "since the counters began"
    total = timed + requested
    if total < LEAST_CHECKPOINTS:
        few = f"only {plural(total, 'checkpoint')}" if total else "no checkpoint"
        return unknown("a share of so few says nothing", needs=f"{few} so far")
    state = "warn" if requested / total > REQUESTED_CHECKPOINTS else "ok"
    most = (case.now.settings or {}).get("max_wal_size", "")
    rows = [
        ("timed, requested", f"{timed:,}, {requested:,} ({window})"),
        ("written in", span(now.write_ms / 1000)),
        ("synced in", span(now.sync_ms / 1000)),
        ("max_wal_size", most or DASH),
    ]
    return Verdict(
        state,
        f"{percent(requested / total)} % requested",
        f"≤ {percent(REQUESTED_CHECKPOINTS)} % requested",
        "checkpoints forced by a full log come too often and make writes slow",
        "raise max_wal_size" if state != "ok" else "",
        detail("checkpoints", ("WHAT", "VALUE"), rows),
    )


def archiver(case: Case) -> Verdict:
    """Failing while the last failure is younger than the last success."""
    now = case.now.archiver
    if now is None:
        return unknown("the archiver could not be asked")
    why = "without the log in the archive there is no restore to a moment, and the disk fills with it"
    if now.mode == "off":
        return Verdict("ok", "archive_mode is off", DASH, why)
    if now.mode == "on" and case.now.is_replica:
        return Verdict("ok", "the primary archives", DASH, why)
    failing = now.last_failed is not None and (now.last_archived is None or now.last_failed > now.last_archived)
    rows = [
        ("archived", f"{now.archived:,}, last {when(now.last_archived, case.now.taken)}"),
        ("failed", f"{now.failed:,}, last {when(now.last_failed, case.now.taken) if now.last_failed else 'never'}"),
        ("failing segment", now.failed_wal if failing else DASH),
    ]
    return Verdict(
        "crit" if failing else "ok",
        f"fails since {when(now.last_archived, case.now.taken)}: {now.failed_wal}"
        if failing and now.last_archived
        else f"has never worked: {now.failed_wal}"
        if failing
        else f"{now.archived:,} archived, {now.failed:,} failed before",
        "the last try worked",
        why,
        "look into the server's log for what archive_command says; check its target's room and rights"
        if failing
        else "",
        detail("archive", ("WHAT", "VALUE"), rows),
    )


def checksums(case: Case) -> Verdict:
    bases = case.now.databases
    if bases is None:
        return unknown("no databases to be seen")
    if all(base.checksum_failures is None for base in bases):
        return unknown(
            "data checksums are off: a page that the disk has damaged would not be noticed",
            needs="needs data checksums",
            remedy="pg_checksums --enable while the server is stopped (default from 18 on)",
        )
    bad = [base for base in bases if base.checksum_failures]
    rows = [
        (base.name, f"{base.checksum_failures:,}", when(base.last_checksum_failure, case.now.taken)) for base in bad
    ]
    return Verdict(
        "crit" if bad else "ok",
        names([base.name for base in bad]) if bad else "none failed",
        "0",
        "a page came back from the disk otherwise than it was written: data is damaged",
        "stop writing to that disk, check it, restore from a backup or a replica" if bad else "",
        detail("failures", ("DATABASE", "PAGES", "LAST"), rows),
    )


def statements(case: Case) -> Verdict:
    now = case.now.statements
    if now is None:
        return unknown("pg_stat_statements did not answer")
    good = now == "ok"
    return Verdict(
        "ok" if good else "warn",
        "installed and readable" if good else now,
        "installed",
        "without it nobody can tell which statement makes the load",
        "" if good else "shared_preload_libraries, restart, CREATE EXTENSION pg_stat_statements",
    )


def _spent(case: Case) -> list[DatabaseSign] | None:
    """The counters of each database between the two readings; None where they are not comparable."""
    before: HealthSigns | None = same_epoch(case)
    if before is None:
        return None
    earlier = {base.name: base for base in before.databases or ()}
    return [_difference(earlier[base.name], base) for base in case.now.databases or () if base.name in earlier]


def _difference(old: DatabaseSign, new: DatabaseSign) -> DatabaseSign:
    return DatabaseSign(
        new.name,
        new.xid_age,
        new.mxid_age,
        new.commits - old.commits,
        max(0, new.rollbacks - old.rollbacks),
        max(0, new.blocks_hit - old.blocks_hit),
        max(0, new.blocks_read - old.blocks_read),
        max(0, new.deadlocks - old.deadlocks),
        max(0, new.temp_files - old.temp_files),
        max(0, new.temp_bytes - old.temp_bytes),
    )


def _by_database(
    case: Case, by: Callable[[DatabaseSign], int], cells: Callable[[DatabaseSign], tuple[str, ...]]
) -> list[tuple[str, ...]]:
    bases = sorted(case.now.databases or (), key=lambda base: -by(base))
    return [(base.name, *cells(base)) for base in bases if by(base)]


def _interval(case: Case) -> str:
    if case.before is None:
        return "interval"
    return span(round((case.now.taken - case.before.taken).total_seconds() / 60) * 60 or 60)
