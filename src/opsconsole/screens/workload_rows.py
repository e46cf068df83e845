"""A workload's row: the object, and what its pods, its HPA and their usage add to it."""

from datetime import datetime, timedelta

from ..model.kubernetes import Pod, Usage, Workload
from ..rules.capacity import cpu_of_requests, memory_of_limits
from ..rules.cluster_index import ClusterIndex
from ..rules.workload_state import workload_state
from ..text import units
from .pod_columns import WorkloadRow

HOUR = timedelta(hours=1)


def workload_row(workload: Workload, index: ClusterIndex, usage: dict[str, Usage], now: datetime) -> WorkloadRow:
    key = (workload.namespace, workload.kind, workload.name)
    pods = index.pods_of(key)
    hpa = index.hpa_of(key)
    newest = next(iter(index.revisions_of(key)), None)
    since = newest.created if newest is not None else workload.template_changed
    return WorkloadRow(
        workload,
        workload_state(workload, pods, hpa, now),
        hpa,
        cpu_of_requests(pods, usage),
        memory_of_limits(pods, usage),
        sum(restarts_since(pod, now - HOUR) for pod in pods),
        units.age(since, now) if since is not None else "",
        _last_restart(pods, now),
        not pods or any(pod.cpu_request is not None for pod in pods),
        not pods or any(pod.memory_limit is not None for pod in pods),
    )


def restarts_since(pod: Pod, moment: datetime) -> int:
    """At least so many: all of a pod made since; of an older one only the newest is dated."""
    last = pod.last_restart
    if not pod.restarts or last is None or last.finished is None or last.finished < moment:
        return 0
    return pod.restarts if pod.created is not None and pod.created >= moment else 1


def _last_restart(pods: list[Pod], now: datetime) -> str:
    ended = [pod.last_restart for pod in pods if pod.restarts and pod.last_restart is not None]
    last = max((end for end in ended if end.finished is not None), key=lambda end: end.finished or now, default=None)
    return "" if last is None else f"{last.reason} {units.age(last.finished, now)}"
