"""Contract of what actions send: alike on the simulated and the real server, to the words of a refusal."""

from typing import Any

import pytest

from tests.cluster import objects
from tests.demo.kubernetes.target import (
    APPS,
    HPAS,
    JSON_PATCH,
    NAMESPACE,
    Answer,
    Body,
    Target,
    eventually,
    pods_of,
    settled,
    unique,
)  # fmt: skip

pytestmark = pytest.mark.asyncio(loop_scope="module")
REJECTED = (422, "Invalid", "the server rejected our request due to an error in our request")
RESTARTED = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt"


def op(kind: str, path: str, value: Any = None) -> Body:
    return {"op": kind, "path": path, "value": value}


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.body.get("reason", ""), answer.body["message"]


async def made(target: Target, replicas: int = 2, **of: Any) -> tuple[str, Body]:
    """(path, body) of a Deployment that has come to rest."""
    name = unique("act")
    await target.create(f"{APPS}/deployments", objects.deployment(name, replicas, **of))
    return f"{APPS}/deployments/{name}", await settled(target, name)


async def patch(target: Target, path: str, *operations: Body, **query: Any) -> Answer:
    return await target.call("PATCH", path, list(operations), content_type=JSON_PATCH, **query)


@pytest.mark.parametrize("dry_run", [{"dryRun": "All"}, {}], ids=["dry run", "write"])
async def test_every_value_that_a_plan_showed_can_be_a_precondition(target: Target, dry_run: dict[str, str]) -> None:
    path, body = await made(target)
    image = "/spec/template/spec/containers/0/image"
    others = {
        path: ["/metadata/uid", "/spec/replicas", image, "/spec/template", "/spec/paused"],
        f"{path}/scale": ["/metadata/uid", "/spec/replicas"],
    }
    for where, pointers in others.items():
        for pointer in pointers:
            operations = op("test", pointer, "another"), op("replace", "/spec/replicas", 1)
            assert refused(await patch(target, where, *operations, **dry_run)) == REJECTED, pointer
    now = await target.get(path)
    assert now["metadata"]["resourceVersion"] == body["metadata"]["resourceVersion"]
    template = now["spec"]["template"]
    right = [
        op("test", "/metadata/uid", body["metadata"]["uid"]),
        op("test", "/spec/template", template),
        op("replace", "/spec/replicas", 1),
    ]
    answer = await patch(target, path, *right, **dry_run)
    assert (answer.status, answer.body["spec"]["replicas"]) == (200, 1)


async def test_what_was_deleted_and_created_again_is_another_one(target: Target) -> None:
    path, body = await made(target, 1)
    write = [op("test", "/metadata/uid", body["metadata"]["uid"]), op("replace", "/spec/replicas", 2)]
    assert (await target.call("DELETE", path)).status == 200
    gone = await patch(target, path, *write)
    assert refused(gone)[:2] == (404, "NotFound")
    name = body["metadata"]["name"]
    await target.create(f"{APPS}/deployments", objects.deployment(name, 1))
    for where in (path, f"{path}/scale"):
        assert refused(await patch(target, where, *write)) == REJECTED
    assert (await target.get(path))["spec"]["replicas"] == 1


async def test_bounds_are_set_together_whatever_the_controller_wrote_meanwhile(target: Target) -> None:
    name = unique("act")
    body = await target.create(HPAS, objects.autoscaler(name, 2, 6))
    path = f"{HPAS}/{name}"
    shown = [
        op("test", "/metadata/uid", body["metadata"]["uid"]),
        op("test", "/spec/minReplicas", 2),
        op("test", "/spec/maxReplicas", 6),
    ]
    wanted = [op("replace", "/spec/minReplicas", 8), op("replace", "/spec/maxReplicas", 12)]
    tried = await patch(target, path, *shown, *wanted, dryRun="All")
    assert (tried.status, tried.body["spec"]["minReplicas"]) == (200, 8)
    below = await patch(target, path, *shown, op("replace", "/spec/minReplicas", 8), dryRun="All")
    assert refused(below)[:2] == (422, "Invalid")
    assert "must be greater than or equal to `minReplicas`" in below.body["message"]
    done = await patch(target, path, *shown, *wanted)
    spec = done.body["spec"]
    assert (done.status, spec["minReplicas"], spec["maxReplicas"]) == (200, 8, 12)
    assert refused(await patch(target, path, *shown, *wanted)) == REJECTED


async def test_a_restart_marks_the_template_with_or_without_annotations(target: Target) -> None:
    path, body = await made(target)
    before = {pod["metadata"]["uid"] for pod in await pods_of(target, body["metadata"]["name"])}
    uid = op("test", "/metadata/uid", body["metadata"]["uid"])
    bare = await patch(target, path, uid, op("add", RESTARTED, "2026-01-02T03:04:05Z"), dryRun="All")
    assert refused(bare) == REJECTED  # there are no annotations to add to
    first = op("add", "/spec/template/metadata/annotations", {"kubectl.kubernetes.io/restartedAt": "2026-01-02"})
    assert (await patch(target, path, uid, first)).status == 200
    again = await patch(target, path, uid, op("test", RESTARTED, "2026-01-02"), op("add", RESTARTED, "2026-01-03"))
    assert (again.status, again.body["metadata"]["generation"]) == (200, body["metadata"]["generation"] + 2)
    await settled(target, body["metadata"]["name"])
    after = await pods_of(target, body["metadata"]["name"])
    assert len(after) == 2
    assert not before & {pod["metadata"]["uid"] for pod in after}


async def test_going_back_takes_the_old_replica_set_and_a_new_number(target: Target) -> None:
    path, body = await made(target)
    name, uid = body["metadata"]["name"], op("test", "/metadata/uid", body["metadata"]["uid"])
    old = (await replica_sets(target, name))["1"]
    image = op("replace", "/spec/template/spec/containers/0/image", "registry.example/app:2.0")
    assert (await patch(target, path, uid, image)).status == 200
    newer = await settled(target, name)
    assert newer["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    template = old["spec"]["template"]
    del template["metadata"]["labels"]["pod-template-hash"]
    back = op("replace", "/spec/template", template)
    done = await patch(target, path, uid, op("test", "/spec/template", newer["spec"]["template"]), back)
    assert done.status == 200
    after = await settled(target, name)
    assert after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    sets = await replica_sets(target, name)
    assert set(sets) == {"2", "3"}
    assert sets["3"]["metadata"]["uid"] == old["metadata"]["uid"]
    assert sets["3"]["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"


async def replica_sets(target: Target, name: str) -> dict[str, Body]:
    """Revision → ReplicaSet."""
    found = await target.get(f"{APPS}/replicasets", labelSelector=f"app={name}")
    return {each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: each for each in found["items"]}


async def test_a_paused_deployment_rolls_nothing_out(target: Target) -> None:
    path, body = await made(target)
    name = body["metadata"]["name"]
    assert (await patch(target, path, op("add", "/spec/paused", True))).status == 200
    image = op("replace", "/spec/template/spec/containers/0/image", "registry.example/app:2.0")
    assert (await patch(target, path, op("test", "/spec/paused", True), image)).status == 200

    async def noticed() -> Any:
        found = await target.get(path)
        return found["status"]["observedGeneration"] == found["metadata"]["generation"]

    await eventually(noticed)
    assert set(await replica_sets(target, name)) == {"1"}


@pytest.mark.parametrize(("stuck", "reason"), [("image", "ImagePullBackOff"), ("crash", "CrashLoopBackOff")])
async def test_stuck_pods_say_why_and_the_deadline_passes(target: Target, stuck: str, reason: str) -> None:
    name = unique("act")
    await target.create(f"{APPS}/deployments", objects.deployment(name, 1, stuck=stuck, deadline_s=10))

    async def waiting() -> Any:
        for pod in await pods_of(target, name):
            for container in pod["status"].get("containerStatuses", []):
                if container["state"].get("waiting", {}).get("reason") == reason:
                    return container
        return None

    container = await eventually(waiting)
    assert container["state"]["waiting"]["message"]
    assert (container["restartCount"] > 0, "terminated" in container.get("lastState", {})) == (stuck == "crash",) * 2

    async def late() -> bool:
        status = (await target.get(f"{APPS}/deployments/{name}"))["status"]
        conditions = {each["type"]: each for each in status.get("conditions", [])}
        reason: str = conditions.get("Progressing", {}).get("reason", "")
        return reason == "ProgressDeadlineExceeded"

    await eventually(late)


async def test_a_stateful_set_is_scaled_and_restarted_alike(target: Target) -> None:
    name = unique("act")
    collection = f"{APPS}/statefulsets"
    body = await target.create(collection, objects.stateful_set(name))
    path, uid = f"{collection}/{name}", op("test", "/metadata/uid", body["metadata"]["uid"])

    async def there(replicas: int, updated: bool = False) -> Any:
        status = (await target.get(path)).get("status", {})
        same = status.get("currentRevision") == status.get("updateRevision")
        return status.get("readyReplicas") == replicas == status.get("replicas") and (same or not updated)

    await eventually(lambda: there(2))
    scaled = await patch(
        target, f"{path}/scale", uid, op("test", "/spec/replicas", 2), op("replace", "/spec/replicas", 3)
    )
    assert (scaled.status, scaled.body["kind"], scaled.body["spec"]) == (200, "Scale", {"replicas": 3})
    await eventually(lambda: there(3))
    before = {pod["metadata"]["uid"] for pod in await pods_of(target, name)}
    mark = op("add", "/spec/template/metadata/annotations", {"kubectl.kubernetes.io/restartedAt": "now"})
    assert (await patch(target, path, uid, mark)).status == 200

    async def replaced() -> bool:
        pods = {pod["metadata"]["uid"] for pod in await pods_of(target, name)}
        return len(pods) == 3 and not pods & before

    await eventually(replaced)


async def test_budgets_are_listed_and_what_is_not_installed_is_missing(target: Target) -> None:
    _, body = await made(target)
    name = body["metadata"]["name"]
    collection = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"
    await target.create(collection, objects.budget(name, 1))

    async def counted() -> Any:
        found = await target.get(collection)
        mine = next(each for each in found["items"] if each["metadata"]["name"] == name)
        status = mine.get("status", {})
        return (status.get("expectedPods"), status.get("disruptionsAllowed")) == (2, 1)

    await eventually(counted)
    keda = await target.call("GET", f"/apis/keda.sh/v1alpha1/namespaces/{NAMESPACE}/scaledobjects/{name}")
    assert keda.status == 404


WRITES = (
    ("apps", "deployments", ""), ("apps", "deployments", "scale"), ("autoscaling", "horizontalpodautoscalers", ""),
    ("keda.sh", "scaledobjects", ""),
)  # fmt: skip


@pytest.mark.parametrize(("user", "there", "elsewhere"), [("admin", 4, 4), ("viewer", 0, 0), ("tenant", 4, 0)])
async def test_who_may_write_where(target: Target, user: str, there: int, elsewhere: int) -> None:
    async def allowed(namespace: str) -> int:
        count = 0
        for group, resource, sub in WRITES:
            asked = {"verb": "patch", "group": group, "resource": resource, "subresource": sub, "namespace": namespace}
            review = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
            body = {**review, "spec": {"resourceAttributes": asked}}
            path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
            count += (await target.call("POST", path, body, user=user)).body["status"]["allowed"]
        return count

    assert (await allowed(NAMESPACE), await allowed("kube-system")) == (there, elsewhere)


async def test_a_dry_run_needs_the_right_to_write(target: Target) -> None:
    path, _ = await made(target, 1)
    two = [op("replace", "/spec/replicas", 2)]
    answer = await target.call("PATCH", f"{path}/scale", two, user="viewer", content_type=JSON_PATCH, dryRun="All")
    assert refused(answer)[:2] == (403, "Forbidden")
