"""ControllerRevisions: what StatefulSets and DaemonSets remember of their pod templates, numbered from 1."""

import uuid
from typing import Any

from opsconsole.demo.kubernetes.controllers.world import World, controller_of, owner_reference
from opsconsole.demo.kubernetes.quantities import format_time
from opsconsole.demo.kubernetes.resources import CONTROLLER_REVISIONS, Resource
from opsconsole.demo.kubernetes.store import Stored, clone

Body = dict[str, Any]


def keep_revision(
    world: World, resource: Resource, owner: Body, digest: str, label: str, in_use: frozenset[str]
) -> None:
    """Makes sure that the template is the newest revision; of those that no pod has, the oldest go.

    `label` is the label of the revision and, of a DaemonSet, of its pods that holds the hash; `in_use` are the hashes
    or names that the pods carry.
    """
    name = f"{owner['metadata']['name']}-{digest}"
    kept = sorted(_of(world, owner), key=_number)
    newest = next((each for each in kept if each.name[1] == name), None)
    highest = _number(kept[-1]) if kept else 0
    if newest is None:
        world.store.put(CONTROLLER_REVISIONS.key, _made(world, resource, owner, name, {label: digest}, highest + 1))
    elif _number(newest) < highest:
        # a template that comes back is the newest revision again
        world.store.put(CONTROLLER_REVISIONS.key, clone(newest.body) | {"revision": highest + 1})
    limit = owner["spec"].get("revisionHistoryLimit", 10)
    past = [each for each in kept if each.name[1] != name and not _names(each, label) & in_use]
    for each in past[: max(0, len(past) - limit)]:
        world.store.remove(CONTROLLER_REVISIONS.key, *each.name)


def _of(world: World, owner: Body) -> list[Stored]:
    uid, found = owner["metadata"]["uid"], []
    for each in world.store.items(CONTROLLER_REVISIONS.key, owner["metadata"]["namespace"]):
        reference = controller_of(each.body)
        if reference is not None and reference["uid"] == uid:
            found.append(each)
    return found


def _made(world: World, resource: Resource, owner: Body, name: str, label: Body, number: int) -> Body:
    """A patch that puts the whole template back, as rolling back sends it."""
    template = owner["spec"]["template"]
    metadata = {
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        # of its own making, so that the world's dice fall as they would without
        "uid": str(uuid.uuid5(uuid.UUID(owner["metadata"]["uid"]), f"{name} {number}")),
        "resourceVersion": "",
        "creationTimestamp": format_time(world.now),
        "labels": {**template["metadata"].get("labels", {}), **label},
        "ownerReferences": [owner_reference(resource, owner)],
    }
    if annotations := owner["metadata"].get("annotations"):
        metadata["annotations"] = dict(annotations)
    data = {"spec": {"template": {"$patch": "replace", **clone(template)}}}
    return {"metadata": metadata, "data": data, "revision": number}


def _number(stored: Stored) -> int:
    return int(stored.body["revision"])


def _names(stored: Stored, label: str) -> set[str]:
    return {stored.name[1], stored.body["metadata"]["labels"].get(label, "")}
