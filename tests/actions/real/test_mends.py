"""Acting on the demo's platform mends its scenario: rolling back the slow release brings the latency down again.

The test drives the simulation's clock, and the console's own with it: minutes pass in seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from opsconsole.actions.actions import Actions
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Kubernetes, Profile
from opsconsole.demo.scenarios.slow_release import BAD_VERSION
from opsconsole.demo.simulation import Simulation
from opsconsole.model.action import Asked, Helped, Phase, Target
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import FINDINGS, PODS, WORKLOADS
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.store.store import Store
from opsconsole.text import clock
from tests.demo.test_shop_series import one

from .consoles import PACE

P99 = 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{service="api"}[1m])))'
LIMIT_S = 0.5
SINCE = clock.now()


class Played:
    """The demo's simulated half, and a board whose only finding follows from the latency that its Prometheus has."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.board = Board()

    @property
    def p99_s(self) -> float:
        return one(self.simulation.shop, P99)

    def pass_time(self, seconds: int) -> None:
        for _ in range(seconds):
            self.simulation.step(self.simulation.cluster.now + 1.0)
        slow = self.p99_s
        finding = Finding(
            "p99-critical:api", Severity.CRITICAL, f"api P99 {slow:.1f} s > 0.5 s", 1, value=f"{slow:.1f} s",
            limit="> 0.5 s", measured=slow, bound=LIMIT_S, object="api ", rule="p99-critical", since=SINCE,
        )  # fmt: skip
        self.board.publish(FINDINGS, Reading((finding,) if slow > LIMIT_S else (), State.OK, clock.now()))

    async def go_on(self) -> None:
        """Five seconds, again and again; everybody else has their turn between."""
        while True:
            self.pass_time(5)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def played(folder: Path) -> AsyncIterator[Played]:
    request = {"scenario": "slow-release", "seed": 7, "speed": 1.0, "kubeconfig": str(folder / "kubeconfig")}
    simulation = await Simulation.start(request)
    try:
        yield Played(simulation)
    finally:
        await simulation.kubernetes.close()
        await simulation.prometheus.stop()


async def test_rolling_back_the_slow_release_brings_its_latency_down(tmp_path: Path) -> None:
    async with played(tmp_path) as demo:
        demo.pass_time(200)
        assert demo.p99_s > 1.5
        settings = Kubernetes(kubeconfig=str(tmp_path / "kubeconfig"))
        cluster, store, poller = Cluster(settings), Store.open(tmp_path / "store.db"), Poller(demo.board)
        poller.start(kubernetes_feeds(settings, cluster))
        actions = Actions(
            cluster, demo.board, store, Profile(), builtin("default"), "demo", pace=PACE,
            now=lambda: demo.simulation.cluster.now,
        )  # fmt: skip
        pods, workloads = demo.board.get(PODS), demo.board.get(WORKLOADS)
        while not (pods.value and pods.value.complete and workloads.value and workloads.value.complete):
            await asyncio.sleep(0.01)
            pods, workloads = demo.board.get(PODS), demo.board.get(WORKLOADS)
        plan = await actions.plan(Asked("rollback", Target("Deployment", "social-live-prod", "api")))
        assert plan.was.endswith(f"api:{BAD_VERSION}")
        assert plan.watches == ("p99-critical:api",)
        actions.arming.arm()
        time = asyncio.create_task(demo.go_on())
        try:
            await actions.carry_out(plan, typed=plan.typed)
            run = await asyncio.wait_for(actions.finished(plan.id), 60)
        finally:
            time.cancel()
            await asyncio.gather(time, return_exceptions=True)
            await actions.close()
            await poller.stop()
            await cluster.close()
            await store.close()
        assert (run.phase, run.helped) == (Phase.READY, Helped.HELPED), (run.words, run.helped_words)
        assert demo.p99_s < LIMIT_S
        assert demo.simulation.cluster.workloads()["api"].version != BAD_VERSION
