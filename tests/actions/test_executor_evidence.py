"""What is kept before an action destroys it: in bounded time, without secrets; what is missing is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from opsconsole.actions.kept import masked, masked_json, plan_from
from opsconsole.demo.kubernetes.controllers.failing import FAILS
from opsconsole.model.action import Asked
from opsconsole.model.collection import Collection
from opsconsole.model.kubernetes import Usage
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import EVENTS, POD_USAGE, PODS
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.listing import pages
from opsconsole.sources.kubernetes.share import Shared
from opsconsole.text import clock
from tests.actions import faults
from tests.actions.executing import AUTH, NAMESPACE, Bench, bench, scale, use_plain_plans
from tests.demo.kubernetes.target import eventually


@pytest.fixture(autouse=True)
def plain_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    use_plain_plans(monkeypatch)


async def kept(it: Bench, asked: Asked) -> str:
    plan = await it.actions.plan(asked)
    await it.actions.carry_out(plan)
    line = (await it.store.journal_lines(plan.id))[0]
    return await it.store.evidence(line.evidence)


async def waits_long(it: Bench) -> bool:
    """Whether a pod of `auth` has failed so often that its back-off lasts longer than the evidence takes."""
    answer = await it.cluster.get(f"/api/v1/namespaces/{NAMESPACE}/pods", needs="list pods")
    pods = [pod for pod in json.loads(answer.body)["items"] if pod["metadata"]["name"].startswith("auth-")]
    states = [state for pod in pods for state in pod["status"].get("containerStatuses") or ()]
    return any(state["restartCount"] >= 5 and "waiting" in state["state"] for state in states)


async def test_pods_that_crash_leave_both_their_logs(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        bad = await it.actions.plan(Asked("restart", AUTH, revision=json.dumps({"command": FAILS})))
        await it.actions.carry_out(bad)
        await it.actions.finished(bad.id)
        await eventually(lambda: waits_long(it))
        text = await kept(it, scale(3))
        assert "CrashLoopBackOff" in text
        assert "before its last restart\n" in text
        assert "FATAL exit status 1" in text
        assert "BackOff" in text.partition("== EVENTS")[2].partition("== LOGS")[0]
        assert "usage unknown" in text


async def test_secrets_in_the_environment_are_not_kept(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        hidden = [{"name": "DB_PASSWORD", "value": "hunter-22"}, {"name": "MODE", "value": "live"}]
        asked = Asked("restart", AUTH, revision=json.dumps({"env": hidden}))
        first = await it.actions.plan(asked)
        await it.actions.carry_out(first)
        await it.actions.finished(first.id)
        text = await kept(it, scale(3))
        plan = plan_from((await it.store.journal_lines())[0].body)
        assert plan is not None
        write = plan.writes[0].body
        assert "hunter-22" not in text + write
        assert '"live"' in text
        assert '"live"' in write


def test_secrets_are_masked_wherever_an_object_holds_them() -> None:
    container = {
        "env": [{"name": "SIGNING_KEY", "value": "hunter-1"}, {"name": "REDIS_AUTH", "value": "hunter-2"}],
        "args": ["--db-password", "hunter-3", "--token=hunter-4", "--port", "80"],
        "command": ["sh", "-c", "run --api-key hunter-5 --verbose"],
        "httpHeaders": [{"name": "X-Api-Key", "value": "hunter-6"}],
    }
    applied = json.dumps({"spec": {"containers": [container]}})
    key = "kubectl.kubernetes.io/last-applied-configuration"
    body = {"metadata": {"annotations": {key: applied, "team/token": "hunter-7"}}, "spec": {"containers": [container]}}
    text = json.dumps(masked(body))
    assert "hunter" not in text
    assert text.count("SIGNING_KEY") == 2, "what it is called stays"
    assert '"--port", "80"' in text
    assert masked(masked(body)) == masked(body)


async def test_what_cannot_be_had_is_said_and_does_not_stop_the_write(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.proxy.on(faults.is_read_of("/log"), faults.forbidden, times=99)
        it.proxy.on(faults.is_read_of("/events"), faults.hang, times=99)
        text = await kept(it, scale(3))
        assert "not to be had: forbidden: needs get pods/log in social-live-prod" in text
        assert "== EVENTS in social-live-prod\nnot to be had within 3 s" in text
        assert it.replicas() == 3


async def test_with_a_live_board_pods_and_events_need_no_request(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        both: tuple[tuple[Any, Any], ...] = ((PODS, kinds.PODS), (EVENTS, kinds.EVENTS))
        for topic, kind in both:
            rows: dict[str, Any] = {}
            async for page in pages(it.cluster, kind, None):
                rows |= {row.uid: row for row in (kind.convert(wire, Shared()) for wire in page.items)}
            it.board.publish(topic, Reading(Collection(rows, complete=True), State.OK, clock.now()))
        names = [pod.name for pod in (it.board.get(PODS).value or Collection({})).rows.values() if "auth-" in pod.name]
        it.board.publish(POD_USAGE, Reading({f"{NAMESPACE}/{names[0]}": Usage(0.31, 2**28)}, State.OK, clock.now()))
        before = len(it.proxy.seen)
        text = await kept(it, scale(3))
        asked = [each.path for each in it.proxy.seen[before:] if each.path.endswith(("/pods", "/events"))]
        assert asked == []
        assert all(f"{name}  1/1 Running" in text for name in names)
        assert "cpu 310m memory 256Mi" in text


async def test_a_namespace_that_the_board_may_not_list_is_not_taken_for_empty(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        both: tuple[Any, ...] = (PODS, EVENTS)
        for topic in both:
            nothing: Collection[Any] = Collection({}, complete=True, denied=(NAMESPACE,))
            it.board.publish(topic, Reading(nothing, State.OK, clock.now()))
        text = await kept(it, scale(3))
        assert text.partition("== PODS")[2].count("1/1 Running") == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"env":[{"name":"API_TOKEN","value":"abc"}]}', '{"env":[{"name":"API_TOKEN","value":"***"}]}'),
        ('{"password":"abc","user":"me"}', '{"password":"***","user":"me"}'),
        ('{"secretKeyRef":{"name":"db","key":"x"}}', '{"secretKeyRef":{"name":"db","key":"x"}}'),
        ('{"imagePullSecrets":[{"name":"registry"}]}', '{"imagePullSecrets":[{"name":"registry"}]}'),
        ("password=abc", "password=***"),
    ],
)
def test_masking_goes_by_names_too_and_leaves_json(text: str, shown: str) -> None:
    assert masked_json(text) == shown
