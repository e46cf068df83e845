"""Cases of placing pods, played on a real control plane: what the rules foresee, and what the scheduler does."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsconsole.model.kubernetes import Node, Pod
from opsconsole.rules.capacity import node_rooms, room
from opsconsole.rules.node_loss import Places
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.share import Shared
from tests.cluster.manifests import NAMESPACE, Object, collection_path
from tests.cluster.plane import Plane

WITHIN_S = 60.0
MORE = 3
"""So many more pods than foreseen are asked for."""
CASE = "opsconsole.test/case"


@dataclass(frozen=True)
class Host:
    """A node; `more` is what else it has."""

    cpu: str = "4"
    memory: str = "16Gi"
    pods: str = "110"
    more: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[tuple[str, str, str]] = ()
    cordoned: bool = False


@dataclass(frozen=True)
class Fit:
    """How many more pods with this spec fit; `held` are (node's place, pod spec) that are there already."""

    hosts: Sequence[Host]
    spec: Object
    held: Sequence[tuple[int, Object]] = ()


@dataclass(frozen=True)
class Gone:
    """A node whose pods are placed anew: Deployments as (replicas, pod spec)."""

    hosts: Sequence[Host]
    deployments: Sequence[tuple[int, Object]]


def asks(cpu: str = "", memory: str = "", *, more: Mapping[str, str] | None = None, **spec: Any) -> Object:
    """A pod spec with one container."""
    requests = {name: amount for name, amount in (("cpu", cpu), ("memory", memory), *(more or {}).items()) if amount}
    resources = {"requests": requests, "limits": dict(more or {})}
    return {"containers": [{"name": "app", "image": "app:1", "resources": resources}], **spec}


def fits_more(plane: Plane, cases: Mapping[str, Fit]) -> dict[str, tuple[int | None, int]]:
    """By case: how many more were foreseen, and how many of more than these the scheduler has placed."""
    for name, case in cases.items():
        _make_nodes(plane, name, case.hosts)
        for number, (at, spec) in enumerate(case.held):
            _make_pod(plane, name, f"{name}-held-{number}", {**spec, "nodeName": f"{name}-{at}"})
    _until(lambda: _ready(plane), "the nodes are ready")
    nodes, held = _nodes(plane), _pods(plane)
    foreseen: dict[str, int | None] = {}
    for name, case in cases.items():
        template = _read(kinds.PODS, _pod(name, "template", case.spec))
        foreseen[name] = room(template, nodes, held).pods
        for number in range((foreseen[name] or 0) + MORE):
            _make_pod(plane, name, f"{name}-more-{number}", case.spec)
    _until(lambda: all(map(_decided, _pods(plane))), "the scheduler has decided on every pod")
    bound = [pod.name for pod in _pods(plane) if pod.node]
    return {name: (foreseen[name], sum(one.startswith(f"{name}-more-") for one in bound)) for name in cases}


def waits_after(plane: Plane, name: str, case: Gone) -> tuple[int, int, int]:
    """How many pods were foreseen to find no place when the first node goes, at least and at most; how many then do."""
    _make_nodes(plane, name, case.hosts)
    _until(lambda: _ready(plane), "the nodes are ready")
    for number, (replicas, spec) in enumerate(case.deployments):
        plane.create(_deployment(name, f"{name}-{number}", replicas, spec))
    wanted = sum(replicas for replicas, _ in case.deployments)
    _until(lambda: len(_own(plane, name)) == wanted and all(pod.node for pod in _own(plane, name)), "all are placed")
    there, lost = _own(plane, name), f"{name}-0"
    places = Places(node_rooms(_nodes(plane), _pods(plane)))
    found = places.lose(lost, [pod for pod in there if pod.node == lost])
    assert found.moving, "the node that goes runs something"
    plane.request("PATCH", f"/api/v1/nodes/{lost}", {"spec": {"unschedulable": True}})
    for pod in there:
        if pod.node == lost:
            plane.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod.name}?gracePeriodSeconds=0")

    def settled() -> bool:
        now = _own(plane, name)
        return len(now) == wanted and all(map(_decided, now)) and not any(pod.node == lost for pod in now)

    _until(settled, "the pods of the lost node are made anew, and decided on")
    return found.fewest, len(found.left), sum(not pod.node for pod in _own(plane, name))


# ---- objects ------------------------------------------------------------------------------------------------------


def _make_nodes(plane: Plane, case: str, hosts: Sequence[Host]) -> None:
    for number, host in enumerate(hosts):
        has = {"cpu": host.cpu, "memory": host.memory, "pods": host.pods, **host.more}
        taints = [{"key": key, "value": value, "effect": effect} for key, value, effect in host.taints]
        document = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"{case}-{number}", "labels": {CASE: case, **host.labels}},
            "spec": {"taints": taints, "unschedulable": host.cordoned},
            "status": {"allocatable": has, "capacity": has},
        }
        plane.create(document)


def _make_pod(plane: Plane, case: str, name: str, spec: Object) -> None:
    plane.create(_pod(case, name, spec))


def _pod(case: str, name: str, spec: Object) -> Object:
    """Cases share one plane: each keeps to its own nodes."""
    metadata = {"name": name, "namespace": NAMESPACE, "labels": {"app": case, CASE: case}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _kept_to(case, spec)}


def _deployment(case: str, name: str, replicas: int, spec: Object) -> Object:
    labels = {"app": name, CASE: case}
    template = {"metadata": {"labels": labels}, "spec": _kept_to(case, spec)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


def _kept_to(case: str, spec: Object) -> Object:
    return {**spec, "nodeSelector": {CASE: case, **spec.get("nodeSelector", {})}}


# ---- readings -----------------------------------------------------------------------------------------------------


def _read(kind: kinds.Kind[Any], body: Object) -> Any:
    return kind.convert(kind.decoder.one(json.dumps(body).encode()), Shared())


def _nodes(plane: Plane) -> list[Node]:
    return [_read(kinds.NODES, body) for body in plane.request("GET", "/api/v1/nodes")["items"]]


def _pods(plane: Plane) -> list[Pod]:
    path = collection_path(_pod("", "", {}))
    return [_read(kinds.PODS, body) for body in plane.request("GET", path)["items"]]


def _own(plane: Plane, case: str) -> list[Pod]:
    return [pod for pod in _pods(plane) if dict(pod.labels).get(CASE) == case and pod.deleting is None]


def _ready(plane: Plane) -> bool:
    """Whether the taints of the beginning are gone, and a cordon has the one that comes with it."""
    young = ("not-ready:", "network-unavailable:", "uninitialized:")
    return all(
        node.status.partition(",")[0] == "Ready"
        and not any(word in taint for taint in node.taints for word in young)
        and (not node.unschedulable or node.taints)
        for node in _nodes(plane)
    )


def _decided(pod: Pod) -> bool:
    return bool(pod.node) or any(one.reason == "Unschedulable" for one in pod.conditions)


def _until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < end, f"it never happened that {what}"
        time.sleep(0.1)
