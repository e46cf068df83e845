"""Since when something in the cluster is wrong, as the cluster itself tells: conditions, terminations, first events."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ..model.collection import Delta
from ..model.kubernetes import Budget, Condition, Event, Hpa, Node, Pod, Workload
from . import hpa as hpas
from .cluster_trouble import ClusterTrouble
from .docket import Trouble
from .node_trouble import node_trouble
from .pod_trouble import failing
from .workload_state import hpa_state

_TELLING = frozenset({"BackOff", "Failed", "Unhealthy"})
"""Events with which a pod's trouble begins; what kept it from being scheduled or mounted may be long over."""
_WRONG = frozenset({("Available", "False"), ("Progressing", "False"), ("ReplicaFailure", "True"), ("Failed", "True")})


class Told:
    """When the events that the cluster still keeps first told of a pod's trouble; fed with their deltas."""

    def __init__(self) -> None:
        self._pods: dict[str, str] = {}
        """Uid of the event → uid of the pod."""
        self._first: dict[str, dict[str, datetime]] = {}

    def events_changed(self, delta: Delta[Event]) -> None:
        if delta.reset:
            self._pods.clear()
            self._first.clear()
        for uid in delta.removals:
            self._forget(uid)
        for uid, event in delta.upserts.items():
            if event.kind == "Pod" and event.type == "Warning" and event.reason in _TELLING and event.first is not None:
                self._pods[uid] = event.object_uid
                self._first.setdefault(event.object_uid, {})[uid] = event.first

    def first_of(self, pod: Pod) -> datetime | None:
        return min(self._first.get(pod.uid, {}).values(), default=None)

    def _forget(self, uid: str) -> None:
        pod = self._pods.pop(uid, None)
        if pod is None:
            return
        self._first[pod].pop(uid, None)
        if not self._first[pod]:
            del self._first[pod]


def since_of(one: Trouble, trouble: ClusterTrouble, told: Told) -> datetime | None:
    """Of something that is wrong in a cluster; None where nothing tells."""
    match trouble.object_of(one.uid):
        case Workload() as workload:
            pods, hpa = trouble.behind(workload)
            if hpa is not None and hpa_state(hpa) == one.verdict:
                return autoscaler_since(hpa)
            return workload_since(workload, pods, told)
        case Pod() as pod:
            return pod_since(pod, told)
        case Node() as node if node_trouble(node).wrong:  # else it is full, and usage tells no time
            return node_since(node)
        case Hpa() as hpa:
            return autoscaler_since(hpa)
        case Budget() as budget:
            allowed = _of(budget.conditions, "DisruptionAllowed")
            return allowed.since if allowed is not None and allowed.status != "True" else None
    return None


def workload_since(workload: Workload, pods: Iterable[Pod], told: Told) -> datetime | None:
    """The earliest that is told of what is wrong with it now: its conditions, and its pods that are not ready."""
    found = [c.since for c in workload.conditions if (c.type, c.status) in _WRONG]
    found += [pod_since(pod, told) for pod in pods if pod.deleting is None and _holds_back(pod)]
    return _earliest(found)


def autoscaler_since(hpa: Hpa) -> datetime | None:
    """Since when it stands at its maximum, sees nothing or cannot scale: in the order in which it is told."""
    if hpas.at_maximum(hpa):
        return hpas.at_maximum_since(hpa)
    wrong = [_of(hpa.conditions, type) for type in ("ScalingActive", "AbleToScale")]
    return next((c.since for c in wrong if c is not None and c.status == "False"), None)


def pod_since(pod: Pod, told: Told) -> datetime | None:
    """Since when it has been going, finds no node, or is not ready."""
    if pod.deleting is not None:
        return pod.deleting
    scheduled = _of(pod.conditions, "PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        return scheduled.since
    ready = _of(pod.conditions, "Ready")
    found = [ready.since] if ready is not None and ready.status != "True" else []
    if failing(pod):
        # a pod that crashes again and again is ready in between
        found += [told.first_of(pod), *(c.last.finished for c in pod.containers if c.last is not None and not c.ready)]
    return _earliest(found)


def node_since(node: Node) -> datetime | None:
    ready = _of(node.conditions, "Ready")
    if ready is None or ready.status != "True":
        return ready.since if ready is not None else node.created
    pressed = [c.since for c in node.conditions if c.type != "Ready" and c.status == "True"]
    return _earliest(pressed) if pressed else node.cordoned


def _holds_back(pod: Pod) -> bool:
    """Whether it is short of what its workload asks for; one that ended is history."""
    return pod.ready < pod.total and pod.phase not in ("Succeeded", "Failed")


def _of(conditions: Sequence[Condition], type: str) -> Condition | None:
    return next((one for one in conditions if one.type == type), None)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)
