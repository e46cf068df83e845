"""Workloads, autoscalers, services, nodes and the rest, one of each sort that kubectl prints differently."""

import contextlib
import urllib.error
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.cluster import objects as made
from tests.cluster.objects import Object
from tests.cluster.plane import Plane
from tests.cluster.stuck import LABEL, PLAYED

from .pod_cases import ago, box, dated, ended, main, stamp

NAMESPACE = "as-kubectl-says"
BOUNDED = "as-kubectl-says-bounded"
"""For the quota, which every pod beside it would have to heed."""
AGES_S = (
    5, 59, 61, 119, 125, 330, 599, 605, 3599, 3601, 9000, 10799, 20400, 28799, 36000, 86399, 86401, 172799, 176400,
    300000, 691199, 864000, 34560000, 63071999, 64000000, 100000000, 260000000,
)  # fmt: skip
"""Around every step at which an age is written otherwise."""
VOLUME = "as-kubectl-says"
NODES = ("cordoned", "unready", "silent")


def everything(now: datetime) -> list[Object]:
    return [
        made.namespace(NAMESPACE),
        made.namespace(BOUNDED), *_nodes(), *_workloads(), *_jobs(now), *_autoscalers(), *_budgets(), *_services(),
        *_shares(), *_events(now),
    ]  # fmt: skip


def settle(plane: Plane, now: datetime, wait: Callable[[Callable[[], bool]], None]) -> None:
    """Waits until the controllers have done their part, and writes what a cloud or a kubelet would."""
    base = f"/apis/apps/v1/namespaces/{NAMESPACE}"
    wait(lambda: plane.request("GET", f"{base}/deployments/plain")["status"].get("readyReplicas") == 2)
    wait(lambda: plane.request("GET", f"{base}/statefulsets/kept")["status"].get("readyReplicas") == 2)
    nominated = {"status": {"nominatedNodeName": "node-0"}}
    plane.request("PATCH", f"/api/v1/namespaces/{NAMESPACE}/pods/nominated/status", nominated)
    pods = plane.request("GET", f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=app%3Dplain")["items"]
    plane.set_usage(NAMESPACE, {pod["metadata"]["name"]: ("50m", "32Mi") for pod in pods})
    balancer = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}, {"hostname": "lb.example.com"}]}}}
    plane.request("PATCH", f"/api/v1/namespaces/{NAMESPACE}/services/balanced/status", balancer)
    run = {"status": {"lastScheduleTime": stamp(now - timedelta(minutes=200))}}
    plane.request("PATCH", f"/apis/batch/v1/namespaces/{NAMESPACE}/cronjobs/off/status", run)
    unready = {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "lastTransitionTime": stamp(now)}
    plane.request("PATCH", "/api/v1/nodes/unready/status", {"status": {"conditions": [unready]}})
    jobs = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
    wait(lambda: all(_over(plane.request("GET", f"{jobs}/{name}")) for name in ("done", "failed")))


def remove(plane: Plane) -> None:
    for path in (*(f"nodes/{name}" for name in NODES), f"persistentvolumes/{VOLUME}"):
        with contextlib.suppress(urllib.error.HTTPError):
            plane.request("DELETE", f"/api/v1/{path}")
    plane.delete(made.namespace(NAMESPACE))
    plane.delete(made.namespace(BOUNDED))


def _over(job: Any) -> bool:
    return any(each["type"] in ("Complete", "Failed") for each in job["status"].get("conditions") or ())


def _object(api: str, kind: str, name: str, spec: Object, namespace: str = NAMESPACE) -> Object:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def _nodes() -> list[Object]:
    """One that takes no pods, one whose kubelet is not ready, one that has never told anything."""
    stuck = {LABEL: "node"}
    roles = {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/edge": "", "kubernetes.io/role": "old"}
    away = [{"key": "opsconsole.test/away", "effect": "NoSchedule"}]

    def node(name: str, labels: dict[str, str], **spec: Any) -> Object:
        metadata = {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}}
        return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {"taints": away, **spec}}

    return [node("cordoned", roles, unschedulable=True), node("unready", stuck), node("silent", stuck)]


def _workloads() -> list[Object]:
    paused = made.deployment("paused", 1, namespace=NAMESPACE, paused=True)
    two = made.deployment("two-images", 1, namespace=NAMESPACE)
    two["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "reg/proxy@sha256:" + "0" * 64})
    pulls = made.deployment("pulls", 2, namespace=NAMESPACE, stuck="image")
    everywhere = made.deployment("everywhere", namespace=NAMESPACE)["spec"]
    everywhere = {"selector": everywhere["selector"], "template": everywhere["template"]}
    chosen = made.deployment("nowhere", namespace=NAMESPACE)["spec"]
    chosen["template"]["spec"]["nodeSelector"] = {"disk": "nowhere"}
    chosen = {"selector": chosen["selector"], "template": chosen["template"]}
    alone = made.deployment("alone", 2, namespace=NAMESPACE)["spec"]
    alone = {key: alone[key] for key in ("replicas", "selector", "template")}
    waits = {"schedulerName": "nobody", "containers": [{"name": "app", "image": "reg/app:1"}]}
    return [
        _object("v1", "Pod", "nominated", waits),
        made.deployment("plain", 2, namespace=NAMESPACE), paused, two, pulls,
        made.deployment("none", 0, namespace=NAMESPACE), made.stateful_set("kept", 2, namespace=NAMESPACE),
        made.stateful_set("waits", 2, namespace=NAMESPACE, stuck="slow"),
        _object("apps/v1", "DaemonSet", "everywhere", everywhere), _object("apps/v1", "DaemonSet", "nowhere", chosen),
        _object("apps/v1", "ReplicaSet", "alone", alone),
    ]  # fmt: skip


def _jobs(now: datetime) -> list[Object]:
    fails = {PLAYED: dated(main(box(ended(3, "Error")), phase="Failed", startTime=ago(1)), now)}
    slow = {"labels": {LABEL: "slow"}}

    def job(name: str, *, pod: Object | None = None, **spec: Any) -> Object:
        return _object("batch/v1", "Job", name, {"template": _once(pod), **spec})

    def cron(name: str, schedule: str, **spec: Any) -> Object:
        template = {"spec": {"template": _once(None)}}
        return _object("batch/v1", "CronJob", name, {"schedule": schedule, "jobTemplate": template, **spec})

    return [
        job("done"), job("done-twice", completions=2), job("failed", pod={"annotations": fails}, backoffLimit=0),
        job("suspended", suspend=True, completions=3), job("runs", pod=slow, completions=2),
        job("runs-in-parallel", pod=slow, parallelism=2), cron("nightly", "0 3 1 1 *"),
        cron("off", "*/5 * * * *", suspend=True, timeZone="Europe/Berlin"),
    ]  # fmt: skip


def _once(metadata: Object | None) -> Object:
    spec = {"restartPolicy": "Never", "containers": [{"name": "app", "image": "registry.example/job:1"}]}
    return {"metadata": metadata or {}, "spec": spec}


def _autoscalers() -> list[Object]:
    """CPU and memory with figures, figures that nobody has, and a third metric that kubectl only counts."""

    def utilization(resource: str, percent: int) -> Object:
        target = {"type": "Utilization", "averageUtilization": percent}
        return {"type": "Resource", "resource": {"name": resource, "target": target}}

    average = {"name": "memory", "target": {"type": "AverageValue", "averageValue": "500Mi"}}
    container = {"name": "cpu", "container": "app", "target": {"type": "Utilization", "averageUtilization": 60}}
    queue = {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "1500m"}}

    def autoscaler(name: str, target: str, *metrics: Object, kind: str = "Deployment") -> Object:
        about = {"apiVersion": "apps/v1", "kind": kind, "name": target}
        spec = {"scaleTargetRef": about, "minReplicas": 2, "maxReplicas": 4, "metrics": list(metrics)}
        return _object("autoscaling/v2", "HorizontalPodAutoscaler", name, spec)

    return [
        autoscaler("plain", "plain", utilization("cpu", 50), utilization("memory", 50)),
        autoscaler("by-value", "kept", {"type": "Resource", "resource": average}, kind="StatefulSet"),
        autoscaler("three", "two-images", {"type": "ContainerResource", "containerResource": container},
                   {"type": "External", "external": queue}, utilization("cpu", 80)),
        autoscaler("astray", "not-there", utilization("cpu", 50)),
    ]  # fmt: skip


def _budgets() -> list[Object]:
    def budget(name: str, app: str, **spec: Any) -> Object:
        return _object("policy/v1", "PodDisruptionBudget", name, {"selector": {"matchLabels": {"app": app}}, **spec})

    return [budget("least", "plain", minAvailable=2), budget("most", "kept", maxUnavailable="50%")]


def _services() -> list[Object]:
    """Of every type; behind the first two are pods, behind the others none."""
    http, dns = {"name": "http", "port": 80, "targetPort": 8080}, {"name": "dns", "port": 53, "protocol": "UDP"}

    def service(name: str, app: str = "", *ports: Object, **spec: Any) -> Object:
        selector = {"selector": {"app": app}} if app else {}
        return _object("v1", "Service", name, {**({"ports": list(ports)} if ports else {}), **selector, **spec})

    return [
        service("plain", "plain", http), service("kept", "kept", http, dns, clusterIP="None"),
        service("waits", "waits", http), service("headless", "nothing", clusterIP="None"),
        service("on-nodes", "plain", http, type="NodePort"), service("pending", "plain", http, type="LoadBalancer"),
        service("balanced", "plain", http, type="LoadBalancer", externalIPs=["198.51.100.9"]),
        service("elsewhere", type="ExternalName", externalName="db.example.com"),
        service("reached", "plain", dns, externalIPs=["198.51.100.1", "198.51.100.2"]),
    ]  # fmt: skip


def _shares() -> list[Object]:
    hard = {"requests.cpu": "40", "limits.memory": "8Gi", "configmaps": "100", "requests.storage": "9Gi"}

    def claim(name: str, **spec: Any) -> Object:
        asked = {"resources": {"requests": {"storage": "2Gi"}}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}
        return _object("v1", "PersistentVolumeClaim", name, {**asked, **spec})

    volume = {
        "capacity": {"storage": "5Gi"}, "accessModes": ["ReadOnlyMany", "ReadWriteOnce"], "storageClassName": "",
        "hostPath": {"path": "/data"}, "claimRef": {"namespace": NAMESPACE, "name": "named"},
    }  # fmt: skip
    return [
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": VOLUME}, "spec": volume},
        _object("v1", "ResourceQuota", "shares", {"hard": hard}, BOUNDED),
        claim("waits", storageClassName="slow"), claim("named", storageClassName="", volumeName=VOLUME),
    ]  # fmt: skip


def _events(now: datetime) -> list[Object]:
    """One for each age, of a series too, and one about a kind only."""

    def event(name: str, **more: Any) -> Object:
        about = {"kind": "Pod", "name": "running", "namespace": NAMESPACE}
        metadata = {"name": name, "namespace": NAMESPACE}
        body = {"type": "Normal", "reason": "Aged", "message": f"  {name} is said ", "source": {"component": "test"}}
        return {"apiVersion": "v1", "kind": "Event", "metadata": metadata, "involvedObject": about, **body, **more}

    aged = [
        event(f"aged-{age_s}", firstTimestamp=stamp(now - timedelta(days=3000)), count=index + 1,
              lastTimestamp=stamp(now - timedelta(seconds=age_s)))
        for index, age_s in enumerate(AGES_S)
    ]  # fmt: skip
    new = {"eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.000000Z"), "reportingComponent": "test", "action": "Test",
           "reportingInstance": "one", "source": {}}  # fmt: skip
    series = {"count": 7, "lastObservedTime": now.strftime("%Y-%m-%dT%H:%M:%S.000000Z")}
    return [
        *aged, event("single", **new, type="Warning"), event("series", **new, series=series),
        event("about-a-kind", involvedObject={"kind": "Service", "namespace": NAMESPACE}, **new),
    ]  # fmt: skip
