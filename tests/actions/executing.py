"""A workbench for tests of the executor: a simulated cluster behind a proxy that can fail, a store, and plain plans."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec

from opsconsole.actions import plan as planners
from opsconsole.actions.actions import Actions
from opsconsole.actions.objects import Desk
from opsconsole.actions.pace import Pace
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Kubernetes, Policy, Profile
from opsconsole.model.action import Asked, Blast, Effect, Line, Plan, Run, Target, Write
from opsconsole.model.finding import Finding
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import FINDINGS, RUNS
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.store.store import Store
from opsconsole.text import clock
from tests.actions.faults import FaultyApi, faulty
from tests.demo.kubernetes.running import Running, running

NAMESPACE = "social-live-prod"
PACE = Pace(
    dry_run_s=0.5, write_s=0.5, evidence_s=3.0, poll_s=0.02, slowest_poll_s=0.05, follow_s=3600.0, bounds_s=60.0,
    look_up_s=0.5, look_again_s=0.02, absent_s=0.1, effect_s=0.02, close_s=1.0,
)  # fmt: skip
AUTH = Target("Deployment", NAMESPACE, "auth")
"""Two pods that no autoscaler owns."""
_ids = itertools.count(1)


@dataclass(slots=True)
class Bench:
    run: Running
    proxy: FaultyApi
    cluster: Cluster
    board: Board
    store: Store
    actions: Actions
    folder: Path

    def object(self, name: str = "auth") -> dict[str, object]:
        """The Deployment as the simulated cluster holds it."""
        stored = self.run.cluster.store.get("apps/deployments", NAMESPACE, name)
        assert stored is not None
        return stored.body

    def replicas(self, name: str = "auth") -> int:
        spec = self.object(name)["spec"]
        assert isinstance(spec, dict)
        return int(spec["replicas"])

    def put(self, replicas: int | None = None, uid: str = "") -> None:
        """Somebody else scales `auth`, or another one has its name."""
        body = cast("dict[str, Any]", self.object())
        metadata = {**body["metadata"], "generation": body["metadata"]["generation"] + 1}
        spec = {**body["spec"], "replicas": body["spec"]["replicas"] if replicas is None else replicas}
        changed = {**body, "metadata": {**metadata, "uid": uid or metadata["uid"]}, "spec": spec}
        self.run.cluster.store.put("apps/deployments", changed)

    async def phases(self, run_id: str = "") -> list[str]:
        """Of the journal, oldest first."""
        return [line.phase for line in await self.store.journal_lines(run_id)]

    def runs(self) -> tuple[Run, ...]:
        return self.board.get(RUNS).value or ()

    def find(self, *findings: Finding) -> None:
        """What the rules say from now on."""
        self.board.publish(FINDINGS, Reading(tuple(findings), State.OK, clock.now()))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the board's runs make it true."""
        changed = asyncio.Event()
        end = self.board.subscribe(RUNS, lambda reading, delta: changed.set())
        try:
            async with asyncio.timeout(20):
                while not holds():
                    changed.clear()
                    await changed.wait()
        finally:
            end()

    def other(self) -> Actions:
        """Another console on the same store and cluster, with a board of its own."""
        return Actions(self.cluster, Board(), self.store, Profile(), builtin("default"), "test", pace=PACE)


@asynccontextmanager
async def bench(
    folder: Path, *, user: str = "admin", profile: Profile | None = None, policy: Policy | None = None,
    armed: bool = True, pace: Pace = PACE, times: float = 50.0,
) -> AsyncIterator[Bench]:  # fmt: skip
    """`times`: how fast the executor's clock runs; the simulated cluster's own does so fifty times."""
    async with running() as run, faulty(run.server.url, run.server.ca_pem, run.server.tokens) as proxy:
        cluster = await Cluster.connect(Kubernetes(kubeconfig=str(proxy.kubeconfig(folder, user))))
        board, store = Board(), Store.open(folder / "store.db")
        actions = Actions(
            cluster, board, store, profile or Profile(), policy or builtin("default"), "test", pace=pace,
            now=lambda: clock.boottime() * times,
        )  # fmt: skip
        if armed:
            actions.arming.arm()
        made = Bench(run, proxy, cluster, board, store, actions, folder)
        made.find()
        try:
            yield made
        finally:
            await actions.close()
            await store.close()
            await cluster.close()


async def plain_plan(desk: Desk, asked: Asked) -> Plan:
    """A plan that scales or restarts a Deployment, with all that the executor needs and nothing else."""
    body = await desk.read(asked.target)
    seen = desk.seen(asked.target.kind, body)
    path = f"/apis/apps/v1/namespaces/{seen.namespace}/deployments/{seen.name}"
    now = body["spec"]["replicas"]
    same: dict[str, object] = {"op": "test", "path": "/metadata/uid", "value": seen.uid}
    if asked.verb == "restart":
        stamp = f"mark-{next(_ids)}"
        template = {**body["spec"]["template"]}
        if asked.revision:  # not what a restart does: a template whose pods are to fail
            container = {**template["spec"]["containers"][0], **json.loads(asked.revision)}
            template["spec"] = {**template["spec"], "containers": [container]}
        template["metadata"] = {**template["metadata"], "annotations": {"restarted": stamp}}
        operations: list[dict[str, object]] = [same, {"op": "replace", "path": "/spec/template", "value": template}]
        after = (("/spec/template/metadata/annotations/restarted", json.dumps(stamp)),)
        write = _write(seen, path, operations, after, "deployments.apps")
        lines: tuple[Line, ...] = (Line("changes", "restarts all pods"),)
        undo = None
    else:
        operations = [
            same,
            {"op": "test", "path": "/spec/replicas", "value": now or None},
            {"op": "add", "path": "/spec/replicas", "value": asked.replicas},
        ]
        after = (("/spec/replicas", str(asked.replicas)),)
        write = _write(seen, f"{path}/scale", operations, after, "deployments.apps/scale")
        lines = (Line("from", f"{now} pods"), Line("changes", f"to {asked.replicas}"))
        undo = Asked("scale", seen, replicas=now)
    watches = tuple(one.id for one in desk.board.get(FINDINGS).value or () if seen.name in one.object)
    return Plan(
        id=f"run-{next(_ids)}", asked=asked, target=seen, title=f"{asked.verb.upper()} {seen.words}",
        confirm="Do it", was=f"{now} pods", becomes=f"{asked.replicas} pods", lines=lines,
        commands=("kubectl …",), effect=Effect.REVERSIBLE, blast=Blast(), warnings=(), writes=(write,),
        typed=seen.name if asked.replicas == 0 else "", undo=undo, follows=seen, watches=watches, made=clock.now(),
    )  # fmt: skip


def _write(
    target: Target, path: str, operations: list[dict[str, object]], after: tuple[tuple[str, str], ...], resource: str
) -> Write:
    needs = f"patch {resource.replace('.apps', '')} in {target.namespace}"
    return Write(target, path, json.dumps(operations), needs, resource=resource, after=after)


def scale(replicas: int, target: Target = AUTH, **more: str) -> Asked:
    return msgspec.structs.replace(Asked("scale", target, replicas=replicas), **more)


def use_plain_plans(patch: object) -> None:
    patch.setattr(planners, "plan", plain_plan)  # type: ignore[attr-defined]
