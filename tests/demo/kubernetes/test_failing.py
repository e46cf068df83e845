"""Pods of the simulated cluster that never become ready: what they say, and what their logs still tell."""

from typing import Any

from tests.cluster import objects
from tests.demo.kubernetes.running import Running
from tests.demo.kubernetes.target import (
    APPS,
    CORE,
    NAMESPACE,
    Target,
    eventually,
    open_session,
    pods_of,
)  # fmt: skip


async def stuck_pod(run: Running, server: Target, stuck: str, reason: str) -> dict[str, Any]:
    """The pod of a Deployment that is stuck so, once it waits for that reason."""
    await server.create(f"{APPS}/deployments", objects.deployment(stuck, 1, stuck=stuck))

    async def waiting() -> dict[str, Any] | None:
        for pod in await pods_of(server, stuck):
            for container in pod["status"].get("containerStatuses", []):
                if container["state"].get("waiting", {}).get("reason") == reason:
                    return pod
        return None

    found: dict[str, Any] = await eventually(waiting)
    return found


async def unused(*_: object) -> None:
    raise AssertionError


async def test_what_crashes_keeps_the_log_of_its_last_life(simulated: Running) -> None:
    served = simulated.server
    async with open_session(served.ca_pem) as session:
        server = Target("simulated", served.url, served.ca_pem, served.tokens, session, unused, unused, unused)
        pod = await stuck_pod(simulated, server, "crash", "CrashLoopBackOff")
        path = f"{CORE}/pods/{pod['metadata']['name']}/log"
        for query in ({}, {"previous": "true"}):
            answer = await server.call("GET", path, None, **query)
            assert (answer.status, "FATAL exit status 1" in answer.body) == (200, True)
        last = pod["status"]["containerStatuses"][0]["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (1, "Error")
        events = await server.get(f"{CORE}/events", fieldSelector="reason=BackOff")
        assert any(each["involvedObject"]["name"] == pod["metadata"]["name"] for each in events["items"])


async def test_what_cannot_be_pulled_has_no_log(simulated: Running) -> None:
    served = simulated.server
    async with open_session(served.ca_pem) as session:
        server = Target("simulated", served.url, served.ca_pem, served.tokens, session, unused, unused, unused)
        pod = await stuck_pod(simulated, server, "image", "ImagePullBackOff")
        name = pod["metadata"]["name"]
        answer = await server.call("GET", f"{CORE}/pods/{name}/log", None)
        assert (answer.status, "waiting to start: ImagePullBackOff" in answer.body["message"]) == (400, True)
        never = await server.call("GET", f"{CORE}/pods/{name}/log", None, previous="true")
        assert (never.status, "previous terminated container" in never.body["message"]) == (400, True)
        assert pod["metadata"]["namespace"] == NAMESPACE
