"""What is wrong with a workload, a pod or a node: one severity and a few words."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from ..model.finding import Severity
from ..model.kubernetes import Condition, Hpa, Node, Owner, Pod, ReplicaSet, Workload
from ..text import clock, units
from . import hpa as hpas

_FAILING = frozenset(
    {
        "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName",
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun",
        "OOMKilled", "Error", "DeadlineExceeded", "PostStartHookError", "ContainerStatusUnknown", "NodeLost", "Unknown",
    }
)  # fmt: skip
"""Words of kubectl that no healthy pod carries."""
_STARTING = timedelta(minutes=2)
"""So long new pods may take before what they leave short counts."""
_PATIENCE = timedelta(minutes=5)
"""How long a pod may start, or terminate, before that is a matter of its own."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """A judgement in words; no severity where all is well."""

    severity: Severity | None
    words: str

    @property
    def wrong(self) -> bool:
        """Whether `z` (only what is wrong) shows it."""
        return self.severity in (Severity.CRITICAL, Severity.BLIND, Severity.WARNING)


OK = Verdict(None, "ok")
COMPLETE = Verdict(None, "complete")


def workload_state(workload: Workload, pods: Sequence[Pod], hpa: Hpa | None, now: datetime) -> Verdict:
    """The worst that is true of a workload and its own pods; `pods` are those it controls."""
    if workload.kind in ("Job", "CronJob"):
        return _job(workload, pods)
    return (
        _failing_pods(workload, pods)
        or _stuck(workload)
        or _waiting_pods(pods, now)
        or _nothing_ready(workload)
        or (_autoscaler(hpa) if hpa is not None else None)
        or _rolling(workload)
        or _missing(workload, pods, now)
        or _paused(workload)
        or OK
    )


def finished_run(workload: Workload, verdict: Verdict) -> bool:
    """Whether it is a Job that a CronJob began and that came to a good end: its CronJob stands for it."""
    begun = workload.owner is not None and workload.owner.kind == "CronJob"
    return workload.kind == "Job" and begun and verdict == COMPLETE


def pod_trouble(pod: Pod, now: datetime) -> Verdict:
    """What is wrong with one pod, beyond the word that kubectl has for it."""
    if failing(pod):
        return Verdict(Severity.CRITICAL, _reason(pod) or pod.message or pod.status)
    if pod.status == "Evicted":
        return Verdict(Severity.WARNING, f"evicted: {pod.message}" if pod.message else "evicted")
    if pod.deleting is not None:
        # deletionTimestamp already holds the grace period
        late = now - pod.deleting
        if late > _PATIENCE:
            return Verdict(Severity.WARNING, f"terminating for {units.span(late.total_seconds())}")
        return Verdict(Severity.INFO, "terminating")
    if pod.phase == "Pending" and (unscheduled := _unscheduled(pod)):
        return Verdict(Severity.WARNING, f"cannot be scheduled: {_first(unscheduled.message) or unscheduled.reason}")
    if pod.status in ("Completed", "Succeeded"):
        return OK
    if pod.phase in ("", "Unknown"):
        return Verdict(Severity.WARNING, "its phase is unknown")
    if pod.ready < pod.total:
        since = next((c.since for c in pod.conditions if c.type == "Ready"), None) or pod.created
        waited = now - since if since else timedelta()
        severity = Severity.WARNING if waited > _PATIENCE else Severity.INFO
        return Verdict(severity, f"not ready for {units.span(waited.total_seconds())}" if since else "not ready")
    if (
        pod.last_restart is not None
        and pod.last_restart.finished
        and now - pod.last_restart.finished < timedelta(hours=1)
    ):
        age = units.age(pod.last_restart.finished, now)
        return Verdict(Severity.INFO, f"restarted {age} ago: {pod.last_restart.reason} {pod.last_restart.exit_code}")
    return OK


def node_trouble(node: Node) -> Verdict:
    """Not ready, under pressure, cordoned."""
    ready = next((condition for condition in node.conditions if condition.type == "Ready"), None)
    if ready is None or ready.status != "True":
        words = f"{node.status.partition(',')[0]}: {ready.reason or ready.status}" if ready else "never reported"
        since = f" since {units.when(ready.since, clock.now())}" if ready and ready.since else ""
        return Verdict(Severity.CRITICAL, words + since)
    pressed = [c.type for c in node.conditions if c.type != "Ready" and c.status == "True"]
    if pressed:
        return Verdict(Severity.WARNING, ", ".join(pressed))
    if node.unschedulable:
        return Verdict(Severity.INFO, "cordoned")
    return OK


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


def failing(pod: Pod) -> bool:
    """Whether kubectl's word for it names a failure."""
    word = pod.status.removeprefix("Init:")
    return word in _FAILING or word.startswith(("ExitCode:", "Signal:"))


def revisions(workload: Workload, replica_sets: Iterable[ReplicaSet]) -> tuple[ReplicaSet, ...]:
    """A Deployment's revisions, newest first; `created` of the first is the age of the template that runs."""
    own = [
        item
        for item in replica_sets
        if item.namespace == workload.namespace and item.owner is not None and item.owner.uid == workload.uid
    ]
    return tuple(sorted(own, key=lambda item: int(item.revision) if item.revision.isdigit() else 0, reverse=True))


def template_difference(new: ReplicaSet, old: ReplicaSet) -> tuple[str, ...]:
    """What differs between two revisions: `image`, `env NAME`."""
    before, after = dict(old.environment), dict(new.environment)
    names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return (*(("image",) if new.images != old.images else ()), *(f"env {name}" for name in names))


def _failing_pods(workload: Workload, pods: Sequence[Pod]) -> Verdict | None:
    bad = [pod for pod in pods if failing(pod) and pod.deleting is None and not _finished(pod)]
    if not bad:
        return None
    word, count = Counter(pod.status for pod in bad).most_common(1)[0]
    reason = _reason(next(pod for pod in bad if pod.status == word))
    words = f"{word} {units.plural(count, 'pod')}" + (f": {reason}" if reason and reason != word else "")
    others = len(bad) - count
    return Verdict(Severity.CRITICAL, words + (f", {others} more failing" if others else ""))


def _finished(pod: Pod) -> bool:
    """A pod that ended is history, not a replica: a controller has replaced it."""
    return pod.phase in ("Succeeded", "Failed")


def _reason(pod: Pod) -> str:
    """Why a pod fails: how its container last ended, else what the kubelet says."""
    for container in pod.containers:
        if container.ready or (container.state == "terminated" and container.reason == "Completed"):
            continue
        if container.last is not None:
            return f"{container.last.reason} {container.last.exit_code}"
        if container.message:
            return _first(container.message)
    return ""


def _stuck(workload: Workload) -> Verdict | None:
    for condition in workload.conditions:
        if condition.type == "Progressing" and condition.status == "False":
            return Verdict(
                Severity.CRITICAL,
                f"rollout stuck {workload.updated}/{workload.desired}: {condition.reason or 'no progress'}",
            )
        if condition.type == "ReplicaFailure" and condition.status == "True":
            return Verdict(Severity.CRITICAL, f"cannot create pods: {_first(condition.message) or condition.reason}")
    return None


def _waiting_pods(pods: Sequence[Pod], now: datetime) -> Verdict | None:
    waiting = [pod for pod in pods if pod.phase == "Pending" and pod.deleting is None and _unscheduled(pod)]
    if not waiting:
        return None
    said = _unscheduled(waiting[0])
    return Verdict(
        Severity.WARNING,
        f"{units.plural(len(waiting), 'pod')} cannot be scheduled: {_first(said.message) if said else ''}".rstrip(": "),
    )


def _nothing_ready(workload: Workload) -> Verdict | None:
    if workload.desired > 0 and workload.ready == 0:
        return Verdict(Severity.CRITICAL, f"0 of {workload.desired} ready")
    return None


def _autoscaler(hpa: Hpa) -> Verdict | None:
    words = hpas.words(hpa)
    if not words:
        return None
    return Verdict(Severity.INFO if words.startswith("HPA paused") else Severity.WARNING, words)


def _rolling(workload: Workload) -> Verdict | None:
    """A rollout under way, or not yet seen by its controller."""
    if workload.paused:
        return None
    if workload.observed_generation < workload.generation:
        return Verdict(Severity.INFO, "rollout requested")
    if workload.updated < workload.desired:
        return Verdict(Severity.INFO, f"rolling out {workload.updated}/{workload.desired}")
    return None


def _missing(workload: Workload, pods: Sequence[Pod], now: datetime) -> Verdict | None:
    """Replicas that are not ready; those that have only just been asked for are no trouble yet."""
    missing = workload.desired - workload.ready
    if missing <= 0:
        return None
    words = f"{workload.ready} of {workload.desired} ready"
    unready = [pod for pod in pods if pod.ready < pod.total and pod.deleting is None and not _finished(pod)]
    young = [pod for pod in unready if pod.created is not None and now - pod.created < _STARTING]
    if young and len(young) == len(unready) >= missing:
        return Verdict(Severity.INFO, f"starting {units.plural(len(young), 'pod')}, {words}")
    return Verdict(Severity.WARNING, words)


def _paused(workload: Workload) -> Verdict | None:
    if workload.paused:
        return Verdict(Severity.INFO, "paused")
    return Verdict(None, "scaled to 0") if workload.desired == 0 and workload.kind != "DaemonSet" else None


def _job(workload: Workload, pods: Sequence[Pod]) -> Verdict:
    for condition in workload.conditions:
        if condition.type == "Failed" and condition.status == "True":
            return Verdict(Severity.WARNING, f"failed: {condition.reason or _first(condition.message)}")
        if condition.type == "Complete" and condition.status == "True":
            return COMPLETE
    if workload.paused:
        return Verdict(Severity.INFO, "suspended")
    if (bad := _failing_pods(workload, pods)) is not None:
        return Verdict(Severity.WARNING, bad.words)
    if workload.kind == "CronJob":
        return Verdict(None, f"{units.plural(workload.desired, 'job')} running") if workload.desired else OK
    return Verdict(None, f"running {workload.ready}/{workload.desired}")


def _unscheduled(pod: Pod) -> Condition | None:
    return next(
        (c for c in pod.conditions if c.type == "PodScheduled" and c.status == "False" and c.reason == "Unschedulable"),
        None,
    )


def _first(message: str) -> str:
    """The first clause of a controller's sentence."""
    return message.partition(". ")[0][:160]
