"""Contract: what StatefulSets and DaemonSets remember of their templates, and how the console reads it."""

from pathlib import Path

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.rollouts import read_rollouts
from tests.cluster.credentials import kubeconfig

from .target import APPS, MERGE, NAMESPACE, TABLE, Body, Target, deployment, eventually, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLURALS = {"StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}
HASHES = {"StatefulSet": "controller.kubernetes.io/hash", "DaemonSet": "controller-revision-hash"}


def workload(kind: str, name: str) -> Body:
    spec = deployment(name, 1)["spec"]
    more = {"serviceName": name} if kind == "StatefulSet" else {}
    kept = ("replicas", "selector", "template") if kind == "StatefulSet" else ("selector", "template")
    metadata = {"name": name, "annotations": {"kubernetes.io/change-cause": "first"}}
    return {
        "apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {key: spec[key] for key in kept} | more,
    }  # fmt: skip


async def revisions(target: Target, name: str) -> list[Body]:
    found = (await target.get(f"{APPS}/controllerrevisions", labelSelector=f"app={name}"))["items"]
    return sorted(found, key=lambda each: int(each["revision"]))


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
async def test_a_template_that_comes_back_is_the_newest_revision_again(
    target: Target, kind: str, tmp_path: Path
) -> None:
    name = unique("kept")
    path = f"{APPS}/{PLURALS[kind]}"
    made = await target.create(path, workload(kind, name))

    async def settled() -> bool:
        """All its pods are ready: by then its controller has seen what it made."""
        status = (await target.get(f"{path}/{name}")).get("status", {})
        wanted = status.get("desiredNumberScheduled") if kind == "DaemonSet" else 1
        ready = status.get("numberReady" if kind == "DaemonSet" else "readyReplicas")
        updated = status.get("updatedNumberScheduled" if kind == "DaemonSet" else "updatedReplicas", ready)
        generation = (await target.get(f"{path}/{name}"))["metadata"]["generation"]
        return bool(wanted and ready == wanted == updated and status["observedGeneration"] == generation)

    async def release(image: str) -> None:
        containers = [{**made["spec"]["template"]["spec"]["containers"][0], "image": image}]
        change = {"spec": {"template": {"spec": {"containers": containers}}}}
        answer = await target.call("PATCH", f"{path}/{name}", change, content_type=MERGE)
        assert answer.status == 200
        await eventually(settled, within_s=60)

    await eventually(settled, within_s=60)
    (first,) = await revisions(target, name)
    assert set(first) - {"apiVersion", "kind"} == {"metadata", "data", "revision"}
    assert set(first["metadata"]["labels"]) == {"app", HASHES[kind]}
    assert first["metadata"]["name"] == f"{name}-{first['metadata']['labels'][HASHES[kind]]}"
    assert first["metadata"]["annotations"]["kubernetes.io/change-cause"] == "first"
    (owner,) = first["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"]) == (kind, name, True)
    assert first["data"]["spec"]["template"]["$patch"] == "replace"
    assert first["data"]["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/app:1.0"
    await release("registry.example/app:1.1")
    assert [each["revision"] for each in await revisions(target, name)] == [1, 2]
    await release("registry.example/app:1.0")

    async def back() -> bool:
        found = [(each["metadata"]["name"], each["revision"]) for each in await revisions(target, name)]
        return len(found) == 2 and found[-1] == (first["metadata"]["name"], 3)

    await eventually(back)
    table = await target.call("GET", f"{APPS}/controllerrevisions", labelSelector=f"app={name}", accept=TABLE)
    assert [column["name"] for column in table.body["columnDefinitions"]] == ["Name", "Controller", "Revision", "Age"]
    assert {row["cells"][1] for row in table.body["rows"]} == {f"{kind.lower()}.apps/{name}"}

    (tmp_path / "kubeconfig").write_text(
        kubeconfig(target.url, target.ca_pem, "admin", target.tokens["admin"]), encoding="utf-8"
    )
    cluster = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig")))
    try:
        seen = await read_rollouts(cluster, kind, NAMESPACE, name)
        pods = (await target.get(f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=f"app={name}"))["items"]
    finally:
        await cluster.close()
    assert [(one.row.revision, one.row.images) for one in seen.revisions] == [
        ("3", ("registry.example/app:1.0",)), ("2", ("registry.example/app:1.1",)),
    ]  # fmt: skip
    assert {pod["metadata"]["labels"]["controller-revision-hash"] for pod in pods} == {
        seen.revisions[0].row.template_hash
    }
