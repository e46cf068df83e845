"""What an operator is told before going on, beyond what scale, bounds, restart and rollback say of themselves."""

import pytest

from opsconsole.model.kubernetes import Container, Owner, Pod
from opsconsole.poller.topics import PODS
from opsconsole.text import clock
from tests.actions.planning import Planning, line, rows, tell, warned
from tests.demo.kubernetes.target import APPS, NAMESPACE, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
BUDGETS = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"


async def test_a_budget_that_lets_nothing_go(desk: Planning) -> None:
    """A rollout does not ask it, but who drains a node will wait."""
    workload = await desk.deployment(2)
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": workload.name}}}
    body = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": workload.name}, "spec": spec}
    await desk.server.create(BUDGETS, body)

    async def counted() -> bool:
        status = (await desk.server.get(f"{BUDGETS}/{workload.name}")).get("status") or {}
        return status.get("currentHealthy") == 2 and status.get("disruptionsAllowed") == 0

    await eventually(counted)
    restart = await desk.plan("restart", workload)
    assert "budget" in warned(restart)
    assert line(restart, "fights") == "no autoscaler; PDB: 0 may go; no freeze"
    fewer = await desk.plan("scale", workload, replicas=1)
    words = [one.words for one in fewer.warnings if one.id == "budget"]
    assert words == [f"PDB {workload.name} wants 2 available: with 1 no node can be drained"]
    assert "budget" not in warned(await desk.plan("scale", workload, replicas=3))


async def test_who_deploys_it_may_put_it_back(desk: Planning) -> None:
    workload = await desk.deployment(1)
    path = f"{APPS}/deployments/{workload.name}"
    assert "deployer" not in warned(await desk.plan("scale", workload, replicas=2))
    patch = {"spec": {"minReadySeconds": 1}}
    answer = await desk.server.call(
        "PATCH", path, patch, content_type="application/merge-patch+json", fieldManager="argocd-controller"
    )
    assert answer.status == 200
    assert "deployer" in warned(await desk.plan("scale", workload, replicas=2))


async def test_what_is_ill_already(desk: Planning) -> None:
    workload = await desk.deployment(1)
    owner = Owner("ReplicaSet", f"{workload.name}-5d9c")
    container = Container("app", "app:1", reason="CrashLoopBackOff", message="back-off\x1b[2J 5m0s")
    ill = Pod(
        "u", NAMESPACE, "p", "CrashLoopBackOff", "Running", 0, 1, 7, clock.now(), owner=owner, revision="5d9c",
        containers=(container,),
    )  # fmt: skip
    tell(desk.board, PODS, rows(ill))
    made = await desk.plan("restart", workload)
    said = [one.words for one in made.warnings if one.id == "unhealthy"]
    assert len(said) == 1
    assert said[0].startswith("already unhealthy: CrashLoopBackOff 1 pod")
    assert "\x1b" not in said[0]
