"""What a Deployment says of itself: its counts and the conditions Available and Progressing."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.rolling import limits
from opsconsole.demo.kubernetes.controllers.world import World, condition_of, set_condition
from opsconsole.demo.kubernetes.quantities import format_time, parse_time
from opsconsole.demo.kubernetes.resources import DEPLOYMENTS
from opsconsole.demo.kubernetes.store import Stored

Body = dict[str, Any]


def report(world: World, deployment: Stored, new: Stored | None, owned: list[Stored]) -> None:
    """Writes the status; `owned` are all its ReplicaSets, the newest among them."""
    body = deployment.body
    old_status = body.get("status") or {}
    current = _counts(body, new, owned)
    conditions = _available(world, body, current, list(old_status.get("conditions") or ()))
    conditions = _progressing(world, body, new, current, conditions)
    status = {
        "observedGeneration": body["metadata"].get("generation", 1),
        **{name: count for name, count in current.items() if count or name == "terminatingReplicas"},
        "conditions": conditions,
    }
    world.update(DEPLOYMENTS, deployment, status=status)


def _counts(body: Body, new: Stored | None, owned: list[Stored]) -> dict[str, int]:
    def total(name: str) -> int:
        return sum(each.body["status"].get(name, 0) for each in owned)

    available = total("availableReplicas")
    return {
        "replicas": total("replicas"),
        "updatedReplicas": new.body["status"].get("replicas", 0) if new is not None else 0,
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, max(total("replicas"), body["spec"]["replicas"]) - available),
        "terminatingReplicas": total("terminatingReplicas"),
    }


def _available(world: World, body: Body, current: dict[str, int], conditions: list[Body]) -> list[Body]:
    enough = current["availableReplicas"] >= body["spec"]["replicas"] - limits(body)[1]
    at = format_time(world.now)
    if enough:
        words = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        words = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    return set_condition(conditions, "Available", *words, at, updated=True)


def _progressing(
    world: World, body: Body, new: Stored | None, current: dict[str, int], conditions: list[Body]
) -> list[Body]:
    at = format_time(world.now)
    if new is None:
        return conditions
    name, desired = new.name[1], body["spec"]["replicas"]
    old = condition_of(body, "Progressing")
    complete = current["updatedReplicas"] == desired == current["availableReplicas"] == current["replicas"]
    if complete:
        message = f'ReplicaSet "{name}" has successfully progressed.'
        if old.get("reason") == "NewReplicaSetAvailable" and old.get("message") == message:
            return conditions
        return set_condition(conditions, "Progressing", "True", "NewReplicaSetAvailable", message, at, updated=True)
    if old.get("reason") == "NewReplicaSetAvailable" and f'"{name}"' in old.get("message", ""):
        return conditions  # merely scaling, or a pod was replaced: no new rollout
    before = body.get("status") or {}
    moved = any(
        current[key] > before.get(key, 0) for key in ("updatedReplicas", "readyReplicas", "availableReplicas")
    ) or current["replicas"] - current["updatedReplicas"] < before.get("replicas", 0) - before.get("updatedReplicas", 0)
    message = f'ReplicaSet "{name}" is progressing.'
    if moved or old.get("message", "").split('"')[1:2] != [name]:
        kept = [each for each in conditions if each["type"] != "Progressing"]
        fresh = set_condition(kept, "Progressing", "True", "ReplicaSetUpdated", message, at, updated=True)
        if old.get("status") == "True":
            fresh[-1]["lastTransitionTime"] = old["lastTransitionTime"]
        return fresh
    limit = body["spec"].get("progressDeadlineSeconds", 600)
    if old["status"] == "True" and parse_time(old["lastUpdateTime"]) + limit < world.now:
        late = f'ReplicaSet "{name}" has timed out progressing.'
        return set_condition(conditions, "Progressing", "False", "ProgressDeadlineExceeded", late, at, updated=True)
    return conditions
