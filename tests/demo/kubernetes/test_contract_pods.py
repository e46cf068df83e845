"""Contract: logs, usage and autoscaling: alike on the simulated and the real server.

The real server's logs come from kwok, which serves one file for all containers and reads it as a kubelet does.
"""

import asyncio
import re
from typing import Any

import pytest
import pytest_asyncio

from tests.demo.kubernetes.target import (
    APPS,
    CORE,
    HPAS,
    NAMESPACE,
    Body,
    Target,
    autoscaler,
    deployment,
    eventually,
    pods_of,
    settled,
    unique,
)  # fmt: skip

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = [(f"2026-01-02T03:04:0{second}.123456789Z", f"line {second}") for second in range(5)]


@pytest_asyncio.fixture(loop_scope="module")
async def pod(target: Target) -> str:
    name = unique("logs")
    await target.create(f"{APPS}/deployments", deployment(name, 1))
    await settled(target, name)
    found: str = (await pods_of(target, name))[0]["metadata"]["name"]
    await target.write_log(found, LINES)
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "line 0\nline 1\nline 2\nline 3\nline 4\n"),
        ({"tailLines": 2}, "line 3\nline 4\n"),
        ({"tailLines": 0}, ""),
        ({"tailLines": 1, "container": "app"}, "line 4\n"),
        ({"sinceTime": "2026-01-02T03:04:03Z"}, "line 3\nline 4\n"),
        ({"limitBytes": 9}, "line 0\nli"),
    ],
)
async def test_logs(target: Target, pod: str, query: dict[str, Any], expected: str) -> None:
    answer = await target.call("GET", f"{CORE}/pods/{pod}/log", None, **query)
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "text/plain", expected)


async def test_logs_with_times(target: Target, pod: str) -> None:
    text = await target.get(f"{CORE}/pods/{pod}/log", timestamps="true", tailLines=1)
    at, _, line = text.partition(" ")
    assert (at[:19], line) == ("2026-01-02T03:04:04", "line 4\n")


async def test_followed_logs_begin_with_what_is_there(target: Target, pod: str) -> None:
    headers = {"Authorization": f"Bearer {target.tokens['admin']}"}
    url = f"{target.url}{CORE}/pods/{pod}/log?follow=true&tailLines=2"
    async with target.session.get(url, headers=headers) as answer, asyncio.timeout(20):
        assert answer.status == 200
        assert [await answer.content.readline() for _ in range(2)] == [b"line 3\n", b"line 4\n"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"container": "other"}, 400, "container other is not valid for pod {pod}"),
        (
            {"tailLines": -1},
            422,
            'PodLogOptions "{pod}" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
        ),
        (
            {"sinceSeconds": 0},
            422,
            'PodLogOptions "{pod}" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
        ),
    ],
)
async def test_wrong_log_requests(target: Target, pod: str, query: dict[str, Any], code: int, message: str) -> None:
    answer = await target.call("GET", f"{CORE}/pods/{pod}/log", None, **query)
    assert (answer.status, answer.body["message"]) == (code, message.format(pod=pod))


async def test_logs_of_no_pod(target: Target) -> None:
    answer = await target.call("GET", f"{CORE}/pods/none/log")
    assert (answer.status, answer.body["message"]) == (404, 'pods "none" not found')


async def test_usage_is_listed(target: Target) -> None:
    name = unique("usage")
    await target.create(f"{APPS}/deployments", deployment(name, 2))
    await settled(target, name)
    names = [pod["metadata"]["name"] for pod in await pods_of(target, name)]
    await target.set_usage(dict.fromkeys(names, ("120m", "64Mi")))

    async def both() -> list[Body]:
        found = await target.get(f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods")
        assert (found["kind"], found["apiVersion"]) == ("PodMetricsList", "metrics.k8s.io/v1beta1")
        mine = [item for item in found["items"] if item["metadata"]["name"] in names]
        return mine if len(mine) == 2 else []

    for item in await eventually(both):
        assert set(item) - {"apiVersion", "kind"} == {"metadata", "timestamp", "window", "containers"}
        assert [each["name"] for each in item["containers"]] == ["app"]
        assert set(item["containers"][0]["usage"]) == {"cpu", "memory"}


async def test_an_autoscaler_follows_usage(target: Target) -> None:
    name = unique("scaled")
    await target.create(f"{APPS}/deployments", deployment(name, 3))
    await settled(target, name)
    await target.create(HPAS, autoscaler(name, 2, 8, 50))

    async def use() -> Body | None:
        """Every pod that runs uses 120m of its 100m; the wanted end is the maximum."""
        pods = [pod["metadata"]["name"] for pod in await pods_of(target, name)]
        await target.set_usage(dict.fromkeys(pods, ("120m", "64Mi")))
        hpa: Body = await target.get(f"{HPAS}/{name}")
        status = hpa.get("status", {})
        at_end = status.get("currentReplicas") == status.get("desiredReplicas") == 8
        limited = [each for each in status.get("conditions", []) if each["type"] == "ScalingLimited"]
        return hpa if at_end and limited and limited[0]["status"] == "True" else None

    hpa = await eventually(use, within_s=100)
    conditions = {
        each["type"]: (each["status"], each["reason"], each["message"]) for each in hpa["status"]["conditions"]
    }
    metric = "cpu resource utilization (percentage of request)"
    counted = f"the HPA was able to successfully calculate a replica count from {metric}"
    assert conditions["AbleToScale"][:2] == ("True", "ReadyForNewScale")
    assert conditions["ScalingActive"] == ("True", "ValidMetricFound", counted)
    too_many = "the desired replica count is more than the maximum replica count"
    assert conditions["ScalingLimited"] == ("True", "TooManyReplicas", too_many)
    current = {"averageUtilization": 120, "averageValue": "120m"}
    assert hpa["status"]["currentMetrics"] == [{"type": "Resource", "resource": {"name": "cpu", "current": current}}]
    events = await target.get(f"{CORE}/events", fieldSelector=f"involvedObject.name={name},reason=SuccessfulRescale")
    told = [
        re.fullmatch(rf"New size: (\d); reason: {re.escape(metric)} above target", each["message"])
        for each in events["items"]
    ]
    sizes = sorted(int(each[1]) for each in told if each is not None)
    assert len(sizes) == len(told)
    # How many pods count at the first look depends on when they were ready; one step at most doubles.
    assert sizes[0] <= 6
    assert sizes[-1] == 8
    assert events["items"][0]["source"] == {"component": "horizontal-pod-autoscaler"}
