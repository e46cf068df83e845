"""Old servers and lean ones: kinds are found in the version that is offered, and what is absent says so and rests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import UsageReader, Watched
from opsconsole.poller.kubernetes_pulse import Heartbeat
from opsconsole.poller.schedule import Alarm
from opsconsole.poller.topics import BUDGETS, HPAS, Topic
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.kinds import Kind

from .conftest import until
from .offering import offer
from .server import ApiServer

BUDGET = {
    "metadata": {"uid": "b", "name": "api", "namespace": "shop"},
    "spec": {"minAvailable": 2, "selector": {}},
    "status": {"disruptionsAllowed": 1, "expectedPods": 3},
}
HPA = {
    "metadata": {
        "uid": "h", "name": "api", "namespace": "shop",
        "annotations": {
            "autoscaling.alpha.kubernetes.io/conditions":
                '[{"type":"ScalingLimited","status":"True","reason":"TooManyReplicas"}]',
        },
    },
    "spec": {
        "scaleTargetRef": {"kind": "Deployment", "name": "api"}, "maxReplicas": 8,
        "targetCPUUtilizationPercentage": 50,
    },
    "status": {"currentReplicas": 8, "desiredReplicas": 8, "currentCPUUtilizationPercentage": 91},
}  # fmt: skip


@asynccontextmanager
async def watching(cluster: Cluster, topic: Topic[Any], kind: Kind[Any]) -> AsyncIterator[tuple[Board, Alarm]]:
    board, alarm = Board(), Alarm()
    task = asyncio.create_task(Watched(topic, (kind,), cluster, Heartbeat(cluster)).run(board, alarm))
    try:
        yield board, alarm
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def rows(reading: Reading[Any]) -> list[Any]:
    return list(reading.value.rows.values()) if reading.value else []


@pytest.mark.parametrize("aggregated", [True, False])
async def test_an_older_version_is_found(server: ApiServer, cluster: Cluster, aggregated: bool) -> None:
    path = "/apis/policy/v1beta1/poddisruptionbudgets"
    server.collections[path] = {}
    server.put(dict(BUDGET), path)
    offer(server, aggregated=aggregated, policy={"v1beta1": ["poddisruptionbudgets"]}, apps={"v1": ["deployments"]})
    async with watching(cluster, BUDGETS, kinds.BUDGETS) as (board, _):
        await until(lambda: rows(board.get(BUDGETS)))
        (budget,) = rows(board.get(BUDGETS))
        assert (budget.minimum, budget.allowed, budget.selects_all) == ("2", 1, False), "there {} selects nothing"
        assert board.get(BUDGETS).state is State.OK
        assert sum(line.startswith("GET /apis/policy/v1/") for line in server.requests) == 1


async def test_the_oldest_autoscaler_says_the_same(server: ApiServer, cluster: Cluster) -> None:
    path = "/apis/autoscaling/v1/horizontalpodautoscalers"
    server.collections[path] = {}
    server.put(dict(HPA), path)
    offer(server, aggregated=False, autoscaling={"v1": ["horizontalpodautoscalers"]})
    async with watching(cluster, HPAS, kinds.HPAS) as (board, _):
        await until(lambda: rows(board.get(HPAS)))
        (hpa,) = rows(board.get(HPAS))
    (metric,) = hpa.metrics
    assert (metric.type, metric.name, metric.target, metric.current) == ("Resource", "cpu", 50.0, 91.0)
    assert (hpa.target_name, hpa.minimum, hpa.maximum, hpa.current) == ("api", 1, 8, 8)
    assert hpa.conditions[0].reason == "TooManyReplicas"


async def test_what_is_absent_says_so_rests_and_is_found_when_it_comes(server: ApiServer, cluster: Cluster) -> None:
    offer(server, aggregated=True, apps={"v1": ["deployments"]})
    async with watching(cluster, BUDGETS, kinds.BUDGETS) as (board, alarm):
        await until(lambda: board.get(BUDGETS).state is State.OFF)
        problem = board.get(BUDGETS).problem
        assert problem is not None
        assert problem.sentence == "this server does not offer it: poddisruptionbudgets.policy"
        assert [line.partition("?")[0] for line in server.requests] == [
            "GET /apis/policy/v1/poddisruptionbudgets", "GET /apis",
        ]  # fmt: skip
        path = "/apis/policy/v1/poddisruptionbudgets"
        server.collections[path] = {}
        server.put(dict(BUDGET), path)
        alarm.ring()
        await until(lambda: rows(board.get(BUDGETS)))
        assert board.get(BUDGETS).state is State.OK


async def test_what_is_offered_and_not_there_is_a_failure(server: ApiServer, cluster: Cluster) -> None:
    offer(server, aggregated=True, policy={"v1": ["poddisruptionbudgets"]})
    async with watching(cluster, BUDGETS, kinds.BUDGETS) as (board, _):
        await until(lambda: board.get(BUDGETS).state is State.FAILED)


async def test_without_a_metrics_server_usage_is_asked_for_seldom(server: ApiServer, cluster: Cluster) -> None:
    for read in (UsageReader(cluster).pods, UsageReader(cluster).nodes):
        with pytest.raises(SourceError) as raised:
            await read()
        assert raised.value.problem.sentence == "this server does not offer it: metrics.k8s.io"
        assert raised.value.retry_after_s is not None
        assert raised.value.retry_after_s >= 600
