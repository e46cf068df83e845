"""Nodes that fall silent: not ready after the grace period, tainted, their pods given up after what they tolerate."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod
from opsconsole.demo.kubernetes.controllers.world import World, condition_of, is_leaving, set_condition
from opsconsole.demo.kubernetes.quantities import format_time, parse_time
from opsconsole.demo.kubernetes.resources import LEASES, NODES, PODS
from opsconsole.demo.kubernetes.store import Stored

Body = dict[str, Any]
COMPONENT = "node-controller"
GRACE_S = 40.0
"""A node whose lease is older is not ready any more."""
UNREACHABLE = "node.kubernetes.io/unreachable"
_SILENT = ("NodeStatusUnknown", "Kubelet stopped posting node status.")


def sync_nodes(world: World) -> None:
    """Marks nodes that no longer renew their leases, and evicts from those marked long enough."""
    for name in sorted(world.silent):
        node, lease = world.store.get(NODES.key, "", name), world.store.get(LEASES.key, "kube-node-lease", name)
        if node is None or lease is None or world.now - parse_time(lease.body["spec"]["renewTime"]) <= GRACE_S:
            continue
        if condition_of(node.body, "Ready").get("status") != "Unknown":
            _give_up(world, node)
        _evict(world, node)


def welcome_back(world: World, node: Stored) -> None:
    """Takes the taints of silence away; the kubelet's own report makes it ready."""
    taints = [taint for taint in node.body["spec"].get("taints") or () if taint["key"] != UNREACHABLE]
    spec = {key: value for key, value in node.body["spec"].items() if key != "taints"}
    world.update(NODES, node, spec=spec | ({"taints": taints} if taints else {}))


def _give_up(world: World, node: Stored) -> None:
    at, name = format_time(world.now), node.name[1]
    conditions = list(node.body["status"]["conditions"])
    for each in list(conditions):
        heard = each["lastHeartbeatTime"]
        conditions = set_condition(conditions, each["type"], "Unknown", *_SILENT, at)
        conditions = [new | {"lastHeartbeatTime": heard} if new["type"] == each["type"] else new for new in conditions]
    taints = [
        {"key": UNREACHABLE, "effect": effect, "timeAdded": at}
        for effect in ("NoSchedule", "NoExecute")
    ]  # fmt: skip
    spec = {**node.body["spec"], "taints": [*(node.body["spec"].get("taints") or ()), *taints]}
    told = world.update(NODES, node, spec=spec, status={**node.body["status"], "conditions": conditions})
    world.tell(NODES, told.body, "NodeNotReady", f"Node {name} status is now: NodeNotReady", COMPONENT)
    for pod in _pods_on(world, name):
        _unready(world, pod, at)


def _unready(world: World, pod: Stored, at: str) -> None:
    """The pod's conditions as the node controller sets them: it alone can speak for a silent kubelet."""
    status = pod.body.get("status") or {}
    if condition_of(pod.body, "Ready").get("status") != "True":
        return
    conditions = [
        {**each, "status": "False", "lastTransitionTime": at} if each["type"] == "Ready" else each
        for each in status["conditions"]
    ]
    told = world.update(PODS, pod, status={**status, "conditions": conditions})
    world.tell(PODS, told.body, "NodeNotReady", "Node is not ready", COMPONENT, kind="Warning")


def _evict(world: World, node: Stored) -> None:
    node = world.store.get(NODES.key, *node.name) or node
    marked = [
        parse_time(taint["timeAdded"])
        for taint in node.body["spec"].get("taints") or ()
        if (taint["key"], taint["effect"]) == (UNREACHABLE, "NoExecute")
    ]
    if not marked:
        return
    since = world.now - marked[0]
    for pod in _pods_on(world, node.name[1]):
        tolerated = _tolerated_s(pod.body)
        if is_leaving(pod.body) or tolerated is None or since < tolerated:
            continue
        message = f"Marking for deletion Pod {pod.name[0]}/{pod.name[1]}"
        world.tell(PODS, pod.body, "TaintManagerEviction", message, "taint-eviction-controller")
        delete_pod(world, pod)


def _tolerated_s(pod: Body) -> float | None:
    """How long a pod stays on an unreachable node; None: for ever."""
    for each in pod["spec"].get("tolerations") or ():
        if each.get("key") == UNREACHABLE:
            seconds = each.get("tolerationSeconds")
            return None if seconds is None else float(seconds)
    return 0.0


def _pods_on(world: World, node: str) -> list[Stored]:
    return [pod for pod in world.store.items(PODS.key) if pod.body["spec"].get("nodeName") == node]
