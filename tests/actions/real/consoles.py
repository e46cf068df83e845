"""One console's whole acting on an API server, real or simulated: feeds, board, store and `Actions`, behind the proxy
that can fail; and short words for what its user does."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from opsconsole.actions.actions import Actions
from opsconsole.actions.errors import Refused
from opsconsole.actions.pace import Pace
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Kubernetes, Profile
from opsconsole.model import action
from opsconsole.model.action import Asked, Phase, Plan, Run
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import kubernetes_feeds
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import Topic
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store
from opsconsole.text import clock
from tests.actions.faults import FaultyApi, faulty
from tests.cluster import objects
from tests.demo.kubernetes.target import APPS, HPAS, JSON_PATCH, NAMESPACE, Body, Target, settled, unique

PACE = Pace(
    dry_run_s=3.0, write_s=3.0, evidence_s=3.0, poll_s=0.05, slowest_poll_s=0.2, follow_s=300.0, bounds_s=120.0,
    look_up_s=2.0, look_again_s=0.1, absent_s=0.3, effect_s=0.05, close_s=1.0,
)  # fmt: skip
ONLY_REAL = pytest.mark.parametrize("target", ["real"], indirect=True)
"""Of what the simulated API server has nothing of."""
FASTER = {"real": 5.0, "simulated": 50.0}
"""How fast the console's clock runs, so that what must stand for 15 s does so sooner."""
SURROUNDINGS: tuple[Topic[Any], ...] = (topics.WORKLOADS, topics.PODS, topics.REPLICA_SETS, topics.HPAS, topics.NODES)
PLACES = {"HorizontalPodAutoscaler": HPAS}


@dataclass(slots=True)
class Console:
    """What one user of one console has."""

    server: Target
    proxy: FaultyApi
    board: Board
    store: Store
    actions: Actions
    cluster: Cluster

    # ---- the platform ---------------------------------------------------------------------------------------------

    async def deployment(self, replicas: int = 2, **of: Any) -> action.Target:
        """A new Deployment at rest, by identity, seen by this console."""
        body = objects.deployment(unique("act"), replicas, **of)
        await self.server.create(f"{APPS}/deployments", body)
        made = await settled(self.server, body["metadata"]["name"])
        return await self.seen(self.target(made))

    def target(self, body: Body, kind: str = "Deployment") -> action.Target:
        return action.Target(kind, NAMESPACE, body["metadata"]["name"], body["metadata"]["uid"])

    async def seen(self, target: action.Target) -> action.Target:
        """The same, once the console's board shows it."""
        await self.until(lambda: target.uid in _rows(self.board.get(topics.WORKLOADS).value))
        return target

    async def object(self, target: action.Target) -> Body:
        place = PLACES.get(target.kind, f"{APPS}/{target.kind.lower()}s")
        body: Body = await self.server.get(f"{place}/{target.name}")
        return body

    async def replicas(self, target: action.Target) -> int:
        return int((await self.object(target))["spec"]["replicas"])

    async def somebody_else(self, target: action.Target, path: str, value: Any) -> None:
        """Another writer, who does not go through this console."""
        place = PLACES.get(target.kind, f"{APPS}/{target.kind.lower()}s")
        patch = [{"op": "add", "path": path, "value": value}]
        answer = await self.server.call("PATCH", f"{place}/{target.name}", patch, content_type=JSON_PATCH)
        assert answer.status == 200, answer.body

    async def create_anew(self, target: action.Target) -> Body:
        """Somebody deletes the Deployment and creates another one of the same name."""
        path = f"{APPS}/deployments"
        assert (await self.server.call("DELETE", f"{path}/{target.name}")).status == 200
        answer = await self.server.call("POST", path, objects.deployment(target.name, 1))
        assert answer.status == 201, answer.body
        body: Body = answer.body
        return body

    # ---- acting ---------------------------------------------------------------------------------------------------

    async def plan(self, verb: str, target: action.Target, **asked: Any) -> Plan:
        return await self.actions.plan(Asked(verb, target, **asked))

    async def do(self, verb: str, target: action.Target, **asked: Any) -> Run:
        """Plan, carry out, and follow until it is over or stuck."""
        plan = await self.plan(verb, target, **asked)
        return await self.follow(await self.actions.carry_out(plan, typed=plan.typed))

    async def follow(self, run: Run) -> Run:
        """Until it is ready, stuck, gone, or known to have failed."""
        await self.until(lambda: self.now(run).phase not in (Phase.ASKED, Phase.WRITTEN))
        return self.now(run)

    async def undo(self, run: Run) -> Run:
        plan = await self.actions.plan(self.actions.undo_of(run.plan.id))
        return await self.follow(await self.actions.carry_out(plan, typed=plan.typed))

    async def guard(self, verb: str, target: action.Target, **asked: Any) -> str:
        """The guard that refuses to plan it."""
        try:
            await self.plan(verb, target, **asked)
        except Refused as error:
            return error.guard
        raise AssertionError(f"{verb} was not refused")

    def now(self, run: Run) -> Run:
        """The run as the board shows it."""
        return next((each for each in self.board.get(topics.RUNS).value or () if each.plan.id == run.plan.id), run)

    async def phases(self, run_id: str = "") -> list[str]:
        """Of the journal, oldest first."""
        return [line.phase for line in await self.store.journal_lines(run_id)]

    async def journal_has(self, plan: Plan, phase: str) -> None:
        """Wait for a line that a run leaves behind its last words."""
        async with asyncio.timeout(10):
            while phase not in await self.phases(plan.id):
                await asyncio.sleep(0.01)

    async def fill_disk(self) -> None:
        """From now on the store's file cannot grow, and what it has is used up."""
        await self.store.journal_head()  # opens it
        assert self.store._database is not None
        with self.store._database.read() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        for size in (2000, 200, 20):
            with contextlib.suppress(StoreError):
                while True:
                    await self.store.keep_evidence(secrets.token_hex(size))

    async def until(self, holds: Callable[[], bool], within_s: float = 60.0) -> None:
        """Wait for the board to make it true."""
        changed = asyncio.Event()
        ends = [
            self.board.subscribe(topic, lambda reading, delta: changed.set()) for topic in (*SURROUNDINGS, topics.RUNS)
        ]
        try:
            async with asyncio.timeout(within_s):
                while not holds():
                    changed.clear()
                    await changed.wait()
        finally:
            for end in ends:
                end()


@asynccontextmanager
async def console(
    server: Target, folder: Path, user: str = "admin", *, armed: bool = True, profile: Profile | None = None,
    pace: Pace = PACE, store: Path | None = None,
) -> AsyncIterator[Console]:  # fmt: skip
    """A console of one user that sees the whole namespace."""
    async with faulty(server.url, server.ca_pem, server.tokens) as proxy:
        settings = Kubernetes(kubeconfig=str(proxy.kubeconfig(folder, user)), namespaces=(NAMESPACE,))
        cluster, board, opened = Cluster(settings), Board(), Store.open(store or folder / "store.db")
        poller, times = Poller(board), FASTER[server.name]
        poller.start(kubernetes_feeds(settings, cluster))
        actions = Actions(
            cluster, board, opened, profile or Profile(), builtin("default"), "test", pace=pace,
            now=lambda: clock.boottime() * times,
        )  # fmt: skip
        if armed:
            actions.arming.arm()
        made = Console(server, proxy, board, opened, actions, cluster)
        try:
            await made.until(lambda: all(_complete(board.get(topic).value) for topic in SURROUNDINGS[:4]))
            yield made
        finally:
            await actions.close()
            await poller.stop()
            await cluster.close()
            await opened.close()


def line(plan: Plan, title: str) -> str:
    return next(each.words for each in plan.lines if each.title == title)


def _rows(collection: Any) -> dict[str, Any]:
    return {} if collection is None else collection.rows


def _complete(collection: Any) -> bool:
    return collection is not None and bool(collection.complete)
