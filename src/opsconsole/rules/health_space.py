"""Health of room and settings: sizes with their growth, disk free and hours to full, settings that changed."""

from ..text import units
from ..text.units import DASH, percent, plural, size
from .health_verdict import Case, Verdict, detail, graded, grant, names, per_hour, unknown, worst

DISK_WARN, DISK_CRIT = 0.90, 0.95
"""Of the volume used (check_postgres)."""
FULL_WARN_S, FULL_CRIT_S = 24 * 3600.0, 4 * 3600.0
LEAST_GROWTH = 2**20 / 3600
"""Bytes per second below which nothing fills."""
DISK_NEEDS = (
    "PostgreSQL does not tell it: Prometheus does where the settings of this server name its volume, as in "
    "disk_free = 'kubelet_volume_stats_available_bytes{persistentvolumeclaim=\"data-postgres-0\"}'"
)


def database_sizes(case: Case) -> Verdict:
    found = case.now.database_sizes
    if found is None:
        return unknown("the sizes could not be asked: many files, or a slow disk")
    grows = case.growth.bytes_s if case.growth else {}
    rows = [
        (s.name, size(s.bytes), per_hour(grows.get(s.name)) if case.growth else units.UNKNOWN)
        for s in sorted(found, key=lambda s: -(s.bytes or 0))
    ]
    shown = detail(
        f"databases{_over(case.growth.span_s if case.growth else None)}", ("DATABASE", "SIZE", "GROWS"), rows
    )
    known = [s.bytes for s in found if s.bytes is not None]
    if not known:
        return unknown("the role may connect to none of them", needs="needs pg_monitor", remedy=grant(case.now))
    total = f"{size(sum(known))} in {len(known)}"
    growth = per_hour(sum(grows.values())) if case.growth else "growth unknown yet"
    return Verdict("ok", f"{total}, {growth}", DASH, "what grows now tells when the disk is full", "", shown)


def table_sizes(case: Case) -> Verdict:
    found = case.now.table_sizes
    if found is None:
        return unknown("the tables' sizes could not be asked: one may be locked")
    grows = case.table_growth.bytes_s if case.table_growth else {}
    rows = [
        (s.name, size(s.bytes), per_hour(grows.get(s.name)) if case.table_growth else units.UNKNOWN)
        for s in sorted(found, key=lambda s: (-(grows.get(s.name, 0.0) // LEAST_GROWTH), -(s.bytes or 0)))
    ]
    over = _over(case.table_growth.span_s if case.table_growth else None)
    largest = max(found, key=lambda s: s.bytes or 0, default=None)
    fastest = max(grows, key=lambda name: grows[name], default="")
    value = f"largest {largest.name} {size(largest.bytes)}" if largest else "no tables"
    if fastest and grows[fastest] >= LEAST_GROWTH:
        value = f"{fastest} {per_hour(grows[fastest])}, {value}"
    return Verdict(
        "ok",
        value,
        DASH,
        "with indexes and TOAST; one that grows without new customers may be bloat, or a queue that nobody empties",
        "",
        detail(f"tables{over}", ("TABLE", "SIZE", "GROWS"), rows),
    )


def disk(case: Case) -> Verdict:
    """Free room and when it is used up at the databases' growth; PostgreSQL itself does not tell it."""
    found = case.disk
    if found is None:
        needs = "managed" if case.now.provider else "needs metrics"
        of_service = f"{case.now.provider} tells it in metrics of its own. " if case.now.provider else ""
        return unknown(case.disk_problem or f"{of_service}{DISK_NEEDS}", needs=needs)
    grows = found.filling
    if grows is None and case.growth is not None:
        grows = sum(case.growth.bytes_s.values())
    full_s = found.free_bytes / grows if grows is not None and grows >= LEAST_GROWTH else None
    states = []
    if found.total_bytes:
        states.append(graded(1 - found.free_bytes / found.total_bytes, DISK_WARN, DISK_CRIT))
    if full_s is not None:
        states.append("crit" if full_s <= FULL_CRIT_S else "warn" if full_s <= FULL_WARN_S else "ok")
    free = f"{size(found.free_bytes)} free"
    if found.total_bytes:
        free += f" ({percent(found.free_bytes / found.total_bytes)} %)"
    when = "growth unknown" if grows is None else "not filling" if full_s is None else f"full in {units.span(full_s)}"
    return Verdict(
        worst(states),
        f"{free}, {when}",
        f"> {percent(1 - DISK_WARN)} % free, > {FULL_WARN_S / 3600:g} h to full",
        "on a full disk the server stops, and needs room to start again",
        "look at Replication slots and Archiver, then grow the volume" if worst(states) != "ok" else "",
        detail("disk", ("WHAT", "VALUE"), [("asked", found.source), ("fills", per_hour(grows))]),
    )


def settings(case: Case) -> Verdict:
    """What waits for a restart, and what was changed while it was looked at."""
    now = case.now
    if now.settings is None:
        return unknown("the settings could not be read")
    changed = [change for change in case.changes if change.kind == "setting"]
    rows = [(units.when(change.at, now.taken), change.what) for change in changed]
    rows += [("pending", f"{name} waits for a restart") for name in now.pending_restart]
    value = f"{names(list(now.pending_restart))} waits for a restart" if now.pending_restart else ""
    if changed:
        value = f"{value}, " * bool(value) + f"{plural(len(changed), 'change')} in 24 h"
    return Verdict(
        "warn" if now.pending_restart else "ok",
        value or "none seen",
        "none pending",
        "a setting that is written but not in force comes as a surprise with the next restart",
        "plan a restart, or take it back with ALTER SYSTEM RESET" if now.pending_restart else "",
        detail("settings", ("WHEN", "WHAT"), rows),
    )


def _over(span_s: float | None) -> str:
    return f", over {units.span(span_s)}" if span_s else ""
