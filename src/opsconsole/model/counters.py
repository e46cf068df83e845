"""What servers count since they started, as read at one instant; rules turn two of these into rates."""

from datetime import datetime

import msgspec

from .postgres import ServerFacts


class ServerCounters(msgspec.Struct, frozen=True, gc=False):
    """PostgreSQL's cumulated counters beside the headline facts of the same instant (sums over all databases)."""

    taken: datetime
    facts: ServerFacts
    """What needs no second reading; its rates are None."""
    blocks_hit: int
    blocks_read: int
    commits: int
    rollbacks: int
    deadlocks: int
    temp_bytes: int
    stats_reset: datetime | None = None
    """The newest reset of any database's counters."""
