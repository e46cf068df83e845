"""Logs of containers that crash: the life before, and a followed stream that ends with its container."""

import re
from collections.abc import AsyncIterator

import pytest

from opsconsole.demo.kubernetes.controllers.failing import FAILS
from tests.demo.kubernetes.running import Running
from tests.demo.kubernetes.target import APPS, CORE, Body, Target, deployment, eventually, open_session, pods_of


@pytest.fixture
async def crashing(simulated: Running) -> AsyncIterator[tuple[Target, str]]:
    """A pod whose program ends as soon as it is started."""

    async def nothing(*_: object) -> None:
        raise NotImplementedError

    server = simulated.server
    async with open_session(server.ca_pem) as session:
        target = Target(
            "simulated", server.url, server.ca_pem, server.tokens, session,
            forget_history=nothing, set_usage=nothing, write_log=nothing,
        )  # fmt: skip
        body = deployment("crashing", 1)
        body["spec"]["template"]["spec"]["containers"][0]["command"] = FAILS
        await target.create(f"{APPS}/deployments", body)

        async def restarted() -> Body | None:
            pods = await pods_of(target, "crashing")
            states = (pods[0]["status"].get("containerStatuses") or [{}]) if pods else [{}]
            return pods[0] if states[0].get("restartCount", 0) else None

        pod = await eventually(restarted)
        yield target, pod["metadata"]["name"]


async def test_the_life_before_can_be_read(crashing: tuple[Target, str]) -> None:
    target, pod = crashing
    text = await target.get(f"{CORE}/pods/{pod}/log", previous="true", container="app", timestamps="true")
    stamped = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (.*)")
    lines = [found[1] for line in text.splitlines() if (found := stamped.fullmatch(line))]
    assert lines == ["INFO  starting app:1.0", "FATAL exit status 1"]


async def test_following_ends_with_the_container(crashing: tuple[Target, str]) -> None:
    target, pod = crashing
    text = await target.get(f"{CORE}/pods/{pod}/log", follow="true", timestamps="true")
    assert text.splitlines()[-1].endswith("Z FATAL exit status 1")


async def test_a_waiting_container_says_why_and_keeps_its_end(crashing: tuple[Target, str]) -> None:
    target, pod = crashing

    async def backing_off() -> Body | None:
        (status,) = (await target.get(f"{CORE}/pods/{pod}"))["status"]["containerStatuses"]
        return status if status["state"].get("waiting") else None

    status: Body = await eventually(backing_off)
    waiting, last = status["state"]["waiting"], status["lastState"]["terminated"]
    assert waiting["reason"] == "CrashLoopBackOff"
    assert re.fullmatch(rf"back-off \d+s restarting failed container=app pod={pod}_.*\)", waiting["message"])
    assert (last["reason"], last["exitCode"]) == ("Error", 1)
