"""Restarting writes exactly what `kubectl rollout restart` writes, and nothing where something else is there by now."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from opsconsole.actions.errors import Refused
from opsconsole.actions.restart import RESTARTED_AT
from opsconsole.actions.undo import undo_of
from opsconsole.model.action import Effect
from opsconsole.text import clock
from tests.actions.planning import Planning, grave, line, run, warned
from tests.demo.kubernetes.target import APPS, NAMESPACE, Body, deployment, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMAGE = "/spec/template/spec/containers/0/image"
JSON_PATCH = "application/json-patch+json"


def body_of(kind: str, **spec: Any) -> Body:
    body = deployment(unique("restart"), 2)
    body["kind"] = kind
    if kind == "StatefulSet":
        body["spec"]["serviceName"] = body["metadata"]["name"]
    if kind == "DaemonSet":
        del body["spec"]["replicas"]
    body["spec"] |= spec
    return body


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
async def test_it_is_what_kubectl_does(desk: Planning, kubectl: Path, kind: str) -> None:
    """Two alike: one restarted by the plan, one by the command that the plan shows."""
    templates = []
    for by_hand in (False, True):
        created = await desk.server.create(f"{APPS}/{kind.lower()}s", body_of(kind))
        workload = msgspec.structs.replace(desk.seen(created), kind=kind)
        made = await desk.plan("restart", workload)
        assert made.commands == (f"kubectl -n {NAMESPACE} rollout restart {workload.words} --context test",)
        if by_hand:
            await run(kubectl, desk, made.commands[0])
        else:
            await desk.send(made)
        template = (await desk.object(workload))["spec"]["template"]
        assert template["metadata"].pop("labels") == {"app": workload.name}
        mark = template["metadata"]["annotations"].pop(RESTARTED_AT)
        assert clock.parse(mark) >= clock.now() - timedelta(minutes=5)
        templates.append(template)
    assert templates[0] == templates[1]


async def test_what_the_dialog_says(desk: Planning) -> None:
    workload = await desk.deployment(4, strategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}})
    made = await desk.plan("restart", workload)
    assert (made.title, made.was) == (f"RESTART deployment/{workload.name}", "rev 1 app:1.0")
    assert line(made, "from") == "rev 1 app:1.0, 4 of 4 ready"
    assert line(made, "takes") == "4 pods, 2 at a time, time unknown; room on nodes unknown"
    assert (made.blast.pods, made.blast.away, made.effect, made.typed) == (4, 0.25, Effect.DISRUPTIVE, "")
    assert made.undo is None
    with pytest.raises(Refused, match="cannot be taken back"):
        undo_of(made)


async def test_pods_that_a_partition_holds_back_are_named(desk: Planning) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    created = await desk.server.create(f"{APPS}/statefulsets", body_of("StatefulSet", updateStrategy=rolling))
    made = await desk.plan("restart", msgspec.structs.replace(desk.seen(created), kind="StatefulSet"))
    assert made.blast.pods == 1
    assert "a partition holds 1 pod back: they are not restarted" in [one.words for one in made.warnings]


async def test_the_only_pod_asks_for_the_name(desk: Planning) -> None:
    at_once = await desk.deployment(2, strategy={"type": "Recreate", "rollingUpdate": None})
    made = await desk.plan("restart", at_once)
    assert (made.typed, grave(made), made.blast.away) == (at_once.name, {"capacity"}, 1.0)
    assert line(made, "takes").startswith("2 pods, all at once")
    alone = await desk.deployment(1)
    assert (await desk.plan("restart", alone)).typed == "", "one more comes before the one goes"


async def test_a_second_restart_replaces_the_mark_of_the_first(desk: Planning) -> None:
    workload = await desk.deployment(1)
    path = f"{APPS}/deployments/{workload.name}"
    mark = {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: "2020-01-01T00:00:00Z", "own": "1"}}}}}
    await desk.change(path, mark)
    made = await desk.plan("restart", workload)
    await desk.send(made)
    annotations = (await desk.object(workload))["spec"]["template"]["metadata"]["annotations"]
    assert annotations["own"] == "1"
    assert annotations[RESTARTED_AT] > "2020-01-01T00:00:00Z"
    assert await desk.rejected(made), "the same plan does nothing twice"


async def test_its_preconditions(desk: Planning) -> None:
    workload = await desk.deployment(2)
    path = f"{APPS}/deployments/{workload.name}"
    made = await desk.plan("restart", workload)
    await desk.change(path, {"metadata": {"annotations": {"somebody": "else"}}})
    await desk.change(f"{path}/scale", {"spec": {"replicas": 3}})
    await desk.send(made, dry_run=True)
    await desk.change(path, {"spec": {"paused": True}})
    assert await desk.rejected(made), "a paused rollout would take the mark in and do nothing"
    assert await desk.refused("restart", workload) == "paused"
    assert await desk.refused("rollback", workload) == "paused"
    await desk.change(path, {"spec": {"paused": None}})
    await desk.send(made, dry_run=True)
    await desk.change(path, [{"op": "replace", "path": IMAGE, "value": "registry.example/app:2.0"}], JSON_PATCH)
    assert await desk.rejected(made), "another image runs than the one that was shown"


async def test_on_delete_starts_nothing_by_itself(desk: Planning) -> None:
    body = body_of("StatefulSet", updateStrategy={"type": "OnDelete"})
    created = await desk.server.create(f"{APPS}/statefulsets", body)
    made = await desk.plan("restart", msgspec.structs.replace(desk.seen(created), kind="StatefulSet"))
    assert made.follows is None
    assert "rollout" in warned(made)
    assert line(made, "takes").startswith("nothing by itself")
