"""StatefulSets: pods with fixed names, made one after the other and replaced from the last to the first."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod, make_pod
from opsconsole.demo.kubernetes.controllers.revisions import keep_revision
from opsconsole.demo.kubernetes.controllers.world import World, is_leaving, is_ready, template_hash
from opsconsole.demo.kubernetes.resources import PERSISTENT_VOLUME_CLAIMS, STATEFUL_SETS
from opsconsole.demo.kubernetes.store import Stored, clone

Body = dict[str, Any]
COMPONENT = "statefulset-controller"
REVISION = "controller-revision-hash"


def sync_stateful_sets(world: World) -> None:
    for stateful_set in list(world.store.items(STATEFUL_SETS.key)):
        if not is_leaving(stateful_set.body):
            _sync(world, stateful_set)


def revision_of(body: Body) -> str:
    return f"{body['metadata']['name']}-{template_hash(body['spec']['template'])}"


def _sync(world: World, stateful_set: Stored) -> None:
    body = stateful_set.body
    name, newest = body["metadata"]["name"], revision_of(body)
    pods = {pod.name[1]: pod for pod in world.pods_of(body["metadata"]["uid"])}
    in_use = frozenset(pod.body["metadata"]["labels"].get(REVISION, "") for pod in pods.values())
    digest = newest.removeprefix(f"{name}-")
    keep_revision(world, STATEFUL_SETS, body, digest, "controller.kubernetes.io/hash", in_use)
    wanted = [f"{name}-{index}" for index in range(body["spec"].get("replicas", 1))]
    _move(world, body, pods, wanted, newest)
    _report(world, stateful_set, list(pods.values()), newest)


def _move(world: World, body: Body, pods: dict[str, Stored], wanted: list[str], newest: str) -> None:
    """At most one pod is made or taken away at a time, and only while the others are ready."""
    for each in wanted:
        if each not in pods:
            _claims(world, body, each)
            labels = {REVISION: newest, "statefulset.kubernetes.io/pod-name": each}
            pods[each] = make_pod(world, STATEFUL_SETS, body, name=each, labels=labels)
            message = f"create Pod {each} in StatefulSet {body['metadata']['name']} successful"
            world.tell(STATEFUL_SETS, body, "SuccessfulCreate", message, COMPONENT)
            return
        if not is_ready(pods[each].body) or is_leaving(pods[each].body):
            return
    surplus = [each for each in pods if each not in wanted]
    outdated = [each for each in wanted if pods[each].body["metadata"]["labels"].get(REVISION) != newest]
    for each in sorted(surplus, key=_ordinal)[-1:] or outdated[-1:]:
        if not is_leaving(pods[each].body):
            pods[each] = delete_pod(world, pods[each])
            message = f"delete Pod {each} in StatefulSet {body['metadata']['name']} successful"
            world.tell(STATEFUL_SETS, body, "SuccessfulDelete", message, COMPONENT)


def _claims(world: World, body: Body, pod: str) -> None:
    """The volumes that a pod of this name keeps; a provisioner binds them at once."""
    for template in body["spec"].get("volumeClaimTemplates") or ():
        name, namespace = f"{template['metadata']['name']}-{pod}", body["metadata"]["namespace"]
        if world.store.get(PERSISTENT_VOLUME_CLAIMS.key, namespace, name) is not None:
            continue
        metadata = world.metadata(name, namespace, body["spec"]["selector"].get("matchLabels"))
        spec = clone(template["spec"])
        status = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": spec["resources"]["requests"]}
        spec["volumeName"] = f"pvc-{metadata['uid']}"
        claim = {"metadata": metadata, "spec": spec, "status": clone(status)}
        world.store.put(PERSISTENT_VOLUME_CLAIMS.key, claim)


def _ordinal(name: str) -> int:
    return int(name.rpartition("-")[2])


def _report(world: World, stateful_set: Stored, pods: list[Stored], newest: str) -> None:
    old = stateful_set.body.get("status") or {}
    staying = [pod for pod in pods if not is_leaving(pod.body)]
    updated = [pod for pod in staying if pod.body["metadata"]["labels"].get(REVISION) == newest]
    ready = sum(is_ready(pod.body) for pod in staying)
    done = len(updated) == len(pods) == stateful_set.body["spec"].get("replicas", 1)
    current = newest if done else old.get("currentRevision", newest)
    status = {
        "observedGeneration": stateful_set.body["metadata"].get("generation", 1),
        "replicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": len(updated) if current == newest else len(staying) - len(updated),
        "updatedReplicas": len(updated),
        "currentRevision": current,
        "updateRevision": newest,
        "collisionCount": 0,
    }
    world.update(STATEFUL_SETS, stateful_set, status=status)
