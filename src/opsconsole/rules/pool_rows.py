"""What the Connections view lists of a PgBouncer: clients, pools and who waits. Columns: its documentation of SHOW."""

from collections.abc import Iterator

import msgspec

from ..model.pools import ClientGroup, Pool, PoolerFigures
from ..text import units
from .connection_row import ConnectionRow
from .connection_rows import MOST_LINES, judged
from .pools import steady

WAIT_S, LONG_WAIT_S = 1.0, 10.0


def pool_rows(now: PoolerFigures, server_limit: int | None) -> list[ConnectionRow]:
    """All lines of one PgBouncer; `server_limit` is what the PostgreSQL server lets ordinary roles open."""
    rows = [*_pools(now), *_clients_of_all(now), *_sizes(now, server_limit), *_rates(now), *_clients(now)]
    return [msgspec.structs.replace(row, pooler=now.server) for row in rows]


def pooler_words(now: PoolerFigures) -> str:
    """`4 clients wait, the longest 12s, in shop/app`; "" while nobody waits."""
    queues = [pool for pool in now.pools if pool.clients_waiting]
    if not queues:
        return ""
    worst = max(queues, key=lambda pool: pool.longest_wait_s)
    count = sum(pool.clients_waiting for pool in queues)
    verb = "waits" if count == 1 else "wait"
    said = f"{units.plural(count, 'client')} of {now.server} {verb}, the longest {_wait(worst.longest_wait_s)}"
    return f"{said}, in {worst.name}" + (" (paused)" if worst.paused else "")


def _pools(now: PoolerFigures) -> Iterator[ConnectionRow]:
    for pool in sorted(now.pools, key=lambda pool: (-pool.clients_waiting, -pool.servers_active, pool.name)):
        size = units.UNKNOWN if pool.size is None else str(pool.size)
        flags = [word for word, on in (("paused", pool.paused), ("disabled", pool.disabled)) if on]
        wait = f", the longest {_wait(pool.longest_wait_s)}" if pool.clients_waiting else ""
        limit = [f"{pool.clients_active} clients served", f"{pool.clients_waiting} wait{wait}", *flags, pool.mode]
        yield ConnectionRow(
            f"pool:{now.server}:{pool.name}", f"{now.server} pool", pool.name, _pool_state(pool),
            f"{pool.servers_active} of {size} busy", " · ".join(part for part in limit if part),
            why=f"{pool.servers} connections open to {pool.host}, {pool.servers_idle} of them free{_unready(pool)}; a "
            f"client waits as soon as all {size} are busy" + _refused_after(now.wait_timeout_s),
            remedy=_pool_remedy(pool),
        )  # fmt: skip


def _pool_state(pool: Pool) -> str:
    if pool.clients_waiting and pool.longest_wait_s >= LONG_WAIT_S:
        return "crit"
    if (pool.clients_waiting and pool.longest_wait_s >= WAIT_S) or pool.paused or pool.disabled:
        return "warn"
    return ""


def _pool_remedy(pool: Pool) -> str:
    if pool.paused:
        return "somebody sent PAUSE: RESUME on the admin console lets clients go on"
    if pool.disabled:
        return "somebody sent DISABLE: ENABLE on the admin console lets clients in again"
    if not pool.clients_waiting:
        return ""
    if not pool.servers:
        return "it has no connection to the server: look at whether that runs, and at PgBouncer's log"
    if pool.mode == "session":
        return "a session holds its connection until the client leaves: transaction mode shares them"
    return (
        "shorten what holds connections (Statements, idle in transaction); a larger pool_size helps only where the "
        "server has room"
    )


def _unready(pool: Pool) -> str:
    return f", {pool.servers_unready} logging in or checked" if pool.servers_unready else ""


def _refused_after(timeout_s: float | None) -> str:
    return f", and is refused after {units.span(timeout_s)}" if timeout_s else ""


def _clients_of_all(now: PoolerFigures) -> Iterator[ConnectionRow]:
    used, limit = now.clients_used, now.client_limit
    if used is None:
        return
    if not limit:
        yield ConnectionRow(f"clients:{now.server}", now.server, "clients", "", str(used), "max_client_conn unknown")
        return
    state = judged(used, limit)
    yield ConnectionRow(
        f"clients:{now.server}", now.server, "clients", state,
        f"{used} of {limit} ({units.percent(used / limit, 0)} %)", f"max_client_conn · version {now.version}",
        why="beyond max_client_conn new clients are refused; those connected stay",
        remedy="raise max_client_conn (and the limit of open files with it), or find who opens so many"
        if state else "",
    )  # fmt: skip


def _sizes(now: PoolerFigures, server_limit: int | None) -> Iterator[ConnectionRow]:
    most = now.most_servers
    if most is None or not now.pools:
        return
    open_now = sum(pool.servers for pool in now.pools)
    over = server_limit is not None and most > server_limit
    against = f" against {server_limit} that the server allows" if server_limit is not None else ""
    yield ConnectionRow(
        f"sizes:{now.server}", now.server, "pool sizes", "warn" if over else "", f"{most} at most, {open_now} open",
        f"{units.plural(len(now.pools), 'pool')}{against}",
        why="each pair of database and user has a pool of its own: pool_size and reserve_pool_size of all, added up, "
        "must fit into the server's limit beside all who come without PgBouncer",
        remedy="lower default_pool_size, or set max_db_connections: else clients meet the server's limit, not the queue"
        if over else "",
    )  # fmt: skip


def _rates(now: PoolerFigures) -> Iterator[ConnectionRow]:
    for rates in sorted(now.rates, key=lambda rates: -rates.queries_s):
        wait = "no wait" if not rates.wait_s else f"{units.seconds(rates.wait_s)} wait each"
        yield ConnectionRow(
            f"rates:{now.server}:{rates.database}", f"{now.server} work", rates.database, "",
            f"{units.number(rates.queries_s)} queries/s",
            f"{units.number(rates.transactions_s)} tx/s"
            + (f" of {_each(rates.transaction_s)}, {wait}" if rates.transaction_s is not None else ""),
            why=f"one query takes {_each(rates.query_s)}; a transaction holds a server connection for "
            f"{_each(rates.transaction_s)}: this times transactions per second is how many connections are busy",
        )  # fmt: skip


def _clients(now: PoolerFigures) -> Iterator[ConnectionRow]:
    if now.clients is None:
        yield ConnectionRow(
            f"client:{now.server}:", f"{now.server} client", "all", "unknown", "not listed",
            "more than the console lists", why="counted by pool above: a list of thousands costs more than it tells",
        )  # fmt: skip
        return
    by: dict[tuple[str, str], list[ClientGroup]] = {}
    for group in now.clients:
        by.setdefault((group.application, group.address), []).append(group)
    ranked = sorted(by.items(), key=lambda item: (-sum(group.count for group in item[1]), item[0]))
    for (application, address), those in ranked[:MOST_LINES]:
        count, held_up = sum(group.count for group in those), sum(group.waiting for group in those)
        names = sorted({f"{group.database}/{group.user}" for group in those})
        yield ConnectionRow(
            f"client:{now.server}:{application}:{address}", f"{now.server} client", application or "no name", "",
            units.plural(count, "client"), f"{address} · {held_up} wait", why=f"pools: {', '.join(names[:5])}",
        )  # fmt: skip
    if len(ranked) > MOST_LINES:
        count = sum(group.count for _, those in ranked[MOST_LINES:] for group in those)
        name = f"others ({len(ranked) - MOST_LINES:,})"
        yield ConnectionRow(f"client:{now.server}::", f"{now.server} client", name, "", units.plural(count, "client"))


def _each(seconds: float | None) -> str:
    return units.DASH if seconds is None else units.seconds(seconds)


def _wait(seconds: float) -> str:
    return units.span(steady(seconds)) if seconds >= 1 else "<1s"
