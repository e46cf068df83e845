"""Asks a PostgreSQL server who holds its connections, and what limits them."""

import msgspec

from ...model.asked import Asked
from ...model.pools import ConnectionGroup, ConnectionLimit, Connections
from ...text import clock
from ...text.clean import clean
from ..asking import overhearing
from .connection import Row
from .server import PostgresServer

LIMITS_EVERY_S = 60.0


class Limits(msgspec.Struct, frozen=True, gc=False):
    settings: dict[str, int]
    roles: dict[str, int]
    databases: dict[str, int]
    slots: int
    reserve: str
    asked: tuple[Asked, ...]


class ConnectionReader:
    """Reads one server through the connection that is open anyway. Limits change rarely: asked once a minute."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._limits: Limits | None = None
        self._limits_at = (-1, 0.0)

    async def read(self) -> Connections:
        """Without a trend, which needs samples. Raises SourceError."""
        who = await self.server.identity()
        with overhearing() as asked:
            groups = tuple(_group(row) for row in await self.server.ask("its connections", "connections"))
        limits = await self._read_limits()
        of = limits.settings.get
        return Connections(
            server=self.server.name,
            used=sum(group.count for group in groups if group.kind != "walsender"),
            max_connections=of("max_connections", who.max_connections),
            superuser_reserved=of("superuser_reserved_connections", 0),
            reserved=of("reserved_connections", 0),
            groups=groups,
            limits=tuple(_limits(groups, limits)),
            reserve=limits.reserve,
            role=clean(who.user),
            asked=(*asked, *limits.asked),
        )

    async def _read_limits(self) -> Limits:
        opened, at = self._limits_at
        if self._limits and opened == self.server.connection.opened and clock.boottime() - at < LIMITS_EVERY_S:
            return self._limits
        with overhearing() as asked:
            rows = await self.server.ask("its limits of connections", "connection_limits")
        of: dict[str, dict[str, int]] = {}
        for kind, name, value in rows:
            if value is not None:
                of.setdefault(kind, {})[clean(name)] = value
        self._limits = Limits(
            of.get("setting", {}), of.get("role", {}), of.get("database", {}), of.get("slots", {}).get("", 0),
            next(iter(of.get("reserve", {})), ""), tuple(asked),
        )  # fmt: skip
        self._limits_at = (self.server.connection.opened, clock.boottime())
        return self._limits


def _group(row: Row) -> ConnectionGroup:
    application, user, database, client, state, kind = (clean(text, 200) for text in row[:6])
    return ConnectionGroup(application, user, database, client, state, kind, *row[6:])


def _limits(groups: tuple[ConnectionGroup, ...], limits: Limits) -> list[ConnectionLimit]:
    clients = [group for group in groups if group.kind != "walsender"]
    senders = sum(group.count for group in groups if group.kind == "walsender")
    found = [
        ConnectionLimit("role", name, sum(group.count for group in clients if group.user == name), limit)
        for name, limit in limits.roles.items()
    ]
    found += [
        ConnectionLimit("database", name, sum(group.count for group in clients if group.database == name), limit)
        for name, limit in limits.databases.items()
    ]
    for kind, used, name in (
        ("walsenders", senders, "max_wal_senders"),
        ("slots", limits.slots, "max_replication_slots"),
    ):
        if name in limits.settings:
            found.append(ConnectionLimit(kind, name, used, limits.settings[name]))
    return found
