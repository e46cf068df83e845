"""What is wrong with a workload: the worst that is true of it and of its own pods, in a few words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ..model.finding import Severity
from ..model.kubernetes import Hpa, Owner, Pod, ReplicaSet, Usage, Workload
from ..text import units
from . import hpa as hpas
from .job_state import cron_state, job_state
from .pod_trouble import PATIENCE, explained_s, failing, finished, first, near_limit, reason, starting, unscheduled
from .restarts import HOUR, storm
from .verdict import COMPLETE, OK, Verdict

_STARTING = timedelta(minutes=2)
"""So long new pods may take, where no probe tells, before what they leave short counts."""


def workload_state(
    workload: Workload,
    pods: Sequence[Pod],
    hpa: Hpa | None,
    now: datetime,
    *,
    usage: Mapping[str, Usage] | None = None,
    restarts: int = 0,
    begun_by: Workload | None = None,
) -> Verdict:
    """The worst that is true of a workload and its own pods; `pods` are those it controls.

    `usage` is by `namespace/name` of a pod; `restarts` are those of the last hour; a Job is `begun_by` a CronJob.
    """
    if workload.kind == "Job":
        return job_state(workload, pods, now, begun_by)
    if workload.kind == "CronJob":
        return cron_state(workload, now)
    scaling = hpa_state(hpa) if hpa is not None else OK
    worse = _failing_pods(pods, now) or _stuck(workload) or _waiting_pods(workload, pods, now)
    if found := worse or _nothing_ready(workload, now):
        # an HPA that is wrong has no row of its own: its workload tells it
        return Verdict(found.severity, f"{found.words}; {scaling.words}") if scaling.wrong else found
    return (
        (scaling if scaling.wrong else None)
        or storm(pods, restarts)
        or _killed(pods, restarts, usage or {}, now)
        or _evicted(pods, now)
        or _near_limit(pods, usage or {})
        or _rolling(workload)
        or _missing(workload, pods, now)
        or (scaling if scaling is not OK else None)
        or _paused(workload)
        or OK
    )


def hpa_state(hpa: Hpa) -> Verdict:
    """At its maximum, blind, unable to scale; paused is meant so."""
    words = hpas.words(hpa)
    if not words:
        return OK
    return Verdict(Severity.INFO if words.startswith("HPA paused") else Severity.WARNING, words)


def replica_set_state(replica_set: ReplicaSet, now: datetime) -> Verdict:
    """Of one that no Deployment owns."""
    if replica_set.ready >= replica_set.desired:
        return OK
    words = f"{replica_set.ready} of {replica_set.desired} ready"
    new = replica_set.created is not None and now - replica_set.created < _STARTING
    return Verdict(Severity.INFO if new else Severity.WARNING, words)


def young(pod: Pod, now: datetime) -> bool:
    """Whether it is not ready only because it is new: as its probes explain it, else for our patience."""
    if explained_s(pod):
        return starting(pod, now)
    return pod.created is not None and now - pod.created < _STARTING


def finished_run(workload: Workload, verdict: Verdict) -> bool:
    """Whether it is a Job that a CronJob began and that came to a good end: its CronJob stands for it."""
    begun = workload.owner is not None and workload.owner.kind == "CronJob"
    return workload.kind == "Job" and begun and verdict == COMPLETE


def controller(pod: Pod) -> Owner | None:
    """The workload that a pod belongs to: of a Deployment's pod the Deployment, not its ReplicaSet."""
    owner = pod.owner
    if owner is None or owner.kind != "ReplicaSet":
        return owner
    suffix = f"-{pod.revision}"
    if pod.revision and owner.name.endswith(suffix):
        return Owner("Deployment", owner.name.removesuffix(suffix))
    return owner


def pods_by_workload(pods: Iterable[Pod]) -> dict[tuple[str, str, str], list[Pod]]:
    """Pods by (namespace, kind, name) of the workload that controls them."""
    found: dict[tuple[str, str, str], list[Pod]] = {}
    for pod in pods:
        owner = controller(pod)
        if owner is not None:
            found.setdefault((pod.namespace, owner.kind, owner.name), []).append(pod)
    return found


def template_difference(new: ReplicaSet, old: ReplicaSet) -> tuple[str, ...]:
    """What differs between two revisions: `image`, `env NAME`."""
    before, after = dict(old.environment), dict(new.environment)
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return (*(("image",) if new.images != old.images else ()), *(f"env {name}" for name in names))


def _failing_pods(pods: Sequence[Pod], now: datetime) -> Verdict | None:
    words = {pod.uid: word for pod in pods if pod.deleting is None and (word := _failure(pod, now))}
    if not words:
        return None
    word, count = Counter(words.values()).most_common(1)[0]
    said = reason(next(pod for pod in pods if words.get(pod.uid) == word))
    told = f"{word} {units.plural(count, 'pod')}" + (f": {said}" if said and not said.startswith(word) else "")
    others = len(words) - count
    return Verdict(Severity.CRITICAL, told + (f", {others} more failing" if others else ""))


def _failure(pod: Pod, now: datetime) -> str:
    """kubectl's word for it where that names a failure; its container may run again within a second of the kill, and
    serve nobody: until the pod is ready it is killed still."""
    if finished(pod):
        return ""
    if failing(pod):
        return pod.status
    last = pod.last_restart
    killed = last is not None and last.reason == "OOMKilled" and pod.ready < pod.total and pod.phase == "Running"
    lately = killed and last is not None and last.finished is not None and now - last.finished < PATIENCE
    return "OOMKilled" if lately else ""


def _stuck(workload: Workload) -> Verdict | None:
    for condition in workload.conditions:
        if condition.type == "Progressing" and condition.status == "False":
            return Verdict(
                Severity.CRITICAL,
                f"rollout stuck {workload.updated}/{workload.desired}: {condition.reason or 'no progress'}",
            )
        if condition.type == "ReplicaFailure" and condition.status == "True":
            return Verdict(Severity.CRITICAL, f"cannot create pods: {first(condition.message) or condition.reason}")
    return None


def _waiting_pods(workload: Workload, pods: Sequence[Pod], now: datetime) -> Verdict | None:
    """No worse than a warning while some are ready; with none of them nobody is served."""
    waiting = [pod for pod in pods if pod.phase == "Pending" and pod.deleting is None and unscheduled(pod)]
    if not waiting:
        return None
    said = unscheduled(waiting[0])
    return Verdict(
        Severity.CRITICAL if _nothing_ready(workload, now) else Severity.WARNING,
        f"{units.plural(len(waiting), 'pod')} cannot be scheduled: {first(said.message) if said else ''}".rstrip(": "),
    )


def _nothing_ready(workload: Workload, now: datetime) -> Verdict | None:
    """One that was only just made serves nobody yet."""
    new = workload.created is not None and now - workload.created < _STARTING
    if workload.desired > 0 and workload.ready == 0 and not new:
        return Verdict(Severity.CRITICAL, f"0 of {workload.desired} ready")
    return None


def _evicted(pods: Sequence[Pod], now: datetime) -> Verdict | None:
    """Replaced by now, but whoever evicted them may go on."""
    gone = [pod for pod in pods if pod.status == "Evicted" and _lately(pod, now)]
    if not gone:
        return None
    said = first(gone[0].message)
    words = f"{units.plural(len(gone), 'pod')} evicted in the last hour"
    return Verdict(Severity.WARNING, f"{words}: {said}" if said else words)


def _lately(pod: Pod, now: datetime) -> bool:
    """A failed pod is not ready since it failed; it stays in the list for days."""
    since = next((c.since for c in pod.conditions if c.type == "Ready"), None) or pod.started or pod.created
    return since is not None and now - since < HOUR


def _killed(pods: Sequence[Pod], restarts: int, usage: Mapping[str, Usage], now: datetime) -> Verdict | None:
    """For want of memory, more than once in an hour or about to be again; it runs meanwhile."""
    ends = [pod.last_restart for pod in pods if pod.last_restart is not None]
    lately = [end for end in ends if end.finished is not None and now - end.finished < HOUR]
    killed = sum(1 for end in lately if end.reason == "OOMKilled")
    if not killed:
        return None
    # only the newest end of a pod says how it came: the others count where all say the same
    times = max(killed, restarts) if killed == len(lately) else killed
    near = [verdict.words for pod in pods if (verdict := near_limit(pod, usage.get(f"{pod.namespace}/{pod.name}")))]
    if times < 2 and not near:
        return None
    words = f"OOMKilled {units.plural(times, 'time')} in the last hour"
    return Verdict(Severity.WARNING, ", ".join([words, *near[:1]]))


def _near_limit(pods: Sequence[Pod], usage: Mapping[str, Usage]) -> Verdict | None:
    if not usage:
        return None
    near = [(pod, verdict) for pod in pods if (verdict := near_limit(pod, usage.get(f"{pod.namespace}/{pod.name}")))]
    if len(near) == 1:
        return Verdict(Severity.WARNING, f"{near[0][0].name}: {near[0][1].words}")
    if near:
        return Verdict(Severity.WARNING, f"{len(near)} pods near their limit: {near[0][1].words}")
    return None


def _rolling(workload: Workload) -> Verdict | None:
    """A rollout under way, or not yet seen by its controller."""
    if workload.paused:
        return None
    if workload.observed_generation < workload.generation:
        return Verdict(Severity.INFO, "rollout requested")
    if workload.updated < workload.desired and not _rolled_out(workload):
        return Verdict(Severity.INFO, f"rolling out {workload.updated}/{workload.desired}")
    return None


def _rolled_out(workload: Workload) -> bool:
    """Whether a Deployment's newest revision was once complete: what is short of it since is missing, not new."""
    return any(c.type == "Progressing" and c.reason == "NewReplicaSetAvailable" for c in workload.conditions)


def _missing(workload: Workload, pods: Sequence[Pod], now: datetime) -> Verdict | None:
    """Replicas that are not ready; those that have only just been asked for are no trouble yet."""
    missing = workload.desired - workload.ready
    if missing <= 0:
        return None
    words = f"{workload.ready} of {workload.desired} ready"
    unready = [pod for pod in pods if pod.ready < pod.total and pod.deleting is None and not finished(pod)]
    new = [pod for pod in unready if young(pod, now)]
    if new and len(new) == len(unready) >= missing:
        return Verdict(Severity.INFO, f"starting {units.plural(len(new), 'pod')}, {words}")
    return Verdict(Severity.WARNING, words)


def _paused(workload: Workload) -> Verdict | None:
    if workload.paused:
        return Verdict(Severity.INFO, "paused")
    return Verdict(None, "scaled to 0") if workload.desired == 0 and workload.kind != "DaemonSet" else None
