"""What goes wrong between a plan and its end, on both control planes, and what is true afterwards.

| fault | what is true afterwards |
| --- | --- |
| API server dies between dry run and write, stays away | nothing sent; once it is back: failed, nothing was changed |
| it dies before the write arrives, and is back | failed, nothing was changed, nothing sent a second time |
| it dies after the write, before the answer | found out: ready, done once |
| it hangs before or after the write | looked up: failed and nothing changed, or ready and done once |
| 409; a failed precondition | nothing changed; the plan is made anew |
| 403; webhook rejects; webhook fails | failed, nothing changed, in the server's own words |
| an answer that is none | looked up: failed, nothing changed |
| token expires while following | told, outlived: ready |
| API server goes away while following | told, outlived: ready |
| disk full at the intent | refused: nothing sent, nothing in the journal |
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from opsconsole.actions.errors import Changed, Refused
from opsconsole.model.action import Phase
from tests.actions import faults
from tests.demo.kubernetes.target import Target

from .consoles import Console, console

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Case:
    fault: faults.Fault
    phase: Phase
    """How the run ends."""
    words: str
    """Part of what is said."""

    @property
    def replicas(self) -> int:
        return 3 if self.phase is Phase.READY else 2


NOTHING = "nothing was changed"
CASES = {
    "dies before it arrives": Case(faults.cut_before, Phase.FAILED, NOTHING),
    "dies after it, before the answer": Case(faults.cut_after, Phase.READY, ""),
    "hangs before it": Case(faults.hang, Phase.FAILED, NOTHING),
    "hangs after it": Case(faults.hang_after, Phase.READY, ""),
    "403": Case(faults.forbidden, Phase.FAILED, "not any more"),
    "500": Case(faults.broken, Phase.FAILED, NOTHING),
    "webhook rejects": Case(faults.webhook_refuses, Phase.FAILED, "frozen until Monday"),
    "webhook fails": Case(faults.webhook_fails, Phase.FAILED, NOTHING),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_true_after_a_fault_of_the_write(target: Target, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("scale", api, replicas=3)
        c.proxy.on(faults.is_write, case.fault)
        run = await c.follow(await c.actions.carry_out(plan))
        assert (run.phase, await c.replicas(api)) == (case.phase, case.replicas), run.words
        assert case.words in run.words
        assert len(c.proxy.writes) == 1
        await c.journal_has(plan, "outcome")
        assert (await c.phases(plan.id))[0] == "intent"
        assert (await c.store.journal_verify()).problems == ()


async def test_it_dies_between_dry_run_and_write(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("scale", api, replicas=3)

        async def dies(held: faults.Held) -> NoReturn:
            c.proxy.die()
            held.cut()

        c.proxy.on(faults.is_write, dies)
        run = await c.actions.carry_out(plan)
        assert run.phase in (Phase.FAILED, Phase.UNKNOWN)
        c.proxy.well()
        await c.until(lambda: c.now(run).phase is Phase.FAILED)
        assert NOTHING in c.now(run).words
        assert (await c.replicas(api), len(c.proxy.writes)) == (2, 1)


async def test_a_conflict_is_planned_anew(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("scale", api, replicas=3)
        c.proxy.on(faults.is_write, faults.conflict)
        with pytest.raises(Changed) as caught:
            await c.actions.carry_out(plan)
        assert await c.replicas(api) == 2
        run = await c.follow(await c.actions.carry_out(caught.value.plan))
        assert (run.phase, await c.replicas(api)) == (Phase.READY, 3)


async def test_somebody_is_quicker_between_dry_run_and_write(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("scale", api, replicas=3)
        c.proxy.on(faults.is_write, faults.after(lambda: c.somebody_else(api, "/spec/replicas", 5)))
        with pytest.raises(Changed) as caught:
            await c.actions.carry_out(plan)
        assert await c.replicas(api) == 5
        assert "from" in caught.value.fields


async def test_it_is_deleted_and_created_again_between_dry_run_and_write(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("restart", api)
        c.proxy.on(faults.is_write, faults.after(lambda: c.create_anew(api)))
        with pytest.raises(Refused) as caught:
            await c.actions.carry_out(plan)
        assert (caught.value.guard, await c.replicas(api)) == ("replaced", 1)
        annotations = (await c.object(api))["spec"]["template"]["metadata"].get("annotations") or {}
        assert "kubectl.kubernetes.io/restartedAt" not in annotations


OUTAGES: dict[str, Callable[[Console], None]] = {
    "token expires": lambda c: c.proxy.revoke(),
    "API server goes away": lambda c: c.proxy.die(),
}


@pytest.mark.parametrize("name", OUTAGES)
async def test_what_happens_while_following_is_told_and_outlived(target: Target, tmp_path: Path, name: str) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("scale", api, replicas=3)
        run = await c.actions.carry_out(plan)
        OUTAGES[name](c)
        await c.until(lambda: "; " in c.now(run).words)
        assert c.now(run).phase is Phase.WRITTEN
        c.proxy.well()
        c.cluster.retry_sign_in()
        ended = await c.follow(run)
        assert (ended.phase, await c.replicas(api), len(c.proxy.writes)) == (Phase.READY, 3, 1), ended.words


async def test_with_a_full_disk_at_the_intent_nothing_is_done(target: Target, tmp_path: Path) -> None:
    async with console(target, tmp_path) as c:
        api = await c.deployment(2)
        plan = await c.plan("scale", api, replicas=3)
        await c.fill_disk()
        with pytest.raises(Refused) as caught:
            await c.actions.carry_out(plan)
        assert caught.value.guard == "disk"
        assert "full" in caught.value.problem.sentence
        assert (await c.replicas(api), c.proxy.writes, await c.phases()) == (2, [], [])
