"""Reads a server's health list: keeps the reading before, the sizes of the last hours, and what its replicas say."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from ..model.finding import Change
from ..model.postgres import ServerHealth
from ..model.server_signs import HealthSigns
from ..rules.health_growth import REACH, Sizes, growth, sizes
from ..rules.health_verdict import Case
from ..rules.server_health import checks
from ..sources.postgres.health import HealthReader
from ..sources.postgres.server import PostgresServer
from ..text import clock
from .samples import Samples

KIND = "pg.sizes"


class HealthDesk:
    """One server's health; `others` are those of the same platform, its replicas perhaps among them."""

    def __init__(self, server: PostgresServer, store: Samples | None) -> None:
        self.signs: HealthSigns | None = None
        self.others: tuple[HealthDesk, ...] = ()
        self._server = server
        self._reader = HealthReader(server)
        self._store = store
        self._sizes: list[Sizes] = []
        self._loaded = False

    async def health(self, changes: tuple[Change, ...]) -> ServerHealth:
        await self._load()
        before, now = self.signs, await self._reader.signs()
        self.signs = now
        await self._keep(sizes(now))
        databases, tables = growth(self._sizes)
        case = Case(now, before, databases, tables, copies=self._copies(now), changes=changes)
        return ServerHealth(self._server.name, checks(case), now.asked)

    def _copies(self, now: HealthSigns) -> tuple[HealthSigns, ...]:
        """The newest signs of its replicas that are asked too."""
        found = (other.signs for other in self.others)
        return tuple(
            signs for signs in found if signs and signs.is_replica and now.system and signs.system == now.system
        )

    async def _keep(self, new: Sizes | None) -> None:
        if new is None or (self._sizes and self._sizes[-1].taken >= new.taken):
            return
        oldest = new.taken - REACH - timedelta(minutes=15)
        self._sizes = [*(one for one in self._sizes if one.taken >= oldest), new]
        if self._store is not None:
            await self._store.save_sample(KIND, self._server.name, new.taken, msgspec.msgpack.encode(new))

    async def _load(self) -> None:
        """What consoles before this one kept."""
        if self._loaded or self._store is None:
            return
        self._loaded = True
        for _, payload in await self._store.samples(KIND, self._server.name, clock.now() - REACH):
            try:
                self._sizes.append(msgspec.msgpack.decode(payload, type=Sizes))
            except (msgspec.ValidationError, msgspec.DecodeError):
                continue


def acquaint(desks: Iterable[HealthDesk]) -> None:
    """Let each know the others."""
    known = tuple(desks)
    for desk in known:
        desk.others = tuple(other for other in known if other is not desk)
