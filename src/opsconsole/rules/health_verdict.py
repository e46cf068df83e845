"""What a health check is judged from, and what a judge may say."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec

from ..model.finding import Change
from ..model.postgres import Detail
from ..model.server_signs import Disk, Growth, HealthSigns
from ..text import units

MOST_ROWS = 20
"""Numbers behind a check: so many rows at most."""


class Case(msgspec.Struct, frozen=True, gc=False):
    """Two readings of a server, and what others know of it."""

    now: HealthSigns
    before: HealthSigns | None = None
    growth: Growth | None = None
    """Of its databases."""
    table_growth: Growth | None = None
    disk: Disk | None = None
    disk_problem: str = ""
    """Why the metrics did not tell it, where they were asked."""
    copies: tuple[HealthSigns, ...] = ()
    """Its replicas, where they are asked too."""
    changes: tuple[Change, ...] = ()


class Verdict(msgspec.Struct, frozen=True, gc=False):
    state: str
    """ok, warn, crit or unknown."""
    value: str
    limit: str
    why: str
    remedy: str = ""
    details: tuple[Detail, ...] = ()
    short: str = ""
    things: int = 0


Judge = Callable[[Case], Verdict]


def graded(value: float, warn: float, crit: float) -> str:
    return "crit" if value >= crit else "warn" if value >= warn else "ok"


def worst(states: Iterable[str]) -> str:
    found = set(states)
    return next((state for state in ("crit", "warn") if state in found), "ok")


def unknown(why: str, *, needs: str = "", remedy: str = "", details: tuple[Detail, ...] = ()) -> Verdict:
    return Verdict("unknown", f"unknown: {needs}" if needs else "unknown", "", why, remedy, details)


def hidden(now: HealthSigns, what: str, details: tuple[Detail, ...] = ()) -> Verdict:
    """The role may not see all of it, and what it sees is fine."""
    return unknown(
        f"hidden from role {now.user}: {what}",
        needs="needs pg_monitor",
        remedy=grant(now),
        details=details,
    )


def grant(now: HealthSigns, role: str = "pg_monitor") -> str:
    return f"GRANT {role} TO {quoted(now.user)}"


def quoted(name: str) -> str:
    """An identifier as SQL wants it."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and name == name.lower() and not name[:1].isdigit()
    return name if plain else '"' + name.replace('"', '""') + '"'


def detail(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[Detail, ...]:
    """The numbers as one table; nothing where there are none."""
    kept = tuple(tuple(row) for row in rows)[:MOST_ROWS]
    return (Detail(title, tuple(columns), kept),) if kept else ()


def names(listed: Sequence[str]) -> str:
    """`none`, the one name, or how many and the first."""
    if not listed:
        return "none"
    return listed[0] if len(listed) == 1 else f"{len(listed)}: {listed[0]}, …"


def minutes(duration_s: float | None) -> str:
    """A duration as an age: whole minutes from one on, so that a resting screen stays silent."""
    if duration_s is None:
        return units.UNKNOWN
    return "<1m" if duration_s < 60 else units.span(duration_s - duration_s % 60)


def per_hour(bytes_s: float | None) -> str:
    """`+120Mi/h`; below a mebibyte an hour it does not matter."""
    if bytes_s is None:
        return units.UNKNOWN
    hourly = bytes_s * 3600
    if abs(hourly) < 2**20:
        return "steady"
    return f"{'+' if hourly > 0 else '-'}{units.size(abs(hourly))}/h"


def stats_days(now: HealthSigns) -> float | None:
    """For how long this database's statistics are kept at least, in days.

    Without a reset they are older than the server's start: a crash resets them and is dated.
    """
    since: datetime | None = now.stats_reset or now.started
    return None if since is None else (now.taken - since).total_seconds() / 86400


def same_epoch(case: Case) -> HealthSigns | None:
    """The reading before, where counters may be compared with it: same start, same resets, nothing went down."""
    before, now = case.before, case.now
    if before is None or before.started != now.started or not before.databases or not now.databases:
        return None
    earlier = {base.name: base for base in before.databases}
    for base in now.databases:
        old = earlier.get(base.name)
        if old is not None and (old.stats_reset != base.stats_reset or old.commits > base.commits):
            return None
    return before
