"""Since when something is wrong: what conditions, terminations and events tell, on a fixed clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.collection import Collection, Delta
from opsconsole.model.kubernetes import Condition, Container, Event, Hpa, Node, Owner, Pod, Termination, Workload
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.cluster_watch import ClusterWatch
from opsconsole.poller.topics import PODS, WORKLOADS, Topic
from opsconsole.rules.node_trouble import node_trouble
from opsconsole.rules.trouble_since import Told, autoscaler_since, node_since, pod_since, workload_since
from opsconsole.text import clock, units

NOW = datetime(2026, 3, 26, 2, 53, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def pod(name: str = "api-1", status: str = "Running", *, ready: float | None = None, phase: str = "Running") -> Pod:
    """Not ready since so many minutes; None: ready."""
    told = Condition("Ready", "True" if ready is None else "False", since=ago(60 if ready is None else ready))
    return Pod(
        f"uid-{name}", "shop", name, status, phase, int(ready is None), 1, 0, ago(300), conditions=(told,),
        owner=Owner("StatefulSet", "api"), containers=(Container("app", "r/app:1", ready=ready is None),),
    )  # fmt: skip


def event(reason: str, minutes: float, type: str = "Warning", of: str = "uid-api-1") -> Event:
    return Event(f"e-{reason}", "shop", type, reason, "", "Pod", "api-1", of, 9, ago(minutes), NOW)


def told(*events: Event) -> Told:
    found = Told()
    found.events_changed(Delta(upserts={one.uid: one for one in events}, reset=True))
    return found


def workload(*conditions: Condition) -> Workload:
    return Workload("w", "shop", "StatefulSet", "api", 2, 1, 2, 1, ago(9000), conditions=conditions)


def test_a_crash_loop_began_with_its_first_restart_not_with_the_last_one() -> None:
    crashing = pod(status="CrashLoopBackOff", ready=1)
    last = Termination("OOMKilled", 137, ago(2))
    crashing = msgspec.structs.replace(crashing, containers=(Container("app", "r/app:1", last=last),))
    assert pod_since(crashing, Told()) == ago(2)
    assert pod_since(crashing, told(event("BackOff", 31))) == ago(31)
    others = (event("FailedScheduling", 50), event("Pulled", 45, "Normal"), event("BackOff", 40, of="uid-other"))
    assert pod_since(crashing, told(*others)) == ago(2), "that was something else"


def test_what_events_told_is_forgotten_with_them() -> None:
    known = told(event("BackOff", 31))
    known.events_changed(Delta(removals=frozenset({"e-BackOff"})))
    assert known.first_of(pod()) is None


def test_a_pod_without_a_node_waits_since_the_scheduler_said_so() -> None:
    waiting = pod(status="Pending", phase="Pending", ready=4)
    scheduled = Condition("PodScheduled", "False", "Unschedulable", since=ago(7))
    assert pod_since(msgspec.structs.replace(waiting, conditions=(scheduled,)), Told()) == ago(7)
    assert pod_since(msgspec.structs.replace(waiting, deleting=ago(3)), Told()) == ago(3)


def test_a_workload_is_short_since_its_first_pod_that_is_not_ready() -> None:
    pods = [
        pod("api-1"),
        pod("api-2", ready=9),
        pod("api-3", ready=5),
        pod("api-4", "Failed", ready=90, phase="Failed"),
    ]
    assert workload_since(workload(), pods, Told()) == ago(9)
    short = Condition("Available", "False", since=ago(12))
    assert workload_since(workload(short, Condition("Progressing", "True", since=ago(700))), pods, Told()) == ago(12)
    assert workload_since(workload(), [pod("api-1")], Told()) is None


def autoscaler(*conditions: Condition, current: int = 20) -> Hpa:
    return Hpa("h", "shop", "api", "Deployment", "api", 2, 20, current, 20, (), conditions, last_scale=ago(14))


def test_an_autoscaler_is_at_its_maximum_since_it_got_there_and_blind_since_it_sees_nothing() -> None:
    limited = Condition("ScalingLimited", "True", "TooManyReplicas", since=ago(30))
    blind = Condition("ScalingActive", "False", "FailedGetResourceMetric", since=ago(6))
    assert autoscaler_since(autoscaler(limited, blind)) == ago(14), "it was limited before, by its speed"
    assert autoscaler_since(autoscaler(blind, current=5)) == ago(6)
    assert autoscaler_since(autoscaler(Condition("AbleToScale", "False", "FailedGetScale", since=ago(8)))) == ago(8)


def test_a_node_is_wrong_since_its_condition_changed() -> None:
    def node(*conditions: Condition, cordoned: datetime | None = None) -> Node:
        return Node("n", "node-1", "Ready", "", "v1.36.3", ago(9000), conditions=conditions, cordoned=cordoned)

    ready, pressed = Condition("Ready", "True", since=ago(800)), Condition("DiskPressure", "True", since=ago(11))
    assert node_since(node(Condition("Ready", "Unknown", since=ago(5)), pressed)) == ago(5)
    assert node_since(node(ready, pressed)) == ago(11)
    assert node_since(node(ready, cordoned=ago(40))) == ago(40)
    assert node_since(node()) == ago(9000), "it has never told anything"
    lost = node(Condition("Ready", "Unknown", "NodeStatusUnknown", since=ago(3000)))
    assert node_trouble(lost).words == "Ready: NodeStatusUnknown since 24 Mar 00:53", "02:53 would be today"


def test_a_time_says_its_day_where_that_is_not_today() -> None:
    assert [units.when(ago(minutes), NOW) for minutes in (9, 180, 525600)] == ["02:44", "25 Mar 23:53", "26 Mar 2025"]
    assert units.when(None, NOW) == "unknown"


async def looking(
    watch: ClusterWatch, *pods: Pod, silent: Workload | None = None
) -> list[tuple[datetime | None, bool]]:
    """What is found, and whether it stood when the console first looked."""
    shop = [workload()] if silent is None else [silent]
    held: dict[Topic[Any], Any] = {PODS: pods, WORKLOADS: shop}
    forbidden = Problem(ProblemKind.FORBIDDEN, "forbidden: needs list it")
    for topic in watch.topics:
        watch.changed(topic, Reading(None, State.FAILED, problem=forbidden), None)
    for topic, rows in held.items():
        watch.changed(topic, Reading(Collection({one.uid: one for one in rows}, True), State.OK, NOW), None)
    return [(one.since, one.from_start) for one in await watch.findings(NOW)]


async def test_what_tells_no_time_counts_from_the_start_or_from_when_it_was_seen() -> None:
    untold = msgspec.structs.replace(pod(ready=5), conditions=())
    assert await looking(ClusterWatch(), untold) == [(NOW, True)]
    watch = ClusterWatch()
    assert await looking(watch, silent=msgspec.structs.replace(workload(), ready=2)) == []
    assert await looking(watch, untold) == [(NOW, False)], "it was well when the console first looked"
    assert await looking(watch, pod(ready=5)) == [(ago(5), False)]
    assert await looking(watch, untold) == [(ago(5), False)], "it stands since then"
    assert await looking(ClusterWatch(), pod(ready=5)) == [(ago(5), False)], (
        "the cluster tells, whenever the console began"
    )
