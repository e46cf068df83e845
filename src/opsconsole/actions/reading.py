"""Reads of the executor: one object, its pods and ReplicaSets, and events, straight from the API server."""

from typing import Any

import msgspec

from ..model.action import Target
from ..model.kubernetes import Event, Pod, ReplicaSet
from ..model.reading import ProblemKind
from ..sources.errors import SourceError
from ..sources.kubernetes import kinds
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.decode import Unreadable
from ..sources.kubernetes.kinds import Kind
from ..sources.kubernetes.share import Shared
from ..text.clean import clean
from .objects import WORKLOADS, Object, path_of

__all__ = ["WORKLOADS", "Object"]


async def read(cluster: Cluster, target: Target) -> Object:
    """The object of that name, whichever it is. Raises SourceError."""
    answer = await cluster.get(path_of(target), needs=f"get {target.words} in {target.namespace}")
    try:
        body = msgspec.json.decode(answer.body)
    except msgspec.DecodeError as error:
        raise _unreadable(target, error) from error
    if not isinstance(body, dict):
        raise _unreadable(target, "no object")
    body.setdefault("kind", target.kind)
    return body


async def pods_of(
    cluster: Cluster, target: Target, body: Object | None = None, *, most: int = 200, labels: str = ""
) -> tuple[Pod, ...]:
    """Pods that a workload selects, those that end too; `labels` narrows it further. Raises SourceError."""
    body = body if body is not None else await read(cluster, target)
    selector = ",".join(part for part in (selector_of(body), labels) if part)
    return await _listed(cluster, kinds.PODS, target.namespace, "labelSelector", selector, most) if selector else ()


async def replica_sets(cluster: Cluster, target: Target, body: Object) -> tuple[ReplicaSet, ...]:
    """A Deployment's ReplicaSets. Raises SourceError."""
    uid = (body.get("metadata") or {}).get("uid")
    selector = selector_of(body)
    found = await _listed(cluster, kinds.REPLICA_SETS, target.namespace, "labelSelector", selector, 500)
    return tuple(each for each in found if each.owner is not None and each.owner.uid == uid)


async def events(cluster: Cluster, namespace: str, name: str) -> tuple[Event, ...]:
    """Of the objects of that name, oldest first. Raises SourceError."""
    found = await _listed(cluster, kinds.EVENTS, namespace, "fieldSelector", f"involvedObject.name={name}", 500)
    return tuple(sorted(found, key=lambda event: event.last.timestamp() if event.last else 0.0))


def selector_of(body: Object) -> str:
    """A workload's selector as a query; "" where it has none."""
    selector = (body.get("spec") or {}).get("selector") or {}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, operator, values = each.get("key"), each.get("operator"), ",".join(each.get("values") or ())
        match operator:
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(str(key))
            case "DoesNotExist":
                parts.append(f"!{key}")
    return ",".join(parts)


async def _listed(
    cluster: Cluster, kind: Kind[Any], namespace: str, by: str, selector: str, most: int
) -> tuple[Any, ...]:
    """One page of rows: it is decoded between two keys, and tells enough of one workload."""
    answer = await cluster.get(
        kind.path(namespace), [(by, selector), ("limit", str(most))], needs=kind.needs("list", namespace),
        accept=kind.accept(many=True),
    )  # fmt: skip
    share, rows = Shared(), []
    for wire in kind.decoder.page(answer.body).items:
        if isinstance(wire, Unreadable):
            continue
        try:
            rows.append(kind.convert(wire, share))
        except ValueError:
            continue  # a row that cannot be read; the list of pods on its tab names it
    return tuple(rows)


def _unreadable(target: Target, why: object) -> SourceError:
    return SourceError(ProblemKind.BAD_ANSWER, f"{target.words} cannot be read: {clean(str(why), 120)}")
