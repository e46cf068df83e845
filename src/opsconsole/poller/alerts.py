"""The feeds of the alerts and silences that an Alertmanager holds."""

from ..model.alerts import Alert, Silence
from ..sources.alertmanager import Alertmanager
from .feed import Polled
from .topics import ALERTS, SILENCES

EVERY_S = 15.0


def alerts_feed(source: Alertmanager) -> Polled[tuple[Alert, ...]]:
    async def read() -> tuple[tuple[Alert, ...], str]:
        return await source.alerts(), "GET /api/v2/alerts"

    return Polled("alerts", ALERTS, EVERY_S, read)


def silences_feed(source: Alertmanager) -> Polled[tuple[Silence, ...]]:
    async def read() -> tuple[tuple[Silence, ...], str]:
        return await source.silences(), "GET /api/v2/silences"

    return Polled("silences", SILENCES, EVERY_S, read)
