"""What the Connections view lists of one PostgreSQL server: what is used, who holds it, what else limits it.

Connections that an ordinary role may open: max_connections less superuser_reserved_connections and (16 and later)
reserved_connections. Walsenders are counted against max_wal_senders, not against them (PostgreSQL 12 and later).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from ..model.pools import ConnectionGroup, ConnectionLimit, Connections
from ..text import units
from .connection_row import ConnectionRow
from .connection_words import outlook, verdict

BUSY, NEARLY_FULL = 0.8, 0.95
OWN = "opsconsole"
IDLE_LONG_S = 60.0
"""From so long on an idle transaction is one that somebody forgot."""
MOST_LINES = 10
"""Of each kind; the rest is one line."""
MOSTLY_IDLE, MANY = 0.8, 10
"""An application with many connections of which most are idle holds a pool that is too large."""
STATES = ("active", "idle in transaction", "idle in transaction (aborted)", "idle", "fastpath function call")


def connection_rows(now: Connections, at: datetime) -> list[ConnectionRow]:
    """All lines in the order of their parts; `at` is the time of day."""
    groups = [group for group in now.groups if group.kind != "walsender"]
    return [
        *_server(now, at), *_limits(now), *_states(now, groups), *_applications(now, groups),
        *_parts(now, groups, "user", "role", lambda group: group.user),
        *_parts(now, groups, "database", "database", lambda group: group.database),
        *_parts(now, groups, "client", "host", lambda group: group.client),
    ]  # fmt: skip


def used_words(now: Connections) -> str:
    """`88 of 97 (91 %)`."""
    share = f" ({units.percent(now.used / now.limit, 0)} %)" if now.limit > 0 else ""
    return f"{now.used} of {now.limit}{share}"


def lets_in(now: Connections) -> bool:
    """Whether the console's role gets a connection when all others are taken: the right helps where some are kept."""
    return {"superuser": now.superuser_reserved, "reserved": now.reserved}.get(now.reserve, 0) > 0


def judged(used: int, limit: int) -> str:
    """How near to its limit: crit from 95 % on, warn from 80 % on."""
    if limit <= 0 or used > limit:
        return "crit" if used >= limit and used else ""
    share = used / limit
    return "crit" if share >= NEARLY_FULL else "warn" if share > BUSY else ""


def _server(now: Connections, at: datetime) -> Iterator[ConnectionRow]:
    kept = now.superuser_reserved + now.reserved
    why = "when all are taken, new clients are refused: FATAL 53300, whatever the application then does"
    remedy = (
        "find who holds most below and lower that pool's size, or put PgBouncer before the server; more "
        "max_connections cost memory and a restart"
    )
    state = judged(now.used, now.limit)
    yield ConnectionRow(
        "used", "server", "connections", state, used_words(now),
        f"free {now.free} · max_connections {now.max_connections}, {kept} kept back", now.course, why,
        remedy if state else "",
    )  # fmt: skip
    said = outlook(now.trend)
    yield ConnectionRow(
        "outlook", "server", "time to full", "warn" if said else "", said or "not foreseen", verdict(now.trend),
        why="from the last quarter of an hour, and where that shows nothing of six hours: the median of all "
        "slopes (Theil-Sen), said only where it is surely above 0,"
        " still goes on, and no further ahead than three times what was seen",
        remedy="the application that grows is listed with how much: its pool has no limit, or leaks" if said else "",
    )  # fmt: skip
    if now.most_at is not None and now.since is not None:
        seen = (at - now.since).total_seconds()
        yield ConnectionRow(
            "most", "server", "most at once", "", f"{now.most} of {now.limit}",
            f"at {units.when(now.most_at, at)}, of {units.minutes(seen)} seen (48 h are kept)",
            why=f"the oldest sample is of {now.since:%d %b %H:%M} UTC; of each minute its most is kept",
        )  # fmt: skip
    yield _reserve(now)


def _reserve(now: Connections) -> ConnectionRow:
    ways = {
        "superuser": f"{now.role} is superuser: the {now.superuser_reserved} kept back are open to it",
        "reserved": f"{now.role} is in pg_use_reserved_connections: the {now.reserved} kept back are open to it",
    }
    said = ways.get(now.reserve, "") if lets_in(now) else ""
    full = now.used >= now.limit
    none = "its session is kept, a new one would be refused" if full else "none for the console"
    return ConnectionRow(
        "reserve", "server", "kept back", "",
        f"{now.superuser_reserved} superuser, {now.reserved} reserved",
        "the console may use one" if said else none,
        why=said or "the console keeps the session that it has; without it, and with all taken, it cannot come in",
        remedy="" if said else "16 and later: reserved_connections = 2 and GRANT pg_use_reserved_connections to the "
        "console's role; before, only a superuser gets in",
    )  # fmt: skip


def _limits(now: Connections) -> Iterator[ConnectionRow]:
    words = {
        "role": ("role", "its CONNECTION LIMIT: more are refused for this role alone", "ALTER ROLE … CONNECTION LIMIT"),
        "database": ("database", "its CONNECTION LIMIT: more are refused there alone",
                     "ALTER DATABASE … CONNECTION LIMIT"),
        "walsenders": ("walsenders", "replicas, backups and logical subscribers have slots of their own: "
                       "max_wal_senders", "end what is not needed, or raise max_wal_senders (restart)"),
        "slots": ("replication slots", "max_replication_slots; one that nobody reads keeps WAL for ever",
                  "drop those that nobody reads, or raise max_replication_slots (restart)"),
    }  # fmt: skip
    # A limit above the server's own never binds.
    binding = [one for one in now.limits if (one.limit < now.limit if one.kind in ("role", "database") else one.limit)]
    binding.sort(key=lambda one: -_share(one))
    for one in binding[: 2 * MOST_LINES]:
        what, why, remedy = words[one.kind]
        name = f"{what} {one.name}" if one.kind in ("role", "database") else what
        state = judged(one.used, one.limit)
        yield ConnectionRow(
            f"limit:{one.kind}:{one.name}", "limit", name, state, f"{one.used} of {one.limit}",
            f"free {max(0, one.limit - one.used)}", why=why, remedy=remedy if state else "",
        )  # fmt: skip


def _share(one: ConnectionLimit) -> float:
    return one.used / one.limit if one.limit > 0 else 1.0 if one.used else 0.0


def _states(now: Connections, groups: list[ConnectionGroup]) -> Iterator[ConnectionRow]:
    by: dict[str, list[ConnectionGroup]] = defaultdict(list)
    for group in groups:
        by[group.state].append(group)
    order = {state: place for place, state in enumerate(STATES)}
    for state, those in sorted(by.items(), key=lambda item: (order.get(item[0], 9), item[0])):
        count, waiting = _count(those), sum(group.waiting for group in those)
        held = state.startswith("idle in transaction")
        oldest = _oldest(group.transaction_s if held else group.state_s for group in those)
        more = [f"{waiting} wait for a lock"] if waiting else []
        more += [f"oldest {units.minutes(oldest)}"] if oldest is not None else []
        long = held and oldest is not None and oldest >= IDLE_LONG_S
        yield ConnectionRow(
            f"state:{state}", "state", state or "none", "warn" if long else "", _of(count, now), " · ".join(more),
            why=_WHY_STATE.get(state, ""), remedy=_REMEDY_STATE.get(state, ""),
        )  # fmt: skip


_WHY_STATE = {
    "idle": "open and unused: room that nobody else can have; pools keep them",
    "idle in transaction": "holds its locks and keeps vacuum from cleaning up, and does nothing",
    "idle in transaction (aborted)": "failed, and waits for the ROLLBACK that its application forgot",
    "hidden": "this role may not see the state of others",
}
_REMEDY_STATE = {
    "idle in transaction": "find it in Sessions; the application must commit before it waits for something else; "
    "idle_in_transaction_session_timeout ends such sessions",
    "idle in transaction (aborted)": "the application must roll back after an error",
    "hidden": "GRANT pg_monitor to the console's role",
}


def _applications(now: Connections, groups: list[ConnectionGroup]) -> Iterator[ConnectionRow]:
    by: dict[str, list[ConnectionGroup]] = defaultdict(list)
    for group in groups:
        by[group.application].append(group)
    ranked = sorted(by.items(), key=lambda item: (-_count(item[1]), item[0]))
    busy = now.limit > 0 and now.used / now.limit > BUSY
    grown = {one.application: one for one in now.growth}
    for place, (name, those) in enumerate(ranked[:MOST_LINES]):
        count, idle = _count(those), _count(group for group in those if group.state == "idle")
        growing = grown[name].more if name in grown and now.growth_s >= 60 else 0
        seen = [group for group in those if group.state != "hidden"]
        more = [f"{units.percent(idle / count, 0)} % idle" if seen else "states hidden"]
        oldest = _oldest(group.state_s for group in those if group.state == "idle")
        if oldest is not None and oldest >= 60:
            more.append(f"longest {units.minutes(oldest)}")
        if growing:
            more.append(f"{growing:+d} in {units.minutes(now.growth_s)}")
        blamed = busy and (place == 0 or (growing > 0 and bool(outlook(now.trend))))
        large = count >= MANY and idle / count >= MOSTLY_IDLE
        yield ConnectionRow(
            f"application:{name}", "application", _called(name), "warn" if blamed else "", _of(count, now),
            " · ".join(more), grown[name].course if name in grown else (),
            why=f"{idle} of its {count} are idle; what the pools of all applications may open must fit into "
            f"{now.limit} together, and {now.used} are open now",
            remedy=f"lower its pool size: {count - idle} were at work at this instant" if large
            else "look in Sessions at what it does; limit its pool there or by PgBouncer" if blamed else "",
        )  # fmt: skip
    yield from _rest(now, "application", [those for _, those in ranked[MOST_LINES:]])


def _called(application: str) -> str:
    return f"{OWN} (this console)" if application == OWN else application or "no name"


def _parts(
    now: Connections, groups: list[ConnectionGroup], part: str, what: str, of: Callable[[ConnectionGroup], str]
) -> Iterator[ConnectionRow]:
    by: dict[str, list[ConnectionGroup]] = defaultdict(list)
    for group in groups:
        by[of(group)].append(group)
    ranked = sorted(by.items(), key=lambda item: (-_count(item[1]), item[0]))
    for name, those in ranked[:MOST_LINES]:
        idle = _count(group for group in those if group.state == "idle")
        names = sorted({group.application for group in those if group.application})
        from_whom = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        count = _count(those)
        hidden = all(group.state == "hidden" for group in those)
        yield ConnectionRow(
            f"{part}:{name}", part, name or f"no {what}", "", _of(count, now),
            "states hidden" if hidden else f"{units.percent(idle / count, 0)} % idle",
            why=f"applications: {from_whom}" if from_whom else "",
        )  # fmt: skip
    yield from _rest(now, part, [those for _, those in ranked[MOST_LINES:]])


def _rest(now: Connections, part: str, those: list[list[ConnectionGroup]]) -> Iterator[ConnectionRow]:
    if those:
        count = sum(_count(groups) for groups in those)
        yield ConnectionRow(f"{part}:", part, f"others ({len(those):,})", "", _of(count, now))


def _of(count: int, now: Connections) -> str:
    return f"{count} ({units.percent(count / now.used, 0)} %)" if now.used else str(count)


def _count(groups: Iterable[ConnectionGroup]) -> int:
    return sum(group.count for group in groups)


def _oldest(ages: Iterable[float | None]) -> float | None:
    return max((age for age in ages if age is not None), default=None)
