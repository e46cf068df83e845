"""The faulty proxy does what it is told: each fault seen from the client's and from the server's side."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.actions import faults
from tests.actions.faults import FaultyApi, faulty
from tests.demo.kubernetes.running import Running, running

API = "/apis/apps/v1/namespaces/social-live-prod/deployments/api"
MERGE = "application/merge-patch+json"


async def annotate(cluster: Cluster, value: str, timeout_s: float = 5.0) -> None:
    body = {"metadata": {"annotations": {"mark": value}}}
    await cluster.request("PATCH", API, needs="patch it", body=body, content_type=MERGE, timeout_s=timeout_s)


def mark(run: Running) -> str:
    stored = run.cluster.store.get("apps/deployments", "social-live-prod", "api")
    assert stored is not None
    return str(stored.body["metadata"].get("annotations", {}).get("mark", ""))


async def connect(proxy: FaultyApi, folder: Path) -> Cluster:
    return await Cluster.connect(Kubernetes(kubeconfig=str(proxy.kubeconfig(folder))))


CASES = {
    "cut before": (faults.cut_before, ProblemKind.UNREACHABLE, ""),
    "cut after": (faults.cut_after, ProblemKind.UNREACHABLE, "done"),
    "hang": (faults.hang, ProblemKind.TIMEOUT, ""),
    "hang after": (faults.hang_after, ProblemKind.TIMEOUT, "done"),
    "403": (faults.forbidden, ProblemKind.FORBIDDEN, ""),
    "500": (faults.broken, ProblemKind.BAD_ANSWER, ""),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_client_and_server_see(case: str, tmp_path: Path) -> None:
    fault, kind, there = CASES[case]
    async with running() as run, faulty(run.server.url, run.server.ca_pem, run.server.tokens) as proxy:
        cluster = await connect(proxy, tmp_path)
        proxy.on(faults.is_write, fault)
        with pytest.raises(SourceError) as caught:
            await annotate(cluster, "done", timeout_s=0.3)
        assert (caught.value.problem.kind, mark(run)) == (kind, there)
        await annotate(cluster, "again")
        assert mark(run) == "again"
        assert len(proxy.writes) == 2
        await cluster.close()


async def test_it_dies_and_comes_back_and_breaks_watches(tmp_path: Path) -> None:
    async with running() as run, faulty(run.server.url, run.server.ca_pem, run.server.tokens) as proxy:
        cluster = await connect(proxy, tmp_path)
        version = str(run.cluster.store.version)
        watch = [("watch", "true"), ("resourceVersion", version)]
        async with cluster.stream("/api/v1/namespaces/social-live-prod/pods", watch, needs="watch pods") as answer:
            proxy.die()
            async with asyncio.timeout(5):
                with pytest.raises(aiohttp.ClientError):
                    await answer.content.read()
        with pytest.raises(SourceError):
            await annotate(cluster, "done")
        proxy.well()
        await annotate(cluster, "done")
        proxy.revoke()
        with pytest.raises(SourceError) as caught:
            await annotate(cluster, "later")
        assert (caught.value.problem.kind, mark(run)) == (ProblemKind.UNAUTHORIZED, "done")
        await cluster.close()
