"""Who follows whom, how far behind in bytes and seconds, and whether the link stands."""

from collections.abc import Iterator

from ..model.redis import CacheFigures, Replica, Replication
from ..text import units
from .cache_row import CacheRow

LATE_S = 10
"""A replica reports once a second."""


def replication_rows(figures: CacheFigures) -> Iterator[CacheRow]:
    told = figures.replication
    if told.role == "slave":
        yield _link(told)
    elif told.role == "master" and not told.replicas:
        yield CacheRow("replicas", "replication", "replicas", "", "none is connected")
    for replica in told.replicas:
        yield _replica(replica, told)


def _link(told: Replication) -> CacheRow:
    down = told.link != "up"
    heard = "never heard from it" if told.heard_s is None else f"heard {units.span(told.heard_s)} ago"
    value = f"up, {heard}"
    if down:
        since = f" for {units.span(told.down_s)}" if told.down_s is not None else ""
        value = f"{told.link or units.UNKNOWN}{since}" + (", copies everything" if told.syncing else "")
    late = told.heard_s is not None and told.heard_s > LATE_S
    return CacheRow(
        "link", "replication", f"from {told.primary}", "crit" if down else "warn" if late else "", value, f"{LATE_S} s",
        "What it answers is as old as its link is down; with replica-serve-stale-data no it answers MASTERDOWN. "
        "How many bytes it is behind only its primary knows.",
        "Does the primary run? Can it be reached from here? Are masterauth and masteruser right?",
    )  # fmt: skip


def _replica(replica: Replica, told: Replication) -> CacheRow:
    beyond = (
        replica.behind_bytes is not None
        and told.backlog_bytes is not None
        and replica.behind_bytes > told.backlog_bytes
    )
    late = replica.heard_s is not None and replica.heard_s > LATE_S
    online = replica.state == "online"
    behind = units.size(replica.behind_bytes)
    heard = "never" if replica.heard_s is None else f"{units.span(replica.heard_s)} ago"
    return CacheRow(
        f"replica:{replica.address}", "replication", f"to {replica.address}",
        "crit" if beyond else "warn" if late or not online else "",
        f"{behind} behind, heard {heard}" if online else f"{replica.state or units.UNKNOWN}: it is copied anew",
        f"{LATE_S} s · backlog {units.size(told.backlog_bytes)}",
        "A fail-over loses what the replica does not have; behind more than the backlog it must be copied whole.",
        "Look at its machine and the network between; a larger repl-backlog-size bears longer gaps.",
    )  # fmt: skip
