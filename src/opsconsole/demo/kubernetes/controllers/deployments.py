"""Deployments: a ReplicaSet for each revision of the pod template, and the rolling update from one to the next."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.deployment_status import report
from opsconsole.demo.kubernetes.controllers.rolling import limits
from opsconsole.demo.kubernetes.controllers.world import (
    World,
    condition_of,
    controller_of,
    is_leaving,
    owner_reference,
    template_hash,
)  # fmt: skip
from opsconsole.demo.kubernetes.quantities import parse_time
from opsconsole.demo.kubernetes.resources import DEPLOYMENTS, PODS, REPLICA_SETS
from opsconsole.demo.kubernetes.store import Stored, clone

Body = dict[str, Any]
COMPONENT = "deployment-controller"
REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
_COMPLETE = "NewReplicaSetAvailable"


def sync_deployments(world: World) -> None:
    deployments = list(world.store.items(DEPLOYMENTS.key))
    # A rollout that has come to its end changes with its objects only; one that goes on has a deadline.
    rolls = any(condition_of(each.body, "Progressing").get("reason") != _COMPLETE for each in deployments)
    if not world.changed_for("deployments", DEPLOYMENTS, REPLICA_SETS, PODS) and not rolls:
        return
    sets: dict[str, list[Stored]] = {}
    for replica_set in world.store.items(REPLICA_SETS.key):
        if (owner := controller_of(replica_set.body)) is not None:
            sets.setdefault(owner["uid"], []).append(replica_set)
    for deployment in deployments:
        if not is_leaving(deployment.body):
            _sync(world, deployment, sets.get(deployment.body["metadata"]["uid"], []))


def _sync(world: World, deployment: Stored, owned: list[Stored]) -> None:
    owned.sort(key=lambda each: parse_time(each.body["metadata"]["creationTimestamp"]))
    template = deployment.body["spec"]["template"]
    new = next((each for each in owned if _same_template(each.body["spec"]["template"], template)), None)
    old = [each for each in owned if each is not new]
    if deployment.body["spec"].get("paused"):
        report(world, deployment, new, owned)
        return
    if new is None:
        new = _new_set(world, deployment, old)
    deployment, new = _number(world, deployment, new, old)
    if deployment.body["spec"]["strategy"]["type"] == "Recreate":
        new, old = _recreate(world, deployment, new, old)
    else:
        new, old = _roll(world, deployment, new, old)
    report(world, deployment, new, [*old, new])
    _forget(world, deployment, old)


def _same_template(first: Body, second: Body) -> bool:
    labels = {key: value for key, value in (first["metadata"].get("labels") or {}).items() if key != HASH}
    rest = {**first, "metadata": {**first["metadata"], "labels": labels}}
    return rest == {**second, "metadata": {**second["metadata"], "labels": second["metadata"].get("labels") or {}}}


def _new_set(world: World, deployment: Stored, old: list[Stored]) -> Stored:
    body = deployment.body
    digest = template_hash(body["spec"]["template"])
    template = clone(body["spec"]["template"])
    template["metadata"]["labels"] = {**(template["metadata"].get("labels") or {}), HASH: digest}
    selector = clone(body["spec"]["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: digest}
    metadata = world.metadata(f"{body['metadata']['name']}-{digest}", body["metadata"]["namespace"])
    metadata |= {
        "generation": 1,
        "labels": template["metadata"]["labels"],
        "annotations": {},
        "ownerReferences": [owner_reference(DEPLOYMENTS, body)],
    }
    spec = {"replicas": 0, "selector": selector, "template": template}
    if seconds := body["spec"].get("minReadySeconds"):
        spec["minReadySeconds"] = seconds
    return world.store.put(REPLICA_SETS.key, {"metadata": metadata, "spec": spec, "status": {"replicas": 0}})


def revision(body: Body) -> int:
    return int((body["metadata"].get("annotations") or {}).get(REVISION, 0))


def _number(world: World, deployment: Stored, new: Stored, old: list[Stored]) -> tuple[Stored, Stored]:
    """Gives the newest ReplicaSet the highest revision; one that comes back keeps its past ones as history."""
    highest = max((revision(each.body) for each in old), default=0)
    own = revision(new.body)
    number = str(max(own, highest + 1))
    metadata, most = new.body["metadata"], limits(deployment.body)[0]
    annotations = {**(metadata.get("annotations") or {})}
    if own and own <= highest:
        past = annotations.get("deployment.kubernetes.io/revision-history", "")
        annotations["deployment.kubernetes.io/revision-history"] = f"{past},{own}" if past else str(own)
    desired = deployment.body["spec"]["replicas"]
    inherited = {
        key: value
        for key, value in (deployment.body["metadata"].get("annotations") or {}).items()
        if key not in (REVISION, "kubectl.kubernetes.io/last-applied-configuration")
    }
    annotations |= inherited | {
        REVISION: number,
        "deployment.kubernetes.io/desired-replicas": str(desired),
        "deployment.kubernetes.io/max-replicas": str(desired + most),
    }
    new = world.update(REPLICA_SETS, new, metadata={**metadata, "annotations": annotations})
    metadata = deployment.body["metadata"]
    marked = {**(metadata.get("annotations") or {}), REVISION: number}
    return world.update(DEPLOYMENTS, deployment, metadata={**metadata, "annotations": marked}), new


def _roll(world: World, deployment: Stored, new: Stored, old: list[Stored]) -> tuple[Stored, list[Stored]]:
    """One step of the rolling update: first the new one up as far as surge allows, then old ones down."""
    desired = deployment.body["spec"]["replicas"]
    surge, unavailable = limits(deployment.body)
    total = sum(_asked(each) for each in [*old, new])
    if _asked(new) > desired:
        new = _scale(world, deployment, new, desired)
    elif _asked(new) < desired and (room := desired + surge - total) > 0:
        new = _scale(world, deployment, new, _asked(new) + min(room, desired - _asked(new)))
    least = desired - unavailable
    spare = sum(_asked(each) for each in [*old, new]) - least - (_asked(new) - _available(new))
    healthy = sum(_available(each) for each in [*old, new]) - least
    scaled = []
    for each in old:
        broken = max(0, min(_asked(each) - _available(each), spare))
        take = broken + max(0, min(_available(each), healthy, spare - broken))
        if take > 0:
            spare -= take
            healthy -= take - broken
            each = _scale(world, deployment, each, _asked(each) - take)
        scaled.append(each)
    return new, scaled


def _recreate(world: World, deployment: Stored, new: Stored, old: list[Stored]) -> tuple[Stored, list[Stored]]:
    old = [_scale(world, deployment, each, 0) if _asked(each) else each for each in old]
    if not any(world.pods_of(each.body["metadata"]["uid"]) for each in old):
        desired = deployment.body["spec"]["replicas"]
        new = _scale(world, deployment, new, desired) if _asked(new) != desired else new
    return new, old


def _asked(replica_set: Stored) -> int:
    return int(replica_set.body["spec"]["replicas"])


def _available(replica_set: Stored) -> int:
    return int(replica_set.body["status"].get("availableReplicas", 0))


def _scale(world: World, deployment: Stored, replica_set: Stored, replicas: int) -> Stored:
    before, name = _asked(replica_set), replica_set.name[1]
    metadata = {**replica_set.body["metadata"], "generation": replica_set.body["metadata"]["generation"] + 1}
    spec = {**replica_set.body["spec"], "replicas": replicas}
    scaled = world.update(REPLICA_SETS, replica_set, spec=spec, metadata=metadata)
    way = "up" if replicas > before else "down"
    message = f"Scaled {way} replica set {name} from {before} to {replicas}"
    world.tell(DEPLOYMENTS, deployment.body, "ScalingReplicaSet", message, COMPONENT)
    return scaled


def _forget(world: World, deployment: Stored, old: list[Stored]) -> None:
    """Removes the oldest revisions beyond `revisionHistoryLimit`."""
    limit = deployment.body["spec"].get("revisionHistoryLimit", 10)
    empty = [each for each in old if not _asked(each) and not each.body["status"].get("replicas")]
    empty.sort(key=lambda each: revision(each.body))
    for each in empty[: max(0, len(empty) - limit)]:
        world.store.remove(REPLICA_SETS.key, *each.name)
