"""The revisions of a workload that the cluster still keeps, and which nodes hold their images."""

import asyncio
from typing import Any

import msgspec

from ...model.kubernetes import Owner, ReplicaSet
from ...rules.describe_page import Object, at, items, mapping, moment, selector_words
from ...rules.revisions import newest_first, number
from ...rules.template_changes import images, without_hash
from ..errors import SourceError
from .cluster import Cluster
from .convert_workloads import AUTHORS, replica_set
from .objects_raw import aside, place_of, read_list, read_object
from .share import Shared
from .wire import WorkloadWire

KEPT = ("Deployment", "StatefulSet", "DaemonSet")
"""Kinds whose revisions the cluster keeps."""
HASH = "controller-revision-hash"
_CAUSE = "kubernetes.io/change-cause"
_MOST_NODES = 300


class Revision(msgspec.Struct, frozen=True, gc=False):
    """One revision; `row` of a StatefulSet's or DaemonSet's is made of its ControllerRevision."""

    row: ReplicaSet
    template: dict[str, Any]
    """Its pod template, without the controller's hash."""


class Rollouts(msgspec.Struct, frozen=True, gc=False):
    kind: str
    body: Object
    revisions: tuple[Revision, ...]
    """Newest first; the first one is what the workload is at, or goes to."""
    holding: dict[str, int] | None = None
    """Image → how many nodes say that they hold it; None where nodes may not be listed. They name only some images."""
    nodes: int = 0


async def read_rollouts(cluster: Cluster, kind: str, namespace: str, name: str) -> Rollouts:
    """The workload and its revisions. Raises SourceError; what nodes hold may stay unknown."""
    body, nodes = await asyncio.gather(read_object(cluster, kind, namespace, name), _nodes(cluster))
    selector = selector_words(at(body, "spec", "selector"))
    listed = "ReplicaSet" if kind == "Deployment" else "ControllerRevision"
    found = await read_list(cluster, listed, namespace, labels=selector)
    uid = at(body, "metadata", "uid")
    own = [one for one in found if any(ref.get("uid") == uid for ref in items(at(one, "metadata", "ownerReferences")))]
    made = [_of_replica_set(one) if kind == "Deployment" else _of_revision(one, kind) for one in own]
    by_uid = {one.row.uid: one for one in made if number(one.row)}
    ordered = newest_first([one.row for one in by_uid.values()])
    holding = None if nodes is None else await aside(_holding, nodes)
    return Rollouts(kind, body, tuple(by_uid[row.uid] for row in ordered), holding, len(nodes or ()))


def _of_replica_set(body: Object) -> Revision:
    row = replica_set(msgspec.convert(body, WorkloadWire, strict=False), Shared())
    return Revision(row, without_hash(mapping(at(body, "spec", "template"))))


def _of_revision(body: Object, kind: str) -> Revision:
    """A ControllerRevision holds a patch that puts the whole template back."""
    metadata = mapping(body.get("metadata"))
    template = {k: v for k, v in mapping(at(body, "data", "spec", "template")).items() if k != "$patch"}
    annotations, owner = mapping(metadata.get("annotations")), items(metadata.get("ownerReferences"))
    own = Owner(kind, str(owner[0].get("name") or ""), str(owner[0].get("uid") or "")) if owner else None
    return Revision(
        ReplicaSet(
            uid=str(metadata.get("uid") or ""),
            namespace=str(metadata.get("namespace") or ""),
            name=str(metadata.get("name") or ""),
            owner=own,
            revision=str(body.get("revision") or ""),
            desired=0,
            ready=0,
            created=moment(metadata.get("creationTimestamp")),
            images=images(template),
            change_cause=str(annotations.get(_CAUSE) or ""),
            template_hash=_hash(metadata, kind),
            author=next((str(annotations[key]) for key in AUTHORS if annotations.get(key)), ""),
        ),
        without_hash(template),
    )


def _hash(metadata: Object, kind: str) -> str:
    """As its pods carry it: of a StatefulSet the revision's whole name, of a DaemonSet the hash alone."""
    name = str(metadata.get("name") or "")
    return name if kind == "StatefulSet" else str(mapping(metadata.get("labels")).get(HASH) or name)


async def _nodes(cluster: Cluster) -> list[Object] | None:
    """One page of nodes: what they hold only helps to judge."""
    place = place_of("Node")
    try:
        answer = await cluster.get(place.path(""), [("limit", str(_MOST_NODES))], needs=place.needs("list", ""))
        body = await aside(msgspec.json.decode, answer.body)
    except (SourceError, msgspec.DecodeError):
        return None
    return list(items(mapping(body).get("items")))


def _holding(nodes: list[Object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for node in nodes:
        names = {str(name) for image in items(at(node, "status", "images")) for name in image.get("names") or ()}
        for name in names:
            found[name] = found.get(name, 0) + 1
    return found
