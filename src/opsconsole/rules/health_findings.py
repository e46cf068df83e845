"""Checks of a server's health list that are critical, as findings: from which reading on, and until when."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from ..model.finding import Finding, Severity
from ..model.postgres import HealthCheck, ServerHealth
from ..text import units

STOPS = frozenset(("disk", "wraparound", "wraparound-tables", "checksums"))
"""The database stops, refuses every write or loses data: critical. With a lost slot, a failing archive or a full
sequence most of it goes on, and the disk has a check of its own: these are warnings."""
OF_A_MOMENT = frozenset(("cache-hit", "rollbacks", "deadlocks", "temp-files", "replication", "archiver"))
"""What may be over with the next reading, and back with the one after it: a finding from the second reading in a row
on, and until it has been fine for so long as `HELD`."""
HELD = timedelta(minutes=5)
"""What is no longer critical, but not fine either, stands so much longer, so that it does not come and go."""
CALLED = {
    "disk": "disk",
    "wraparound": "wraparound",
    "wraparound-tables": "wraparound",
    "oldest-snapshot": "oldest snapshot",
}
"""Checks whose title would say a word twice, or more than a finding has room for."""


class Ill(msgspec.Struct, frozen=True, gc=False):
    """A check that is critical, or was until a moment ago."""

    check: HealthCheck
    """As it was told last."""
    since: datetime
    seen: datetime
    from_start: bool = False
    """So it was in the first reading."""
    told: bool = True
    """It is a finding; False of what has been critical in one reading only and may be over with the next."""
    better_since: datetime | None = None


def ills(health: ServerHealth, taken: datetime, held: Mapping[str, Ill] | None) -> dict[str, Ill]:
    """By id what is to be told after this reading; `held` was after the one before, None before the first."""
    found = {}
    for check in health.checks:
        before = (held or {}).get(check.id)
        if check.state == "crit":
            found[check.id] = _critical(check, taken, before, first=held is None)
        elif before is not None and before.told and (kept := _no_longer(check, taken, before)) is not None:
            found[check.id] = kept
    return found


def _critical(check: HealthCheck, taken: datetime, before: Ill | None, *, first: bool) -> Ill:
    if before is None:
        return Ill(check, taken, taken, first, told=check.id not in OF_A_MOMENT)
    again = before.told or before.seen < taken
    return Ill(check, before.since, taken, before.from_start, told=again)


def _no_longer(check: HealthCheck, taken: datetime, before: Ill) -> Ill | None:
    """What nobody can tell any more stands as it was told last."""
    if check.state == "unknown":
        return before
    better_since = before.better_since or taken
    if (check.state == "ok" and check.id not in OF_A_MOMENT) or taken - better_since >= HELD:
        return None
    return msgspec.structs.replace(before, check=check, seen=taken, better_since=better_since)


def health_findings(server: str, held: Mapping[str, Ill], blocking: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """What is told of a server; `blocking` names sessions that are findings already."""
    blockers = [one.object for one in blocking]
    found = []
    pids: set[str] = set()
    for id, ill in held.items():
        pid = _session(ill.check)
        named = pid in pids or any(object.startswith(f"{server} {pid}@") for object in blockers)
        if not ill.told or named or (id == "wraparound-tables" and "wraparound" in held):
            continue  # the oldest table decides for its database
        pids |= {pid} - {""}
        found.append(_finding(server, ill))
    return tuple(found)


def health_object(server: str, id: str) -> str:
    """Identity of a check in findings; it leads to its row also from where another server is looked at."""
    return f"{server} {id}"


def _session(check: HealthCheck) -> str:
    """Process id of the session that a check is about, "" of others."""
    if check.id not in ("idle-in-transaction", "long-transactions") or not check.details:
        return ""
    return next((row[0] for row in check.details[0].rows), "")


def _finding(server: str, ill: Ill) -> Finding:
    check = ill.check
    title = CALLED.get(check.id) or check.title[:1].lower() + check.title[1:]
    what = f"{server} {title}: {check.short or check.value}"
    if check.state == "ok" and ill.better_since is not None:
        what += f", within the limit for {units.minutes((ill.seen - ill.better_since).total_seconds())}"
    return Finding(
        id=f"health:{server}:{check.id}",
        severity=Severity.CRITICAL if check.id in STOPS else Severity.WARNING,
        what=what,
        tab=3,
        since=ill.since,
        from_start=ill.from_start,
        value=check.value,
        limit=check.limit,
        object=health_object(server, check.id),
        rule="health",
    )
