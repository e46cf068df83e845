"""Checks Loki: whether it answers and is ready, its clock, and whether its streams tell services and levels apart."""

from collections.abc import AsyncIterator

from ..config.settings import Loki as LokiSettings
from ..poller.board import Board
from ..poller.loki import LogStoreDesk
from ..sources.kubernetes.cluster import Cluster
from ..sources.loki import Loki
from .check import Check, Verdict, clock_check
from .metrics import way_to


async def loki(settings: LokiSettings, cluster: Cluster | None) -> AsyncIterator[Check]:
    """Round trip, version, clock and readiness; then which labels the console goes by."""
    source = Loki(way_to(settings, cluster))
    desk = LogStoreDesk(source, settings, Board())
    try:
        version, took_s, difference = await desk.version()
        yield Check("loki", Verdict.FINE, settings.url, "", took_s * 1000, version, difference)
        for check in clock_check("loki", difference):
            yield check
        if said := await source.ready():
            yield Check(
                "loki", Verdict.DEGRADED, f"says that it is not ready: {said}", "wait, or look into its own log"
            )
        store = await desk.store()
        if not store.labels:
            said = "has no stream of the last hour: nothing is shipped to it, or this is another tenant's"
            yield Check("loki", Verdict.DEGRADED, said, 'look at the shipper, or give tenant = "…" in the settings')
        elif not store.service and not settings.selector:
            said = f"no label names services; there are: {', '.join(store.labels[:12])}"
            yield Check("loki", Verdict.DEGRADED, said, 'give service_label = "…" or selector in the settings')
        elif not store.level:
            said = f"services by the label {store.service}; levels only by the words of the lines"
            yield Check("loki", Verdict.FINE, said)
        else:
            yield Check("loki", Verdict.FINE, f"services by the label {store.service}, levels by {store.level}")
    finally:
        await source.close()
