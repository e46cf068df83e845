"""When rules and alerts fired: one row for each time, which all consoles that see it keep together; 90 days of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from ..model.alerts import Firing
from .rows import plain
from .tables import firings

KEEP = timedelta(days=90)
LOST = timedelta(minutes=10)
"""A row that no console has seen for so long is over: what fires then is another time."""


def keep(connection: Connection, standing: Iterable[Firing], over: Iterable[Firing], now: datetime) -> None:
    """What fires now, and what was seen to end. Another console may have written both already."""
    for firing in standing:
        row = _open(connection, firing.finding)
        if row is not None and (row.seen >= now - LOST or firing.began <= row.seen):
            connection.execute(update(firings).where(firings.c.seq == row.seq).values(seen=now))
            continue
        if row is not None:  # its end was not seen: it lasted at least until then
            connection.execute(update(firings).where(firings.c.seq == row.seq).values(ended=row.seen))
        connection.execute(insert(firings), _row(firing, now))
    for firing in over:
        row = _open(connection, firing.finding)
        if row is not None:
            ended = max(firing.ended or now, row.began)
            connection.execute(update(firings).where(firings.c.seq == row.seq).values(ended=ended, seen=now))
    connection.execute(delete(firings).where(firings.c.seen < now - KEEP))


def read(connection: Connection, since: datetime) -> tuple[Firing, ...]:
    """All that fired after `since`, or fired then already; oldest first."""
    wanted = or_(firings.c.ended >= since, firings.c.ended.is_(None), firings.c.began >= since)
    rows = connection.execute(select(firings).where(wanted).order_by(firings.c.began, firings.c.seq))
    return tuple(
        Firing(row.finding, row.rule, row.object, row.severity, row.began, row.ended, row.seen) for row in rows
    )


def _open(connection: Connection, finding: str) -> Row[Any] | None:
    """The newest row of a finding that has no end."""
    wanted = select(firings).where(firings.c.finding == plain(finding), firings.c.ended.is_(None))
    return connection.execute(wanted.order_by(firings.c.seq.desc()).limit(1)).first()


def _row(firing: Firing, now: datetime) -> dict[str, object]:
    texts = {name: plain(getattr(firing, name)) for name in ("finding", "rule", "object", "severity")}
    return {**texts, "began": min(firing.began, now), "ended": None, "seen": now}
