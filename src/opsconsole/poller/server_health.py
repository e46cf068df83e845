"""Reads a server's health list: keeps the reading before, the sizes of the last hours, and what its replicas say."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

import msgspec

from ..config.settings import Postgres
from ..model.finding import Change
from ..model.postgres import ServerHealth
from ..model.server_signs import Disk, HealthSigns
from ..rules.health_growth import LEAST_S, REACH, Sizes, growth, sizes
from ..rules.health_verdict import Case
from ..rules.server_health import checks
from ..sources.errors import SourceError
from ..sources.postgres.health import HealthReader
from ..sources.postgres.server import PostgresServer
from ..text import clock
from .samples import Samples

DiskRead = Callable[[Postgres], Awaitable[Disk | None]]
"""The volume of a server as metrics tell it; None where its settings name none. Raises SourceError."""
KIND = "pg.sizes"


class HealthDesk:
    """One server's health; `others` are those of the same platform, its replicas perhaps among them."""

    def __init__(self, server: PostgresServer, store: Samples | None, disk: DiskRead | None = None) -> None:
        self.signs: HealthSigns | None = None
        self.others: tuple[HealthDesk, ...] = ()
        self._server = server
        self._reader = HealthReader(server)
        self._store = store
        self._read_disk = disk
        self._free: list[tuple[float, float]] = []
        """(seconds, bytes free) of the last hours."""
        self._sizes: list[Sizes] = []
        self._loaded = False

    async def health(self, changes: tuple[Change, ...]) -> ServerHealth:
        await self._load()
        before, now = self.signs, await self._reader.signs()
        self.signs = now
        await self._keep(sizes(now))
        databases, tables = growth(self._sizes)
        disk, problem = await self._disk()
        case = Case(now, before, databases, tables, disk, problem, self._copies(now), changes)
        return ServerHealth(self._server.name, checks(case), now.asked, now.is_replica, now.system)

    async def _disk(self) -> tuple[Disk | None, str]:
        """The disk with how fast it fills, or why it is not known."""
        if self._read_disk is None:
            return None, ""
        try:
            disk = await self._read_disk(self._server.settings)
        except SourceError as error:
            return None, error.problem.sentence
        if disk is None:
            return None, ""
        now = clock.boottime()
        self._free = [(at, free) for at, free in self._free if at >= now - REACH.total_seconds()]
        self._free.append((now, disk.free_bytes))
        at, free = self._free[0]
        filling = (free - disk.free_bytes) / (now - at) if now - at >= LEAST_S else None
        return msgspec.structs.replace(disk, filling=filling), ""

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
