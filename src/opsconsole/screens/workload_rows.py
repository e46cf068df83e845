"""A workload's row: the object, and what its pods, its HPA and their usage add to it."""

from datetime import datetime

from ..model.kubernetes import Pod, Usage, Workload
from ..rules.cluster_index import ClusterIndex
from ..rules.pod_trouble import finished
from ..rules.restarts import Count
from ..rules.shares import use_of
from ..rules.verdict import Verdict
from ..text import units
from .columns.workloads import WorkloadRow


def workload_row(
    workload: Workload, verdict: Verdict, index: ClusterIndex, usage: dict[str, Usage], restarts: Count, now: datetime
) -> WorkloadRow:
    """`restarts` are those of the last hour."""
    key = (workload.namespace, workload.kind, workload.name)
    pods = index.pods_of(key)
    newest = next(iter(index.revisions_of(key)), None)
    living = [pod for pod in pods if not finished(pod)]
    unseen = not pods and workload.desired > 0 and workload.kind != "CronJob"
    since = newest.created if newest is not None else workload.template_changed
    return WorkloadRow(
        workload,
        verdict,
        index.hpa_of(key),
        use_of(pods, usage),
        restarts,
        units.age(since, now) if since is not None else "",
        _last_restart(pods, now),
        unseen or any(pod.cpu_request is not None for pod in living),
        unseen or any(pod.memory_limit is not None for pod in living),
        unseen or any(pod.cpu_limit is not None for pod in living),
        unseen or any(pod.memory_request is not None for pod in living),
    )


def _last_restart(pods: list[Pod], now: datetime) -> str:
    ended = [pod.last_restart for pod in pods if pod.restarts and pod.last_restart is not None]
    last = max((end for end in ended if end.finished is not None), key=lambda end: end.finished or now, default=None)
    return "" if last is None else f"{last.reason} {last.exit_code} · {units.age(last.finished, now)}"
