"""The table of faults between dry run, write and answer: what must be true afterwards. Nothing is ever sent twice."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from opsconsole.actions.executor import Executor
from opsconsole.model.action import Phase, Run
from opsconsole.model.journal import JournalLine
from opsconsole.sources import person
from opsconsole.sources.errors import SourceError
from opsconsole.text import clock
from tests.actions import faults
from tests.actions.executing import Bench, bench, scale, use_plain_plans


@pytest.fixture(autouse=True)
def plain_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    use_plain_plans(monkeypatch)


@dataclass(frozen=True)
class Case:
    """A fault that strikes the write itself."""

    fault: faults.Fault
    phase: Phase
    replicas: int
    words: str
    journal: tuple[str, ...]


FAILED, WRITTEN = ("intent", "outcome"), ("intent", "written", "outcome")
CASES = {
    "the connection breaks before it arrives": Case(
        faults.cut_before, Phase.FAILED, 2, "the write is not there: nothing was changed", FAILED
    ),
    "it dies after the write, before its answer": Case(faults.cut_after, Phase.READY, 5, "5 of 5 pods ready", WRITTEN),
    "it hangs and has done nothing": Case(
        faults.hang, Phase.FAILED, 2, "does not answer; the write is not there: nothing was changed", FAILED
    ),
    "it hangs and has done it": Case(faults.hang_after, Phase.READY, 5, "5 of 5 pods ready", WRITTEN),
    "403": Case(faults.forbidden, Phase.FAILED, 2, "nothing was changed: forbidden: deployments.apps is", FAILED),
    "the webhook rejects it after all": Case(
        faults.webhook_refuses, Phase.FAILED, 2, "does not take it: admission webhook", FAILED
    ),
    "the webhook cannot be called": Case(
        faults.webhook_fails, Phase.FAILED, 2, "the write is not there: nothing was changed", FAILED
    ),
    "500, and nothing done": Case(faults.broken, Phase.FAILED, 2, "the write is not there", FAILED),
    "429": Case(faults.answers(429, "TooManyRequests", "slow down"), Phase.FAILED, 2, "is too busy: slow down", FAILED),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_is_true_after_a_fault(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        it.proxy.on(faults.is_write, case.fault)
        await it.actions.carry_out(plan)
        run = await it.actions.finished(plan.id)
        assert (run.phase, it.replicas()) == (case.phase, case.replicas), run.words
        assert case.words in run.words
        assert tuple(await it.phases()) == case.journal
        assert len(it.proxy.writes) == 1


async def test_401_in_the_middle_signs_in_anew_and_writes_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        it.proxy.on(faults.is_write, faults.unauthorized)
        run = await it.actions.carry_out(plan)
        assert (run.phase, it.replicas()) == (Phase.WRITTEN, 5)


async def test_an_api_server_that_dies_before_the_write_leaves_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        it.proxy.die()
        with pytest.raises(SourceError):
            await it.actions.carry_out(plan)
        assert await it.phases() == []
        assert (it.runs(), it.replicas()) == ((), 2)


async def test_an_api_server_that_stays_away_leaves_the_outcome_unknown_until_it_is_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))

        async def last_answer(held: faults.Held) -> web.StreamResponse:
            await held.ask()
            it.proxy.die()
            held.cut()

        it.proxy.on(faults.is_write, last_answer)
        run = await it.actions.carry_out(plan)
        assert run.phase is Phase.UNKNOWN
        assert run.words.startswith("asked, outcome unknown: SCALE deployment/auth (the connection to the API server")
        assert await it.phases() == ["intent"]
        it.proxy.well()
        await it.until(lambda: it.runs()[0].phase is Phase.READY)
        assert it.replicas() == 5


async def test_somebody_else_in_between_leaves_it_unknown_and_untouched(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))

        async def overwritten(held: faults.Held) -> web.StreamResponse:
            await held.ask()
            it.put(replicas=9)
            held.cut()

        it.proxy.on(faults.is_write, overwritten)
        run = await it.actions.carry_out(plan)
        assert run.phase is Phase.UNKNOWN
        assert run.words.endswith("deployment/auth reads otherwise by now")
        assert run.ended is not None
        assert it.replicas() == 9


async def test_a_caller_that_goes_away_does_not_interrupt_the_write(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        arrived = asyncio.Event()

        async def slow(held: faults.Held) -> web.StreamResponse:
            arrived.set()
            return await held.forward()

        it.proxy.on(faults.is_write, slow)
        caller = asyncio.create_task(it.actions.carry_out(plan))
        await arrived.wait()
        caller.cancel()
        await it.actions.finished(plan.id)
        assert await it.phases() == ["intent", "written", "outcome"]


# ---- the next start ------------------------------------------------------------------------------------------------


async def killed(it: Bench, monkeypatch: pytest.MonkeyPatch, fault: faults.Fault | None = None) -> str:
    """A run whose process dies with its intent on disk; with a fault, after that much of the write."""
    plan = await it.actions.plan(scale(5))

    async def dead(*_: object) -> Run:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        if fault is None:
            patched.setattr("opsconsole.actions.executor.send", dead)
        else:
            it.proxy.on(faults.is_write, fault)
            patched.setattr(Executor, "_taken", dead)
            patched.setattr(Executor, "_looked_up", dead)
        await asyncio.wait([asyncio.create_task(it.actions.carry_out(plan))])
    monkeypatch.setattr(person, "alive", lambda process: False)
    return plan.id


async def written(held: faults.Held) -> web.StreamResponse:
    return await held.forward()


async def test_killed_between_intent_and_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path) as it:
        run_id = await killed(it, monkeypatch)
        other = it.other()
        (run,) = await other.settle()
        assert (run.phase, run.words) == (Phase.FAILED, "found: the write is not there; nothing was changed")
        assert await it.phases(run_id) == ["intent", "found"]
        assert await other.settle() == ()
        assert it.replicas() == 2


async def test_killed_between_write_and_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path) as it:
        run_id = await killed(it, monkeypatch, written)
        assert await it.phases(run_id) == ["intent"]
        other = it.other()
        (run,) = await other.settle()
        assert run.words.startswith("found: the write is there; ")
        run = await other.finished(run_id)
        assert run.phase is Phase.READY
        assert (await it.phases(run_id))[:2] == ["intent", "found"]
        assert (await other.undo_of_line(run_id)).replicas == 2
        await other.close()


async def test_killed_and_the_target_is_another_one_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path) as it:
        await killed(it, monkeypatch, written)
        it.put(uid="another")
        (run,) = await it.other().settle()
        assert (run.phase, run.words) == (Phase.GONE, "deployment/auth has been replaced since")


async def test_an_api_server_that_is_away_at_the_start_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path) as it:
        run_id = await killed(it, monkeypatch)
        it.proxy.die()
        other = it.other()
        (run,) = await other.settle()
        assert run.words.startswith("asked, outcome unknown: SCALE deployment/auth (")
        assert (run.phase, run.ended, await it.phases(run_id)) == (Phase.UNKNOWN, None, ["intent"])
        it.proxy.well()
        await other.keep_settling()
        assert await it.phases(run_id) == ["intent", "found"]


Change = Callable[[JournalLine], JournalLine]
OTHERS: dict[str, Change] = {
    "of a process that lives": lambda line: line,
    "of another machine": lambda line: msgspec.structs.replace(
        line, process="1/1", who=msgspec.structs.replace(line.who, host="elsewhere")
    ),
    "of another context": lambda line: msgspec.structs.replace(line, process="1/1", context="staging"),
}


@pytest.mark.parametrize("case", OTHERS)
async def test_runs_of_others_are_left_alone(case: str, tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        change = OTHERS[case]
        line = JournalLine(
            0, clock.now(), "r", "intent", person.who(), person.process(), "scale", it.cluster.context, "n", "o", "w"
        )  # fmt: skip
        await it.store.journal(change(line))
        assert await it.other().settle() == ()
        assert await it.phases() == ["intent"]
