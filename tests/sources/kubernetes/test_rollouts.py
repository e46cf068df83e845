"""Revisions as the real control plane keeps them: ReplicaSets of a Deployment, ControllerRevisions of the others."""

import copy
from collections.abc import AsyncIterator, Callable

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.rules.template_changes import template_changes
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.objects_raw import place_of, read_list
from opsconsole.sources.kubernetes.rollouts import Rollouts, read_rollouts
from tests.cluster.manifests import NAMESPACE
from tests.cluster.objects import Object, deployment, stateful_set, unique
from tests.cluster.plane import Plane

from .conftest import until


@pytest.fixture
async def admin(real_cluster: Plane) -> AsyncIterator[Cluster]:
    connection = Cluster(Kubernetes(kubeconfig=str(real_cluster.folder / "admin.kubeconfig")))
    yield connection
    await connection.close()


def daemon_set(name: str) -> Object:
    body = copy.deepcopy(deployment(name))
    spec = body["spec"]
    return {**body, "kind": "DaemonSet", "spec": {"selector": spec["selector"], "template": spec["template"]}}


def _settled(body: Object) -> bool:
    """Whether all its pods are ready and its controller has told so: it then has seen the revision that it made.

    A template that changes before gets the number of the first one, since the controller knows of no other.
    """
    status = body["status"]
    wanted = body["spec"].get("replicas") or status.get("desiredNumberScheduled")
    ready = status.get("readyReplicas") or status.get("numberReady")
    return bool(status.get("observedGeneration") == body["metadata"]["generation"] and ready and ready == wanted)


@pytest.mark.parametrize("make", [deployment, stateful_set, daemon_set])
async def test_the_revisions_newest_first_with_image_author_and_what_changed(
    real_cluster: Plane, admin: Cluster, make: Callable[[str], Object]
) -> None:
    body = make(unique("rolled"))
    kind, name = body["kind"], body["metadata"]["name"]
    path = place_of(kind).path(NAMESPACE)
    body["metadata"]["annotations"] = {"kubernetes.io/change-cause": "first"}
    real_cluster.request("POST", path, body)
    seen: list[Rollouts] = []

    async def kept(count: int) -> Rollouts:
        for _ in range(600):
            found = await read_rollouts(admin, kind, NAMESPACE, name)
            if len(found.revisions) == count:
                return found
        raise AssertionError(f"{kind}/{name} never had {count} revisions")

    await kept(1)
    await until(lambda: _settled(real_cluster.request("GET", f"{path}/{name}")), 60)
    container = body["spec"]["template"]["spec"]["containers"][0]
    changed = {"name": container["name"], "image": "registry.example/app:1.1", "env": [{"name": "FEED", "value": "v2"}]}
    labels = {"metadata": {"labels": body["spec"]["template"]["metadata"]["labels"]}}
    change = {"spec": {"template": {**labels, "spec": {"containers": [{**container, **changed}]}}}}
    real_cluster.request("PATCH", f"{path}/{name}", change)
    seen.append(await kept(2))
    newest, before = seen[0].revisions
    assert (newest.row.revision, before.row.revision) == ("2", "1")
    assert (newest.row.images, before.row.images) == (("registry.example/app:1.1",), ("registry.example/app:1.0",))
    assert newest.row.created is not None
    assert template_changes(before.template, newest.template) == (
        "image app:1.0→app:1.1", "env MODE removed", "env FEED added",
    )  # fmt: skip
    assert seen[0].nodes >= 3


async def test_a_revision_is_known_by_the_hash_that_its_pods_carry(real_cluster: Plane, admin: Cluster) -> None:
    for body in (deployment(unique("hash")), stateful_set(unique("hash")), daemon_set(unique("hash"))):
        kind, name = body["kind"], body["metadata"]["name"]
        real_cluster.request("POST", place_of(kind).path(NAMESPACE), body)
        hashes: set[str] = set()
        for _ in range(600):
            pods = await read_list(admin, "Pod", NAMESPACE, labels=f"app={name}")
            labels = [pod["metadata"]["labels"] for pod in pods]
            hashes = {one.get("pod-template-hash") or one["controller-revision-hash"] for one in labels}
            if hashes:
                break
        found = await read_rollouts(admin, kind, NAMESPACE, name)
        assert {one.row.template_hash for one in found.revisions} == hashes
