"""Checks the HTTP sources: Prometheus, Alertmanager, Loki and OpenCost."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp

from ..config.settings import Http, Metrics
from ..sources.alertmanager import Alertmanager
from ..sources.http import Reach, reach, refusal, request_options, timed_out, unreachable
from ..sources.kubernetes.cluster import Cluster
from ..sources.prometheus import Prometheus
from ..sources.through_cluster import ThroughCluster
from . import catalogue
from .check import Check, Verdict, clock_check

READY = {"loki": "/ready", "opencost": "/healthz"}
"""What answers 200 when the server is well, and needs no rights."""


def way_to(settings: Http, cluster: Cluster | None) -> Callable[[], Awaitable[Reach]]:
    """How to reach a source, resolved anew at each call."""
    proxy = ThroughCluster(cluster) if cluster is not None else None

    async def open() -> Reach:
        return await reach(settings, proxy)

    return open


async def prometheus(settings: Http, cluster: Cluster | None, metrics: Metrics | None = None) -> AsyncIterator[Check]:
    """Round trip, version and clock; which names its metrics have and which tiles find a series; whether any is up."""
    source = Prometheus(way_to(settings, cluster))
    try:
        probe = await source.probe()
        took_ms, difference = probe.round_trip_s * 1000, probe.clock_difference_s
        version = " ".join(filter(None, [probe.product.replace("Prometheus", ""), probe.version])).strip()
        yield Check("prometheus", Verdict.FINE, settings.url, "", took_ms, version, difference)
        for check in clock_check("prometheus", difference):
            yield check
        async for check in catalogue.checks(source, metrics or Metrics()):
            yield check
        if not (await source.query("count(up)")).samples:
            said = "has no series `up`: nothing is scraped, or the address is another server's"
            yield Check("prometheus", Verdict.DEGRADED, said, "look at its targets page")
    finally:
        source.close()


async def alertmanager(settings: Http, cluster: Cluster | None) -> AsyncIterator[Check]:
    source = Alertmanager(way_to(settings, cluster))
    try:
        version, took_s = await source.probe()
        yield Check("alertmanager", Verdict.FINE, settings.url, "", took_s * 1000, version)
    finally:
        await source.close()


async def ready(name: str, settings: Http, cluster: Cluster | None) -> AsyncIterator[Check]:
    """Whether Loki or OpenCost says that it is ready."""
    way = await way_to(settings, cluster)()
    timeout = aiohttp.ClientTimeout(total=way.timeout_s)
    before = time.monotonic()
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(way.base + READY[name], **request_options(way)) as response,
        ):
            body = await response.content.read(4096)
    except TimeoutError:
        raise timed_out(name, way.timeout_s) from None
    except (aiohttp.ClientError, OSError) as error:
        raise unreachable(name, way.shown, error) from None
    if response.status != 200:
        raise refusal(name, response.status, body, response.headers.get("Location", ""))
    yield Check(name, Verdict.FINE, settings.url, "", (time.monotonic() - before) * 1000)
