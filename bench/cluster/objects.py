"""The objects of the large cluster as an API server writes them: pods of three kilobytes, their workloads, nodes."""

import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

NODES = 100
PER_WORKLOAD = 40
NAMESPACES = ("shop", "payments", "search", "media", "platform")
CREATED = "2026-03-02T08:15:00Z"
Json = dict[str, Any]


def uid(*parts: object) -> str:
    """The same parts always give the same uid."""
    digest = hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


@dataclass
class App:
    """A Deployment with its ReplicaSet; a rollout gives it a new revision."""

    number: int
    replicas: int
    namespaces: int = len(NAMESPACES)
    revision: int = 1
    namespace: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        place = self.number % self.namespaces
        self.namespace = NAMESPACES[place] if place < len(NAMESPACES) else f"team-{place:03d}"
        self.name = f"service-{self.number:03d}"

    @property
    def hash(self) -> str:
        return uid(self.name, self.revision).replace("-", "")[:10]

    @property
    def image(self) -> str:
        return f"registry.example.com/shop/{self.name}:1.{self.revision}.0"


@dataclass
class PodState:
    """What differs from pod to pod."""

    app: App
    name: str
    hash: str
    image: str
    node: int
    phase: str = "Running"
    ready: bool = True
    created: str = CREATED
    deleting: str = ""

    @property
    def uid(self) -> str:
        return uid(self.app.namespace, self.name)


def new_pod(app: App, number: int, chance: random.Random, nodes: int = NODES) -> PodState:
    name = f"{app.name}-{app.hash}-{uid(app.name, app.revision, number)[:8]}"
    return PodState(app, name, app.hash, app.image, chance.randrange(nodes))


def pod(state: PodState, version: int) -> Json:
    """A pod with two containers, with everything that is not used as well."""
    bound, labels = state.phase != "Pending", _labels(state.app, state.hash)
    containers = [_container(name, state) for name in ("app", "metrics")]
    meta: Json = {
        "name": state.name,
        "generateName": f"{state.app.name}-{state.hash}-",
        "namespace": state.app.namespace,
        "uid": state.uid,
        "resourceVersion": str(version),
        "creationTimestamp": state.created,
        "labels": labels,
        "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "9102", "checksum/config": uid("config")},
        "ownerReferences": [_owner("apps/v1", "ReplicaSet", f"{state.app.name}-{state.hash}")],
        "managedFields": [_managed("kube-controller-manager", state.created), _managed("kubelet", state.created)],
    }
    if state.deleting:
        meta |= {"deletionTimestamp": state.deleting, "deletionGracePeriodSeconds": 30}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {
            "volumes": [{"name": "kube-api-access", "projected": {"sources": [], "defaultMode": 420}}],
            "containers": containers,
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "default",
            "nodeName": node_name(state.node) if bound else None,
            "schedulerName": "default-scheduler",
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"}],
            "priority": 0,
            "enableServiceLinks": True,
        },
        "status": {
            "phase": state.phase,
            "conditions": [_condition(kind, state.ready or kind == "PodScheduled", state) for kind in CONDITIONS],
            "hostIP": f"10.0.0.{state.node}" if bound else None,
            "podIP": _address(state) if bound else None,
            "startTime": state.created if bound else None,
            "containerStatuses": [_status(item["name"], state) for item in containers] if bound else None,
            "qosClass": "Burstable",
        },
    }


CONDITIONS = ("Initialized", "Ready", "ContainersReady", "PodScheduled")


def deployment(app: App, ready: int, updated: int, version: int) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(app.namespace, app.name, version, generation=app.revision),
        "spec": {"replicas": app.replicas, "selector": {"matchLabels": {"app": app.name}}, "template": _template(app)},
        "status": {
            "observedGeneration": app.revision,
            "replicas": app.replicas,
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "conditions": [{"type": "Available", "status": "True", "lastTransitionTime": CREATED}],
        },
    }


def replica_set(app: App, version: int) -> Json:
    meta = _meta(app.namespace, f"{app.name}-{app.hash}", version)
    meta["ownerReferences"] = [_owner("apps/v1", "Deployment", app.name) | {"uid": uid(app.namespace, app.name)}]
    meta["annotations"] = {"deployment.kubernetes.io/revision": str(app.revision)}
    return {
        "metadata": meta,
        "spec": {"replicas": app.replicas, "template": _template(app)},
        "status": {"replicas": app.replicas, "readyReplicas": app.replicas},
    }


def node(number: int, version: int) -> Json:
    return {
        "metadata": {**_meta("", node_name(number), version), "labels": {"topology.kubernetes.io/zone": "eu-1a"}},
        "spec": {},
        "status": {
            "allocatable": {"cpu": "64", "memory": "257000Mi", "pods": "200"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": CREATED}],
            "nodeInfo": {"kubeletVersion": "v1.36.0"},
        },
    }


def service(app: App, version: int) -> Json:
    spec = {"selector": {"app": app.name}, "ports": [{"port": 80, "targetPort": 8080}], "clusterIP": "10.96.0.1"}
    return {"metadata": _meta(app.namespace, app.name, version), "spec": {**spec, "type": "ClusterIP"}}


def budget(app: App, version: int) -> Json:
    least = app.replicas - 2
    return {
        "metadata": _meta(app.namespace, app.name, version),
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": app.name}}},
        "status": {
            "currentHealthy": app.replicas, "desiredHealthy": least, "disruptionsAllowed": 2,
            "expectedPods": app.replicas, "observedGeneration": 1,
        },
    }  # fmt: skip


def quota(namespace: str, version: int) -> Json:
    hard = {"pods": "20000", "requests.cpu": "10k"}
    return {
        "metadata": _meta(namespace, "team", version),
        "spec": {"hard": hard},
        "status": {"hard": hard, "used": {"pods": "2000", "requests.cpu": "1k"}},
    }


def event(number: int, state: PodState, moment: str, version: int) -> Json:
    """What kubelet and scheduler tell all day; one in fifty is a warning."""
    reason, text = (
        ("Unhealthy", f"Readiness probe failed: HTTP probe failed with statuscode: 503 ({number})")
        if number % 50 == 0
        else ("Pulled", f'Container image "{state.image}" already present on machine ({number})')
    )
    meta = _meta(state.app.namespace, f"{state.name}.{uid(number)[:16]}", version)
    return {
        "metadata": meta | {"creationTimestamp": moment},
        "involvedObject": {"kind": "Pod", "namespace": state.app.namespace, "name": state.name, "uid": state.uid},
        "reason": reason,
        "message": text,
        "source": {"component": "kubelet", "host": node_name(state.node)},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
        "type": "Warning" if reason == "Unhealthy" else "Normal",
        "reportingComponent": "kubelet",
    }


def pod_metrics(state: PodState, chance: random.Random) -> Json:
    """Usage as metrics-server reports it: near what the pod used before, never quite the same."""
    usage = {"cpu": f"{int(chance.gauss(120e6, 2e6))}n", "memory": f"{int(chance.gauss(200_000, 500))}Ki"}
    return {
        "metadata": {"name": state.name, "namespace": state.app.namespace},
        "window": "15s",
        "containers": [{"name": name, "usage": usage} for name in ("app", "metrics")],
    }


def node_name(number: int) -> str:
    return f"node-{number:03d}.eu.example.com"


def _labels(app: App, hash: str) -> dict[str, str]:
    return {"app": app.name, "app.kubernetes.io/part-of": "shop", "pod-template-hash": hash, "tier": "backend"}


def _owner(version: str, kind: str, name: str) -> Json:
    return {"apiVersion": version, "kind": kind, "name": name, "uid": uid(kind, name), "controller": True}


def _managed(manager: str, time: str) -> Json:
    fields: Json = {f"f:{name}": {".": {}, "f:name": {}} for name in ("containers", "dnsPolicy", "enableServiceLinks")}
    return {"manager": manager, "operation": "Update", "apiVersion": "v1", "time": time, "fieldsV1": {"f:spec": fields}}


def _container(name: str, state: PodState) -> Json:
    return {
        "name": name,
        "image": state.image if name == "app" else "registry.example.com/base/exporter:0.9.1",
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "env": [{"name": f"SETTING_{index}", "value": f"value-{index}"} for index in range(6)],
        "resources": {
            "requests": {"cpu": "250m", "memory": "256Mi"},
            "limits": {"cpu": "1", "memory": "512Mi"},
        },
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10},
        "terminationMessagePath": "/dev/termination-log",
        "imagePullPolicy": "IfNotPresent",
    }


def _status(name: str, state: PodState) -> Json:
    running = state.ready or not state.deleting
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": CREATED, "finishedAt": state.deleting}}
    return {
        "name": name,
        "ready": state.ready,
        "started": state.ready,
        "restartCount": 0,
        "image": state.image,
        "imageID": f"registry.example.com/shop/{name}@sha256:{uid(name)}",
        "containerID": f"containerd://{state.uid}",
        "state": {"running": {"startedAt": state.created}} if running else ended,
        "lastState": {},
    }


def _condition(kind: str, true: bool, state: PodState) -> Json:
    return {
        "type": kind,
        "status": "True" if true else "False",
        "lastProbeTime": None,
        "lastTransitionTime": state.created,
    }


def _address(state: PodState) -> str:
    number = int(state.uid[:4], 16)
    return f"10.{64 + state.node % 64}.{number // 256}.{number % 256}"


def _meta(namespace: str, name: str, version: int, generation: int = 1) -> Json:
    meta: Json = {
        "name": name,
        "uid": uid(namespace, name),
        "resourceVersion": str(version),
        "generation": generation,
        "creationTimestamp": CREATED,
        "labels": {"app": name, "app.kubernetes.io/part-of": "shop"},
    }
    return {**meta, "namespace": namespace} if namespace else meta


def _template(app: App) -> Json:
    container = {"name": "app", "image": app.image, "env": [{"name": "SETTING", "value": "value"}]}
    return {"metadata": {"labels": _labels(app, app.hash)}, "spec": {"containers": [container]}}
