"""The volume of a database server as Prometheus tells it, by the queries in that server's settings."""

from typing import TYPE_CHECKING

from ..config.settings import Postgres
from ..model.reading import ProblemKind
from ..model.server_signs import Disk
from ..sources.errors import SourceError

if TYPE_CHECKING:
    from .prometheus import Desk


class DiskElsewhere:
    """Asks for free and for all bytes; of several volumes the one with least room counts."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    async def read(self, settings: Postgres) -> Disk | None:
        """None where the settings name no volume; raises SourceError."""
        if not settings.disk_free:
            return None
        free = await self._least(settings.disk_free)
        if free is None:
            sentence = f"Prometheus has no series for disk_free of {settings.name}"
            raise SourceError(ProblemKind.MISSING, sentence, "check the query in the settings")
        total = await self._least(settings.disk_size) if settings.disk_size else None
        return Disk(free, total, f"Prometheus: {settings.disk_free}")

    async def _least(self, promql: str) -> float | None:
        values = [sample.value for sample in (await self._desk.ask(promql)).samples if sample.value is not None]
        return min(values, default=None)
