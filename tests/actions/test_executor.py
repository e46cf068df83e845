"""The way of every write, against an API server: each guard says no, the journal says what happened, it is followed."""

from pathlib import Path

import msgspec
import pytest

from opsconsole.actions import plan as planners
from opsconsole.actions.errors import Changed, Refused
from opsconsole.actions.executor import differing
from opsconsole.actions.objects import Desk
from opsconsole.config.settings import Profile
from opsconsole.model.action import Asked, Blast, Effect, Helped, Line, Phase, Plan, Target, Warned
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.incident import Incident
from opsconsole.model.reading import Problem, ProblemKind
from opsconsole.store.errors import StoreError
from opsconsole.text import clock
from tests.actions import faults
from tests.actions.executing import AUTH, NAMESPACE, PACE, bench, plain_plan, scale, use_plain_plans

FULL = StoreError(Problem(ProblemKind.REFUSED, "the store cannot grow: the disk is full", "free some space"))


@pytest.fixture(autouse=True)
def plain_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    use_plain_plans(monkeypatch)


async def test_a_scaling_goes_its_way_and_the_journal_tells_it(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        heard: list[str] = []
        plan = await it.actions.plan(scale(5, reason="it is late"), heard.append)
        assert plan.dry_run_s is not None
        assert not it.proxy.writes
        run = await it.actions.carry_out(plan, told=heard.append)
        assert run.phase is Phase.WRITTEN
        assert it.replicas() == 5
        done = await it.actions.finished(plan.id)
        assert (done.phase, done.words, done.helped) == (Phase.READY, "5 of 5 pods ready", Helped.NONE)
        assert len(it.proxy.writes) == 1
        lines = await it.store.journal_lines(plan.id)
        assert [line.phase for line in lines] == ["intent", "written", "outcome"]
        intent, _, outcome = lines
        assert (intent.who.kubernetes, intent.object, intent.namespace) == ("admin", "deployment/auth", NAMESPACE)
        assert intent.words == "SCALE deployment/auth: 2 pods → 5 pods (it is late)"
        assert outcome.words.startswith("SCALE deployment/auth: 5 of 5 pods ready, after ")
        assert outcome.took_s is not None
        kept = await it.store.evidence(intent.evidence)
        assert "== PODS of deployment/auth" in kept
        assert "== OBJECT deployment/auth" in kept
        assert "last 200 lines" in kept
        assert heard == ["reading the target", "dry run", "checking", "keeping evidence", "writing"]


GUARDS = {
    "not armed": {"armed": False},
    "profile": {"profile": Profile(read_only=True)},
}


@pytest.mark.parametrize("guard", GUARDS)
async def test_a_console_that_may_not_write_plans_and_refuses(guard: str, tmp_path: Path) -> None:
    async with bench(tmp_path, **GUARDS[guard]) as it:  # type: ignore[arg-type]
        plan = await it.actions.plan(scale(5))
        with pytest.raises(Refused) as caught:
            await it.actions.carry_out(plan)
        assert caught.value.guard == guard
        assert not it.proxy.writes
        assert await it.phases() == ["refused"]


async def test_who_has_no_right_hears_which(tmp_path: Path) -> None:
    async with bench(tmp_path, user="viewer") as it:
        with pytest.raises(Refused) as caught:
            await it.actions.plan(scale(5))
        assert caught.value.guard == "rights"
        assert "may not patch deployments/scale in social-live-prod" in str(caught.value)
        assert "kubectl auth can-i patch deployments/scale -n social-live-prod" in caught.value.problem.remedy


async def test_the_tenant_may_in_his_own_namespace_only(tmp_path: Path) -> None:
    async with bench(tmp_path, user="tenant") as it:
        assert (await it.actions.plan(scale(5))).dry_run_s is not None


async def test_a_grave_plan_wants_the_name_or_force(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(0))
        for typed in ("", "aut"):
            with pytest.raises(Refused) as caught:
                await it.actions.carry_out(plan, typed=typed)
            assert caught.value.guard == "typed"
        assert it.replicas() == 2
        await it.actions.carry_out(plan, typed=" auth ")
        done = await it.actions.finished(plan.id)
        assert (done.phase, done.words) == (Phase.READY, "scaled to 0")
        back = await it.actions.plan(it.actions.undo_of())
        await it.actions.carry_out(back, force=True)
        assert (await it.actions.finished(back.id)).phase is Phase.READY


async def test_what_the_server_would_refuse_is_not_even_planned(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.proxy.on(faults.is_dry_run, faults.webhook_refuses)
        with pytest.raises(Refused) as caught:
            await it.actions.plan(scale(5))
        assert caught.value.guard == "dry run"
        assert "replicas are frozen until Monday" in str(caught.value)
        it.proxy.on(faults.is_dry_run, faults.answers(403, "Forbidden", "exceeded quota: pods, requested: pods=3"))
        with pytest.raises(Refused) as caught:
            await it.actions.plan(scale(5))
        assert caught.value.guard == "quota"
        it.proxy.on(faults.is_dry_run, faults.hang)
        with pytest.raises(Refused) as caught:
            await it.actions.plan(scale(5))
        assert "an admission webhook may hang" in str(caught.value)


async def test_a_webhook_that_knows_no_dry_run_is_a_warning(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        said = "admission webhook old.example.com does not support dry run"
        it.proxy.on(faults.is_dry_run, faults.answers(400, "BadRequest", said))
        plan = await it.actions.plan(scale(5))
        assert plan.dry_run_s is None
        assert plan.warnings[-1].words == f"not tried before: {said}"


async def test_with_a_full_disk_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))

        async def full(line: object) -> None:
            raise FULL

        monkeypatch.setattr(it.store, "journal", full)
        with pytest.raises(Refused) as caught:
            await it.actions.carry_out(plan)
        assert (caught.value.guard, it.runs(), it.proxy.writes) == ("disk", (), [])
        assert "the disk is full" in str(caught.value)


async def test_a_disk_that_fills_after_the_intent_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        journal = it.store.journal

        async def filling(line):  # type: ignore[no-untyped-def]
            if line.phase != "intent":
                raise FULL
            return await journal(line)

        monkeypatch.setattr(it.store, "journal", filling)
        run = await it.actions.carry_out(plan)
        assert "the journal could not be written: the store cannot grow" in run.words
        assert (await it.actions.finished(plan.id)).phase is Phase.READY


async def test_what_changed_since_the_plan_is_planned_anew(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        other = await it.actions.plan(scale(3))
        await it.actions.carry_out(other)
        with pytest.raises(Changed) as caught:
            await it.actions.carry_out(plan)
        assert caught.value.fields == ("from",)
        assert caught.value.plan.was == "3 pods"
        assert it.replicas() == 3
        await it.actions.carry_out(caught.value.plan)
        assert it.replicas() == 5


async def test_what_changes_between_the_intent_and_the_write_is_planned_anew_too(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))

        async def somebody_else() -> None:
            it.put(replicas=4)

        it.proxy.on(faults.is_write, faults.after(somebody_else))
        with pytest.raises(Changed) as caught:
            await it.actions.carry_out(plan)
        assert caught.value.fields == ("from",)
        assert await it.phases() == ["intent", "refused"]
        assert (it.replicas(), it.runs()) == (4, ())


async def test_what_is_to_be_warned_of_since_the_plan_was_made_is_shown_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(tmp_path, pace=msgspec.structs.replace(PACE, stale_s=0.0)) as it:
        plan = await it.actions.plan(scale(5))

        async def warned(desk: Desk, asked: Asked) -> Plan:
            freeze = Warned("freeze", "CHANGE FREEZE until 18:00", grave=True)
            return msgspec.structs.replace(await plain_plan(desk, asked), warnings=(freeze,), typed=AUTH.name)

        monkeypatch.setattr(planners, "plan", warned)
        with pytest.raises(Changed) as caught:
            await it.actions.carry_out(plan)
        assert (it.proxy.writes, it.replicas()) == ([], 2)
        shown = caught.value.plan
        assert [one.id for one in shown.warnings] == ["freeze"]
        await it.actions.carry_out(shown, typed=AUTH.name)
        assert it.replicas() == 5


async def test_a_plan_that_lay_there_for_long_is_carried_out_where_nothing_new_is_to_be_said(tmp_path: Path) -> None:
    async with bench(tmp_path, pace=msgspec.structs.replace(PACE, stale_s=0.0)) as it:
        await it.actions.carry_out(await it.actions.plan(scale(5)))
        assert it.replicas() == 5


def test_what_passes_by_itself_is_not_marked_as_changed() -> None:
    def plan(**lines: str) -> Plan:
        made = tuple(Line(title, words) for title, words in lines.items())
        return Plan("1", scale(1), AUTH, "", "", "", "", made, (), Effect.REVERSIBLE, Blast(), (), ())

    was = plan(
        begin="rev 3 api:1.8.2 (3m18s)  to rev 2 api:1.8.1 (1d2h or more)", takes="20 pods, 10 at a time, ~18s",
        hurts="25 % of capacity away; 42.3 req/s now; 1 customer already hurt",
    )  # fmt: skip
    later = plan(
        begin="rev 3 api:1.8.2 (12m)  to rev 2 api:1.8.1 (1d3h or more)", takes="20 pods, 10 at a time, ~21s",
        hurts="25 % of capacity away; 38 req/s now; 127 customers already hurt",
    )  # fmt: skip
    assert differing(was, later) == ()
    other = plan(
        begin="rev 4 api:1.8.3 (12m)  to rev 2 api:1.8.1 (1d3h or more)", takes="18 pods, 10 at a time, ~18s",
        hurts="60 % of capacity away; 42.3 req/s now; 1 customer already hurt",
    )  # fmt: skip
    assert differing(was, other) == ("begin", "takes", "hurts")


async def test_a_target_made_anew_under_its_name_is_not_touched(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        it.put(uid="another")
        with pytest.raises(Refused) as caught:
            await it.actions.carry_out(plan)
        assert caught.value.guard == "replaced"
        assert it.replicas() == 2


async def test_a_target_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        with pytest.raises(Refused) as caught:
            await it.actions.plan(scale(5, Target("Deployment", NAMESPACE, "nobody")))
        assert caught.value.guard == "gone"


async def test_a_plan_is_carried_out_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        plan = await it.actions.plan(scale(5))
        await it.actions.carry_out(plan)
        with pytest.raises(Refused, match="carried out already"):
            await it.actions.carry_out(plan)
        assert len(it.proxy.writes) == 1


async def test_undo_takes_back_the_last_one_and_then_the_one_before(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        with pytest.raises(Refused):
            it.actions.undo_of()
        for replicas in (3, 4):
            plan = await it.actions.plan(scale(replicas))
            await it.actions.carry_out(plan)
        for replicas in (3, 2):
            plan = await it.actions.plan(it.actions.undo_of())
            await it.actions.carry_out(plan)
            assert it.replicas() == replicas
        with pytest.raises(Refused):
            it.actions.undo_of()
        first = (await it.store.journal_lines())[0].run
        assert "undone" in await it.phases(first)
        assert (await it.actions.undo_of_line(first)).replicas == 2


async def test_undo_after_a_restart_says_why_not_and_takes_back_nothing_older(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        for asked in (scale(3), Asked("restart", AUTH)):
            plan = await it.actions.plan(asked)
            await it.actions.carry_out(plan)
        with pytest.raises(Refused, match="cannot be taken back") as caught:
            it.actions.undo_of()
        assert caught.value.guard == "unsupported"
        assert (await it.actions.undo_of_line((await it.store.journal_lines())[0].run)).replicas == 2


LATENCY = Finding(
    "p99-critical:auth", Severity.CRITICAL, "auth P99 1.9 s > 0.5 s", 1, value="1.9 s", limit="> 0.5 s", measured=1.9,
    bound=0.5, object="auth ", rule="p99-critical", since=clock.now(),
)  # fmt: skip


async def test_a_finding_that_goes_has_been_helped_and_the_incident_knows(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        incident = await it.store.add_incident(
            Incident("", "slow", 2, "investigating", "auth", clock.now(), clock.now())
        )  # fmt: skip
        it.find(LATENCY)
        plan = await it.actions.plan(scale(5))
        assert plan.watches == (LATENCY.id,)
        await it.actions.carry_out(plan)
        await it.until(lambda: it.runs()[0].phase is Phase.READY)
        assert it.runs()[0].helped is Helped.WATCHING
        assert it.runs()[0].running
        it.find()
        run = await it.actions.finished(plan.id)
        assert (run.helped, run.helped_words) == (Helped.HELPED, "gone: auth P99 1.9 s > 0.5 s")
        held = await it.store.incidents()
        texts = [entry.text for entry in held.entries if entry.incident == incident.id and entry.kind == "action"]
        assert texts[0] == "SCALE deployment/auth: 2 pods → 5 pods"
        assert "5 of 5 pods ready" in texts[1]
        assert (await it.phases(plan.id))[-1] == "effect"
