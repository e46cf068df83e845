"""ReplicaSets: as many pods as asked for, the least valuable go first."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod, make_pod
from opsconsole.demo.kubernetes.controllers.world import World, condition_of, is_leaving, is_ready
from opsconsole.demo.kubernetes.quantities import parse_time
from opsconsole.demo.kubernetes.resources import PODS, REPLICA_SETS
from opsconsole.demo.kubernetes.store import Stored

Body = dict[str, Any]
COMPONENT = "replicaset-controller"


def sync_replica_sets(world: World) -> None:
    sets = list(world.store.items(REPLICA_SETS.key))
    waits = any(each.body["spec"].get("minReadySeconds") for each in sets)
    if not world.changed_for("replica sets", REPLICA_SETS, PODS) and not waits:
        return
    for replica_set in sets:
        if not is_leaving(replica_set.body):
            _sync(world, replica_set)


def _sync(world: World, replica_set: Stored) -> None:
    body = replica_set.body
    pods = world.pods_of(body["metadata"]["uid"])
    active = [pod for pod in pods if not is_leaving(pod.body) and not _is_over(pod.body)]
    missing = body["spec"].get("replicas", 1) - len(active)
    for _ in range(missing):
        pod = make_pod(world, REPLICA_SETS, body)
        world.tell(REPLICA_SETS, body, "SuccessfulCreate", f"Created pod: {pod.name[1]}", COMPONENT)
        active.append(pod)
    if missing < 0:
        for pod in sorted(active, key=_value)[:-missing]:
            delete_pod(world, pod)
            active.remove(pod)
            world.tell(REPLICA_SETS, body, "SuccessfulDelete", f"Deleted pod: {pod.name[1]}", COMPONENT)
    _report(world, replica_set, active, len(pods) - len([pod for pod in pods if not is_leaving(pod.body)]))


def _is_over(pod: Body) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def _value(pod: Stored) -> tuple[bool, bool, float]:
    """Unscheduled before scheduled, unready before ready, young before old."""
    body = pod.body
    return bool(body["spec"].get("nodeName")), is_ready(body), -parse_time(body["metadata"]["creationTimestamp"])


def is_available(pod: Body, min_ready_s: int, now: float) -> bool:
    """Ready for at least `minReadySeconds`."""
    if not is_ready(pod) or is_leaving(pod):
        return False
    return not min_ready_s or parse_time(condition_of(pod, "Ready")["lastTransitionTime"]) + min_ready_s <= now


def _report(world: World, replica_set: Stored, active: list[Stored], leaving: int) -> None:
    spec = replica_set.body["spec"]
    ready = sum(is_ready(pod.body) for pod in active)
    available = sum(is_available(pod.body, spec.get("minReadySeconds", 0), world.now) for pod in active)
    counts = {"readyReplicas": ready, "availableReplicas": available, "fullyLabeledReplicas": len(active)}
    status = {
        "replicas": len(active),
        **{name: count for name, count in counts.items() if count},
        "terminatingReplicas": leaving,
        "observedGeneration": replica_set.body["metadata"].get("generation", 1),
    }
    world.update(REPLICA_SETS, replica_set, status=status)
