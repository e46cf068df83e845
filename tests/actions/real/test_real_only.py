"""What only a real control plane can show: its HPA controller, webhooks and policies, quotas, the scheduler."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from aiohttp import web

from opsconsole.actions.errors import Refused
from opsconsole.model import action
from opsconsole.model.action import Phase
from tests.cluster import objects
from tests.demo.kubernetes.target import APPS, HPAS, Target, eventually, pods_of, unique

from .consoles import ONLY_REAL, PACE, console, line

pytestmark = [pytest.mark.asyncio(loop_scope="module"), ONLY_REAL]
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
SCALE = f"{APPS}/deployments/{{}}/scale"
MERGE = "application/merge-patch+json"


async def test_the_hpa_controller_takes_a_manual_scale_back_and_keeps_to_its_bounds(
    target: Target, tmp_path: Path
) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        pods = [pod["metadata"]["name"] for pod in await pods_of(target, api.name)]
        await target.create(HPAS, objects.autoscaler(api.name, 2, 4, 50))

        async def active() -> bool:
            # half of its request: just right; what was measured in a pod's first second does not count
            await target.set_usage(dict.fromkeys(pods, ("50m", "64Mi")))
            conditions = (await target.get(f"{HPAS}/{api.name}")).get("status", {}).get("conditions", [])
            return any((each["type"], each["status"]) == ("ScalingActive", "True") for each in conditions)

        await eventually(active)
        by_hand = {"spec": {"replicas": 6}}
        await target.call("PATCH", SCALE.format(api.name), by_hand, content_type=MERGE)

        async def taken_back() -> bool:
            return await c.replicas(api) <= 4

        await eventually(taken_back)
        plan = await c.plan("scale", api, replicas=6)
        assert plan.target.kind == "HorizontalPodAutoscaler"
        assert "the HPA would take a scale back" in line(plan, "changes")
        run = await c.follow(await c.actions.carry_out(plan, typed=plan.typed))
        assert (run.phase, await c.replicas(api)) == (Phase.READY, 6), run.words


@asynccontextmanager
async def webhook(
    target: Target, of: str, answer: Callable[[], Awaitable[dict[str, Any]]], **kind: Any
) -> AsyncIterator[None]:
    """An admission webhook on loopback that is asked about every write of one object."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    asked = asyncio.Event()

    async def review(request: web.Request) -> web.Response:
        uid = (await request.json())["request"]["uid"]
        asked.set()
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
        return web.json_response({**body, "response": {"uid": uid, **await answer()}})

    application = web.Application()
    application.router.add_post("/", review)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        url = f"https://127.0.0.1:{runner.addresses[0][1]}/"
        ca_pem = authority.cert_pem.bytes().decode()
        hook = objects.webhook(unique("hook"), of, url, ca_pem, **kind)
        await target.create(f"{ADMISSION}/validatingwebhookconfigurations", hook)

        async def in_force() -> bool:
            mark = {"metadata": {"annotations": {"touched": unique("x")}}}
            dry = {} if not kind.get("dry_runs", True) else {"dryRun": "All"}
            await target.call("PATCH", f"{APPS}/deployments/{of}", mark, content_type=MERGE, **dry)
            return asked.is_set()

        await eventually(in_force)
        yield
    finally:
        await runner.cleanup()


async def rejects() -> dict[str, Any]:
    return {"allowed": False, "status": {"code": 403, "message": "frozen until Monday"}}


async def hangs() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def test_what_a_webhook_rejects_is_not_even_offered(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        async with webhook(target, api.name, rejects):
            with pytest.raises(Refused) as caught:
                await c.plan("scale", api, replicas=3)
        assert caught.value.guard == "dry run"
        assert "frozen until Monday" in caught.value.problem.sentence
        assert (await c.replicas(api), c.proxy.writes) == (2, [])


async def test_what_a_webhook_rejects_only_in_earnest_has_failed(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        async with webhook(target, api.name, rejects, dry_runs=False):
            plan = await c.plan("scale", api, replicas=3)
            run = await c.actions.carry_out(plan)
        assert (run.phase, await c.replicas(api)) == (Phase.FAILED, 2)
        assert "frozen until Monday" in run.words


async def test_a_webhook_that_hangs_is_named_and_nothing_is_done(target: Target, tmp_path: Path) -> None:
    quick = msgspec.structs.replace(PACE, dry_run_s=1.0)
    async with console(target, tmp_path, pace=quick) as c:
        api = await c.deployment(2)
        async with webhook(target, api.name, hangs, timeout_s=2):
            with pytest.raises(Refused) as caught:
                await c.plan("scale", api, replicas=3)
        assert caught.value.guard == "dry run"
        assert "webhook" in caught.value.problem.sentence
        assert (await c.replicas(api), c.proxy.writes) == (2, [])


async def test_a_webhook_that_hangs_only_in_earnest_is_looked_up(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        async with webhook(target, api.name, hangs, timeout_s=1, dry_runs=False):
            plan = await c.plan("scale", api, replicas=3)
            run = await c.follow(await c.actions.carry_out(plan))
        assert (run.phase, await c.replicas(api), len(c.proxy.writes)) == (Phase.FAILED, 2, 1), run.words
        assert "nothing was changed" in run.words


async def test_an_admission_policy_refuses_in_its_own_words(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        name = unique("policy")
        definition, binding = objects.policy(name, api.name, "object.spec.replicas <= 5", "at most five here")
        await target.create(f"{ADMISSION}/validatingadmissionpolicies", definition)
        await target.create(f"{ADMISSION}/validatingadmissionpolicybindings", binding)
        nine = {"spec": {"replicas": 9}}

        async def in_force() -> bool:
            path = SCALE.format(api.name)
            return (await target.call("PATCH", path, nine, content_type=MERGE, dryRun="All")).status == 422

        await eventually(in_force)
        with pytest.raises(Refused) as caught:
            await c.plan("scale", api, replicas=6, reason="more")
        assert "at most five here" in caught.value.problem.sentence
        assert (await c.do("scale", api, replicas=4)).phase is Phase.READY


async def test_a_quota_that_is_used_up_is_named(target: Target, tmp_path: Path) -> None:
    elsewhere, name = unique("quota"), unique("act")
    await target.create("/api/v1/namespaces", objects.namespace(elsewhere))
    quotas = f"/api/v1/namespaces/{elsewhere}/resourcequotas"
    await target.create(quotas, objects.quota("pods", elsewhere, 1))

    async def counted() -> bool:
        return bool((await target.get(f"{quotas}/pods")).get("status", {}).get("hard"))

    await eventually(counted)
    collection = f"/apis/apps/v1/namespaces/{elsewhere}/deployments"
    body = await target.create(collection, objects.deployment(name, 1, namespace=elsewhere))
    async with console(target, tmp_path) as c:
        run = await c.do("scale", action.Target("Deployment", elsewhere, name, body["metadata"]["uid"]), replicas=2)
    assert run.phase is Phase.STUCK
    assert run.words.startswith("stuck: quota")
    assert "exceeded quota" in run.words


async def test_what_fits_on_no_node_is_named(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(1, cpu="9")
        run = await c.do("scale", api, replicas=6)
        assert run.phase is Phase.STUCK
        assert "cannot be scheduled" in run.words
        assert "Insufficient cpu" in run.words


async def test_the_api_server_itself_starts_again_while_it_is_followed(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        await c.somebody_else(api, "/spec/minReadySeconds", 3)
        run = await c.actions.carry_out(await c.plan("scale", api, replicas=3))
        await target.forget_history()  # ends and starts kube-apiserver
        ended = await c.follow(run)
        assert (ended.phase, await c.replicas(api)) == (Phase.READY, 3), ended.words
        assert [seen.path for seen in c.proxy.writes] == [SCALE.format(api.name)]
