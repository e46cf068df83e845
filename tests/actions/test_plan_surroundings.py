"""What a plan says of its surroundings: from the board where it knows, `unknown` where it does not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opsconsole.actions.surroundings import surroundings
from opsconsole.model.action import Target
from opsconsole.model.collection import Collection
from opsconsole.model.customer import Customer, Customers, Health
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.kubernetes import Condition, Container, Node, Owner, Pod
from opsconsole.model.metrics import ServiceFigures, Services
from opsconsole.model.reading import State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import CUSTOMERS, FINDINGS, NODES, PODS, SERVICES
from opsconsole.text import clock
from tests.actions.planning import Planning, line, rows, tell, warned

API = Target("Deployment", "shop", "api", "uid-api")
BOTH = pytest.mark.asyncio(loop_scope="module")


def pod(uid: str, workload: str = "api", *, node: str = "n1", namespace: str = "shop", **more: Any) -> Pod:
    """Asks for one core; was ready ten seconds after it was made."""
    made = clock.now() - timedelta(hours=1)
    ready = (Condition("Ready", "True", since=made + timedelta(seconds=10)),)
    owner = Owner("ReplicaSet", f"{workload}-5d9c", f"rs-{workload}")
    container = Container("app", "app:1", cpu_request=1.0, memory_request=1.0)
    return Pod(
        uid, namespace, uid, "Running", "Running", 1, 1, 0, made, node=node, owner=owner, revision="5d9c",
        containers=(container,), conditions=ready, **more,
    )  # fmt: skip


def node(name: str, cpu: float = 4.0, **more: Any) -> Node:
    return Node(f"uid-{name}", name, "Ready", "", "v1", None, cpu=cpu, memory=1e9, pods=110, **more)


def customer(name: str, slow: int | None) -> Health:
    who = Customer(name, name, "pro", None, "USD", "", None, None, ())
    return Health(who, 50.0, "", 1.0, None, (), slow=slow)


async def test_without_a_source_everything_is_unknown() -> None:
    around = await surroundings(Board(), API)
    assert (around.pods, around.rooms, around.requests_s, around.customers, around.findings) == (None,) * 5
    assert around.watches == ()
    assert around.room_for(pod("any")) is None


async def test_what_is_old_partial_or_denied_is_unknown_too() -> None:
    board = Board()
    tell(board, SERVICES, Services((ServiceFigures("api", requests_s=412.0),)), State.STALE)
    tell(board, PODS, Collection({"a": pod("a")}, complete=False))
    assert (await surroundings(board, API)).pods is None
    assert (await surroundings(board, API)).requests_s is None
    tell(board, PODS, Collection({"a": pod("a")}, complete=True, denied=("shop",)))
    assert (await surroundings(board, API)).pods is None
    tell(board, NODES, rows(node("n1")))
    tell(board, PODS, Collection({"a": pod("a")}, complete=True, denied=("other",)))
    around = await surroundings(board, API)
    assert around.pods is not None
    assert around.rooms is None, "pods that may not be seen hold room as well"


async def test_pods_room_requests_and_customers() -> None:
    board = Board()
    ending = pod("c", deleting=clock.now())
    tell(board, PODS, rows(pod("a"), pod("b"), ending, pod("d", "web"), pod("e", namespace="other")))
    tell(board, NODES, rows(node("n1", 6.0), node("n2"), node("n3", unschedulable=True)))
    services = ServiceFigures("api", requests_s=412.0), ServiceFigures("api", "/feed", requests_s=300.0)
    tell(board, SERVICES, Services(services))
    tell(board, CUSTOMERS, Customers((customer("one", 3), customer("two", 0), customer("three", None)), None, True))
    around = await surroundings(board, API)
    assert [one.uid for one in around.pods or ()] == ["a", "b"]
    assert (around.requests_s, around.customers) == (412.0, 1)
    room = around.room_for(pod("any"))
    assert room is not None
    assert (room.pods, room.nodes, room.shut) == (5, 2, 1), "one core left on n1, four on n2"


async def test_the_findings_that_it_should_help() -> None:
    def finding(id: str, object: str, tab: int, severity: Severity = Severity.CRITICAL, **more: Any) -> Finding:
        return Finding(id, severity, id, tab, object=object, **more)

    board = Board()
    tell(board, FINDINGS, (
        finding("p99:api", "api ", 1),
        finding("p95:api", "api ", 1, Severity.WARNING, state="pending"),
        finding("errors:web", "web ", 1, related=("p99:api",)),
        finding("workload:shop/Deployment/api", "uid-api", 2, Severity.WARNING),
        finding("workload:shop/Deployment/apiary", "uid-apiary", 2),
        finding("errors:api2", "api2 ", 1),
        finding("alert:1", "api", 1, Severity.INFO),
        finding("blind:loki", "api", 1, Severity.BLIND),
        finding("conn:pg", "pg-primary", 3, related=("p99:api",)),
    ))  # fmt: skip
    around = await surroundings(board, API)
    assert around.watches == ("p99:api", "errors:web", "workload:shop/Deployment/api", "p95:api")


@BOTH
async def test_the_plan_carries_them(desk: Planning, tmp_path: Path) -> None:
    workload = await desk.deployment(4)
    own = [pod(f"p{i}", workload.name, namespace=workload.namespace, node="n1") for i in range(4)]
    tell(desk.board, PODS, rows(*own))
    tell(desk.board, NODES, rows(node("n1", 4.1), node("n2", 0.2)))
    tell(desk.board, SERVICES, Services((ServiceFigures(workload.name, requests_s=412.0),)))
    tell(desk.board, FINDINGS, (Finding("f", Severity.CRITICAL, "slow", 1, object=f"{workload.name} "),))
    more = await desk.plan("scale", workload, replicas=8)
    assert line(more, "takes") == "4 more pods, ~10s; room on nodes: 3 pods -> TOO LITTLE for 4"
    assert "room" in warned(more)
    assert (more.typed, more.watches) == ("", ("f",))
    fewer = await desk.plan("scale", workload, replicas=2)
    assert line(fewer, "hurts") == "50 % of capacity away; 412 req/s now; customers hurt unknown"
    assert fewer.blast.requests_s == 412.0
    rolling = await desk.plan("restart", workload)
    assert line(rolling, "takes") == "4 pods, 2 at a time, ~20s; room on nodes: 3 pods -> ok"
    tell(desk.board, NODES, rows(node("n1", 4.1)))
    tight = await desk.plan("restart", workload)
    assert line(tight, "takes") == "4 pods, 2 at a time, ~20s; room on nodes: 1 pod -> 1 of 2 wait for old pods to end"
