"""PostgreSQL's headline rates, from the difference of two readings of its counters."""

import msgspec

from ..model.counters import ServerCounters
from ..model.postgres import ServerFacts


def facts(before: ServerCounters | None, now: ServerCounters) -> ServerFacts:
    """The facts of `now` with the rates of the interval; they stay None where the two are not comparable.

    Hit ratio = Δblks_hit/(Δblks_hit + Δblks_read) of all databases; with no block asked for in the interval it is None.
    """
    if before is None or not comparable(before, now):
        return now.facts
    seconds = (now.taken - before.taken).total_seconds()
    hit, read = now.blocks_hit - before.blocks_hit, now.blocks_read - before.blocks_read
    return msgspec.structs.replace(
        now.facts,
        hit_ratio=hit / (hit + read) if hit + read > 0 else None,
        commits_s=(now.commits - before.commits) / seconds,
        rollbacks_s=(now.rollbacks - before.rollbacks) / seconds,
        deadlocks=now.deadlocks - before.deadlocks,
        temp_bytes_s=(now.temp_bytes - before.temp_bytes) / seconds,
    )


def comparable(before: ServerCounters, now: ServerCounters) -> bool:
    """The same server in the same role, same start, same reset, time went on, and nothing that only grows went down."""
    return (
        now.taken > before.taken
        and same_server(before.facts, now.facts)
        and before.facts.is_replica == now.facts.is_replica
        and before.facts.started == now.facts.started
        and before.stats_reset == now.stats_reset
        and all(
            getattr(before, name) <= getattr(now, name)
            for name in ("blocks_hit", "blocks_read", "commits", "rollbacks", "deadlocks", "temp_bytes")
        )
    )


def same_server(before: ServerFacts, now: ServerFacts) -> bool:
    """False where another one answers behind the same name: of another system, or at another address."""
    old, new = before.place, now.place
    other_system = bool(old.system and new.system) and old.system != new.system
    moved = bool(old.address and new.address) and old.address != new.address
    return not other_system and not (moved and before.started != now.started)
