"""The health list of a PostgreSQL server: each sign against its limit, with why it matters and what to do.

Limits: cache hit 99 % (pghero), wraparound 90/95 % of autovacuum_freeze_max_age's way to 2 billion (check_postgres'
txn_wraparound: 1.3 and 1.4 billion), unused index ≥ 100 MB (pgwatch) once statistics are 30 days old.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from ..model.counters import HealthSigns
from ..model.postgres import HealthCheck
from ..text.units import number, percent, plural, size, span

WRAPAROUND = 2_146_483_648
"""Transactions that fit before the server refuses to go on (2^31 less the million it keeps back; pghero)."""
WRAPAROUND_WARN, WRAPAROUND_CRIT = 1_300_000_000, 1_400_000_000
CACHE_HIT_WARN, CACHE_HIT_CRIT = 0.99, 0.90
LEAST_BLOCKS = 1000
"""Below so many blocks in the interval a ratio says nothing."""
IDLE_TRANSACTION_WARN_S, IDLE_TRANSACTION_CRIT_S = 60.0, 300.0
LONG_TRANSACTION_WARN_S, LONG_TRANSACTION_CRIT_S = 300.0, 3600.0
DEAD_ROWS_FACTOR = 2.0
DEAD_ROWS_LEAST = 10_000
UNUSED_INDEX_BYTES = 100 * 2**20
UNUSED_INDEX_DAYS = 30
SLOT_WARN, SLOT_CRIT = 1 * 2**30, 10 * 2**30
LEAST_CHECKPOINTS = 5
REQUESTED_CHECKPOINTS = 0.5

Verdict = tuple[str, str, str, str, str]
"""state, value, limit, why, remedy."""


def checks(before: HealthSigns | None, now: HealthSigns) -> tuple[HealthCheck, ...]:
    """All checks: what fails first, then what is unknown, then what is fine."""
    reasons = dict(now.unknown)
    made = [_check(identity, title, judge(before, now), reasons.get(part, "")) for identity, title, part, judge in _ALL]
    order = {"crit": 0, "warn": 1, "unknown": 2, "ok": 3}
    return tuple(sorted(made, key=lambda check: order[check.state]))


def _check(identity: str, title: str, verdict: Verdict | str, reason: str) -> HealthCheck:
    """A judge that cannot judge returns why; a part that could not be read knows better."""
    if isinstance(verdict, str):
        return HealthCheck(identity, title, "unknown", "unknown", "", reason or verdict, "")
    return HealthCheck(identity, title, *verdict)


def _graded(value: float, warn: float, crit: float) -> str:
    return "crit" if value >= crit else "warn" if value >= warn else "ok"


def _cache_hit(before: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.blocks_hit is None or now.blocks_read is None:
        return "no counters"
    if before is None or before.blocks_hit is None or before.blocks_read is None:
        return "a second reading is needed"
    hit, read = now.blocks_hit - before.blocks_hit, now.blocks_read - before.blocks_read
    if hit < 0 or read < 0:
        return "counters were reset"
    if hit + read < LEAST_BLOCKS:
        return f"only {hit + read} blocks were asked for in the interval"
    ratio = hit / (hit + read)
    state = "crit" if ratio < CACHE_HIT_CRIT else "warn" if ratio < CACHE_HIT_WARN else "ok"
    why = "what is not in memory is read from disk, which makes every query that needs it slower"
    remedy = "find the statement that reads most (Statements), then think of shared_buffers"
    return state, f"{percent(ratio, 1)} %", f"≥ {percent(CACHE_HIT_WARN)} %", why, remedy


def _deadlocks(before: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.deadlocks is None:
        return "no counters"
    if before is None or before.deadlocks is None or now.deadlocks < before.deadlocks:
        return "a second reading is needed"
    new = now.deadlocks - before.deadlocks
    why = "two transactions waited for each other and the server ended one of them"
    return _graded(new, 1, 10), f"{new} new", "0", why, "let all code take its locks in the same order"


def _wraparound(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if not now.databases:
        return "no databases to be seen"
    worst = max(now.databases, key=lambda database: max(database.xid_age, database.mxid_age))
    age = max(worst.xid_age, worst.mxid_age)
    kind = "transaction ids" if worst.xid_age >= worst.mxid_age else "multixacts"
    value = f"{percent(age / WRAPAROUND)} % of {kind} used ({worst.name})"
    why = "at the end the server refuses writes until a vacuum in single-user mode"
    remedy = "find what holds back vacuum: old transactions, slots, prepared transactions; then VACUUM FREEZE"
    limit = f"< {percent(WRAPAROUND_WARN / WRAPAROUND)} %"
    return _graded(age, WRAPAROUND_WARN, WRAPAROUND_CRIT), value, limit, why, remedy


def _idle_transactions(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    oldest = now.idle_in_transaction_s
    why = "an open transaction keeps its locks and holds back vacuum while it does nothing"
    remedy = "see Sessions for the application; set idle_in_transaction_session_timeout"
    return _oldest(now, oldest, (IDLE_TRANSACTION_WARN_S, IDLE_TRANSACTION_CRIT_S), why, remedy)


def _long_transactions(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    oldest = now.oldest_transaction_s
    why = "what was deleted since it began cannot be cleaned up, in any table"
    remedy = "see Sessions for what it does; split long jobs"
    return _oldest(now, oldest, (LONG_TRANSACTION_WARN_S, LONG_TRANSACTION_CRIT_S), why, remedy)


def _oldest(
    now: HealthSigns, oldest: float | None, limits: tuple[float, float], why: str, remedy: str
) -> Verdict | str:
    if oldest is None:
        return "no sessions to be seen"
    state = _graded(oldest, *limits)
    if state == "ok" and now.hidden_sessions:
        return f"the role may not look into {plural(now.hidden_sessions, 'session')}: GRANT pg_monitor"
    return state, f"oldest {span(oldest)}" if oldest > 0 else "none", f"< {span(limits[0])}", why, remedy


def _dead_rows(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.tables is None:
        return "no tables to be seen"
    late = [t for t in now.tables if t.dead >= DEAD_ROWS_LEAST and t.dead > t.threshold * DEAD_ROWS_FACTOR]
    why = "dead rows are read and skipped by every scan, and the table grows"
    limit = f"≤ {DEAD_ROWS_FACTOR:g}x autovacuum's threshold"
    if not late:
        return "ok", "none behind", limit, why, ""
    worst = max(late, key=lambda table: table.dead)
    off = not worst.autovacuum or now.autovacuum is False
    remedy = (
        "autovacuum is off for it: switch it on" if off else f"VACUUM (ANALYZE) {worst.name}; lower its scale factor"
    )
    value = (
        f"{plural(len(late), 'table')} behind, worst {worst.name}: {number(worst.dead)} dead of {number(worst.live)}"
    )
    return "warn", value, limit, why, remedy


def _autovacuum(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.autovacuum is None:
        return "no settings to be seen"
    why = "without it tables bloat and transaction ids run out"
    state, value = ("ok", "on") if now.autovacuum else ("crit", "off")
    return (
        state,
        value,
        "on",
        why,
        "" if now.autovacuum else "ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()",
    )


def _invalid_indexes(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.indexes is None:
        return "no indexes to be seen"
    bad = [index for index in now.indexes if not index.valid]
    why = "an invalid index is written to and never read: a CREATE or REINDEX CONCURRENTLY failed or still runs"
    remedy = f"DROP INDEX CONCURRENTLY {bad[0].name}, then build it again" if bad else ""
    return ("warn" if bad else "ok"), _names([index.name for index in bad]), "0", why, remedy


def _unused_indexes(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.indexes is None:
        return "no indexes to be seen"
    big = [i for i in now.indexes if i.valid and i.droppable and i.scans == 0 and i.bytes >= UNUSED_INDEX_BYTES]
    days = _days(now.stats_reset, now.taken)
    if big and days is None:
        return f"{_names(i.name for i in big)} were not read, but nobody knows since when statistics are kept"
    if big and days is not None and days < UNUSED_INDEX_DAYS:
        return (
            f"{_names(i.name for i in big)} not read, in {days:.0f} days of statistics: {UNUSED_INDEX_DAYS} are needed"
        )
    why = "every write keeps it up to date and nothing on this server reads it"
    remedy = "look at the replicas too before dropping one" if big else ""
    total = f" ({size(sum(index.bytes for index in big))})" if big else ""
    limit = f"none ≥ {size(UNUSED_INDEX_BYTES)}"
    return ("warn" if big else "ok"), _names([index.name for index in big]) + total, limit, why, remedy


def _slots(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.slots is None:
        return "no slots to be seen"
    why = "a slot that nobody reads keeps the log until the disk is full"
    lost = [slot.name for slot in now.slots if slot.wal_status == "lost"]
    if lost:
        return "crit", f"{_names(lost)} lost", "0 lost", "its replica cannot catch up any more", "drop it and rebuild"
    kept = max((slot.retained_bytes or 0 for slot in now.slots), default=0)
    idle = [slot.name for slot in now.slots if not slot.active]
    state = _graded(kept, SLOT_WARN, SLOT_CRIT)
    value = f"{plural(len(now.slots), 'slot')}, at most {size(kept)} kept" if now.slots else "no slots"
    remedy = f"bring back the reader of {idle[0]}, or drop the slot" if idle and state != "ok" else ""
    return state, value, f"< {size(SLOT_WARN)}", why, remedy


def _checkpoints(before: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.checkpoints is None:
        return "no counters"
    earlier = before.checkpoints if before else None
    timed = now.checkpoints.timed - (earlier.timed if earlier else 0)
    requested = now.checkpoints.requested - (earlier.requested if earlier else 0)
    if timed < 0 or requested < 0 or timed + requested < LEAST_CHECKPOINTS:
        timed, requested = now.checkpoints.timed, now.checkpoints.requested
    total = timed + requested
    why = "checkpoints forced by a full log come too often and make writes slow"
    if total < LEAST_CHECKPOINTS:
        return f"only {plural(total, 'checkpoint')} so far"
    state = "warn" if requested / total > REQUESTED_CHECKPOINTS else "ok"
    limit = f"≤ {percent(REQUESTED_CHECKPOINTS)} % requested"
    return state, f"{percent(requested / total)} % requested", limit, why, "raise max_wal_size" if state != "ok" else ""


def _statements(_: HealthSigns | None, now: HealthSigns) -> Verdict | str:
    if now.statements is None:
        return "not asked"
    why = "without it nobody can tell which statement makes the load"
    if now.statements == "ok":
        return "ok", "installed and readable", "installed", why, ""
    return (
        "warn",
        now.statements,
        "installed",
        why,
        "shared_preload_libraries, restart, CREATE EXTENSION pg_stat_statements",
    )


def _names(names: Iterable[str]) -> str:
    listed = list(names)
    if not listed:
        return "none"
    return (
        listed[0] if len(listed) == 1 else f"{len(listed)}: {listed[0]}, {listed[1]}{' …' if len(listed) > 2 else ''}"
    )


def _days(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else (now - since).total_seconds() / 86400


Judge = Callable[[HealthSigns | None, HealthSigns], Verdict | str]
_ALL: tuple[tuple[str, str, str, Judge], ...] = (
    ("cache-hit", "Cache hit ratio", "counters", _cache_hit),
    ("idle-in-transaction", "Idle in transaction", "transactions", _idle_transactions),
    ("long-transactions", "Long transactions", "transactions", _long_transactions),
    ("wraparound", "Transaction id wraparound", "databases", _wraparound),
    ("dead-rows", "Dead rows against autovacuum", "tables", _dead_rows),
    ("autovacuum", "Autovacuum", "counters", _autovacuum),
    ("invalid-indexes", "Invalid indexes", "indexes", _invalid_indexes),
    ("unused-indexes", "Unused indexes", "indexes", _unused_indexes),
    ("deadlocks", "Deadlocks", "counters", _deadlocks),
    ("checkpoints", "Requested checkpoints", "checkpoints", _checkpoints),
    ("slots", "Replication slots", "slots", _slots),
    ("pg-stat-statements", "pg_stat_statements", "statements", _statements),
)
