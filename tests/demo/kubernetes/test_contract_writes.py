"""Contract: patches, dry runs, preconditions, rights, refusals: alike on the simulated and the real server."""

import pytest

from tests.demo.kubernetes.target import (
    APPS,
    CORE,
    HPAS,
    JSON_PATCH,
    MERGE,
    NAMESPACE,
    STRATEGIC,
    Answer,
    Body,
    Target,
    autoscaler,
    config_map,
    deployment,
    eventually,
    pods_of,
    settled,
    unique,
)  # fmt: skip

pytestmark = pytest.mark.asyncio(loop_scope="module")

REVIEWS = "/apis/authorization.k8s.io/v1"


async def make_deployment(target: Target, replicas: int = 3) -> str:
    name = unique("app")
    await target.create(f"{APPS}/deployments", deployment(name, replicas))
    await settled(target, name)
    return name


def refused(answer: Answer) -> tuple[int, str, str]:
    """(code, reason, message) of a Status that refuses."""
    assert (answer.body["kind"], answer.body["status"]) == ("Status", "Failure")
    assert answer.body["code"] == answer.status
    return answer.status, answer.body.get("reason", ""), answer.body["message"]


async def test_scale_subresource(target: Target) -> None:
    name = await make_deployment(target)
    path = f"{APPS}/deployments/{name}/scale"
    scale = await target.get(path)
    assert (scale["kind"], scale["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert (scale["spec"], scale["status"]) == ({"replicas": 3}, {"replicas": 3, "selector": f"app={name}"})
    patched = await target.call("PATCH", path, {"spec": {"replicas": 5}}, content_type=MERGE)
    assert (patched.status, patched.body["spec"]) == (200, {"replicas": 5})
    await settled(target, name)
    assert len(await pods_of(target, name)) == 5
    scale = await target.get(path)
    scale["spec"]["replicas"] = 2
    put = await target.call("PUT", path, scale)
    assert (put.status, put.body["spec"]) == (200, {"replicas": 2})
    await settled(target, name)
    assert len(await pods_of(target, name)) == 2
    scale["metadata"]["resourceVersion"] = "1"
    old = await target.call("PUT", path, scale)
    assert refused(old)[:2] == (409, "Conflict")


async def test_scale_refuses_less_than_nothing(target: Target) -> None:
    name = await make_deployment(target, 1)
    path = f"{APPS}/deployments/{name}"
    whole = await target.call("PATCH", path, {"spec": {"replicas": -4}}, content_type=MERGE)
    message = "spec.replicas: Invalid value: -4: must be greater than or equal to 0"
    assert refused(whole) == (422, "Invalid", f'Deployment.apps "{name}" is invalid: {message}')
    scale = await target.call("PATCH", f"{path}/scale", {"spec": {"replicas": -4}}, content_type=MERGE)
    assert refused(scale) == (422, "Invalid", f'Scale.autoscaling "{name}" is invalid: {message}')
    assert whole.body["details"]["causes"][0]["field"] == "spec.replicas"


async def test_restart_replaces_every_pod(target: Target) -> None:
    name = await make_deployment(target)
    before = {pod["metadata"]["uid"] for pod in await pods_of(target, name)}
    mark = {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
    patch = {"spec": {"template": {"metadata": {"annotations": mark}}}}
    answer = await target.call("PATCH", f"{APPS}/deployments/{name}", patch, content_type=STRATEGIC)
    assert answer.body["metadata"]["generation"] == 2
    after = await settled(target, name)
    assert after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    pods = await pods_of(target, name)
    assert not before & {pod["metadata"]["uid"] for pod in pods}
    assert all(pod["metadata"]["annotations"] == mark for pod in pods)
    progressing = next(each for each in after["status"]["conditions"] if each["type"] == "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("True", "NewReplicaSetAvailable")
    assert progressing["message"].endswith("has successfully progressed.")


async def test_strategic_merge_knows_containers_and_variables_by_name(target: Target) -> None:
    name = await make_deployment(target, 1)
    container = {"name": "app", "image": "registry.example/app:2.0", "env": [{"name": "B", "value": "3"}]}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    answer = await target.call("PATCH", f"{APPS}/deployments/{name}", patch, content_type=STRATEGIC)
    merged = answer.body["spec"]["template"]["spec"]["containers"]
    assert len(merged) == 1
    assert merged[0]["image"] == "registry.example/app:2.0"
    assert {each["name"]: each["value"] for each in merged[0]["env"]} == {"A": "1", "B": "3"}
    assert merged[0]["resources"]["requests"]["cpu"] == "100m"
    container["env"] = [{"name": "A", "$patch": "delete"}]
    answer = await target.call("PATCH", f"{APPS}/deployments/{name}", patch, content_type=STRATEGIC)
    assert answer.body["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "B", "value": "3"}]


async def test_json_patch_tests_before_it_writes(target: Target) -> None:
    name = await make_deployment(target, 1)
    path = f"{APPS}/deployments/{name}"
    before = await target.get(path)
    uid = before["metadata"]["uid"]
    replace = {"op": "replace", "path": "/spec/replicas", "value": 2}
    wrong = [
        [{"op": "test", "path": "/spec/replicas", "value": 99}, replace],
        [{"op": "test", "path": "/metadata/uid", "value": "other"}, replace],
        [{"op": "test", "path": "/spec/nothing", "value": 1}, replace],
        [{"op": "remove", "path": "/spec/nothing"}],
        [replace, {"op": "test", "path": "/spec/replicas", "value": 1}],
    ]
    for operations in wrong:
        answer = await target.call("PATCH", path, operations, content_type=JSON_PATCH)
        message = "the server rejected our request due to an error in our request"
        assert refused(answer) == (422, "Invalid", message)
    assert (await target.get(path))["spec"] == before["spec"]
    right = [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": "/spec/replicas", "value": 1},
    ]
    answer = await target.call("PATCH", path, [*right, replace], content_type=JSON_PATCH)
    assert (answer.status, answer.body["spec"]["replicas"]) == (200, 2)
    answer = await target.call("PATCH", f"{path}/scale", [*right, replace], content_type=JSON_PATCH)
    assert refused(answer)[0] == 422
    answer = await target.call("PATCH", f"{path}/scale", [right[0], replace], content_type=JSON_PATCH)
    assert (answer.status, answer.body["spec"]["replicas"]) == (200, 2)


async def test_json_patch_tests_what_is_not_there(target: Target) -> None:
    """A missing member tests as null; in the Scale of no replicas the number itself is missing."""
    name = await make_deployment(target, 1)
    path = f"{APPS}/deployments/{name}"

    async def status(where: str, *operations: Body) -> int:
        answer = await target.call("PATCH", where, list(operations), content_type=JSON_PATCH, dryRun="All")
        return answer.status

    more = {"op": "add", "path": "/spec/replicas", "value": 2}
    assert await status(path, {"op": "test", "path": "/spec/paused", "value": None}, more) == 200
    assert await status(path, {"op": "test", "path": "/spec/replicas", "value": None}, more) == 422
    assert await status(path, {"op": "test", "path": "/spec/nothing/there", "value": None}, more) == 422
    zero = [{"op": "add", "path": "/spec/replicas", "value": 0}]
    answer = await target.call("PATCH", f"{path}/scale", zero, content_type=JSON_PATCH)
    assert (answer.status, answer.body["spec"]) == (200, {})
    assert await status(f"{path}/scale", {"op": "test", "path": "/spec/replicas", "value": None}, more) == 200
    assert await status(f"{path}/scale", {"op": "test", "path": "/spec/replicas", "value": 0}, more) == 422


@pytest.mark.parametrize("content_type", [MERGE, STRATEGIC, JSON_PATCH])
async def test_a_dry_run_changes_nothing(target: Target, content_type: str) -> None:
    name = await make_deployment(target, 1)
    path = f"{APPS}/deployments/{name}"
    before = await target.get(path)
    merge = {"spec": {"replicas": 4}}
    patch = [{"op": "replace", "path": "/spec/replicas", "value": 4}] if content_type == JSON_PATCH else merge
    for where in (path, f"{path}/scale"):
        answer = await target.call("PATCH", where, patch, content_type=content_type, dryRun="All")
        assert (answer.status, answer.body["spec"]["replicas"]) == (200, 4)
    after = await target.get(path)
    assert (after["spec"], after["metadata"]["resourceVersion"]) == (
        before["spec"], before["metadata"]["resourceVersion"],
    )  # fmt: skip


async def test_a_dry_run_creates_and_deletes_nothing(target: Target) -> None:
    name = unique("dry")
    answer = await target.call("POST", f"{CORE}/configmaps", config_map(name, a="1"), dryRun="All")
    assert (answer.status, answer.body["metadata"]["name"]) == (201, name)
    assert (await target.call("GET", f"{CORE}/configmaps/{name}")).status == 404
    await target.create(f"{CORE}/configmaps", config_map(name, a="1"))
    answer = await target.call("DELETE", f"{CORE}/configmaps/{name}", dryRun="All")
    assert (answer.status, answer.body["status"]) == (200, "Success")
    assert (await target.get(f"{CORE}/configmaps/{name}"))["data"] == {"a": "1"}
    answer = await target.call("PATCH", f"{CORE}/configmaps/{name}", {}, content_type=MERGE, dryRun="Some")
    message = 'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"'
    assert refused(answer) == (422, "Invalid", message)


async def test_delete_keeps_to_its_preconditions(target: Target) -> None:
    name = await make_deployment(target, 2)
    pod = (await pods_of(target, name))[0]["metadata"]
    path = f"{CORE}/pods/{pod['name']}"
    answer = await target.call("DELETE", path, {"preconditions": {"uid": "other"}})
    message = (
        f'Operation cannot be fulfilled on Pod "{pod["name"]}": the UID in the precondition (other) does not match '
        f"the UID in record ({pod['uid']}). The object might have been deleted and then recreated"
    )
    assert refused(answer) == (409, "Conflict", message)
    answer = await target.call("DELETE", path, {"preconditions": {"uid": pod["uid"]}})
    assert (answer.status, answer.body["kind"]) == (200, "Pod")

    async def replaced() -> bool:
        pods = await pods_of(target, name)
        return len(pods) == 2 and pod["uid"] not in [each["metadata"]["uid"] for each in pods]

    await eventually(replaced)


async def test_writes_to_old_versions_conflict(target: Target) -> None:
    name = unique("conflict")
    await target.create(f"{CORE}/configmaps", config_map(name, a="1"))
    message = (
        f'Operation cannot be fulfilled on configmaps "{name}": the object has been modified; please apply your '
        "changes to the latest version and try again"
    )
    body = config_map(name, a="2")
    body["metadata"]["resourceVersion"] = "1"
    put = await target.call("PUT", f"{CORE}/configmaps/{name}", body)
    assert refused(put) == (409, "Conflict", message)
    patch = {"metadata": {"resourceVersion": "1"}, "data": {"a": "2"}}
    patched = await target.call("PATCH", f"{CORE}/configmaps/{name}", patch, content_type=MERGE)
    assert refused(patched) == (409, "Conflict", message)
    newest = await target.get(f"{CORE}/configmaps/{name}")
    newest["data"] = {"a": "3"}
    put = await target.call("PUT", f"{CORE}/configmaps/{name}", newest)
    assert (put.status, put.body["data"]) == (200, {"a": "3"})
    again = await target.call("PUT", f"{CORE}/configmaps/{name}", put.body)
    assert again.body["metadata"]["resourceVersion"] == put.body["metadata"]["resourceVersion"]


async def test_what_cannot_be_created(target: Target) -> None:
    name = unique("twice")
    await target.create(f"{CORE}/configmaps", config_map(name))
    again = await target.call("POST", f"{CORE}/configmaps", config_map(name))
    assert refused(again) == (409, "AlreadyExists", f'configmaps "{name}" already exists')
    nowhere = await target.call("POST", "/api/v1/namespaces/nowhere/configmaps", config_map(name))
    assert refused(nowhere) == (404, "NotFound", 'namespaces "nowhere" not found')
    named = await target.call("POST", f"{CORE}/configmaps", config_map("Not_a_name"))
    assert refused(named)[:2] == (422, "Invalid")
    assert 'metadata.name: Invalid value: "Not_a_name": a lowercase RFC 1123 subdomain' in named.body["message"]
    strange = await target.call("PATCH", f"{CORE}/configmaps/{name}", {}, content_type="text/plain")
    assert refused(strange) == (415, "UnsupportedMediaType", "415: Unsupported Media Type")


async def test_autoscalers_are_checked_and_shown_in_both_versions(target: Target) -> None:
    name = unique("hpa")
    await target.create(HPAS, autoscaler(name, 2, 6, 70))
    older = await target.get(HPAS.replace("/v2/", "/v1/") + f"/{name}")
    spec = {key: older["spec"][key] for key in ("minReplicas", "maxReplicas", "targetCPUUtilizationPercentage")}
    assert spec == {"minReplicas": 2, "maxReplicas": 6, "targetCPUUtilizationPercentage": 70}
    wrong = await target.call("PATCH", f"{HPAS}/{name}", {"spec": {"maxReplicas": 1}}, content_type=MERGE)
    assert refused(wrong)[:2] == (422, "Invalid")
    assert "must be greater than or equal to `minReplicas`" in wrong.body["message"]


ASKED: dict[str, Body] = {
    "list pods everywhere": {"verb": "list", "resource": "pods"},
    "watch pods": {"verb": "watch", "resource": "pods", "namespace": NAMESPACE},
    "patch deployments": {"verb": "patch", "group": "apps", "resource": "deployments", "namespace": NAMESPACE},
    "scale": {"verb": "patch", "group": "apps", "resource": "deployments", "subresource": "scale",
              "namespace": NAMESPACE},
    "logs": {"verb": "get", "resource": "pods", "subresource": "log", "namespace": NAMESPACE},
    "proxy": {"verb": "get", "resource": "services", "subresource": "proxy", "namespace": "monitoring"},
    "secrets": {"verb": "get", "resource": "secrets", "namespace": NAMESPACE},
    "usage": {"verb": "list", "group": "metrics.k8s.io", "resource": "pods", "namespace": NAMESPACE},
    "nodes": {"verb": "list", "resource": "nodes"},
}  # fmt: skip
ALLOWED = {
    "admin": set(ASKED),
    "viewer": {"list pods everywhere", "watch pods", "logs", "usage", "nodes"},
    "tenant": {"watch pods", "patch deployments", "scale", "logs", "secrets", "usage"},
}


@pytest.mark.parametrize("user", ALLOWED)
async def test_access_reviews(target: Target, user: str) -> None:
    allowed = set()
    for name, attributes in ASKED.items():
        review = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
        review["spec"] = {"resourceAttributes": attributes}  # type: ignore[assignment]  # a plain JSON document
        answer = await target.call("POST", f"{REVIEWS}/selfsubjectaccessreviews", review, user=user)
        assert (answer.status, answer.body["kind"]) == (201, "SelfSubjectAccessReview")
        if answer.body["status"]["allowed"]:
            allowed.add(name)
    assert allowed == ALLOWED[user]


async def test_rules_reviews(target: Target) -> None:
    review = {
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "spec": {"namespace": NAMESPACE},
    }
    answer = await target.call("POST", f"{REVIEWS}/selfsubjectrulesreviews", review, user="tenant")
    assert answer.status == 201
    every = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    assert every in answer.body["status"]["resourceRules"]


REFUSALS = {
    "wrong token": ("nobody", "GET", f"{CORE}/pods", 401, "Unauthorized", "Unauthorized"),
    "no token": (
        "", "GET", "/api/v1/pods", 403, "Forbidden",
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    ),
    "tenant lists everywhere": (
        "tenant", "GET", "/api/v1/pods", 403, "Forbidden",
        'pods is forbidden: User "tenant" cannot list resource "pods" in API group "" at the cluster scope',
    ),
    "tenant gets a node": (
        "tenant", "GET", "/api/v1/nodes/one", 403, "Forbidden",
        'nodes "one" is forbidden: User "tenant" cannot get resource "nodes" in API group "" at the cluster scope',
    ),
    "viewer patches": (
        "viewer", "PATCH", f"{APPS}/deployments/one", 403, "Forbidden",
        'deployments.apps "one" is forbidden: User "viewer" cannot patch resource "deployments" in API group "apps" '
        'in the namespace "social-live-prod"',
    ),
    "viewer scales": (
        "viewer", "PATCH", f"{APPS}/deployments/one/scale", 403, "Forbidden",
        'deployments.apps "one" is forbidden: User "viewer" cannot patch resource "deployments/scale" in API group '
        '"apps" in the namespace "social-live-prod"',
    ),
    "viewer proxies": (
        "viewer", "GET", f"{CORE}/services/api:80/proxy/x", 403, "Forbidden",
        'services "api:80" is forbidden: User "viewer" cannot get resource "services/proxy" in API group "" in the '
        'namespace "social-live-prod"',
    ),
    "tenant gets a path": (
        "tenant", "GET", "/metrics", 403, "Forbidden", 'forbidden: User "tenant" cannot get path "/metrics"',
    ),
    "no such object": (
        "admin", "GET", f"{APPS}/deployments/none", 404, "NotFound", 'deployments.apps "none" not found',
    ),
    "no such resource": (
        "admin", "GET", f"{CORE}/things", 404, "NotFound", "the server could not find the requested resource",
    ),
    "wrong method": (
        "admin", "POST", f"{CORE}/configmaps/one", 405, "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
    ),
    "no such service": (
        "admin", "GET", f"{CORE}/services/none:80/proxy/x", 404, "NotFound", 'services "none" not found',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals_have_the_same_words(target: Target, case: str) -> None:
    user, method, path, code, reason, message = REFUSALS[case]
    body: Body | None = {} if method in ("PATCH", "POST") else None
    answer = await target.call(
        method, path, body, user=user, content_type=MERGE if method == "PATCH" else "application/json"
    )
    assert refused(answer) == (code, reason, message)


async def test_unknown_paths_are_no_objects(target: Target) -> None:
    answer = await target.call("GET", "/apis/nothing.example/v1/things")
    assert (answer.status, answer.body.strip()) == (404, "404 page not found")
