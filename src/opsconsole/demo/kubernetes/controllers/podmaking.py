"""Making pods from templates and taking them away, for every controller that owns pods."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.world import World, owner_reference
from opsconsole.demo.kubernetes.quantities import format_time, parse_quantity
from opsconsole.demo.kubernetes.resources import PODS, Resource
from opsconsole.demo.kubernetes.store import Stored, clone

Body = dict[str, Any]


def make_pod(
    world: World, resource: Resource, owner: Body, *, name: str = "", labels: Body | None = None, node: str = ""
) -> Stored:
    """A pending pod from the owner's template; without a name it gets the owner's and a random suffix."""
    template = owner["spec"]["template"]
    prefix = f"{owner['metadata']['name']}-"
    metadata = world.metadata(name or prefix + world.suffix(), owner["metadata"]["namespace"])
    if not name:
        metadata["generateName"] = prefix
    metadata["labels"] = {**(template["metadata"].get("labels") or {}), **(labels or {})}
    if annotations := template["metadata"].get("annotations"):
        metadata["annotations"] = dict(annotations)
    metadata["ownerReferences"] = [owner_reference(resource, owner)]
    metadata["generation"] = 1
    spec = clone(template["spec"]) | {"enableServiceLinks": True, "priority": 0}
    spec["tolerations"] = [
        *(spec.get("tolerations") or ()),
        *_tolerations(None if resource.kind == "DaemonSet" else world.toleration_s),
    ]
    if name and resource.kind == "StatefulSet":
        spec |= {"hostname": name, "subdomain": owner["spec"].get("serviceName", "")}
        kept = [each["metadata"]["name"] for each in owner["spec"].get("volumeClaimTemplates") or ()]
        claims = [{"name": each, "persistentVolumeClaim": {"claimName": f"{each}-{name}"}} for each in kept]
        if claims:
            spec["volumes"] = [*claims, *(spec.get("volumes") or ())]
    if node:
        spec["nodeName"] = node
    status = {"phase": "Pending", "qosClass": quality_of_service(spec)}
    return world.store.put(PODS.key, {"metadata": metadata, "spec": spec, "status": status})


def _tolerations(seconds: int | None) -> list[Body]:
    """What a pod puts up with of a node that is gone; None: for ever, as a DaemonSet's pods do."""
    limit = {} if seconds is None else {"tolerationSeconds": seconds}
    keys = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    return [{"key": key, "operator": "Exists", "effect": "NoExecute", **limit} for key in keys]


def delete_pod(world: World, pod: Stored, grace_s: int | None = None) -> Stored:
    """Asks a pod to end; a second time changes nothing."""
    metadata = pod.body["metadata"]
    if metadata.get("deletionTimestamp"):
        return pod
    if not pod.body["spec"].get("nodeName"):  # no kubelet has to end it: the API server removes it at once
        world.store.remove(PODS.key, *pod.name)
        return pod
    grace = pod.body["spec"].get("terminationGracePeriodSeconds", 30) if grace_s is None else grace_s
    marks = {"deletionTimestamp": format_time(world.now + grace), "deletionGracePeriodSeconds": grace}
    return world.update(PODS, pod, metadata={**metadata, **marks})


def quality_of_service(spec: Body) -> str:
    """Guaranteed, Burstable or BestEffort, by requests and limits."""
    resources = [each.get("resources") or {} for each in spec["containers"]]
    requests = [each.get("requests") or {} for each in resources]
    limits = [each.get("limits") or {} for each in resources]
    if not any(requests) and not any(limits):
        return "BestEffort"
    full = all({"cpu", "memory"} <= limit.keys() for limit in limits)
    return (
        "Guaranteed"
        if full and all(r in (limit, {}) for r, limit in zip(requests, limits, strict=True))
        else "Burstable"
    )


def requested(spec: Body, name: str) -> float:
    """What a pod's containers request together, in cores or bytes."""
    return sum(
        parse_quantity(str(((each.get("resources") or {}).get("requests") or {}).get(name, "0")))
        for each in spec["containers"]
    )
