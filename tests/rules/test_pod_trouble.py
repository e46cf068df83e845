"""Judgement over single pods and nodes: probes, limits, what fills a node; and restarts as they are counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.collection import Delta
from opsconsole.model.finding import Severity
from opsconsole.model.kubernetes import Condition, Container, Node, Pod, Probe, Termination, Usage
from opsconsole.rules.node_trouble import node_trouble
from opsconsole.rules.pod_trouble import pod_trouble
from opsconsole.rules.restarts import RestartLog, restarts_since, storm

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
MI, GI = 2.0**20, 2.0**30
CRITICAL, WARNING, INFO, FINE = Severity.CRITICAL, Severity.WARNING, Severity.INFO, None


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def pod(name: str = "api-1", **changes: Any) -> Pod:
    box = Container("app", "api:1", True, "running", started=ago(hours=5), cpu_request=0.5, memory_limit=GI)
    base = Pod(f"u-{name}", "shop", name, "Running", "Running", 1, 1, 0, ago(hours=5), node="n1", containers=(box,))
    return msgspec.structs.replace(base, **changes)


def unready(began: timedelta, *, startup: Probe | None = None, readiness: Probe | None = None, **box: Any) -> Pod:
    """Its container runs since then and was never ready."""
    running = Container(
        "app", "api:1", False, "running", started=NOW - began, startup=startup, readiness=readiness, **box
    )
    waits = Condition("Ready", "False", "ContainersNotReady", "", NOW - began)
    return pod(ready=0, containers=(running,), conditions=(waits,), created=NOW - began)


SLOW = Probe(delay_s=60, period_s=10, failures=30)
QUICK = Probe(period_s=5, failures=3)


@pytest.mark.parametrize(
    ("one", "usage", "severity", "words"),
    [
        (pod(), None, FINE, "ok"),
        (unready(timedelta(minutes=4), startup=SLOW, readiness=QUICK), None, INFO, "not ready for 4m"),
        (
            unready(timedelta(minutes=8), startup=SLOW, readiness=QUICK), None, WARNING,
            "not ready for 8m, its probes explain 6m15s",
        ),
        (unready(timedelta(minutes=1), readiness=QUICK), None, WARNING, "not ready for 1m, its probes explain 15s"),
        (unready(timedelta(minutes=4)), None, INFO, "not ready for 4m"),
        (unready(timedelta(minutes=6)), None, WARNING, "not ready for 6m"),
        (pod(), Usage(0.1, 0.8 * GI), FINE, "ok"),
        (pod(), Usage(5.4, 0.8 * GI), INFO, "uses 11 times the CPU it requests"),
        (pod(), Usage(1.4, 0.8 * GI), FINE, "ok"),
        (pod(), Usage(0.1, 0.93 * GI), WARNING, "memory 93 % of its limit 1Gi"),
        (
            pod(status="Evicted", phase="Failed", message="The node was low on resource: memory."), None, WARNING,
            "evicted: The node was low on resource: memory.",
        ),
        (
            pod(
                phase="Pending", status="Pending", ready=0, node="", containers=(),
                conditions=(Condition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available. More"),),
            ), None, WARNING, "cannot be scheduled: 0/3 nodes are available",
        ),
        (
            pod(status="ImagePullBackOff", ready=0, containers=(
                Container("app", "api:9", message='Back-off pulling image "api:9"', reason="ImagePullBackOff"),
            )), None, CRITICAL, 'Back-off pulling image "api:9"',
        ),
    ],
)  # fmt: skip
def test_pods(one: Pod, usage: Usage | None, severity: Severity | None, words: str) -> None:
    found = pod_trouble(one, NOW, usage)
    assert (found.severity, found.words) == (severity, words)


READY = (Condition("Ready", "True"),)
NODE = Node("n", "n1", "Ready", "<none>", "v1", NOW, cpu=8.0, memory=32 * GI, conditions=READY)
HOG = pod("report-1", containers=(Container("app", "r:1", True, "running", cpu_request=0.5, memory_request=GI),))
USED = {"api-1": Usage(0.6, GI), "report-1": Usage(6.2, 2 * GI)}


@pytest.mark.parametrize(
    ("usage", "severity", "words"),
    [
        (None, FINE, "ok"),
        (Usage(6.8, 8 * GI), FINE, "ok"),
        (Usage(7.8, 8 * GI), WARNING, "CPU 98 % of allocatable: report-1 uses 6.2, requested 500m"),
        (Usage(1.0, 30 * GI), WARNING, "memory 94 % of allocatable"),  # by many, none of them far above its request
    ],
)
def test_nodes(usage: Usage | None, severity: Severity | None, words: str) -> None:
    found = node_trouble(NODE, usage, [pod(), HOG], lambda one: USED.get(one.name))
    assert (found.severity, found.words) == (severity, words)


def restarted(count: int, *, minutes: float = 2, created: datetime | None = None) -> Pod:
    ended = Termination("OOMKilled", 137, ago(minutes=minutes))
    return pod(restarts=count, last_restart=ended, created=created or ago(days=3))


@pytest.mark.parametrize(
    ("one", "count"),
    [
        (pod(), 0),
        (restarted(7), 1),  # of an old pod only the newest is dated
        (restarted(7, created=ago(minutes=30)), 7),
        (restarted(7, minutes=61), 0),
    ],
)
def test_restarts_that_the_pod_itself_dates(one: Pod, count: int) -> None:
    assert restarts_since(one, ago(hours=1)) == count


def test_restarts_that_were_seen_count_even_when_the_rows_come_anew_in_pieces() -> None:
    log = RestartLog()
    log.pods_changed(Delta({"u-api-1": restarted(7, minutes=90)}, reset=True), NOW)
    log.pods_changed(Delta({"u-api-1": restarted(9, minutes=30)}), NOW)
    log.pods_changed(Delta({"other": pod("other")}, reset=True), NOW)
    log.pods_changed(Delta({"u-api-1": restarted(12)}), NOW)
    assert log.since(restarted(12), ago(hours=1)) == 5
    assert log.since(restarted(12), ago(minutes=10)) == 3
    log.pods_changed(Delta(removals=frozenset({"u-api-1"})), NOW)
    assert log.since(restarted(12), ago(hours=1)) == 1


@pytest.mark.parametrize(("pods", "restarts", "is_storm"), [(3, 4, False), (3, 5, True), (80, 7, False), (80, 8, True)])
def test_a_storm_is_five_in_an_hour_and_a_tenth_of_the_pods(pods: int, restarts: int, is_storm: bool) -> None:
    found = storm([restarted(2), *(pod() for _ in range(pods - 1))], restarts)
    assert (found is not None) is is_storm
    assert found is None or found.words == f"{restarts} restarts in the last hour over 1 pod: OOMKilled 137"
