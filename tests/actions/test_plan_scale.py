"""Scaling: what is planned, what is sent, and when it is refused, on the simulated and the real API server."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from opsconsole.actions.errors import Refused
from opsconsole.actions.undo import undo_of
from opsconsole.config.settings import Freeze, Policy, Profile
from opsconsole.model.action import Asked, Effect
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.text import clock
from tests.actions.planning import Planning, grave, line, planning, warned
from tests.demo.kubernetes.target import APPS, NAMESPACE, Target, deployment, eventually, settled

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_more_replicas_and_back_again(desk: Planning) -> None:
    workload = await desk.deployment(2)
    made = await desk.plan("scale", workload, change=2)
    assert (made.title, made.was, made.becomes) == (f"SCALE deployment/{workload.name}", "2 replicas", "4 replicas")
    assert [one.title for one in made.lines] == ["from", "changes", "takes", "fights", "hurts", "same as"]
    assert line(made, "changes") == "replicas 2→4 (2 more)"
    assert line(made, "fights") == "no autoscaler; no PDB; no freeze"
    assert made.commands == (
        f"kubectl -n {NAMESPACE} scale deployment/{workload.name} --current-replicas=2 --replicas=4 --context test",
    )
    assert (made.effect, made.typed, made.warnings) == (Effect.REVERSIBLE, "", ())
    write = made.writes[0]
    assert (write.resource, write.needs) == ("deployments.apps/scale", f"patch deployments/scale in {NAMESPACE}")
    await desk.send(made, dry_run=True)
    assert (await desk.object(workload))["spec"]["replicas"] == 2
    await desk.send(made)
    body = await settled(desk.server, workload.name)
    assert body["spec"]["replicas"] == 4
    assert [(path, msgspec.json.decode(value)) for path, value in write.after] == [("/spec/replicas", 4)]

    undo = undo_of(made)
    assert undo.undoes == made.id
    back = await desk.plan(undo.verb, undo.target, replicas=undo.replicas)
    assert (back.was, back.becomes, back.effect) == ("4 replicas", "2 replicas", Effect.DISRUPTIVE)
    await desk.send(back)
    assert (await desk.object(workload))["spec"]["replicas"] == 2


async def test_to_nothing_and_from_nothing(desk: Planning) -> None:
    """The Scale of 0 replicas leaves the number out: its test must hold all the same."""
    workload = await desk.deployment(2)
    none = await desk.plan("scale", workload, replicas=0)
    assert (none.typed, grave(none), none.blast.away) == (workload.name, {"zero"}, 1.0)
    await desk.send(none)
    await settled(desk.server, workload.name)
    some = await desk.plan("scale", workload, replicas=1)
    assert (some.was, some.typed) == ("0 replicas", "")
    await desk.change(f"{APPS}/deployments/{workload.name}/scale", {"spec": {"replicas": 3}})
    assert await desk.rejected(some)
    await desk.change(f"{APPS}/deployments/{workload.name}/scale", {"spec": {"replicas": 0}})
    await desk.send(some)
    assert (await desk.object(workload))["spec"]["replicas"] == 1


async def test_half_of_the_capacity_may_go_without_typing_its_name(desk: Planning) -> None:
    workload = await desk.deployment(4)
    assert (await desk.plan("scale", workload, replicas=2)).typed == ""
    made = await desk.plan("scale", workload, replicas=1)
    assert (made.typed, grave(made), made.blast.away) == (workload.name, {"capacity"}, 0.75)


async def test_what_the_plan_showed_is_its_precondition_and_nothing_else(desk: Planning) -> None:
    workload = await desk.deployment(2)
    path = f"{APPS}/deployments/{workload.name}"
    made = await desk.plan("scale", workload, replicas=3)
    await desk.change(path, {"metadata": {"annotations": {"somebody": "else"}}})
    await desk.change(f"{path}/status", {"status": {"collisionCount": 1}})
    await desk.send(made, dry_run=True)
    await desk.change(f"{path}/scale", {"spec": {"replicas": 5}})
    assert await desk.rejected(made)
    assert (await desk.object(workload))["spec"]["replicas"] == 5


async def test_another_object_under_the_name_is_never_written_to(desk: Planning) -> None:
    workload = await desk.deployment(1)
    made = await desk.plan("scale", workload, replicas=2)
    path = f"{APPS}/deployments/{workload.name}"
    await desk.server.call("DELETE", path)
    await eventually(lambda: _gone(desk, path))
    assert await desk.refused("scale", workload, replicas=2) == "gone"
    await desk.made(f"{APPS}/deployments", deployment(workload.name, 1))
    assert await desk.refused("scale", workload, replicas=2) == "replaced"
    with pytest.raises(Refused, match="deleted and created anew"):
        await desk.plan("restart", workload)
    assert await desk.rejected(made)
    named = msgspec.structs.replace(workload, uid="")
    anew = await desk.plan("scale", named, replicas=2)
    assert anew.asked.target.uid == anew.target.uid != workload.uid, "the first reading fixes which one is meant"


async def _gone(desk: Planning, path: str) -> bool:
    return (await desk.server.call("GET", path)).status == 404


async def test_what_cannot_be_asked(desk: Planning) -> None:
    workload = await desk.deployment(2)
    assert await desk.refused("scale", workload, replicas=2) == "nothing to do"
    assert await desk.refused("scale", workload, change=-3) == "bounds"
    assert await desk.refused("scale", workload) == "unsupported"
    assert await desk.refused("scale", workload, minimum=2, maximum=4) == "unsupported"
    assert await desk.refused("bounds", workload, minimum=2) == "unsupported"
    assert await desk.refused("explode", workload) == "unsupported"
    other = msgspec.structs.replace(workload, context="another")
    assert await desk.refused("scale", other, replicas=3) == "unsupported"
    daemons = msgspec.structs.replace(workload, kind="DaemonSet")
    assert await desk.refused("scale", daemons, replicas=3) == "unsupported"
    absent = msgspec.structs.replace(workload, name="absent", uid="")
    assert await desk.refused("scale", absent, replicas=3) == "gone"


async def test_the_policys_bounds_and_a_freeze_ask_for_the_name(target: Target, tmp_path: Path) -> None:
    now = clock.now()
    freeze = Freeze(begins=now - timedelta(hours=1), ends=now + timedelta(hours=1), reason="the final\x1b[31m")
    over = Freeze(begins=now - timedelta(hours=3), ends=now - timedelta(hours=2))
    policy = Policy(replicas={"*": (2, 4)})
    async with planning(target, tmp_path, policy=policy) as desk:
        workload = await desk.deployment(3)
        assert grave(await desk.plan("scale", workload, replicas=5)) == {"bounds"}
        assert not grave(await desk.plan("scale", workload, replicas=4))
    async with planning(target, tmp_path, profile=Profile(freezes=(over, freeze))) as desk:
        made = await desk.plan("scale", workload, replicas=4)
        assert (made.typed, grave(made)) == (workload.name, {"freeze"})
        assert line(made, "fights").endswith(": the final␛[31m")


async def test_a_rollout_in_progress_and_trouble_are_said(desk: Planning) -> None:
    workload = await desk.deployment(2)
    image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.example/app:2.0"}]
    path = f"{APPS}/deployments/{workload.name}"
    await desk.change(
        path, [*image, {"op": "add", "path": "/spec/paused", "value": True}], "application/json-patch+json"
    )

    async def seen() -> bool:
        body = await desk.object(workload)
        return bool(body["status"].get("observedGeneration") == body["metadata"]["generation"])

    await eventually(seen)
    assert "rollout" in warned(await desk.plan("scale", workload, replicas=3))


async def test_what_may_not_be_read_is_unknown_not_absent(desk: Planning, monkeypatch: pytest.MonkeyPatch) -> None:
    workload = await desk.deployment(2)

    async def refuse(kind: str, namespace: str, timeout_s: float) -> list[object]:
        raise SourceError(ProblemKind.FORBIDDEN, f"forbidden: needs list {kind}")

    monkeypatch.setattr(desk.desk, "_listed", refuse)
    made = await desk.plan("scale", workload, replicas=3)
    assert {"autoscaler", "budget"} <= warned(made)
    assert line(made, "fights") == "autoscaler unknown; PDB unknown; no freeze"
    assert await desk.refused("bounds", workload, minimum=2) == "rights"


async def test_who_may_only_look_still_plans(target: Target, tmp_path: Path) -> None:
    """A plan needs no right to write; the kinds of KEDA, which are not there, are not unknown either."""
    async with planning(target, tmp_path, "viewer") as desk:
        workload = await desk.deployment(2)
        made = await desk.plan("scale", workload, replicas=3)
        assert not warned(made)
        with pytest.raises(SourceError, match="forbidden: needs patch deployments/scale"):
            await desk.send(made)
    async with planning(target, tmp_path, "tenant") as desk:
        elsewhere = msgspec.structs.replace(workload, namespace="kube-system")
        assert await desk.refused("scale", elsewhere, replicas=3) == "rights"


async def test_a_stateful_set_scales_too(desk: Planning) -> None:
    body = deployment("plan-stateful", 1)
    body["kind"] = "StatefulSet"
    body["spec"]["serviceName"] = "plan-stateful"
    created = await desk.server.create(f"{APPS}/statefulsets", body)
    workload = msgspec.structs.replace(desk.seen(created), kind="StatefulSet")
    made = await desk.plan("scale", workload, replicas=2)
    await desk.send(made)
    assert (await desk.object(workload))["spec"]["replicas"] == 2
    asked: Asked | None = made.undo
    assert asked is not None
    assert (asked.verb, asked.replicas) == ("scale", 1)
