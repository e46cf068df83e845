"""What changed at Redis and Valkey servers, for the list of changes: starts, fail-overs, resets, a cache emptied."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..model.finding import Change
from ..model.redis import CacheFigures

KINDS = {"role": "fail-over", "failover": "fail-over", "reset": "setting", "emptied": "setting"}
"""Kind of an event → kind of a change. A restart is dated by the server itself."""
TOLD_TWICE = timedelta(minutes=2)
"""All nodes of a Cluster, and all Sentinels, tell of the same fail-over within this time."""
RECENT = timedelta(hours=24)


def cache_changes(servers: Iterable[CacheFigures], starts: Iterable[tuple[str, datetime]]) -> tuple[Change, ...]:
    """Each change once; `starts` are the starts of servers by their name."""
    found = [Change(at, "restart", f"{server} started", "", server) for server, at in starts]
    told: dict[str, datetime] = {}
    for figures in servers:
        for event in figures.events:
            if event.kind not in KINDS:
                continue
            shared = event.kind == "failover"
            what = event.what if shared else f"{figures.server} {event.what}"
            if shared and what in told and abs(told[what] - event.at) <= TOLD_TWICE:
                continue
            told[what] = event.at
            found.append(Change(event.at, KINDS[event.kind], what, "", figures.server))
    return tuple(found)
