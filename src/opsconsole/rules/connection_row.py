"""One line of the Connections view."""

import msgspec

from ..model.pools import Course


class ConnectionRow(msgspec.Struct, frozen=True, gc=False):
    key: str
    part: str
    """server, limit, state, application, user, database, client, pool, …"""
    name: str
    state: str
    """crit, warn, unknown; "" where nothing is wrong, or nothing is judged."""
    value: str
    limit: str = ""
    """The limit, or what belongs to the value."""
    course: Course = ()
    why: str = ""
    remedy: str = ""
    place: int = 0
    pooler: str = ""
    """The PgBouncer that it is about; "" of the server."""


RANKS = {"crit": 0, "warn": 1, "unknown": 2}


def placed(rows: list[ConnectionRow]) -> tuple[ConnectionRow, ...]:
    """What fails first, then in the order given."""
    ranked = sorted(rows, key=lambda row: RANKS.get(row.state, 3))
    return tuple(msgspec.structs.replace(row, place=place) for place, row in enumerate(ranked))


def failing(rows: tuple[ConnectionRow, ...]) -> tuple[ConnectionRow, ...]:
    return tuple(row for row in rows if row.state in ("crit", "warn"))
