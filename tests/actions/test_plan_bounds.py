"""Where an autoscaler owns the replicas its bounds are set: an HPA's, or those of KEDA's ScaledObject."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from opsconsole.actions.errors import Refused
from opsconsole.actions.undo import undo_of
from opsconsole.config.settings import Policy
from opsconsole.model.action import Effect, Target
from tests.actions.planning import Planning, grave, line, planning, warned
from tests.cluster.plane import Plane
from tests.demo.kubernetes import target as servers
from tests.demo.kubernetes.conftest import real
from tests.demo.kubernetes.target import APPS, HPAS, NAMESPACE, autoscaler, eventually, open_session, settled

pytestmark = pytest.mark.asyncio(loop_scope="module")
HPA = "HorizontalPodAutoscaler"
KEDA = f"/apis/keda.sh/v1alpha1/namespaces/{NAMESPACE}/scaledobjects"


async def scaled(desk: Planning, least: int = 2, most: int = 6, replicas: int = 3) -> tuple[Target, Target]:
    """(workload, its HPA). Without usage the HPA changes nothing, but it writes its status all the time."""
    workload = await desk.deployment(replicas)
    made = await desk.server.create(HPAS, autoscaler(workload.name, least, most, 50))
    hpa = Target(HPA, NAMESPACE, workload.name, made["metadata"]["uid"])

    async def looked() -> bool:
        return bool((await desk.object(hpa)).get("status", {}).get("conditions"))

    await eventually(looked)
    return workload, hpa


async def test_more_raises_the_minimum_and_the_undo_lowers_it(desk: Planning) -> None:
    workload, hpa = await scaled(desk)
    made = await desk.plan("scale", workload, change=2)
    assert made.title == f"SCALE deployment/{workload.name}: bounds of HPA {workload.name}"
    assert made.target == msgspec.structs.replace(hpa, context="test")
    assert made.asked.target.kind == "Deployment"
    assert (made.was, made.becomes) == ("HPA 2..6, 3 replicas", "HPA 5..6, 5 replicas")
    assert line(made, "changes") == "minReplicas 2→5; the HPA would take a scale back"
    assert warned(made) == {"autoscaler"}
    assert (made.typed, made.effect) == ("", Effect.REVERSIBLE)
    assert made.follows == msgspec.structs.replace(workload, context="test")
    assert made.writes[0].resource == "horizontalpodautoscalers.autoscaling"
    await desk.send(made, dry_run=True)
    await desk.send(made)
    assert (await desk.object(hpa))["spec"]["minReplicas"] == 5

    async def five() -> bool:
        return bool((await desk.object(workload))["spec"]["replicas"] == 5)

    await eventually(five)
    undo = undo_of(made)
    back = await desk.plan(undo.verb, undo.target, minimum=undo.minimum, maximum=undo.maximum)
    assert (back.target, back.typed) == (made.target, "")
    assert (back.asked.target, back.becomes) == (made.target, "HPA 2..6, 5 replicas")
    assert back.follows is None, "nothing rolls: the autoscaler may go lower, and need not"
    await desk.send(back)
    assert (await desk.object(hpa))["spec"]["minReplicas"] == 2


async def test_above_the_maximum_and_below_the_minimum(desk: Planning) -> None:
    workload, _ = await scaled(desk)
    above = await desk.plan("scale", workload, replicas=9)
    assert above.becomes == "HPA 9..9, 9 replicas"
    below = await desk.plan("scale", workload, replicas=1)
    assert below.becomes == "HPA 1..1, 1 replica"
    assert grave(below) == {"minimum", "capacity"}
    assert (below.typed, below.effect) == (workload.name, Effect.DISRUPTIVE)
    fewer = await desk.plan("scale", workload, replicas=2)
    assert (fewer.becomes, grave(fewer)) == ("HPA 2..2, 2 replicas", set())
    for made in (above, below, fewer):
        await desk.send(made, dry_run=True)


async def test_both_bounds_by_the_workload_or_by_the_autoscaler(desk: Planning) -> None:
    workload, hpa = await scaled(desk)
    made = await desk.plan("scale", workload, minimum=4, maximum=8)
    assert (made.becomes, made.blast.pods) == ("HPA 4..8, 4 replicas", 1)
    upper = await desk.plan("bounds", hpa, maximum=12)
    assert (upper.becomes, line(upper, "changes")) == ("HPA 2..12, 3 replicas", "maxReplicas 6→12")
    assert await desk.refused("bounds", hpa, minimum=2, maximum=6) == "nothing to do"
    assert await desk.refused("bounds", hpa, minimum=7) == "bounds"
    assert await desk.refused("bounds", hpa, minimum=0) == "bounds"
    assert await desk.refused("scale", workload, replicas=3) == "nothing to do"
    other = msgspec.structs.replace(hpa, uid="another")
    assert await desk.refused("bounds", other, maximum=12) == "replaced"


async def test_the_policy_judges_the_bounds(target: servers.Target, tmp_path: Path) -> None:
    async with planning(target, tmp_path, policy=Policy(replicas={"*": (2, 6)})) as desk:
        workload, hpa = await scaled(desk)
        assert grave(await desk.plan("bounds", hpa, maximum=7)) == {"bounds"}
        assert not grave(await desk.plan("scale", workload, replicas=6))


async def test_bounds_are_preconditions_and_the_controllers_own_writing_is_none(desk: Planning) -> None:
    workload, hpa = await scaled(desk)
    made = await desk.plan("scale", workload, replicas=5)
    before = (await desk.object(hpa))["metadata"]["resourceVersion"]
    path = f"{HPAS}/{hpa.name}"
    await desk.change(path, {"metadata": {"annotations": {"autoscaling.example/seen": "now"}}})
    await desk.server.set_usage({})
    await desk.send(made, dry_run=True)
    assert (await desk.object(hpa))["metadata"]["resourceVersion"] != before
    await desk.change(path, {"spec": {"maxReplicas": 7}})
    assert await desk.rejected(made), "the plan showed a maximum of 6"
    await desk.change(path, {"spec": {"maxReplicas": 6, "scaleTargetRef": {"name": "another"}}})
    assert await desk.rejected(made), "it does not scale this workload any more"


async def test_at_no_replicas_the_autoscaler_stands_still(desk: Planning) -> None:
    workload, _ = await scaled(desk)
    none = await desk.plan("scale", workload, replicas=0)
    assert none.target.kind == "Deployment"
    assert grave(none) == {"zero", "minimum"}
    assert "stands still" in line(none, "fights")
    await desk.send(none)
    await settled(desk.server, workload.name)
    again = await desk.plan("scale", workload, replicas=1)
    assert again.target.kind == "Deployment"
    assert line(again, "fights").startswith(f"HPA {workload.name} 2..6 stood still at 0 replicas and takes over again")


# ---- KEDA: only the real API server knows custom resources -----------------------------------------------------------


def _definition() -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "scaledobjects.keda.sh"},
        "spec": {
            "group": "keda.sh",
            "scope": "Namespaced",
            "names": {"plural": "scaledobjects", "singular": "scaledobject", "kind": "ScaledObject"},
            "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": schema}],
        },
    }


@pytest_asyncio.fixture(loop_scope="module")
async def keda(real_cluster: Plane, tmp_path: Path) -> AsyncIterator[Planning]:
    """A desk at the real API server, which knows ScaledObjects as long as the test runs."""
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    async with open_session(real_cluster.ca_pem) as session:
        server = real(real_cluster, session)

        async def status() -> int:
            return (await server.call("GET", KEDA)).status

        async def served() -> bool:
            return await status() == 200

        async def forgotten() -> bool:
            return await status() == 404

        await server.create(definitions, _definition())
        await eventually(served)
        async with planning(server, tmp_path) as desk:
            yield desk
        await server.clean()
        await eventually(forgotten)


async def owned(desk: Planning, **spec: Any) -> tuple[Target, Target]:
    """(workload, its ScaledObject), with the HPA that KEDA would make of it."""
    workload, _ = await scaled(desk, 1, 100)
    body = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": workload.name},
        "spec": {"scaleTargetRef": {"name": workload.name}, "triggers": [], **spec},
    }
    made = await desk.server.create(KEDA, body)
    owner = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "name": workload.name,
        "uid": made["metadata"]["uid"],
        "controller": True,
    }
    await desk.change(f"{HPAS}/{workload.name}", {"metadata": {"ownerReferences": [owner]}})
    return workload, Target("ScaledObject", NAMESPACE, workload.name, made["metadata"]["uid"])


async def test_keda_owns_the_hpa_so_its_own_bounds_are_set(keda: Planning) -> None:
    workload, scaled_object = await owned(keda)
    made = await keda.plan("scale", workload, replicas=5)
    assert made.target.uid == scaled_object.uid
    assert (made.was, made.becomes) == ("KEDA 0..100, 3 replicas", "KEDA 5..100, 5 replicas")
    await keda.send(made, dry_run=True)
    await keda.change(f"{KEDA}/{workload.name}", {"spec": {"minReplicaCount": 1}})
    assert await keda.rejected(made), "the plan showed no minimum"
    made = await keda.plan("scale", workload, replicas=5)
    await keda.send(made)
    body = await keda.server.get(f"{KEDA}/{workload.name}")
    assert body["spec"]["minReplicaCount"] == 5
    hpa = Target(HPA, NAMESPACE, workload.name)
    with pytest.raises(Refused, match=f"belongs to scaledobject/{workload.name}"):
        await keda.plan("bounds", hpa, maximum=9)
    with pytest.raises(Refused, match="KEDA owns the replicas") as refused:
        await keda.plan("scale", workload, replicas=0)
    assert "paused-replicas=0" in refused.value.problem.remedy


async def test_what_keda_owns_and_may_not_be_read_is_left_alone(keda: Planning, tmp_path: Path) -> None:
    workload, _ = await owned(keda)
    async with planning(keda.server, tmp_path, "viewer") as viewer:
        assert await viewer.refused("scale", workload, replicas=5) == "rights"
        made = await viewer.plan("restart", workload)
        assert line(made, "fights").startswith("HPA 1..100 keeps owning replicas")


async def test_a_pause_of_keda_is_said(keda: Planning) -> None:
    workload, _ = await owned(keda, minReplicaCount=1, maxReplicaCount=4)
    annotations = {"autoscaling.keda.sh/paused-replicas": "3"}
    await keda.change(f"{KEDA}/{workload.name}", {"metadata": {"annotations": annotations}})
    made = await keda.plan("scale", workload, replicas=4)
    assert any("KEDA is paused" in one.words for one in made.warnings)
    assert (await keda.server.get(f"{APPS}/deployments/{workload.name}"))["spec"]["replicas"] == 3
