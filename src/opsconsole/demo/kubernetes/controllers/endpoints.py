"""EndpointSlices of Services, DisruptionBudgets' counts, and what is left behind by deleted owners."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod
from opsconsole.demo.kubernetes.controllers.world import (
    World,
    controller_of,
    is_leaving,
    is_ready,
    owner_reference,
    template_hash,
)  # fmt: skip
from opsconsole.demo.kubernetes.resources import (
    BY_KIND,
    CONTROLLER_REVISIONS,
    DISRUPTION_BUDGETS,
    ENDPOINT_SLICES,
    JOBS,
    NODES,
    PODS,
    REPLICA_SETS,
    SERVICES,
)  # fmt: skip
from opsconsole.demo.kubernetes.selectors import matches_labels
from opsconsole.demo.kubernetes.store import Stored

Body = dict[str, Any]


def sync_endpoints(world: World) -> None:
    if not world.changed_for("endpoints", SERVICES, PODS, ENDPOINT_SLICES):
        return
    for service in list(world.store.items(SERVICES.key)):
        if selector := service.body["spec"].get("selector"):
            _slice(world, service, selector)


def _slice(world: World, service: Stored, selector: Body) -> None:
    namespace, name = service.name
    called = f"{name}-{template_hash(service.body['metadata']['uid'])[:5]}"
    old = world.store.get(ENDPOINT_SLICES.key, namespace, called)
    endpoints = [
        {
            "addresses": [address],
            "conditions": {"ready": is_ready(pod.body) and not is_leaving(pod.body), "serving": is_ready(pod.body),
                           "terminating": is_leaving(pod.body)},
            "nodeName": pod.body["spec"]["nodeName"],
            "targetRef": {"kind": "Pod", "name": pod.name[1], "namespace": namespace,
                          "uid": pod.body["metadata"]["uid"]},
        }
        for pod in world.store.items(PODS.key, namespace)
        if matches_labels({"matchLabels": selector}, pod.body["metadata"].get("labels") or {})
        and pod.body["status"].get("phase") not in ("Succeeded", "Failed")
        and (address := pod.body["status"].get("podIP"))
    ]  # fmt: skip
    ports = [
        {"name": each.get("name", ""), "protocol": "TCP", "port": each.get("targetPort", each["port"])}
        for each in service.body["spec"].get("ports") or ()
    ]
    if old is None:
        labels = {
            **(service.body["metadata"].get("labels") or {}),
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": name,
        }
        metadata = world.metadata(called, namespace, labels) | {"generateName": f"{name}-", "generation": 1}
        metadata["ownerReferences"] = [owner_reference(SERVICES, service.body)]
        body = {"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}
        world.store.put(ENDPOINT_SLICES.key, body)
    elif old.body["endpoints"] != endpoints or old.body["ports"] != ports:
        metadata = {**old.body["metadata"], "generation": old.body["metadata"]["generation"] + 1}
        changed = {**old.body, "metadata": metadata, "endpoints": endpoints, "ports": ports}
        world.store.put(ENDPOINT_SLICES.key, changed)


def sync_budgets(world: World) -> None:
    if not world.changed_for("budgets", DISRUPTION_BUDGETS, PODS):
        return
    for budget in list(world.store.items(DISRUPTION_BUDGETS.key)):
        spec = budget.body["spec"]
        pods = [
            pod
            for pod in world.store.items(PODS.key, budget.name[0])
            if matches_labels(spec.get("selector") or {}, pod.body["metadata"].get("labels") or {})
        ]
        expected = sum(not is_leaving(pod.body) for pod in pods)
        healthy = sum(is_ready(pod.body) and not is_leaving(pod.body) for pod in pods)
        if "maxUnavailable" in spec:
            wanted = expected - _amount(spec["maxUnavailable"], expected)
        else:
            wanted = _amount(spec.get("minAvailable", 1), expected)
        status = {
            "currentHealthy": healthy,
            "desiredHealthy": max(0, wanted),
            "disruptionsAllowed": max(0, healthy - wanted),
            "expectedPods": expected,
            "observedGeneration": budget.body["metadata"].get("generation", 1),
        }
        world.update(DISRUPTION_BUDGETS, budget, status=status)


def _amount(value: int | str, whole: int) -> int:
    return -(-int(value.removesuffix("%")) * whole // 100) if isinstance(value, str) else value


def collect_garbage(world: World) -> None:
    """Deletes ReplicaSets, revisions, Jobs, pods, slices whose controller is gone, and pods whose node was deleted."""
    if not world.changed_for("garbage"):
        return
    nodes = {node.name[1] for node in world.store.items(NODES.key)}
    for pod in list(world.store.items(PODS.key)):
        if pod.body["spec"].get("nodeName", "") not in {"", *nodes}:
            world.store.remove(PODS.key, *pod.name)
    for resource in (REPLICA_SETS, CONTROLLER_REVISIONS, JOBS, ENDPOINT_SLICES, PODS):
        for each in list(world.store.items(resource.key)):
            owner = controller_of(each.body)
            if owner is None or owner["kind"] not in BY_KIND:
                continue
            found = world.store.get(BY_KIND[owner["kind"]].key, each.name[0], owner["name"])
            if found is not None and found.body["metadata"]["uid"] == owner["uid"]:
                continue
            if resource is PODS and each.body["status"].get("phase") != "Succeeded":
                delete_pod(world, each)
            else:
                world.store.remove(resource.key, *each.name)
