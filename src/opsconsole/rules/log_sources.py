"""Which containers' logs belong to a pod or a workload, in which order they matter, and what they are called."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ..model.kubernetes import Container, Pod
from ..model.logs import LogTarget
from .workload_state import controller

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_OF_CRON = re.compile(r"-\d+$")


def belongs(pod: Pod, target: LogTarget) -> bool:
    """Whether the pod is the target's: itself, or run by the workload (a CronJob's through its Jobs)."""
    if pod.namespace != target.namespace:
        return False
    if target.kind == "Pod":
        return pod.name == target.name
    owner = controller(pod)
    if owner is None:
        return False
    if target.kind == "CronJob":
        return owner.kind == "Job" and _OF_CRON.sub("", owner.name) == target.name
    if target.kind == "ReplicaSet" and pod.owner is not None:
        return (pod.owner.kind, pod.owner.name) == (target.kind, target.name)
    return (owner.kind, owner.name) == (target.kind, target.name)


def ranked(pods: Iterable[Pod]) -> list[tuple[Pod, Container]]:
    """All containers, those first that tell most: of pods in trouble, then of the newest; init containers last."""
    found = [(pod, container) for pod in pods for container in pod.containers]
    return sorted(
        found,
        key=lambda one: (
            one[1].init and not one[1].sidecar,
            one[0].ready >= one[0].total and not one[0].restarts,
            -(one[0].created or _EARLIEST).timestamp(),
            one[0].name,
        ),
    )


def has_log(container: Container) -> bool:
    """Whether it has written anything, in this run or in one before."""
    return container.state != "waiting" or container.last is not None or container.restarts > 0


def label(target: LogTarget, pod: Pod, container: str, several: bool) -> str:
    """`worker-x7p9k` for a pod `worker-6d4f8b9c-x7p9k` of deploy/worker; with its container where it has several."""
    name = pod.name
    if target.kind != "Pod" and name.startswith(target.name + "-"):
        name = f"{target.name}-{name.rpartition('-')[2]}"
    return f"{name}/{container}" if several else name


def newest_restart(pods: Sequence[Pod]) -> datetime | None:
    """When the run before the newest restart ended; None where nothing has restarted."""
    ends = [
        container.last.finished
        for pod in pods
        for container in pod.containers
        if container.restarts and container.last is not None and container.last.finished is not None
    ]
    return max(ends, default=None)
