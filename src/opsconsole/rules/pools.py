"""What a PgBouncer's pools do: rates by difference, and what of them the policy's rules judge."""

from collections.abc import Iterator

from ..model.pools import Pool, PoolCounters, PoolerFigures, PoolerSample, PoolRates
from ..model.reading import Reading
from ..text import units
from .measures import Observation


def figures(before: PoolerSample | None, now: PoolerSample) -> PoolerFigures:
    """What the screen shows of `now`; databases whose totals went down (a restart) have no rates yet."""
    rates = tuple(_rates(before, now)) if before is not None and now.taken > before.taken else ()
    return PoolerFigures(
        now.server, now.version, now.pools, rates, now.clients_used, now.client_limit, now.clients, now.wait_timeout_s
    )


def _rates(before: PoolerSample, now: PoolerSample) -> Iterator[PoolRates]:
    seconds = (now.taken - before.taken).total_seconds()
    for database, counters in now.counters.items():
        old = before.counters.get(database)
        if old is None or not _comparable(old, counters):
            continue
        transactions, queries = counters.transactions - old.transactions, counters.queries - old.queries
        yield PoolRates(
            database, transactions / seconds, queries / seconds,
            (counters.transaction_us - old.transaction_us) / transactions / 1e6 if transactions else None,
            (counters.query_us - old.query_us) / queries / 1e6 if queries else None,
            (counters.wait_us - old.wait_us) / transactions / 1e6 if transactions else None,
        )  # fmt: skip


def _comparable(old: PoolCounters, new: PoolCounters) -> bool:
    return all(getattr(old, name) <= getattr(new, name) for name in PoolCounters.__struct_fields__)


def waiting(pool: Pool) -> float:
    """Seconds that the first in the queue has waited, as far as they are told; 0 where nobody waits."""
    return steady(pool.longest_wait_s) if pool.clients_waiting else 0.0


def steady(wait_s: float) -> float:
    """Whole minutes, below one tens of seconds: what is told of a wait must not change with every reading."""
    step = 60 if wait_s >= 60 else 10 if wait_s >= 10 else 1 if wait_s >= 2 else 0
    return wait_s // step * step if step else wait_s


def from_pools(reading: Reading[PoolerFigures]) -> tuple[Observation, ...]:
    """How long clients wait for a server connection, and how many of those that may connect do."""
    if reading.value is None or reading.taken is None:
        return ()
    now, at = reading.value, reading.taken.timestamp()
    found = []
    for pool in now.pools:
        said = f"{pool.clients_waiting} wait, the longest {units.span(waiting(pool))}" if pool.clients_waiting else ""
        if said and pool.size:
            said += f", {pool.servers_active} of {pool.size} connections busy"
        said += ", paused" if said and pool.paused else ""
        found.append(
            Observation("pool.wait", f"{now.server}:{pool.name}", waiting(pool), at, said, f"{now.server} {pool.name}")
        )
    if now.clients_used is not None and now.client_limit:
        text = f"{now.clients_used} of {now.client_limit}"
        found.append(Observation("pool.clients", now.server, now.clients_used / now.client_limit, at, text))
    return tuple(found)
