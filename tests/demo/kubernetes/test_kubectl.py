"""The real kubectl works against the simulated API server as against any cluster."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from opsconsole.demo.platform import NAMESPACE, PodLoad
from tests.demo.kubernetes.running import Running

Kubectl = Callable[..., Awaitable[str]]


@pytest.fixture
def run(simulated: Running, kubectl: Path, tmp_path: Path) -> Kubectl:
    """Runs kubectl as a user and returns what it printed; fails when it fails, unless `fails` is set."""

    async def call(*arguments: str, user: str = "admin", fails: bool = False) -> str:
        config = tmp_path / user
        config.write_text(simulated.server.kubeconfig(user), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            kubectl, f"--kubeconfig={config}", f"--cache-dir={tmp_path}/cache", *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(60):
            printed, _ = await process.communicate()
        text = printed.decode()
        assert (process.returncode != 0) == fails, text
        return text

    return call


def rows(text: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]


async def test_get_wide(run: Kubectl) -> None:
    text = await run("get", "pods,hpa,nodes", "-o", "wide")
    for heading in ("NOMINATED NODE", "READINESS GATES", "TARGETS", "MINPODS", "CONTAINER-RUNTIME"):
        assert heading in text
    pods = [row for row in rows(text) if row[0].startswith("pod/")]
    assert len(pods) > 35
    jobs = [row for row in pods if row[0].startswith("pod/session-cleanup-")]
    assert {row[2] for row in pods if row not in jobs} == {"Running"}
    assert [row[2] for row in jobs[:3]] == ["Completed"] * 3
    assert len([row for row in rows(text) if row[0].startswith("node/")]) == 3
    api = next(row for row in rows(text) if row[0].startswith("horizontalpodautoscaler.autoscaling/api"))
    assert (api[1], api[3], api[4]) == ("Deployment/api", "3", "20")


async def test_get_everything_and_api_resources(run: Kubectl) -> None:
    text = await run("get", "all,cm,events,pdb,endpointslices,leases,jobs,cronjobs,quota,pvc,ns", "-A")
    assert "statefulset.apps/search-index" in text
    assert "configmap/feature-flags" in text
    assert "cronjob.batch/session-cleanup" in text
    assert "resourcequota/shop" in text
    assert "persistentvolumeclaim/data-search-index-1" in text
    named = await run("api-resources", "-o", "name")
    assert {"pods", "deployments.apps", "pods.metrics.k8s.io"} <= set(named.split())


async def test_top(run: Kubectl, simulated: Running) -> None:
    pod = next(iter(simulated.cluster.workloads()["web"].ready))
    simulated.pods[pod] = PodLoad(123.0, 100 * 2**20)
    scraped = simulated.cluster.now + 20
    async with asyncio.timeout(20):
        while simulated.cluster.now < scraped:
            await asyncio.sleep(0.02)
    found = next(row for row in rows(await run("top", "pods")) if row[0] == pod)
    assert found[1:] == ["123m", "100Mi"]
    nodes = rows(await run("top", "nodes"))
    assert len(nodes) == 4
    assert all(row[1].endswith("m") and row[2].endswith("%") for row in nodes[1:])


async def test_logs(run: Kubectl, simulated: Running) -> None:
    pod = next(iter(simulated.cluster.workloads()["web"].ready))
    simulated.cluster.log(pod, "INFO  the first")
    simulated.cluster.log(pod, "INFO  the second")
    assert await run("logs", pod, "--tail=1") == "INFO  the second\n"
    assert re.fullmatch(r"\d{4}-\S+Z INFO  the second\n", await run("logs", pod, "--tail=1", "--timestamps"))
    assert "INFO  the second" in await run("logs", "-l", "app=web", "--prefix")
    text = await run("logs", pod, "--previous", fails=True)
    assert f'previous terminated container "web" in pod "{pod}" not found' in text


async def test_scale(run: Kubectl, simulated: Running) -> None:
    assert "scaled" in await run("scale", "deploy/auth", "--replicas=4")
    assert "successfully rolled out" in await run("rollout", "status", "deploy/auth", "--timeout=50s")
    assert len(simulated.cluster.workloads()["auth"].ready) == 4
    refused = await run("scale", "deploy/auth", "--replicas=5", "--current-replicas=9", fails=True)
    assert "Expected replicas to be 9, was 4" in refused


async def test_restart_and_undo(run: Kubectl, simulated: Running) -> None:
    before = set(simulated.cluster.workloads()["auth"].ready)
    assert "restarted" in await run("rollout", "restart", "deploy/auth")
    assert "successfully rolled out" in await run("rollout", "status", "deploy/auth", "--timeout=50s")
    assert not before & set(simulated.cluster.workloads()["auth"].ready)
    await run("set", "image", "deploy/auth", "auth=registry.example/auth:broken")
    history = await run("rollout", "history", "deploy/auth")
    assert len(rows(history)) >= 4
    assert "rolled back" in await run("rollout", "undo", "deploy/auth")
    await run("rollout", "status", "deploy/auth", "--timeout=50s")
    state = simulated.cluster.workloads()["auth"]
    assert (state.version, set(state.ready.values())) == ("2.3.5", {"2.3.5"})


async def test_describe(run: Kubectl, simulated: Running) -> None:
    await run("rollout", "restart", "deploy/web")
    await run("rollout", "status", "deploy/web", "--timeout=50s")
    pod = next(iter(simulated.cluster.workloads()["web"].ready))
    text = await run("describe", "pod", pod)
    for word in ("Scheduled", "Pulled", "Started", "Controlled By:  ReplicaSet/web-", "Ready:          True"):
        assert word in text
    assert "ScalingReplicaSet" in await run("describe", "deployment", "web")
    text = await run("describe", "hpa", "api")
    assert "resource cpu on pods" in text
    assert "ScalingActive   True    ValidMetricFound" in text
    assert "Allocated resources" in await run(
        "describe", "node", next(iter(simulated.cluster.workloads()["web"].nodes.values()))
    )


async def test_patch_edit_and_create(run: Kubectl) -> None:
    await run("patch", "hpa", "api", "-p", '{"spec":{"maxReplicas":25}}')
    assert await run("get", "hpa", "api", "-o", "jsonpath={.spec.maxReplicas}") == "25"
    await run("create", "configmap", "made", "--from-literal=a=b")
    await run("annotate", "cm", "made", "note=yes")
    assert await run("get", "cm", "made", "-o", "jsonpath={.data.a} {.metadata.annotations.note}") == "b yes"
    await run("delete", "cm", "made")
    assert "NotFound" in await run("get", "cm", "made", fails=True)


async def test_drain_keeps_to_disruption_budgets(run: Kubectl, simulated: Running) -> None:
    node = next(iter(simulated.cluster.workloads()["web"].nodes.values()))
    text = await run("drain", node, "--ignore-daemonsets", "--timeout=50s")
    assert "Cannot evict pod as it would violate the pod's disruption budget" in text
    left = await run("get", "pods", "-A", f"--field-selector=spec.nodeName={node}", "-o", "name")
    owners = {name.split("/")[1].rsplit("-", 1)[0] for name in left.split()}
    assert {owner for owner in owners if not owner.startswith("session-cleanup")} == {"node-exporter", "kube-proxy"}
    assert "SchedulingDisabled" in await run("get", "node", node)


async def test_rights(run: Kubectl) -> None:
    assert (await run("auth", "can-i", "patch", "deployments")).strip() == "yes"
    assert (await run("auth", "can-i", "patch", "deployments", user="viewer", fails=True)).strip() == "no"
    refused = await run("scale", "deploy/auth", "--replicas=4", user="viewer", fails=True)
    assert 'User "viewer" cannot patch resource "deployments/scale"' in refused
    refused = await run("get", "pods", "-n", "kube-system", user="tenant", fails=True)
    assert 'in the namespace "kube-system"' in refused
    assert "tenant" in await run("auth", "whoami", user="tenant")
    assert "api-" in await run("get", "pods", "-n", NAMESPACE, user="tenant")
