"""Contract: metrics.k8s.io of the simulated server is that of the real metrics-server; the console reads both alike."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from opsconsole.config.settings import Kubernetes
from opsconsole.poller.kubernetes import UsageReader
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.quantity import quantity
from tests.cluster.credentials import kubeconfig
from tests.cluster.manifests import CPU, MEMORY
from tests.cluster.metrics_server import MetricsServer
from tests.cluster.plane import Plane

from .conftest import real, simulated_target
from .running import Running
from .target import APPS, NAMESPACE, Target, deployment, eventually, open_session, settled, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

API = "/apis/metrics.k8s.io/v1beta1"
PODS = f"{API}/namespaces/{NAMESPACE}/pods"


@dataclass(frozen=True, slots=True)
class Told:
    """A server of metrics.k8s.io, and the two pods whose usage is looked at."""

    server: Target
    pods: list[str]

    async def both(self) -> list[Any]:
        found = await self.server.get(PODS)
        return [item for item in found["items"] if item["metadata"]["name"] in self.pods]


@pytest_asyncio.fixture(params=["simulated", "real"], scope="module", loop_scope="module")
async def told(request: pytest.FixtureRequest, shared: Running) -> AsyncIterator[Told]:
    if request.param == "simulated":
        async with open_session(shared.server.ca_pem) as session:
            target = simulated_target(shared, session)
            pods = await _two_pods(target)
            await target.set_usage(dict.fromkeys(pods, (CPU, MEMORY)))
            yield await _measured(Told(target, pods))
            await target.clean()
        return
    plane: Plane = request.getfixturevalue("real_cluster")
    with MetricsServer(plane) as server:
        async with open_session(plane.ca_pem) as session:
            target = real(plane, session)
            pods = await _two_pods(target)
            yield await _measured(Told(_elsewhere(target, server.url, session), pods))
            await target.clean()


async def _two_pods(target: Target) -> list[str]:
    name = unique("usage")
    await target.create(f"{APPS}/deployments", deployment(name, 2))
    await settled(target, name)
    found = await target.get(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=f"app={name}")
    return [pod["metadata"]["name"] for pod in found["items"]]


async def _measured(told: Told) -> Told:
    """With the second look at its kubelet the server knows what a pod has used in between."""

    async def known() -> bool:
        try:
            found = await told.both()
        except (OSError, AssertionError):  # it does not listen, or has looked at nothing yet
            return False
        return len(found) == 2 and all(_memory(item) == 64 * 2**20 for item in found)

    await eventually(known, within_s=90)
    return told


def _elsewhere(target: Target, url: str, session: ClientSession) -> Target:
    return replace(target, url=url, session=session, made=[])


def _memory(item: Any) -> float | None:
    return quantity(item["containers"][0]["usage"]["memory"])


async def test_usage_is_told_of_each_container(told: Told) -> None:
    for item in await told.both():
        assert set(item) == {"metadata", "timestamp", "window", "containers"}
        assert set(item["metadata"]) == {"name", "namespace", "creationTimestamp", "labels"}
        (container,) = item["containers"]
        assert (container["name"], set(container["usage"])) == ("app", {"cpu", "memory"})
        assert container["usage"]["cpu"].endswith("n")


async def test_a_list_comes_whole_whatever_its_limit(told: Told) -> None:
    found = await told.server.get(PODS, limit=1)
    assert len(found["items"]) >= 2
    assert (found["kind"], found["metadata"]) == ("PodMetricsList", {})


async def test_it_cannot_be_watched(told: Told) -> None:
    for path, kind in ((PODS, "pods"), (f"{API}/pods", "pods"), (f"{API}/nodes", "nodes")):
        answer = await told.server.call("GET", path, watch="true")
        message = f'watch is not supported on resources of kind "{kind}.metrics.k8s.io"'
        assert (answer.status, answer.body["reason"], answer.body["message"]) == (405, "MethodNotAllowed", message)
        assert answer.body["details"] == {"group": "metrics.k8s.io", "kind": kind}


async def test_it_says_that_it_can_be_read_only(told: Told) -> None:
    resources = (await told.server.get(API))["resources"]
    assert {each["name"]: each["verbs"] for each in resources} == {"nodes": ["get", "list"], "pods": ["get", "list"]}


async def test_where_no_pod_is_no_usage_is(told: Told) -> None:
    assert (await told.server.get(f"{API}/namespaces/nowhere/pods"))["items"] == []
    answer = await told.server.call("GET", f"{PODS}/none")
    assert (answer.status, answer.body["message"]) == (404, 'pods "none" not found')


async def test_nodes_use_what_their_kubelets_say(told: Told) -> None:
    items = (await told.server.get(f"{API}/nodes"))["items"]
    assert items
    assert all(set(item) == {"metadata", "timestamp", "window", "usage"} for item in items)


@pytest.mark.parametrize("namespaces", [(), (NAMESPACE, "nowhere")], ids=["everywhere", "in some namespaces"])
async def test_the_console_reads_it(told: Told, namespaces: tuple[str, ...], tmp_path: Path) -> None:
    server = told.server
    config = kubeconfig(server.url, server.ca_pem, "admin", server.tokens["admin"])
    (tmp_path / "kubeconfig").write_text(config, encoding="utf-8")
    cluster = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig"), namespaces=namespaces))
    try:
        found, _ = await UsageReader(cluster).pods()
        nodes, _ = await UsageReader(cluster).nodes()
    finally:
        await cluster.close()
    for name in told.pods:
        used = found[f"{NAMESPACE}/{name}"]
        assert (round(used.cpu, 2), used.memory) == (0.12, 64 * 2**20)
        assert used.window_s > 0
    assert nodes
