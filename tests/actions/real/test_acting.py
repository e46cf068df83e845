"""Acting from the plan to the outcome, on the simulated and the real control plane: what is asked is what happens."""

from pathlib import Path
from typing import Any

import pytest

from opsconsole.actions.errors import Changed, Refused
from opsconsole.model.action import Phase
from opsconsole.model.action import Target as Object
from tests.cluster import objects
from tests.demo.kubernetes.target import APPS, HPAS, NAMESPACE, Target, eventually, pods_of, unique

from .consoles import Console, console, line

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMAGE = "/spec/template/spec/containers/0/image"
NEWER = "registry.example/app:2.0"


async def image(c: Console, target: Any) -> str:
    return str((await c.object(target))["spec"]["template"]["spec"]["containers"][0]["image"])


async def test_scaling_and_its_undo(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        run = await c.do("scale", api, replicas=4, reason="more traffic")
        assert (run.phase, run.words, await c.replicas(api)) == (Phase.READY, "4 of 4 pods ready", 4)
        back = await c.undo(run)
        assert (back.phase, await c.replicas(api), len(await pods_of(target, api.name))) == (Phase.READY, 2, 2)
        assert back.plan.asked.undoes == run.plan.id
        assert (await c.store.journal_verify()).problems == ()
        evidence = next(one.evidence for one in await c.store.journal_lines() if one.phase == "intent")
        assert api.name in await c.store.evidence(evidence)


async def test_a_restart_replaces_all_pods_and_cannot_be_taken_back(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        before = {pod["metadata"]["uid"] for pod in await pods_of(target, api.name)}
        run = await c.do("restart", api)
        assert run.phase is Phase.READY, run.words
        assert not before & {pod["metadata"]["uid"] for pod in await pods_of(target, api.name)}
        with pytest.raises(Refused):
            c.actions.undo_of(run.plan.id)


async def test_rolling_back_and_forth_keeps_the_replica_sets(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        await c.somebody_else(api, IMAGE, NEWER)
        run = await c.do("restart", api)  # the rollout to the newer image comes to rest with it
        assert run.phase is Phase.READY
        assert [each.revision for each in await c.actions.revisions(api)] == ["3", "2", "1"]
        back = await c.do("rollback", api, revision="1")
        assert (back.phase, await image(c, api)) == (Phase.READY, "registry.example/app:1.0"), back.words
        assert [each.revision for each in await c.actions.revisions(api)] == ["4", "3", "2"]
        forth = await c.undo(back)
        assert (forth.phase, await image(c, api)) == (Phase.READY, NEWER), forth.words
        assert [each.revision for each in await c.actions.revisions(api)] == ["5", "4", "2"]


async def test_where_an_autoscaler_owns_the_replicas_its_bounds_change(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        hpa = await target.create(HPAS, objects.autoscaler(api.name, 2, 4))
        run = await c.do("scale", api, replicas=5)
        assert (run.plan.target.kind, run.plan.target.uid) == ("HorizontalPodAutoscaler", hpa["metadata"]["uid"])
        spec = (await c.object(run.plan.target))["spec"]
        assert (spec["minReplicas"], spec["maxReplicas"], run.phase) == (5, 5, Phase.READY), run.words
        assert await c.replicas(api) == 5
        await c.undo(run)
        spec = (await c.object(run.plan.target))["spec"]
        assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 4)


@pytest.mark.parametrize(
    ("stuck", "said"), [("image", "ImagePullBackOff on 1 pod"), ("crash", "CrashLoopBackOff on 1")]
)
async def test_a_stuck_rollout_says_why_and_its_undo_mends_it(
    target: Target, tmp_path: Path, stuck: str, said: str
) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        broken = objects.template(api.name, NEWER, stuck=stuck)
        await c.somebody_else(api, "/spec/template", broken)
        run = await c.do("restart", api)
        assert (run.phase, said in run.words) == (Phase.STUCK, True), run.words
        assert run.words.startswith("stuck: ")
        back = await c.do("rollback", api, revision="1")
        assert back.phase is Phase.READY, back.words


async def test_two_writers_the_later_one_sees_what_changed(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as one, console(target, tmp_path, store=tmp_path / "other.db") as other:
        api = await one.deployment(2)
        plan, theirs = await one.plan("scale", api, replicas=3), await other.plan("scale", api, replicas=4)
        await other.follow(await other.actions.carry_out(theirs))
        with pytest.raises(Changed) as caught:
            await one.actions.carry_out(plan)
        assert await one.replicas(api) == 4
        assert "from" in caught.value.fields
        assert "4 replicas" in line(caught.value.plan, "from")
        run = await one.follow(await one.actions.carry_out(caught.value.plan))
        assert (run.phase, await one.replicas(api)) == (Phase.READY, 3)


async def test_what_was_deleted_and_created_again_is_not_redirected_to(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("scale", api, replicas=3)
        new = await c.create_anew(api)
        with pytest.raises(Refused) as caught:
            await c.actions.carry_out(plan)
        assert caught.value.guard == "replaced"
        assert await c.guard("restart", api) == "replaced"
        assert (await c.replicas(api), new["metadata"]["uid"] == api.uid) == (1, False)
        assert "written" not in await c.phases()
        await target.call("DELETE", f"{APPS}/deployments/{api.name}")
        with pytest.raises(Refused) as caught:
            await c.actions.carry_out(plan)
        assert caught.value.guard == "gone"


async def test_a_paused_rollout_is_not_restarted(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(1)
        await c.somebody_else(api, "/spec/paused", True)
        assert await c.guard("restart", api) == "paused"


async def test_a_stateful_set_is_scaled_too(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        body = await target.create(f"{APPS}/statefulsets", objects.stateful_set(unique("act"), 1))
        kept = await c.seen(c.target(body, "StatefulSet"))
        run = await c.do("scale", kept, change=1)
        assert (run.phase, await c.replicas(kept)) == (Phase.READY, 2), run.words
        assert (await c.do("restart", kept)).phase is Phase.READY


async def test_a_budget_and_what_serves_are_told(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        collection = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"
        await target.create(collection, objects.budget(api.name, 2))
        plan = await c.plan("scale", api, replicas=1)
        assert "PDB: " in line(plan, "fights")
        assert plan.blast.away == 0.5


USERS = {
    "admin": ("", ""),
    "viewer": ("viewer may not patch deployments",) * 2,
    "tenant": ("", "forbidden: needs get deployments in elsewhere"),
}
"""User → why the restart is refused in the shop's namespace, and in another; "" where it is not."""


@pytest.mark.parametrize("user", USERS)
async def test_three_users_may_what_they_may(target: Target, tmp_path: Path, user: str) -> None:
    elsewhere = unique("elsewhere")
    async with console(target, tmp_path) as admin:
        api = await admin.deployment(1)
        await target.create("/api/v1/namespaces", objects.namespace(elsewhere))
        path = f"/apis/apps/v1/namespaces/{elsewhere}/deployments"
        body = await target.create(path, objects.deployment(api.name, 1, namespace=elsewhere))
        there = Object("Deployment", elsewhere, api.name, body["metadata"]["uid"])
    async with console(target, tmp_path, user) as c:
        for one, said in zip((api, there), USERS[user], strict=True):
            if said:
                with pytest.raises(Refused, match=said) as caught:
                    await c.plan("restart", one)
                assert caught.value.guard == "rights"
            else:
                assert (await c.plan("restart", one)).dry_run_s is not None
        assert not c.proxy.writes


async def test_without_arming_nothing_is_written(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path, armed=False) as c:
        api = await c.deployment(1)
        plan = await c.plan("scale", api, replicas=2)
        with pytest.raises(Refused) as caught:
            await c.actions.carry_out(plan)
        assert (caught.value.guard, c.proxy.writes, await c.replicas(api)) == ("not armed", [], 1)


async def test_an_hpa_that_decides_meanwhile_is_no_change_of_the_plan(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        await target.create(HPAS, objects.autoscaler(api.name, 2, 6))

        async def judged() -> bool:
            status = (await target.get(f"{HPAS}/{api.name}")).get("status", {})
            return bool(status.get("conditions"))

        await eventually(judged)
        plan = await c.plan("bounds", api, minimum=3, maximum=6)
        version = (await c.object(plan.target))["metadata"]["resourceVersion"]
        patch = {"metadata": {"annotations": {"touched": "yes"}}}
        media = "application/merge-patch+json"
        await target.call("PATCH", f"{HPAS}/{api.name}", patch, content_type=media)
        assert (await c.object(plan.target))["metadata"]["resourceVersion"] != version
        run = await c.follow(await c.actions.carry_out(plan))
        assert (run.phase, (await c.object(plan.target))["spec"]["minReplicas"]) == (Phase.READY, 3), run.words
