"""Contract: endpoints, Jobs, CronJobs, quotas, claims, budgets: alike on the simulated and the real server."""

import pytest

from tests.demo.kubernetes.target import (
    APPS,
    CORE,
    MERGE,
    NAMESPACE,
    TABLE,
    Body,
    Target,
    deployment,
    eventually,
    settled,
    unique,
)  # fmt: skip

pytestmark = pytest.mark.asyncio(loop_scope="module")

BATCH = f"/apis/batch/v1/namespaces/{NAMESPACE}"
SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
BUDGETS = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"


def service(name: str) -> Body:
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def job_spec() -> Body:
    container = {"name": "app", "image": "registry.example/job:1"}
    return {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}


async def row(target: Target, path: str) -> list[object]:
    """The cells of one object, without its age."""
    answer = await target.call("GET", path, accept=TABLE)
    names = [column["name"] for column in answer.body["columnDefinitions"]]
    cells = answer.body["rows"][0]["cells"]
    return [cell for name, cell in zip(names, cells, strict=True) if name not in ("Age", "Duration")]


async def test_endpoints_follow_readiness(target: Target) -> None:
    name = unique("endpoints")
    await target.create(f"{CORE}/services", service(name))
    await target.create(f"{APPS}/deployments", deployment(name, 2))
    await settled(target, name)
    found: list[Body] = []

    async def ready(count: int) -> bool:
        found[:] = (await target.get(SLICES, labelSelector=f"kubernetes.io/service-name={name}"))["items"]
        endpoints = [each for one in found for each in one.get("endpoints") or []]
        return bool(found) and sum(each["conditions"]["ready"] for each in endpoints) == count == len(endpoints)

    await eventually(lambda: ready(2))
    (one,) = found
    assert one["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"] == "endpointslice-controller.k8s.io"
    assert one["metadata"]["ownerReferences"][0]["kind"] == "Service"
    assert (one["addressType"], one["ports"]) == ("IPv4", [{"name": "http", "protocol": "TCP", "port": 8080}])
    endpoint = one["endpoints"][0]
    assert endpoint["conditions"] == {"ready": True, "serving": True, "terminating": False}
    assert set(endpoint["targetRef"]) == {"kind", "namespace", "name", "uid"}
    await target.call("PATCH", f"{APPS}/deployments/{name}", {"spec": {"replicas": 0}}, content_type=MERGE)
    await eventually(lambda: ready(0))


async def test_a_job_runs_to_its_end(target: Target) -> None:
    name = unique("job")
    head = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": job_spec()}
    made = await target.create(f"{BATCH}/jobs", head)
    selector = f"batch.kubernetes.io/controller-uid={made['metadata']['uid']}"

    async def complete() -> Body | None:
        body: Body = await target.get(f"{BATCH}/jobs/{name}")
        done = [each["type"] for each in body["status"].get("conditions") or [] if each["status"] == "True"]
        return body if "Complete" in done else None

    status = (await eventually(complete, within_s=60))["status"]
    assert [each["type"] for each in status["conditions"]] == ["SuccessCriteriaMet", "Complete"]
    assert {each["reason"] for each in status["conditions"]} == {"CompletionsReached"}
    assert (status["succeeded"], "completionTime" in status) == (1, True)
    cells = await row(target, f"{BATCH}/jobs/{name}")
    assert cells == [name, "Complete", "1/1", "app", "registry.example/job:1", selector]
    (pod,) = (await target.get(f"{CORE}/pods", labelSelector=f"job-name={name}"))["items"]
    assert pod["status"]["phase"] == "Succeeded"
    assert pod["metadata"]["ownerReferences"][0]["kind"] == "Job"


async def test_a_cron_job_waits_for_its_minute(target: Target) -> None:
    name = unique("cron")
    spec = {"schedule": "0 3 1 1 *", "jobTemplate": {"spec": job_spec()}}
    head = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec}
    made = await target.create(f"{BATCH}/cronjobs", head)
    kept = ("concurrencyPolicy", "suspend", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    assert [made["spec"][key] for key in kept] == ["Allow", False, 3, 1]
    cells = await row(target, f"{BATCH}/cronjobs/{name}")
    image = "registry.example/job:1"
    assert cells == [name, "0 3 1 1 *", "<none>", "False", 0, "<none>", "app", image, "<none>"]


async def test_a_quota_counts_claims(target: Target) -> None:
    quota, claim, namespace = unique("quota"), unique("claim"), unique("tenant")
    await target.create(
        "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    )
    core = f"/api/v1/namespaces/{namespace}"
    head = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": quota}}
    await target.create(f"{core}/resourcequotas", head | {"spec": {"hard": {"requests.storage": "9Gi"}}})

    async def reads(used: str) -> bool:
        return await row(target, f"{core}/resourcequotas/{quota}") == [quota, f"requests.storage: {used}/9Gi", ""]

    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}, "storageClassName": "slow"}
    head = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": claim}, "spec": spec}

    async def in_force() -> bool:
        """Only a quota whose first status admission knows is charged: what is made before is counted minutes later."""
        too_much = head | {"spec": spec | {"resources": {"requests": {"storage": "10Gi"}}}}
        refused = await target.call("POST", f"{core}/persistentvolumeclaims", too_much, dryRun="All")
        return await reads("0") and (target.name == "simulated" or refused.status == 403)

    await eventually(in_force)
    await target.create(f"{core}/persistentvolumeclaims", head)
    await eventually(lambda: reads("2Gi"))
    cells = await row(target, f"{core}/persistentvolumeclaims/{claim}")
    assert cells == [claim, "Pending", "", "", "", "slow", "<unset>", "Filesystem"]


async def test_a_budget_says_how_many_may_go(target: Target) -> None:
    name = unique("budget")
    await target.create(f"{APPS}/deployments", deployment(name, 3))
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}}
    head = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}
    await target.create(BUDGETS, head)
    await settled(target, name)

    async def counted() -> bool:
        return await row(target, f"{BUDGETS}/{name}") == [name, "N/A", "1", 1]

    await eventually(counted)
    status = (await target.get(f"{BUDGETS}/{name}"))["status"]
    counts = ("currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed")
    assert [status[each] for each in counts] == [3, 2, 3, 1]
