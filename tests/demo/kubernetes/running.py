"""Runs a simulated cluster for a test: served on loopback, with a second of its time every few milliseconds."""

import asyncio
import pickle
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from opsconsole.demo.kubernetes import Server, SimulatedCluster, serve
from opsconsole.demo.platform import Business, DatabaseLoad, Load, PodLoad

TICK_S = 0.02
AS_NEW_S = 60.0
"""For so long a cluster that was made counts as made now: half a year's past takes half a second to live through."""

_made: list[tuple[float, bytes]] = []


@dataclass(slots=True)
class Running:
    cluster: SimulatedCluster
    server: Server
    pods: dict[str, PodLoad] = field(default_factory=dict)
    """What pods use; those not named here idle."""


def load(at: float, pods: dict[str, PodLoad] | None = None) -> Load:
    """A load of nothing but pods."""
    return Load(at, {}, pods or {}, DatabaseLoad({}, {}), 0.0, 0.0, 0.0, Business(0.0, 0.0, 0.0))


@asynccontextmanager
async def running(
    proxies: dict[str, str] | None = None, bookmark_s: float = 60.0, tick_s: float = TICK_S
) -> AsyncIterator[Running]:
    """A served cluster whose clock runs fast: a second every `tick_s`."""
    cluster = fresh()
    server = await serve(cluster, proxies=proxies, bookmark_s=bookmark_s)
    run = Running(cluster, server)
    task = asyncio.create_task(_tick(run, tick_s))
    try:
        yield run
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.close()


def fresh() -> SimulatedCluster:
    """A cluster that nobody has used yet."""
    if not _made or time.time() - _made[0][0] > AS_NEW_S:
        now = time.time()
        _made[:] = [(now, pickle.dumps(SimulatedCluster(1, now, autoscale_s=5.0, scrape_s=5.0)))]
    copy: SimulatedCluster = pickle.loads(_made[0][1])
    return copy


async def _tick(run: Running, tick_s: float) -> None:
    while True:
        now = run.cluster.now + 1.0
        run.cluster.step(now, load(now, run.pods))
        await asyncio.sleep(tick_s)
