"""DaemonSets: one pod on every node, replaced one node at a time."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod, make_pod
from opsconsole.demo.kubernetes.controllers.revisions import keep_revision
from opsconsole.demo.kubernetes.controllers.world import World, is_leaving, is_ready, template_hash
from opsconsole.demo.kubernetes.resources import DAEMON_SETS, NODES
from opsconsole.demo.kubernetes.store import Stored

Body = dict[str, Any]
COMPONENT = "daemonset-controller"
REVISION = "controller-revision-hash"


def sync_daemon_sets(world: World) -> None:
    for daemon_set in list(world.store.items(DAEMON_SETS.key)):
        if not is_leaving(daemon_set.body):
            _sync(world, daemon_set)


def _sync(world: World, daemon_set: Stored) -> None:
    body = daemon_set.body
    newest = template_hash(body["spec"]["template"])
    nodes = [node.name[1] for node in world.store.items(NODES.key)]
    pods = {pod.body["spec"]["nodeName"]: pod for pod in world.pods_of(body["metadata"]["uid"])}
    in_use = frozenset(pod.body["metadata"]["labels"].get(REVISION, "") for pod in pods.values())
    keep_revision(world, DAEMON_SETS, body, newest, REVISION, in_use)
    for node in nodes:
        if node not in pods:
            labels = {REVISION: newest, "pod-template-generation": str(body["metadata"]["generation"])}
            pods[node] = make_pod(world, DAEMON_SETS, body, node=node, labels=labels)
            world.tell(DAEMON_SETS, body, "SuccessfulCreate", f"Created pod: {pods[node].name[1]}", COMPONENT)
    outdated = [node for node, pod in pods.items() if pod.body["metadata"]["labels"].get(REVISION) != newest]
    if outdated and all(is_ready(pod.body) and not is_leaving(pod.body) for pod in pods.values()):
        pod = delete_pod(world, pods[outdated[0]])
        world.tell(DAEMON_SETS, body, "SuccessfulDelete", f"Deleted pod: {pod.name[1]}", COMPONENT)
    _report(world, daemon_set, list(pods.values()), len(nodes), len(pods) - len(outdated))


def _report(world: World, daemon_set: Stored, pods: list[Stored], nodes: int, updated: int) -> None:
    ready = sum(is_ready(pod.body) and not is_leaving(pod.body) for pod in pods)
    status = {
        "currentNumberScheduled": len(pods),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": nodes,
        "numberReady": ready,
        "observedGeneration": daemon_set.body["metadata"]["generation"],
        "updatedNumberScheduled": updated,
        "numberAvailable": ready,
        **({"numberUnavailable": nodes - ready} if nodes > ready else {}),
    }
    world.update(DAEMON_SETS, daemon_set, status=status)
