"""What is kept on disk and how old it is; what failed there."""

from collections.abc import Iterator

from ..model.redis import CacheFigures, Persistence
from ..text import units
from .cache_row import CacheRow

LATE = 2
"""A snapshot is late when it is this many times older than the longest rule lets it be."""
STARTING_S = 2.0


def persistence_rows(figures: CacheFigures) -> Iterator[CacheRow]:
    disk = figures.persistence
    if disk.loading is not None:
        left = "" if disk.loading_left_s is None else f", {units.span(disk.loading_left_s)} to go"
        yield CacheRow(
            "loading", "disk", "loading", "crit", f"{units.percent(disk.loading)} % loaded{left}", "LOADING",
            "It started and reads its data set: clients get LOADING until it is done.", "Wait; see why it started.",
        )  # fmt: skip
    if disk.saved is not None or disk.save_status:
        yield _snapshot(figures, disk)
    if disk.aof is not None:
        yield _append_only(disk)


def _snapshot(figures: CacheFigures, disk: Persistence) -> CacheRow:
    failed = disk.save_status not in ("", "ok")
    since = (figures.taken - disk.saved).total_seconds() if figures.taken and disk.saved else None
    longest = max((seconds for seconds, _ in disk.save_rules or ()), default=None)
    fewest = min((changes for _, changes in disk.save_rules or ()), default=1)
    late = (
        since is not None
        and longest is not None
        and disk.changes is not None
        and disk.changes >= fewest
        and since > LATE * longest
    )
    # Until the first one the server tells when it started itself.
    never = figures.started and disk.saved and (disk.saved - figures.started).total_seconds() < STARTING_S
    if never:
        value = f"none since start ({units.age(disk.saved, figures.taken)})" if figures.taken else "none since start"
    else:
        value = f"{units.age(disk.saved, figures.taken)} old" if figures.taken else units.UNKNOWN
    if disk.changes is not None:
        value += f", {units.number(disk.changes)} changed since"
    if failed:
        value = f"the last one failed; {value}"
    rules = disk.save_rules
    due = "due: unknown, needs +config|get" if rules is None else "switched off"
    if rules:
        due = f"due after {units.span(longest)} at most"
    return CacheRow(
        "snapshot", "disk", "snapshot (RDB)", "crit" if failed else "warn" if late else "", value, due,
        "What changed since is lost with the process unless an append-only file keeps it. After a failed one many "
        "servers refuse writes (MISCONF).",
        "The server's log says why: disk full, no right to write, no memory to fork (vm.overcommit_memory).",
    )  # fmt: skip


def _append_only(disk: Persistence) -> CacheRow:
    if not disk.aof:
        nothing = disk.save_rules == ()
        value = "off: nothing is kept on disk" if nothing else "off"
        why = "A restart begins with an empty server: right for a cache that may be cold." if nothing else ""
        return CacheRow("aof", "disk", "append-only file", "", value, "", why)
    write, rewrite = disk.aof_write_status not in ("", "ok"), disk.aof_rewrite_status not in ("", "ok")
    value = "on, the last write failed" if write else "on, the last rewrite failed" if rewrite else "on"
    return CacheRow(
        "aof", "disk", "append-only file", "crit" if write else "warn" if rewrite else "", value, "",
        "While it cannot be written, writes are refused (MISCONF); not rewritten it grows without end.",
        "Look at the disk and at the server's log.",
    )  # fmt: skip
