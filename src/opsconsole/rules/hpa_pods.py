"""A workload's pods as the HPA's calculator groups them: counted, missing, not ready yet, ignored.

Source: kubernetes/kubernetes 1.36, pkg/controller/podautoscaler/replica_calculator.go (groupPods, calculateRequests).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ..model.kubernetes import HpaMetric, Pod, Usage
from .hpa_calculator import Load, Sample, grouped

CPU_INITIALIZATION = timedelta(minutes=5)
READINESS_DELAY = timedelta(seconds=30)


def load(metric: HpaMetric, pods: Sequence[Pod], usage: Mapping[str, Usage] | None, now: datetime) -> Load:
    """The groups for one metric. Without `usage` (by `namespace/name`) every running pod is taken to have metrics.

    Usage is kept here per pod: a ContainerResource counts with its container's request and no usage of its own.
    """
    resource = metric.name.rpartition("/")[2]
    samples = []
    for pod in pods:
        if pod.deleting is not None or pod.phase == "Failed":
            continue
        used = usage.get(f"{pod.namespace}/{pod.name}") if usage is not None else None
        figure = 0.0 if usage is None else None
        if used is not None:
            figure = used.memory if resource == "memory" else used.cpu
        ready = pod.phase != "Pending" and not (resource == "cpu" and figure is not None and starting(pod, now))
        samples.append(Sample(figure, request_of(pod, resource, metric.container), ready))
    return grouped(samples)


def starting(pod: Pod, now: datetime) -> bool:
    """Whether its CPU does not count yet. The sample's own time is not kept: a pod that is ready has a fresh one."""
    ready = next((one for one in pod.conditions if one.type == "Ready"), None)
    if ready is None or pod.started is None:
        return True
    if pod.started + CPU_INITIALIZATION > now:
        return ready.status == "False"
    return ready.status == "False" and ready.since is not None and pod.started + READINESS_DELAY > ready.since


def ready_count(pods: Sequence[Pod]) -> int:
    """Running pods with a Ready condition: by these an Object or External value is multiplied."""
    return sum(1 for pod in pods if pod.phase == "Running" and _is_ready(pod))


def request_of(pod: Pod, resource: str, container: str = "") -> float | None:
    """Cores or bytes that the pod, or one container of it, requests; None where any of them requests none."""
    total = 0.0
    found = False
    for one in pod.containers:
        if (one.init and not one.sidecar) or (container and one.name != container):
            continue
        request = one.memory_request if resource == "memory" else one.cpu_request
        if request is None:
            return None
        total, found = total + request, True
    return total if found else None


def _is_ready(pod: Pod) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in pod.conditions)
