"""What was written is followed to its end, whatever happens on the way; and then: did it help?"""

import json
from pathlib import Path
from typing import Any

import pytest

from opsconsole.config.policies import resolve_policy
from opsconsole.config.settings import Policy, Settings
from opsconsole.demo.kubernetes.controllers.failing import FAILS, NO_REGISTRY
from opsconsole.model.action import Asked, Helped, Phase
from opsconsole.model.finding import Finding, Severity
from opsconsole.text import clock
from tests.actions.executing import AUTH, NAMESPACE, Bench, bench, scale, use_plain_plans


@pytest.fixture(autouse=True)
def plain_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    use_plain_plans(monkeypatch)


def broken(**container: Any) -> Asked:
    """A restart whose new pods differ so."""
    return Asked("restart", AUTH, revision=json.dumps(container))


async def begun(it: Bench, asked: Asked) -> str:
    plan = await it.actions.plan(asked)
    await it.actions.carry_out(plan, force=True)
    return plan.id


STUCK = {
    "image": (broken(image=f"{NO_REGISTRY}auth:9"), "stuck: ImagePullBackOff on 1 pod: Back-off pulling image"),
    "crash": (broken(command=FAILS), "on 1 pod: Error 1"),
    "room": (scale(60), "cannot be scheduled: 0/"),
}


@pytest.mark.parametrize("name", STUCK)
async def test_what_gets_stuck_says_why(name: str, tmp_path: Path) -> None:
    asked, words = STUCK[name]
    async with bench(tmp_path) as it:
        run_id = await begun(it, asked)
        run = await it.actions.finished(run_id)
        assert run.phase is Phase.STUCK
        assert words in run.words
        assert (await it.phases(run_id))[-1] == "outcome"


async def test_what_was_stuck_and_recovers_is_ready(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        run_id = await begun(it, scale(60))
        await it.actions.finished(run_id)
        it.put(replicas=3)
        await it.until(lambda: it.runs()[0].phase is Phase.READY)
        assert it.runs()[0].words == f"3 of 3 pods ready; but {AUTH.words} reads otherwise by now than it was written"
        await it.actions.close()
        assert await it.phases(run_id) == ["intent", "written", "outcome", "outcome"]


async def test_what_is_stuck_stays_so_when_another_run_mends_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        stuck = await begun(it, scale(60))
        await it.actions.finished(stuck)
        mended = await begun(it, scale(2))
        assert (await it.actions.finished(mended)).phase is Phase.READY
        await it.actions.close()
        assert (await it.actions.finished(stuck)).phase is Phase.STUCK


async def test_a_rollout_counts_its_new_pods(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        seen: set[str] = set()
        run_id = await begun(it, Asked("restart", AUTH))
        await it.until(lambda: (seen.add(it.runs()[0].words), it.runs()[0].phase is Phase.READY)[1])  # type: ignore[func-returns-value]
        assert any(words.endswith("of 2 new pods ready") for words in seen), seen
        assert (await it.actions.finished(run_id)).words == "2 of 2 pods ready"


async def test_a_token_that_expires_while_following_is_said_and_outlived(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        run_id = await begun(it, scale(60))
        it.proxy.revoke()
        await it.until(lambda: "the credentials have run out" in it.runs()[0].words)
        assert it.runs()[0].words.endswith("trying again")
        it.proxy.well()
        it.cluster.retry_sign_in()
        await it.until(lambda: "credentials" not in it.runs()[0].words)
        assert (await it.actions.finished(run_id)).phase is Phase.STUCK


async def test_an_api_server_that_goes_away_while_following_is_said_and_outlived(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        run_id = await begun(it, scale(5))
        it.proxy.die()
        await it.until(lambda: "cannot be followed now" in it.runs()[0].words or not it.runs()[0].running)
        it.proxy.well()
        assert (await it.actions.finished(run_id)).words == "5 of 5 pods ready"


async def test_a_target_that_is_deleted_while_it_is_followed(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        run_id = await begun(it, scale(60))
        it.run.cluster.store.remove("apps/deployments", NAMESPACE, "auth")
        run = await it.actions.finished(run_id)
        assert (run.phase, run.words) == (Phase.GONE, "deployment/auth was deleted while it was followed")


async def test_a_console_that_ends_while_following_leaves_it_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path) as it:
        run_id = await begun(it, scale(60))
        await it.actions.close()
        assert await it.phases(run_id) == ["intent", "written"]
        monkeypatch.setattr("opsconsole.sources.person.alive", lambda process: False)
        other = it.other()
        (run,) = await other.settle()
        assert run.phase is Phase.WRITTEN
        assert run.words.startswith("found: the write is there; ")
        await other.close()


# ---- did it help? --------------------------------------------------------------------------------------------------

POLICY = resolve_policy(Settings(policies={"quick": Policy(extends="default", duration_scale=0.1)}), "quick")
RULE = POLICY.rules["p99-critical"]


def latency(seconds: float, **more: Any) -> Finding:
    about: dict[str, Any] = {
        "id": "p99-critical:auth", "severity": Severity.CRITICAL, "what": f"auth P99 {seconds} s > 0.5 s", "tab": 1,
        "value": f"{seconds} s", "limit": "> 0.5 s", "measured": seconds, "bound": RULE.limit, "object": "auth ",
        "rule": "p99-critical", "since": clock.now(),
    }  # fmt: skip
    return Finding(**about | more)


EFFECTS = {
    "gone": ((), Helped.HELPED, "gone: auth P99 1.9 s > 0.5 s"),
    "kept only by keep_firing": (
        (latency(0.18, what="auth P99 0.18 s > 0.5 s, within the limit for 1m"),),
        Helped.HELPED,
        "auth P99 1.9 s → 0.18 s, within the limit (> 0.5 s)",
    ),
    "as before": ((latency(1.8),), Helped.NO_EFFECT, "still auth P99 1.8 s > 0.5 s"),
    "worse": ((latency(4.1),), Helped.WORSE, "auth P99 4.1 s > 0.5 s; before it was 1.9 s"),
    "something new is critical": (
        (latency(1.8), Finding("workload:n/Deployment/auth", Severity.CRITICAL, "auth 0 of 2 ready", 2, object="auth")),
        Helped.WORSE,
        "new: auth 0 of 2 ready",
    ),
    "its source is blind": (
        (Finding("blind:prom", Severity.BLIND, "Prometheus does not answer: metrics blind", 1, rule="blind"),),
        Helped.UNKNOWN,
        "Prometheus does not answer: metrics blind: whether auth P99 1.9 s > 0.5 s was helped cannot be seen",
    ),
}


@pytest.mark.parametrize("name", EFFECTS)
async def test_did_it_help(name: str, tmp_path: Path) -> None:
    now, helped, words = EFFECTS[name]
    async with bench(tmp_path, times=200.0, policy=POLICY) as it:
        it.find(latency(1.9))
        run_id = await begun(it, scale(3))
        it.find(*now)
        run = await it.actions.finished(run_id)
        assert (run.phase, run.helped, run.helped_words) == (Phase.READY, helped, words)
        await it.actions.close()
        last = (await it.store.journal_lines(run_id))[-1]
        assert last.phase == "effect"
