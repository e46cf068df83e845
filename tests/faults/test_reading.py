"""The pods of an API server that answers wrongly: words while it does, no row lost, well by itself afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from opsconsole.config.settings import Kubernetes
from opsconsole.demo.kubernetes.resources import PODS
from opsconsole.model.reading import State
from opsconsole.poller import kubernetes_stream
from opsconsole.sources.kubernetes import cluster as sign_in
from opsconsole.sources.kubernetes import listing
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.actions.faults import FaultyApi, answers, faulty
from tests.demo.kubernetes.running import Running, running
from tests.sources.kubernetes.conftest import until
from tests.sources.kubernetes.test_watching import Watching, watching

from .reading import LISTS, QUIET, WATCHES, Case, is_later_page, is_list, is_watch, slow

ALWAYS = 10**6
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def simulated() -> AsyncIterator[Running]:
    async with running() as run:
        yield run


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(simulated: Running) -> AsyncIterator[FaultyApi]:
    server = simulated.server
    async with faulty(server.url, server.ca_pem, server.tokens) as proxy:
        yield proxy


@pytest.fixture
def proxy(shared: FaultyApi, monkeypatch: pytest.MonkeyPatch) -> FaultyApi:
    """The proxy without a fault; what waits a second or more in life waits a twentieth of it."""
    shared.well()
    shared.seen.clear()
    monkeypatch.setattr(kubernetes_stream, "backoff", lambda every_s, failures: 0.05 * min(failures, 10))
    monkeypatch.setattr(sign_in, "_RENEW_AT_MOST_EVERY_S", 0.05)
    monkeypatch.setattr(listing, "PAGE", 10)
    return shared


@asynccontextmanager
async def pods(proxy: FaultyApi, folder: Path) -> AsyncIterator[Watching]:
    cluster = Cluster(Kubernetes(kubeconfig=str(proxy.kubeconfig(folder))))
    async with watching(cluster, listed_every_s=0.3) as seen:
        yield seen
    await cluster.close()


def there(simulated: Running) -> set[str]:
    """The pods of now: those of its CronJobs come and go."""
    return {stored.body["metadata"]["name"] for stored in simulated.cluster.store.items(PODS.key)}


def told(seen: Watching) -> str:
    problem = seen.reading.problem
    return f"{problem.sentence} · {problem.remedy}" if problem else ""


def says(case: Case, seen: Watching) -> bool:
    return seen.reading.state is State.FAILED and all(part in told(seen) for part in case.says)


async def listed(seen: Watching, simulated: Running) -> None:
    await until(lambda: seen.reading.state is State.OK and seen.collection.complete)
    await until(lambda: set(seen.rows) == there(simulated))


@pytest.mark.parametrize("case", LISTS, ids=lambda case: case.name)
async def test_a_list_that_goes_wrong_is_said_and_read_when_it_is_right(
    proxy: FaultyApi, simulated: Running, tmp_path: Path, case: Case
) -> None:
    proxy.on(is_list, case.fault, times=ALWAYS)
    async with pods(proxy, tmp_path) as seen:
        await until(lambda: says(case, seen))
        assert not seen.rows
        proxy.well()
        if "5m" in "".join(case.says):
            seen.alarm.ring()
        await listed(seen, simulated)


@pytest.mark.parametrize("case", LISTS, ids=lambda case: case.name)
async def test_a_page_in_the_middle_that_goes_wrong_loses_no_row(
    proxy: FaultyApi, simulated: Running, tmp_path: Path, case: Case
) -> None:
    async with pods(proxy, tmp_path) as seen:
        await listed(seen, simulated)
        before, known = len(seen.names), there(simulated)
        proxy.on(is_watch, answers(410, "Expired", "too old"))
        proxy.on(is_later_page, case.fault, times=ALWAYS)
        proxy.break_off()
        await until(lambda: says(case, seen))
        proxy.well()
        if "5m" in "".join(case.says):
            seen.alarm.ring()
        await listed(seen, simulated)
        assert all(known & there(simulated) <= names for names in seen.names[before:])


@pytest.mark.parametrize("case", WATCHES, ids=lambda case: case.name)
async def test_a_watch_that_goes_wrong_is_said_and_resumed_without_a_list(
    proxy: FaultyApi, simulated: Running, tmp_path: Path, case: Case
) -> None:
    async with pods(proxy, tmp_path) as seen:
        await listed(seen, simulated)
        await until(lambda: any(map(is_watch, proxy.seen)))
        before, known = len(seen.names), there(simulated)
        proxy.seen.clear()
        proxy.on(is_watch, case.fault, times=ALWAYS)
        proxy.break_off()
        await until(lambda: says(case, seen))
        proxy.well()
        await listed(seen, simulated)
        assert not any(map(is_list, proxy.seen))
        assert all(known & there(simulated) <= names for names in seen.names[before:])


@pytest.mark.parametrize("case", QUIET, ids=lambda case: case.name)
async def test_a_watch_that_only_ends_is_opened_again_without_a_flicker(
    proxy: FaultyApi, simulated: Running, tmp_path: Path, case: Case
) -> None:
    async with pods(proxy, tmp_path) as seen:
        await listed(seen, simulated)
        await until(lambda: any(map(is_watch, proxy.seen)))
        before, named, known = len(seen.readings), len(seen.names), there(simulated)
        proxy.on(is_watch, case.fault, times=ALWAYS)
        proxy.seen.clear()
        proxy.break_off()
        await until(lambda: sum(map(is_watch, proxy.seen)) >= 6)
        assert {reading.state for reading, _ in seen.readings[before:]} <= {State.OK}
        lists = sum(is_list(asked) and not is_later_page(asked) for asked in proxy.seen)
        assert lists <= sum(map(is_watch, proxy.seen))
        proxy.well()
        await listed(seen, simulated)
        assert all(known & there(simulated) <= names for names in seen.names[named:])


async def test_a_server_that_takes_its_time_is_asked_once(proxy: FaultyApi, simulated: Running, tmp_path: Path) -> None:
    release = asyncio.Event()
    proxy.on(lambda asked: True, slow(release), times=ALWAYS)
    cluster = Cluster(Kubernetes(kubeconfig=str(proxy.kubeconfig(tmp_path))))
    async with watching(cluster, beat=True) as seen:
        await until(lambda: sum(asked.path == "/version" for asked in proxy.seen) >= 4)
        assert seen.reading.state is State.LATE
        assert "does not answer" in told(seen)
        assert sum(map(is_list, proxy.seen)) == 1
        release.set()
        await listed(seen, simulated)
    await cluster.close()
