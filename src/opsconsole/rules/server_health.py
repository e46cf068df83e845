"""The health list of a PostgreSQL server: each sign against its limit, with why it matters and what one does."""

import msgspec

from ..model.postgres import HealthCheck
from . import health_counters as counters
from . import health_indexes as indexes
from . import health_replication as replication
from . import health_space as space
from . import health_vacuum as vacuum
from .health_verdict import Case, Judge, Verdict, grant

ORDER = {"crit": 0, "warn": 1, "unknown": 2, "ok": 3}


class Check(msgspec.Struct, frozen=True, gc=False):
    id: str
    title: str
    judge: Judge
    parts: tuple[str, ...]
    """The queries it comes from; the first one is what it cannot do without."""


CHECKS = (
    Check("disk", "Disk free", space.disk, ("database_sizes",)),
    Check("wraparound", "Wraparound, databases", vacuum.wraparound, ("databases",)),
    Check("wraparound-tables", "Wraparound, tables", vacuum.wraparound_tables, ("table_ages",)),
    Check("checksums", "Checksum failures", counters.checksums, ("databases",)),
    Check("archiver", "Archiver", counters.archiver, ("archiver",)),
    Check("slots", "Replication slots", replication.slots, ("slots",)),
    Check("replication", "Replication lag", replication.lag, ("replication", "receiver")),
    Check("sequences", "Sequences", indexes.sequences, ("sequences",)),
    Check("autovacuum", "Autovacuum", vacuum.autovacuum, ("health_settings", "tables", "transactions")),
    Check("oldest-snapshot", "Oldest snapshot (xmin)", vacuum.oldest_snapshot, ("xmins", "transactions")),
    Check("prepared", "Prepared transactions", vacuum.prepared, ("prepared",)),
    Check("idle-in-transaction", "Idle in transaction", vacuum.idle_transactions, ("transactions",)),
    Check("long-transactions", "Long transactions", vacuum.long_transactions, ("transactions",)),
    Check("vacuum-behind", "Autovacuum behind", vacuum.behind, ("tables", "progress")),
    Check("dead-rows", "Dead rows", vacuum.dead_rows, ("tables",)),
    Check("cache-hit", "Cache hit ratio", counters.cache_hit, ("databases",)),
    Check("rollbacks", "Commits and rollbacks", counters.rollbacks, ("databases",)),
    Check("deadlocks", "Deadlocks", counters.deadlocks, ("databases",)),
    Check("temp-files", "Temporary files", counters.temp_files, ("databases",)),
    Check("checkpoints", "Requested checkpoints", counters.checkpoints, ("checkpoints",)),
    Check("missing-indexes", "Missing index suspects", indexes.missing_indexes, ("tables",)),
    Check("invalid-indexes", "Invalid indexes", indexes.invalid_indexes, ("indexes", "progress")),
    Check("duplicate-indexes", "Duplicate indexes", indexes.duplicate_indexes, ("duplicates",)),
    Check("unused-indexes", "Unused indexes", indexes.unused_indexes, ("indexes", "replication")),
    Check("column-statistics", "Column statistics", vacuum.column_statistics, ("tables", "columns")),
    Check("settings", "Settings changed", space.settings, ("health_settings",)),
    Check("extensions", "Extensions", indexes.extensions, ("extensions",)),
    Check("pg-stat-statements", "pg_stat_statements", counters.statements, ("counting",)),
    Check("maintenance", "Maintenance that runs", vacuum.progress, ("progress",)),
    Check("database-sizes", "Database sizes", space.database_sizes, ("database_sizes",)),
    Check("table-sizes", "Table sizes", space.table_sizes, ("table_sizes",)),
)
"""In the order of the harm they do, which decides among checks of one state."""


PLACES = {check.id: place for place, check in enumerate(CHECKS)}


def checks(case: Case) -> tuple[HealthCheck, ...]:
    """All checks: what fails first, then what is unknown, then what is fine."""
    made = [_check(check, case) for check in CHECKS]
    return tuple(sorted(made, key=lambda check: ORDER[check.state]))


def _check(check: Check, case: Case) -> HealthCheck:
    verdict = _refused(check, case) or check.judge(case)
    return HealthCheck(
        check.id,
        check.title,
        verdict.state,
        verdict.value,
        verdict.limit,
        verdict.why,
        verdict.remedy,
        verdict.details,
        check.parts,
        verdict.short,
        verdict.things,
    )


def _refused(check: Check, case: Case) -> Verdict | None:
    """What the server refused to tell, with what would make it tell; None where the judge may judge."""
    refusals = {refusal.part: refusal for refusal in case.now.refused}
    refusal = refusals.get(check.parts[0])
    if check.id == "replication" and case.now.is_replica:
        refusal = refusals.get("receiver")
    if refusal is None or (check.id == "disk"):
        return None
    if not refusal.forbidden:
        return Verdict("unknown", "unknown", "", refusal.sentence)
    if case.now.provider:
        why = f"{case.now.provider} does not let anybody see it: {refusal.sentence}"
        return Verdict("unknown", "unknown: managed", "", why)
    needs = "needs superuser" if case.now.monitors else "needs pg_monitor"
    return Verdict("unknown", f"unknown: {needs}", "", refusal.sentence, "" if case.now.monitors else grant(case.now))
