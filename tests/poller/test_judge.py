"""The judge: history before the start, blindness, changes, and news only when something is new."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.config.policies import builtin
from opsconsole.model.collection import Collection, Delta
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.incident import Acknowledgement, Incidents
from opsconsole.model.kubernetes import Condition, Container, Owner, Pod, ReplicaSet, Termination, Workload
from opsconsole.model.metrics import ServiceFigures, Services
from opsconsole.model.postgres import ServerFacts
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.model.sessions import Session, Sessions
from opsconsole.poller import judge as module
from opsconsole.poller.board import Board
from opsconsole.poller.cluster_watch import ClusterWatch
from opsconsole.poller.judge import Judge
from opsconsole.poller.postgres import server_topic
from opsconsole.poller.schedule import Alarm
from opsconsole.poller.topics import (
    CHANGES,
    FINDINGS,
    INCIDENTS,
    PG_FACTS,
    PG_SESSIONS,
    PODS,
    REPLICA_SETS,
    SERVICES,
    TILES,
    WORKLOADS,
    Topic,
)
from opsconsole.rules.evaluate import Samples
from opsconsole.sources.errors import SourceError
from opsconsole.text import clock
from tests.poller.metrics_fakes import until

POLICY = builtin("default")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_MOST_EVERY_S", 0.01)
    monkeypatch.setattr(module, "AT_LEAST_EVERY_S", 0.05)


@contextlib.asynccontextmanager
async def judging(judge: Judge) -> AsyncIterator[Board]:
    board = Board()
    task = asyncio.create_task(judge.run(board, Alarm()))
    try:
        yield board
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def found(board: Board) -> tuple[Finding, ...]:
    return board.get(FINDINGS).value or ()


def slow(p99_s: float = 1.9) -> Reading[Services]:
    return Reading(Services((ServiceFigures("api", p99_s=p99_s),)), State.OK, clock.now())


async def past(spans: Mapping[str, float]) -> dict[str, dict[str, Samples]]:
    """The P99 was over its limit for the last twenty minutes."""
    now = clock.now().timestamp()
    assert spans["requests.p99"] >= 900
    return {"requests.p99": {"api": tuple((now - 1200 + 15 * index, 1.9) for index in range(80))}}


async def test_opened_in_the_middle_of_an_incident_it_fires_at_once_with_the_true_since() -> None:
    async with judging(Judge(POLICY, systems=[SERVICES], history=past)) as board:
        board.publish(SERVICES, slow())
        await until(lambda: bool(found(board)), "a finding")
        (p99,) = found(board)
        assert (p99.id, p99.state) == ("p99-critical:api", "firing")
        assert p99.since is not None
        assert clock.now() - p99.since > timedelta(minutes=19)


async def test_it_asks_again_at_the_moment_when_what_pends_may_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the rule's duration would be seen to be over up to a whole interval later."""
    monkeypatch.setattr(module, "SOON_S", 0.0)
    quick = msgspec.structs.replace(POLICY.rules["p99-critical"], for_s=0.05)
    policy = msgspec.structs.replace(POLICY, rules={"p99-critical": quick})
    asked: list[Topic[Any]] = []
    async with judging(Judge(policy, systems=[SERVICES], refresh=asked.extend)) as board:
        board.publish(SERVICES, slow())
        await until(lambda: bool(asked), "a question")
        assert asked == [SERVICES]
        board.publish(SERVICES, slow())
        await until(lambda: [one.state for one in found(board)] == ["firing"], "a finding that fires")


async def test_a_breach_older_than_its_rules_history_is_looked_for_further_back() -> None:
    began = clock.now() - timedelta(hours=2)

    async def two_hours(spans: Mapping[str, float]) -> dict[str, dict[str, Samples]]:
        end = clock.now().timestamp()
        start = end - spans["requests.p99"]
        times = [start + 15 * index for index in range(int((end - start) // 15) + 1)]
        samples = tuple((at, 1.9 if at >= began.timestamp() else 0.2) for at in times)
        return {"requests.p99": {"api": samples}}

    async with judging(Judge(POLICY, systems=[SERVICES], history=two_hours)) as board:
        board.publish(SERVICES, slow())
        await until(lambda: bool(found(board)), "a finding")
        since = found(board)[0].since
        assert since is not None
        assert abs(since - began) <= timedelta(seconds=15)


async def test_what_another_source_tells_gets_its_since_from_history_and_stands_once() -> None:
    async def connections(spans: Mapping[str, float]) -> dict[str, dict[str, Samples]]:
        now = clock.now().timestamp()
        return {"pg.connections": {"": tuple((now - 600 + 15 * index, 0.9) for index in range(40))}}

    async with judging(Judge(POLICY, systems=[], history=connections)) as board:
        facts = ServerFacts("pg-primary", "18", None, False, 90, 100, 3)
        board.publish(PG_FACTS, Reading(facts, State.OK, clock.now()))
        board.publish(SERVICES, slow(0.1))
        await until(lambda: bool(found(board)), "a finding")
        board.publish(PG_FACTS, Reading(facts, State.OK, clock.now()))
        await until(lambda: [f.state for f in found(board)] == ["firing"], "the true since")
        assert found(board)[0].what == "pg-primary db connections 90 of 97 (93 %) > 80 %"


async def test_every_server_is_judged_and_none_forgets_the_other() -> None:
    def facts(server: str, connections: int) -> Reading[ServerFacts]:
        return Reading(ServerFacts(server, "18", None, False, connections, 100, 3), State.OK, clock.now())

    second = server_topic(PG_FACTS, "replica")
    async with judging(Judge(POLICY, systems=[PG_FACTS, second])) as board:
        board.publish(second, facts("replica", 95))
        for _ in range(3):
            board.publish(PG_FACTS, facts("pg-primary", 90))
        await until(lambda: len(found(board)) == 2, "both")
        assert {one.object for one in found(board)} == {"pg-primary", "replica"}
        board.mark(second, State.FAILED, Problem(ProblemKind.UNREACHABLE, "replica refuses the connection"))
        await until(lambda: len(found(board)) == 3, "blindness")
        assert found(board)[0].value == "replica refuses the connection"
        assert found(board)[0].what == "PostgreSQL replica does not answer: queries and sessions blind"
        assert found(board)[0].object == "replica"
        board.mark(PG_FACTS, State.FAILED, Problem(ProblemKind.UNREACHABLE, "pg-primary refuses the connection"))
        await until(lambda: found(board)[0].what.startswith("PostgreSQL does not answer"), "both")


async def test_without_history_it_pends_from_now() -> None:
    async def gone(spans: Mapping[str, float]) -> dict[str, dict[str, Samples]]:
        raise SourceError(ProblemKind.UNREACHABLE, "gone", "wait")

    judge = Judge(POLICY, systems=[SERVICES], history=gone)
    async with judging(judge) as board:
        board.publish(SERVICES, slow())
        await until(lambda: bool(found(board)), "a finding")
        assert judge.past_problem is not None  # a single look must not take "pending" for the truth
        assert found(board)[0].state == "pending"
        assert found(board)[0].for_s == 900.0


async def test_a_history_that_makes_no_sense_does_not_end_the_judging() -> None:
    async def nonsense(spans: Mapping[str, float]) -> dict[str, dict[str, Samples]]:
        raise KeyError("ours")

    async with judging(Judge(POLICY, systems=[SERVICES], history=nonsense)) as board:
        board.publish(SERVICES, slow())
        await until(lambda: [one.state for one in found(board)] == ["pending"], "a finding without history")


async def test_a_source_that_fails_while_its_history_is_read_is_not_judged_by_its_old_reading() -> None:
    asked, answers = asyncio.Event(), asyncio.Event()

    async def late(spans: Mapping[str, float]) -> dict[str, dict[str, Samples]]:
        asked.set()
        await answers.wait()
        return {}

    async with judging(Judge(POLICY, systems=[SERVICES], history=late)) as board:
        board.publish(SERVICES, slow())
        await asyncio.wait_for(asked.wait(), 5)
        board.mark(SERVICES, State.FAILED, Problem(ProblemKind.TIMEOUT, "no answer within 10 s"))
        answers.set()
        await until(lambda: bool(found(board)), "blindness")
        assert [one.rule for one in found(board)] == ["blind"]


async def test_a_source_that_fails_is_blind_and_its_thresholds_stay_as_they_were() -> None:
    async with judging(Judge(POLICY, systems=[SERVICES, TILES], history=past)) as board:
        board.publish(SERVICES, slow())
        await until(lambda: bool(found(board)), "a finding")
        board.mark(SERVICES, State.FAILED, Problem(ProblemKind.TIMEOUT, "no answer within 10 s"))
        await until(lambda: len(found(board)) == 2, "blindness")
        p99, blind = found(board)
        assert (p99.id, p99.state) == ("p99-critical:api", "firing")
        assert (blind.severity, blind.what) == (Severity.BLIND, "Prometheus does not answer: metrics blind")
        board.publish(SERVICES, slow())
        await until(lambda: len(found(board)) == 1, "sight")


async def test_nothing_new_is_not_published() -> None:
    async with judging(Judge(POLICY, systems=[SERVICES])) as board:
        await until(lambda: board.get(FINDINGS).state is State.OK, "the first judgement")
        heard: list[object] = []
        board.subscribe(FINDINGS, lambda reading, delta: heard.append(reading))
        for _ in range(5):
            board.publish(SERVICES, slow(0.1))
            await asyncio.sleep(0.02)
        assert heard == []
        board.publish(SERVICES, slow(9.0))
        await until(lambda: len(heard) > 0, "news")


def workload(ready: int = 2) -> Workload:
    condition = Condition("Available", "True" if ready else "False", since=clock.now() - timedelta(minutes=7))
    return Workload(
        "w-1", "shop", "Deployment", "api", 2, ready, 2, ready, clock.now(), images=("r/api:1.8.2",),
        conditions=(condition,),
    )  # fmt: skip


def pod(name: str, status: str) -> Pod:
    crashed = Container("api", "r/api:1.8.2", last=Termination("OOMKilled", 137))
    return Pod(
        f"uid-{name}", "shop", name, status, "Running", 0, 1, 5, clock.now(),
        owner=Owner("ReplicaSet", "api-5d8f7c9b6f"), revision="5d8f7c9b6f", containers=(crashed,),
    )  # fmt: skip


async def test_a_crashing_workload_is_found_placed_on_its_row_and_gone_when_it_recovers() -> None:
    async with judging(Judge(POLICY, systems=[PODS], watchers=[ClusterWatch()])) as board:
        pods, workloads = Collection({"uid-a": pod("a", "CrashLoopBackOff")}), Collection({"w-1": workload(0)})
        board.publish(WORKLOADS, Reading(workloads, State.OK, clock.now()))
        board.publish(PODS, Reading(pods, State.OK, clock.now()))
        await until(lambda: bool(found(board)), "a finding")
        (crash,) = found(board)
        assert crash.what == "api CrashLoopBackOff 1 pod: OOMKilled 137"
        assert (crash.severity, crash.tab, crash.object) == (Severity.CRITICAL, 2, "w-1")
        assert crash.since is not None
        assert clock.now() - crash.since > timedelta(minutes=6)
        well = pod("a", "Running")
        pods.rows["uid-a"], workloads.rows["w-1"] = well, workload()
        board.publish(PODS, Reading(pods, State.OK, clock.now()), Delta({"uid-a": well}))
        board.publish(WORKLOADS, Reading(workloads, State.OK, clock.now()), Delta({"w-1": workload()}))
        await until(lambda: not found(board), "recovery")


async def test_a_release_stands_among_the_changes_and_beside_what_came_after_it() -> None:
    def revision(number: str, minutes: float) -> ReplicaSet:
        created = clock.now() - timedelta(minutes=minutes)
        image = f"r/api:1.8.{number}"
        return ReplicaSet(
            f"rs-{number}", "shop", f"api-{number}", Owner("Deployment", "api"), number, 2, 2, created, images=(image,)
        )

    async with judging(Judge(POLICY, systems=[], history=past, watchers=[ClusterWatch()])) as board:
        sets = Collection({"1": revision("1", 5000), "2": revision("2", 22)})
        board.publish(WORKLOADS, Reading(Collection({"w-1": workload()}), State.OK, clock.now()))
        board.publish(REPLICA_SETS, Reading(sets, State.OK, clock.now()))
        board.publish(SERVICES, slow())
        await until(lambda: bool(found(board)), "a finding")
        changes = board.get(CHANGES).value or ()
        assert [change.what for change in changes] == ["release api 1.8.1→1.8.2"]
        assert found(board)[0].after.startswith("release api 1.8.1→1.8.2 (")


async def test_what_only_the_changes_are_made_of_makes_nobody_blind() -> None:
    async with judging(Judge(POLICY, systems=[PODS], watchers=[ClusterWatch()])) as board:
        problem = Problem(ProblemKind.FORBIDDEN, "forbidden: needs list replicasets")
        board.mark(REPLICA_SETS, State.FAILED, problem)
        board.mark(PODS, State.FAILED, problem)
        await until(lambda: bool(found(board)), "blindness")
        assert [one.what for one in found(board)] == ["Kubernetes forbids reading: pods blind"]


async def test_a_stateful_sets_trouble_began_when_its_pod_lost_readiness() -> None:
    now = clock.now()
    lost = now - timedelta(minutes=9)
    workload = Workload("w", "shop", "StatefulSet", "queue", 1, 0, 1, 0, now - timedelta(days=1))
    pod = Pod("p", "shop", "queue-0", "Running", "Running", 0, 1, 0, now - timedelta(days=1))
    ready = Condition("Ready", "False", since=lost)
    pod = msgspec.structs.replace(pod, owner=Owner("StatefulSet", "queue"), conditions=(ready,))
    watch = ClusterWatch()
    for topic, row in ((WORKLOADS, workload), (PODS, pod)):
        watch.changed(topic, Reading(Collection({row.uid: row}), State.OK, now), None)
    (finding,) = await watch.findings(now)
    assert (finding.what, finding.since) == ("queue 0 of 1 ready", lost)


async def test_an_acknowledgement_holds_for_what_had_begun_by_then() -> None:
    def known(id: str, minutes: float) -> Reading[Incidents]:
        at = clock.now() + timedelta(minutes=minutes)
        return Reading(Incidents(acknowledgements=(Acknowledgement(id, "ada", at),)), State.OK, at)

    async with judging(Judge(POLICY, systems=[], history=past)) as board:
        board.publish(SERVICES, slow())
        await until(lambda: bool(found(board)), "the finding")
        (finding,) = found(board)
        board.publish(INCIDENTS, known(finding.id, 0))
        await until(lambda: found(board)[0].acknowledged_by == "ada", "who knows")
        board.publish(INCIDENTS, known(finding.id, -60))
        await until(lambda: found(board)[0].acknowledged_by == "", "that nobody knows")


async def test_a_blocking_tree_of_any_server_is_told_while_its_reading_is_fresh() -> None:
    since = clock.now() - timedelta(minutes=5)
    root = Session(1, since, "active", "worker", "u", "d", "", "", "", "q", since, since, since)
    waiter = msgspec.structs.replace(root, pid=2, wait_type="Lock", blocked_by=(1,), waits_since=since)
    reading = Reading(Sessions("replica", (root, waiter)), State.OK, clock.now())
    topic = server_topic(PG_SESSIONS, "replica")
    async with judging(Judge(POLICY, systems=[topic])) as board:
        board.publish(topic, reading)
        await until(lambda: any(one.rule == "pg-blocking" for one in found(board)), "the tree to be told")
        (finding,) = (one for one in found(board) if one.rule == "pg-blocking")
        board.publish(topic, msgspec.structs.replace(reading, state=State.FAILED))
        await until(lambda: not any(one.rule == "pg-blocking" for one in found(board)), "it to be taken back")
    assert (finding.what, finding.since) == ("1 of worker (active) blocks 1", since)
