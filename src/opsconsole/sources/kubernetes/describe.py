"""What `d` needs of the API server: the object, its events, and what else `kubectl describe` looks at."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ...model.reading import ProblemKind
from ...rules.describe import KINDS, Related, described
from ...rules.describe_node import Around
from ...rules.describe_page import Object, at, items, mapping, selector_words
from ...rules.describe_workloads import PHASES
from ...text import clock
from ..errors import SourceError
from .cluster import Cluster
from .objects_raw import aside, read_list, read_object

T = TypeVar("T")
_WITH_PODS = ("ReplicaSet", "StatefulSet", "DaemonSet")
_MOST_OWNERS = 5
_ENDED = "status.phase!=Succeeded,status.phase!=Failed"


async def describe(cluster: Cluster, kind: str, namespace: str, name: str) -> tuple[str, ...]:
    """The lines. What stands beside the object may be missing, and then says so. Raises SourceError."""
    if kind not in KINDS:
        raise SourceError(ProblemKind.MISSING, f"objects of kind {kind} are not described", "y shows them as YAML")
    body = await read_object(cluster, kind, namespace, name)
    return await aside(described, kind, body, await related(cluster, kind, body), clock.now())


async def related(cluster: Cluster, kind: str, body: Object) -> Related:
    """Events, and what the kind needs beside them; read at the same time."""
    metadata = mapping(body.get("metadata"))
    namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    selector = selector_words(at(body, "spec", "selector")) if kind in (*_WITH_PODS, "Deployment") else ""

    async def events() -> tuple[tuple[Object, ...] | None, str]:
        try:
            return await events_of(cluster, kind, body), ""
        except SourceError as error:
            return None, error.problem.sentence

    async def owned() -> tuple[Object, ...] | None:
        if kind != "Deployment":
            return None
        found = await _beside(read_list(cluster, "ReplicaSet", namespace, labels=selector))
        return None if found is None else tuple(one for one in found if _owns(body, one))

    async def phases() -> tuple[int, ...] | None:
        if kind not in _WITH_PODS:
            return None
        pods = await _beside(read_list(cluster, "Pod", namespace, labels=selector))
        own = [at(pod, "status", "phase") for pod in pods or () if _owns(body, pod)]
        return None if pods is None else tuple(own.count(phase) for phase in PHASES)

    async def slices() -> tuple[Object, ...] | None:
        if kind != "Service":
            return None
        label = f"kubernetes.io/service-name={name}"
        return await _beside(read_list(cluster, "EndpointSlice", namespace, labels=label))

    async def inside(of: str) -> tuple[Object, ...] | None:
        """Objects of another kind in a namespace."""
        return await _beside(read_list(cluster, of, name)) if kind == "Namespace" else None

    async def users() -> tuple[str, ...] | None:
        if kind != "PersistentVolumeClaim":
            return None
        pods = await _beside(read_list(cluster, "Pod", namespace))
        return None if pods is None else tuple(sorted(_name(pod) for pod in pods if name in _claims(pod)))

    async def of_namespaces() -> tuple[tuple[Object, ...] | None, tuple[Object, ...] | None, tuple[str, ...] | None]:
        return await asyncio.gather(inside("ResourceQuota"), inside("LimitRange"), users())

    # all under one: who closes the page ends every request
    told, sets, counted, ends, around, (quotas, limits, using) = await asyncio.gather(
        events(), owned(), phases(), slices(), _around(cluster, name) if kind == "Node" else _nothing(), of_namespaces()
    )
    return Related(*told, sets, counted, ends, around, quotas, limits, using)


def _name(body: Object) -> str:
    return str(at(body, "metadata", "name") or "")


def _claims(pod: Object) -> set[str]:
    """Names of the volume claims of a pod; those that it makes for itself are called after it and the volume."""
    found = set()
    for volume in items(at(pod, "spec", "volumes")):
        if (claim := at(volume, "persistentVolumeClaim", "claimName")) is not None:
            found.add(str(claim))
        elif volume.get("ephemeral") is not None:
            found.add(f"{_name(pod)}-{volume.get('name')}")
    return found


async def events_of(cluster: Cluster, kind: str, body: Object) -> tuple[Object, ...]:
    """The events that speak of an object, in no order. Raises SourceError."""
    metadata = mapping(body.get("metadata"))
    namespace, name, uid = (str(metadata.get(key) or "") for key in ("namespace", "name", "uid"))
    uid = str(at(metadata, "annotations", "kubernetes.io/config.mirror") or uid)
    asked = f"involvedObject.name={name}"
    if kind == "Node":
        # the kubelet writes the node's name where its uid belongs
        found = await read_list(cluster, "Event", "", fields=f"{asked},involvedObject.kind=Node")
        return tuple(event for event in found if at(event, "involvedObject", "uid") in (uid, name))
    return await read_list(cluster, "Event", namespace, fields=f"{asked},involvedObject.uid={uid}")


async def owners_of(cluster: Cluster, body: Object) -> tuple[Object, ...]:
    """What controls an object, then what controls that, as far as it can be read; the last may be a mere reference."""
    namespace = str(at(body, "metadata", "namespace") or "")
    found: list[Object] = []
    one = body
    while len(found) < _MOST_OWNERS:
        refs = items(at(one, "metadata", "ownerReferences"))
        ref = next((each for each in refs if each.get("controller")), None)
        if ref is None:
            break
        kind, name = str(ref.get("kind") or ""), str(ref.get("name") or "")
        seen = await _beside(read_object(cluster, kind, namespace, name))
        found.append({**seen, "kind": kind} if seen is not None else {"kind": kind, "metadata": {"name": name}})
        if seen is None:
            break
        one = seen
    return tuple(found)


async def _around(cluster: Cluster, node: str) -> Around:
    pods = await _beside(read_list(cluster, "Pod", "", fields=f"spec.nodeName={node},{_ENDED}"))
    try:
        return Around(pods, await read_object(cluster, "Lease", "kube-node-lease", node))
    except SourceError as error:
        return Around(pods, None, error.problem.sentence)


async def _nothing() -> None:
    return None


async def _beside(asked: Awaitable[T]) -> T | None:
    """What only helps is unknown where it cannot be read."""
    try:
        return await asked
    except SourceError:
        return None


def _owns(owner: Object, one: Object) -> bool:
    uid = at(owner, "metadata", "uid")
    found = items(at(one, "metadata", "ownerReferences"))
    return any(ref.get("controller") and ref.get("uid") == uid for ref in found)
