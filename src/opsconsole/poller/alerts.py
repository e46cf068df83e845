"""The feed of the alerts that an Alertmanager holds."""

from ..model.metrics import Alert
from ..sources.alertmanager import Alertmanager
from .feed import Polled
from .topics import ALERTS

EVERY_S = 15.0


def alerts_feed(source: Alertmanager) -> Polled[tuple[Alert, ...]]:
    async def read() -> tuple[tuple[Alert, ...], str]:
        return await source.alerts(), "GET /api/v2/alerts"

    return Polled("alerts", ALERTS, EVERY_S, read)
