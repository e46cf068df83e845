"""Cases for the HPA controller: a workload with the usage of its pods and an HPA, all made at once, each looked at."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from opsconsole.model.kubernetes import Hpa, Pod, Usage
from opsconsole.sources.kubernetes.convert_hpas import hpa as hpa_row
from opsconsole.sources.kubernetes.convert_others import pod_usage
from opsconsole.sources.kubernetes.convert_pods import pod as pod_row
from opsconsole.sources.kubernetes.share import Shared
from opsconsole.sources.kubernetes.wire import HpaWire, PodMetricsWire, PodWire
from tests.cluster.manifests import NAMESPACE
from tests.cluster.objects import Object, deployment, unique
from tests.cluster.plane import Plane

HPAS = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
USAGE = f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods"
WITHIN_S = 120.0


def cpu(percent: int) -> Object:
    return _resource("cpu", {"type": "Utilization", "averageUtilization": percent})


def memory(percent: int) -> Object:
    return _resource("memory", {"type": "Utilization", "averageUtilization": percent})


def average(resource: str, value: str) -> Object:
    return _resource(resource, {"type": "AverageValue", "averageValue": value})


def container_cpu(percent: int, container: str = "app") -> Object:
    target = {"type": "Utilization", "averageUtilization": percent}
    of = {"name": "cpu", "container": container, "target": target}
    return {"type": "ContainerResource", "containerResource": of}


def external(name: str = "queue") -> Object:
    """A metric that no API here serves."""
    of = {"metric": {"name": name}, "target": {"type": "Value", "value": "10"}}
    return {"type": "External", "external": of}


def _resource(name: str, target: Object) -> Object:
    return {"type": "Resource", "resource": {"name": name, "target": target}}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A workload of which each pod uses so much (None: no metrics are had of it), and an HPA on it."""

    usage: tuple[str | None, ...]
    metrics: tuple[Object, ...]
    memory: str = "64Mi"
    least: int = 1
    most: int = 20
    behavior: Object | None = msgspec.field(default_factory=lambda: {"scaleDown": {"stabilizationWindowSeconds": 0}})
    pending: int = 0
    """So many more pods of the same label that find no node."""
    unready: int = 0
    """So many of its pods run and are not ready."""
    request: bool = True


class Seen(msgspec.Struct, frozen=True):
    """A case as it stands in the cluster before its HPA is made."""

    name: str
    pods: tuple[Pod, ...]
    usage: Mapping[str, Usage]
    hpa: Hpa
    manifest: Object


def prepare(plane: Plane, cases: Mapping[str, Case]) -> dict[str, Seen]:
    """Makes all workloads, waits until their pods stand as wanted, and sets what they use."""
    names = {title: unique("hpa") for title in cases}
    for title, case in cases.items():
        for document in _objects(names[title], case):
            plane.create(document)
    wait(lambda: all(_stands(plane, names[title], case) for title, case in cases.items()))
    found = {title: _pods(plane, names[title]) for title in cases}
    usage: dict[str, tuple[str, str]] = {}
    for title, case in cases.items():
        running = sorted(pod["metadata"]["name"] for pod in found[title] if pod["status"]["phase"] == "Running")
        for pod in running[: case.unready]:
            ready = {"type": "Ready", "status": "False", "lastTransitionTime": _stamp(datetime.now(UTC))}
            plane.request("PATCH", f"{PODS}/{pod}/status", {"status": {"conditions": [ready]}})
        usage |= {pod: (used, case.memory) for pod, used in zip(running, case.usage, strict=True) if used is not None}
    # a figure counts once it was measured for a window after its pod became ready: times are whole seconds
    newest = datetime.now(UTC)
    wait(lambda: datetime.now(UTC) >= newest + timedelta(seconds=2.5))
    plane.set_usage(NAMESPACE, usage)
    return {title: _seen(plane, names[title], case) for title, case in cases.items()}


def first_looks(plane: Plane, seen: Iterable[Seen]) -> dict[str, Hpa]:
    """Makes all HPAs, and gives each as the controller first wrote its verdict."""
    wanted = {one.name for one in seen}
    for one in seen:
        plane.create(one.manifest)
    found: dict[str, Hpa] = {}

    def look() -> bool:
        for raw in plane.request("GET", HPAS)["items"]:
            name = raw["metadata"]["name"]
            conditions = {item["type"] for item in raw["status"].get("conditions") or ()}
            if name in wanted and name not in found and conditions:
                found[name] = convert_hpa(raw)
        return wanted == found.keys()

    wait(look)
    return found


def now_as(plane: Plane, name: str) -> Hpa:
    return convert_hpa(plane.request("GET", f"{HPAS}/{name}"))


def replicas(plane: Plane, name: str) -> int:
    path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}"
    return int(plane.request("GET", path)["spec"]["replicas"])


def pods_and_usage(plane: Plane, name: str) -> tuple[tuple[Pod, ...], Mapping[str, Usage]]:
    pods = tuple(
        pod_row(msgspec.json.decode(msgspec.json.encode(raw), type=PodWire), Shared()) for raw in _pods(plane, name)
    )
    rows = (
        pod_usage(msgspec.convert(raw, PodMetricsWire))
        for raw in plane.request("GET", f"{USAGE}?labelSelector=app%3D{name}")["items"]
    )
    return pods, dict(row for row in rows if row is not None)


def convert_hpa(raw: Any) -> Hpa:
    return hpa_row(msgspec.convert(raw, HpaWire), Shared())


def wait(condition: Callable[[], bool]) -> None:
    """Asks again and again, ten times a second."""
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


def _objects(name: str, case: Case) -> list[Object]:
    made = deployment(name, len(case.usage))
    container = made["spec"]["template"]["spec"]["containers"][0]
    if not case.request:
        del container["resources"]
    pod = {"containers": [container], "nodeSelector": {"kubernetes.io/hostname": "nowhere"}}
    waiting = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{name}-waits-{index}", "namespace": NAMESPACE, "labels": {"app": name}},
            "spec": pod,
        }
        for index in range(case.pending)
    ]
    return [made, *waiting]


def _stands(plane: Plane, name: str, case: Case) -> bool:
    pods = _pods(plane, name)
    ready = sum(
        1
        for pod in pods
        if any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions") or ())
    )
    return len(pods) == len(case.usage) + case.pending and ready == len(case.usage)


def _pods(plane: Plane, name: str) -> list[Any]:
    return list(plane.request("GET", f"{PODS}?labelSelector=app%3D{name}")["items"])


def _seen(plane: Plane, name: str, case: Case) -> Seen:
    spec: Object = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": case.least,
        "maxReplicas": case.most,
        "metrics": list(case.metrics),
    }
    if case.behavior is not None:
        spec["behavior"] = case.behavior
    manifest = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }
    hpa = convert_hpa({**manifest, "status": {"currentReplicas": len(case.usage)}})
    return Seen(name, *pods_and_usage(plane, name), hpa, manifest)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
