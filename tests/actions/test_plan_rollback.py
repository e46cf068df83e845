"""Rolling back puts back what `kubectl rollout undo` puts back; its undo finds the template by hash, not by number."""

from datetime import timedelta
from pathlib import Path

import pytest

from opsconsole.actions.errors import Refused
from opsconsole.actions.patch import digest
from opsconsole.actions.rollback import KEPT_ANNOTATIONS, revisions
from opsconsole.actions.undo import undo_of
from opsconsole.config.settings import Profile
from opsconsole.model.action import Target
from opsconsole.text import clock
from tests.actions.planning import Planning, line, run
from tests.demo.kubernetes.target import APPS, NAMESPACE, Body, deployment, settled, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON_PATCH = "application/json-patch+json"
CAUSE = "kubernetes.io/change-cause"
_FIRST = "/spec/template/spec/containers/0"


async def released(desk: Planning, *, history: int = 10) -> Target:
    """Revision 1 is app:1.0; revision 2 is app:2.0 with a variable less, another, a secret one and more memory."""
    body = deployment(unique("back"), 2)
    body["metadata"]["annotations"] = {CAUSE: "first", "team": "shop"}
    body["spec"]["revisionHistoryLimit"] = history
    container = body["spec"]["template"]["spec"]["containers"][0]
    container["env"].append({"name": "DB_PASSWORD", "value": "one"})
    workload = desk.seen(await desk.made(f"{APPS}/deployments", body))
    env = [{"name": "B", "value": "3"}, {"name": "DB_PASSWORD", "value": "two"}, {"name": "FEED_V2", "value": "on"}]
    operations = [
        {"op": "replace", "path": f"{_FIRST}/image", "value": "registry.example/app:2.0"},
        {"op": "replace", "path": f"{_FIRST}/env", "value": env},
        {"op": "replace", "path": f"{_FIRST}/resources/requests/memory", "value": "128Mi"},
        {"op": "replace", "path": "/metadata/annotations/kubernetes.io~1change-cause", "value": "second"},
        {"op": "add", "path": "/metadata/annotations/ticket", "value": "42"},
    ]
    await desk.change(f"{APPS}/deployments/{workload.name}", operations, JSON_PATCH)
    await settled(desk.server, workload.name)
    return workload


def own_annotations(body: Body) -> dict[str, str]:
    return {key: value for key, value in body["metadata"]["annotations"].items() if key not in KEPT_ANNOTATIONS}


async def test_back_and_forth(desk: Planning) -> None:
    workload = await released(desk)
    before = await desk.object(workload)
    made = await desk.plan("rollback", workload)
    assert made.title == f"ROLL BACK deployment/{workload.name}"
    assert (made.was, made.becomes) == ("rev 2 app:2.0", "rev 1 app:1.0")
    assert line(made, "changes").startswith("image; env FEED_V2 removed; env A added; env B 3→2; 2 more")
    assert line(made, "changes").endswith("migration since rev 1: unknown")
    assert line(made, "same as").endswith(f"rollout undo deployment/{workload.name} --to-revision=1 --context test")
    assert "two" not in "".join(one.words for one in made.lines), "a secret is not written out"
    assert "two" not in made.writes[0].after[0][1]
    await desk.send(made, dry_run=True)
    await desk.send(made)
    after = await settled(desk.server, workload.name)
    assert made.writes[0].after == (("/spec/template", digest(after["spec"]["template"])),)
    container = after["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example/app:1.0"
    assert after["spec"]["template"]["metadata"]["labels"] == {"app": workload.name}, "no hash of the ReplicaSet"
    assert own_annotations(after) == {CAUSE: "first", "team": "shop"}
    assert after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"

    undo = undo_of(made)
    assert (undo.revision, bool(undo.template_hash)) == ("", True)
    back = await desk.plan(undo.verb, undo.target, template_hash=undo.template_hash)
    assert (back.was, back.becomes) == ("rev 3 app:1.0", "rev 2 app:2.0")
    await desk.send(back)
    again = await settled(desk.server, workload.name)
    assert again["spec"]["template"] == before["spec"]["template"]
    assert own_annotations(again) == own_annotations(before)


async def test_what_was_migrated_since_the_revision_began_is_said(
    desk: Planning, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = await released(desk)
    began = (await revisions(desk.desk, workload))[-1].created
    assert began is not None
    tells = desk.folder / "applied-migrations"
    before, after = began - timedelta(seconds=1), began + timedelta(seconds=1)
    tells.write_text(f"#!/bin/sh\necho '{before:%FT%TZ} 0042_flags'; echo '{after:%FT%TZ} 0043_orders_index'\n")
    tells.chmod(0o700)
    monkeypatch.setattr(desk.desk, "profile", Profile(migrations=(str(tells),)))
    assert "; migration since rev 1: 0043_orders_index " in line(await desk.plan("rollback", workload), "changes")


async def test_it_is_what_kubectl_does(desk: Planning, kubectl: Path) -> None:
    ours, theirs = await released(desk), await released(desk)
    made = await desk.plan("rollback", theirs, revision="1")
    await run(kubectl, desk, made.commands[0])
    await desk.send(await desk.plan("rollback", ours, revision="1"))
    first, second = await settled(desk.server, ours.name), await settled(desk.server, theirs.name)
    assert own_annotations(first) == own_annotations(second)
    for body in (first, second):
        body["spec"]["template"]["metadata"]["labels"] = {}
    assert first["spec"]["template"] == second["spec"]["template"]


async def test_which_revisions_there_are(desk: Planning) -> None:
    workload = await released(desk)
    rows = await revisions(desk.desk, workload)
    assert [(row.revision, row.images, row.change_cause) for row in rows] == [
        ("2", ("registry.example/app:2.0",), "second"),
        ("1", ("registry.example/app:1.0",), "first"),
    ]
    assert all(row.template_hash and row.created for row in rows)
    assert await desk.refused("rollback", workload, revision="2") == "nothing to do"
    with pytest.raises(Refused, match=r"revision 7 of .* is not kept") as refused:
        await desk.plan("rollback", workload, revision="7")
    assert (refused.value.guard, refused.value.problem.remedy) == ("gone", "kept are 2, 1")
    assert await desk.refused("rollback", await desk.deployment(1)) == "nothing to do"
    daemons = Target("DaemonSet", NAMESPACE, "any")
    assert await desk.refused("rollback", daemons) == "unsupported"
    with pytest.raises(Refused, match="only a Deployment"):
        await revisions(desk.desk, daemons)


async def test_a_third_release_is_not_overwritten(desk: Planning) -> None:
    workload = await released(desk)
    made = await desk.plan("rollback", workload)
    path = f"{APPS}/deployments/{workload.name}"
    await desk.change(path, {"metadata": {"annotations": {"somebody": "else"}}})
    await desk.change(f"{path}/scale", {"spec": {"replicas": 3}})
    await desk.send(made, dry_run=True)
    third = [{"op": "replace", "path": f"{_FIRST}/image", "value": "registry.example/app:3.0"}]
    await desk.change(path, third, JSON_PATCH)
    assert await desk.rejected(made)
    await settled(desk.server, workload.name)
    anew = await desk.plan("rollback", workload)
    assert (anew.was, anew.becomes) == ("rev 3 app:3.0", "rev 2 app:2.0")


async def test_what_keeps_no_history_has_no_undo(desk: Planning) -> None:
    workload = await released(desk)
    await desk.change(f"{APPS}/deployments/{workload.name}", {"spec": {"revisionHistoryLimit": 0}})
    await settled(desk.server, workload.name)
    assert await desk.refused("rollback", workload) == "nothing to do"
    assert not [row for row in await revisions(desk.desk, workload) if row.revision == "1"]


async def test_how_long_each_ran(desk: Planning, monkeypatch: pytest.MonkeyPatch) -> None:
    workload = await released(desk)
    now = clock.now() + timedelta(hours=14)
    monkeypatch.setattr(clock, "now", lambda: now)
    made = await desk.plan("rollback", workload)
    assert made.made == now
    newest, earlier = line(made, "from").split("  to rev 1 app:1.0 ")
    assert newest.startswith("rev 2 app:2.0 (1")
    assert earlier in [f"({seconds}s)" for seconds in range(60)], "until the next one came"
