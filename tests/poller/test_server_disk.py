"""The disk of a database server by Prometheus: the tightest volume, how fast it fills, and why it is not known."""

from typing import Any

import pytest

from opsconsole.config.settings import Postgres
from opsconsole.model.metrics import Answer, Sample
from opsconsole.model.server_signs import Disk
from opsconsole.poller.server_disk import DiskElsewhere
from opsconsole.poller.server_health import HealthDesk
from opsconsole.sources.errors import SourceError
from opsconsole.sources.postgres.server import PostgresServer
from opsconsole.text import clock

FREE, SIZE = "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"
SETTINGS = Postgres(name="main", disk_free=FREE, disk_size=SIZE)


class Answers:
    """Stands for the desk of Prometheus."""

    def __init__(self, **values: list[float]) -> None:
        self._values = values

    async def ask(self, promql: str) -> Answer:
        return Answer(promql, samples=tuple(Sample((), 0.0, value) for value in self._values.get(promql, ())))


async def test_of_several_volumes_the_tightest_counts() -> None:
    desk: Any = Answers(**{FREE: [900.0, 100.0], SIZE: [1000.0]})
    assert await DiskElsewhere(desk).read(SETTINGS) == Disk(100.0, 1000.0, f"Prometheus: {FREE}")


async def test_a_server_whose_settings_name_no_volume_is_not_asked_about() -> None:
    desk: Any = Answers()
    assert await DiskElsewhere(desk).read(Postgres(name="main")) is None


async def test_a_query_without_series_is_said() -> None:
    desk: Any = Answers()
    with pytest.raises(SourceError, match="no series for disk_free of main"):
        await DiskElsewhere(desk).read(SETTINGS)


async def test_what_the_volume_lost_since_the_first_reading_tells_how_it_fills(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(clock, "boottime", lambda: now[0])
    left = [5_000_000.0]

    async def read(settings: Postgres) -> Disk | None:
        return Disk(left[0], None, "")

    desk = HealthDesk(PostgresServer(SETTINGS), None, read)
    first, _ = await desk._disk()
    now[0], left[0] = 1600.0, 4_400_000.0
    second, _ = await desk._disk()
    assert first is not None
    assert second is not None
    assert (first.filling, second.filling) == (None, 1000.0)
