"""Samples of counters: compressed, kept for 48 hours, the older ones thinned out."""

import zlib
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, select
from sqlalchemy.dialects.sqlite import insert

from .tables import samples

KEEP = timedelta(hours=48)
CLOSELY = timedelta(hours=2)
SPARSELY = timedelta(minutes=10)
"""Samples older than `CLOSELY` stay this far apart."""

Sample = tuple[datetime, bytes]


def save(connection: Connection, kind: str, server: str, taken: datetime, payload: bytes) -> None:
    """Keep one sample; another one of the same instant is replaced."""
    row = insert(samples).values(kind=kind, server=server, taken=taken, payload=zlib.compress(payload, 1))
    update = row.on_conflict_do_update(
        index_elements=["kind", "server", "taken"], set_={"payload": row.excluded.payload}
    )
    connection.execute(update)


def read(
    connection: Connection, kind: str, server: str, since: datetime, until: datetime | None, every_s: float
) -> list[Sample]:
    """Samples from `since` to before `until`, oldest first, at least `every_s` apart."""
    wanted = and_(samples.c.kind == kind, samples.c.server == server, samples.c.taken >= since)
    if until is not None:
        wanted = and_(wanted, samples.c.taken < until)
    times = connection.execute(select(samples.c.taken).where(wanted).order_by(samples.c.taken)).scalars().all()
    chosen = spaced(list(times), every_s)
    found: list[Sample] = []
    for part in _batches(chosen):
        query = select(samples.c.taken, samples.c.payload).where(wanted, samples.c.taken.in_(part))
        rows = connection.execute(query.order_by(samples.c.taken))
        found.extend((taken, zlib.decompress(payload)) for taken, payload in rows)
    return found


def prune(connection: Connection, now: datetime) -> None:
    """Delete what is older than 48 hours, and of what is older than two all but one in ten minutes."""
    connection.execute(delete(samples).where(samples.c.taken < now - KEEP))
    old = select(samples.c.kind, samples.c.server, samples.c.taken).where(samples.c.taken < now - CLOSELY)
    by_series: dict[tuple[str, str], list[datetime]] = {}
    for kind, server, taken in connection.execute(old.order_by(samples.c.taken)):
        by_series.setdefault((kind, server), []).append(taken)
    for (kind, server), times in by_series.items():
        surplus = sorted(set(times) - set(spaced(times, SPARSELY.total_seconds())))
        for part in _batches(surplus):
            same = and_(samples.c.kind == kind, samples.c.server == server)
            connection.execute(delete(samples).where(same, samples.c.taken.in_(part)))


def spaced(times: list[datetime], every_s: float) -> list[datetime]:
    """Of ascending times those at least `every_s` apart, beginning with the first."""
    kept: list[datetime] = []
    for taken in times:
        if not kept or (taken - kept[-1]).total_seconds() >= every_s:
            kept.append(taken)
    return kept


def _batches(times: list[datetime]) -> list[list[datetime]]:
    """SQLite bounds the number of parameters of one statement."""
    return [times[start : start + 500] for start in range(0, len(times), 500)]
