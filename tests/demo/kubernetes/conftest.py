"""The two targets of the contract suite: the simulated API server, and the real control plane where it is built."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from opsconsole.demo.kubernetes.quantities import parse_quantity, parse_time
from opsconsole.demo.platform import NAMESPACE, PodLoad
from tests.cluster.plane import Plane
from tests.demo.kubernetes.running import Running, running
from tests.demo.kubernetes.target import Target, open_session


@pytest.fixture
async def simulated() -> AsyncIterator[Running]:
    async with running() as run:
        yield run


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Running]:
    """One simulated cluster for a whole module of the contract, as the real one is shared too."""
    async with running() as run:
        yield run


@pytest_asyncio.fixture(params=["simulated", "real"], loop_scope="module")
async def target(request: pytest.FixtureRequest, shared: Running) -> AsyncIterator[Target]:
    """Both servers, one after the other; what a test creates through it is deleted at its end."""
    if request.param == "real":
        plane: Plane = request.getfixturevalue("real_cluster")
        async with open_session(plane.ca_pem) as session:
            found = real(plane, session)
            yield found
            await found.clean()
    else:
        async with open_session(shared.server.ca_pem) as session:
            found = simulated_target(shared, session)
            yield found
            await found.clean()


def real(plane: Plane, session: ClientSession) -> Target:
    async def set_usage(usage: Mapping[str, tuple[str, str]]) -> None:
        await asyncio.to_thread(plane.set_usage, NAMESPACE, usage)

    async def forget() -> None:
        plane.restart_apiserver()

    async def write_log(pod: str, lines: list[tuple[str, str]]) -> None:
        plane.write_log(lines)

    return Target("real", plane.url, plane.ca_pem, plane.tokens, session, forget, set_usage, write_log)


def simulated_target(run: Running, session: ClientSession) -> Target:
    async def set_usage(usage: Mapping[str, tuple[str, str]]) -> None:
        run.pods = {
            pod: PodLoad(parse_quantity(cpu) * 1000, parse_quantity(memory)) for pod, (cpu, memory) in usage.items()
        }

    async def forget() -> None:
        run.cluster.store.compact()

    async def write_log(pod: str, lines: list[tuple[str, str]]) -> None:
        run.cluster.logs.forget(NAMESPACE, pod)
        for at, text in lines:
            run.cluster.logs.append(NAMESPACE, pod, parse_time(at), text)

    server = run.server
    return Target("simulated", server.url, server.ca_pem, server.tokens, session, forget, set_usage, write_log)
