"""What is wrong with one pod, beyond the word that kubectl has for it."""

from datetime import datetime, timedelta

from ..model.kubernetes import Condition, Container, Pod, Usage
from ..text import units
from .verdict import OK, Verdict, critical, info, warning

_FAILING = frozenset(
    {
        "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName",
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun",
        "OOMKilled", "Error", "DeadlineExceeded", "PostStartHookError", "ContainerStatusUnknown", "NodeLost", "Unknown",
    }
)  # fmt: skip
"""Words of kubectl that no healthy pod carries."""
PATIENCE = timedelta(minutes=5)
"""How long a pod may start, where no probe tells, or terminate, before that is a matter of its own."""
SLACK = timedelta(seconds=30)
"""What the kubelet takes beyond its probes."""
NEAR = 0.9
"""Memory in use as a share of its limit: from here on the next burst may kill it."""
GREEDY = 5.0
"""So many times its request, and a core more than that, is worth a word."""
HOUR = timedelta(hours=1)


def pod_trouble(pod: Pod, now: datetime, usage: Usage | None = None) -> Verdict:
    """The worst that is true of a pod; `usage` tells how near it is to its limit."""
    if failing(pod):
        return critical(reason(pod) or pod.message or pod.status)
    if pod.status == "Evicted":
        return warning(f"evicted: {pod.message}" if pod.message else "evicted")
    if pod.deleting is not None:
        return _terminating(pod, pod.deleting, now)
    if pod.phase == "Pending" and (said := unscheduled(pod)):
        return warning(f"cannot be scheduled: {first(said.message) or said.reason}")
    if pod.status in ("Completed", "Succeeded"):
        return OK
    if pod.phase in ("", "Unknown"):
        return warning("its phase is unknown")
    if pod.ready < pod.total:
        return _not_ready(pod, now)
    return near_limit(pod, usage) or _greedy(pod, usage) or _restarted(pod, now) or OK


def failing(pod: Pod) -> bool:
    """Whether kubectl's word for it names a failure."""
    if pod.status == "Running":
        return False  # nearly all are, and all are asked often
    return failing_word(pod.status)


def failing_word(status: str) -> bool:
    """The same of the word alone."""
    word = status.removeprefix("Init:")
    return word in _FAILING or word.startswith(("ExitCode:", "Signal:"))


def finished(pod: Pod) -> bool:
    """A pod that ended is history, not a replica: a controller has replaced it."""
    return pod.phase in ("Succeeded", "Failed")


def reason(pod: Pod) -> str:
    """Why a pod fails: how its container last ended, else what the kubelet says."""
    for container in pod.containers:
        if container.ready or (container.state == "terminated" and container.reason == "Completed"):
            continue
        if container.last is not None:
            return f"{container.last.reason} {container.last.exit_code}"
        if container.message:
            return first(container.message)
    return ""


def unscheduled(pod: Pod) -> Condition | None:
    """What the scheduler says, where it found no node."""
    return next(
        (c for c in pod.conditions if c.type == "PodScheduled" and c.status == "False" and c.reason == "Unschedulable"),
        None,
    )


def starting(pod: Pod, now: datetime) -> bool:
    """Whether it is not ready for no longer than its probes, or else our patience, explain."""
    since = unready_since(pod)
    return since is not None and now - since <= patience(pod)


def patience(pod: Pod) -> timedelta:
    """How long it may be not ready: what the probes of its unready containers take, where they run and have any."""
    waiting = _unready(pod)
    explained = explained_s(pod)
    if not explained or any(container.state != "running" for container in waiting):
        return max(PATIENCE, timedelta(seconds=explained))
    return timedelta(seconds=explained) + SLACK


def explained_s(pod: Pod) -> int:
    """Seconds that the probes of its unready containers may take, the slowest one's; 0 where there are none.

    Startup probe first, then the readiness probe, each after its delay and until its last allowed failure:
    https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
    """
    return max((_probes_s(container) for container in _unready(pod)), default=0)


def unready_since(pod: Pod) -> datetime | None:
    """Since when it is not ready; of containers that began later, since then."""
    ready = next((c.since for c in pod.conditions if c.type == "Ready"), None) or pod.created
    begun = [c.started for c in _unready(pod) if c.state == "running" and c.started is not None]
    return max((moment for moment in (ready, *begun) if moment is not None), default=None)


def is_ready(pod: Pod) -> bool:
    """Whether a service sends it requests: its Ready condition, which readiness gates have a part in."""
    told = next((c.status for c in pod.conditions if c.type == "Ready"), None)
    return told == "True" if told is not None else 0 < pod.total <= pod.ready


def just_ready(pod: Pod, now: datetime) -> bool:
    """Whether it got ready so lately that not every controller has seen it."""
    since = next((c.since for c in pod.conditions if c.type == "Ready" and c.status == "True"), None)
    return since is not None and now - since < SLACK


def near_limit(pod: Pod, usage: Usage | None) -> Verdict | None:
    """Its memory, when little is left to its limit."""
    if usage is None:
        return None
    limit = pod.memory_limit
    if not limit or usage.memory < NEAR * limit or finished(pod):
        return None
    return warning(f"memory {units.percent(usage.memory / limit)} % of its limit {units.size(limit)}")


def first(message: str) -> str:
    """The first clause of a controller's sentence."""
    return message.partition(". ")[0][:160]


def _not_ready(pod: Pod, now: datetime) -> Verdict:
    since = unready_since(pod)
    if since is None:
        return info("not ready")
    words = f"not ready for {units.span((now - since).total_seconds())}"
    if starting(pod, now):
        return info(words)
    explained = explained_s(pod)
    return warning(f"{words}, its probes explain {units.span(explained)}" if explained else words)


def _terminating(pod: Pod, due: datetime, now: datetime) -> Verdict:
    """deletionTimestamp already holds the grace period."""
    late = now - due
    if late > PATIENCE:
        return warning(f"terminating for {units.span(late.total_seconds())}")
    return info("terminating")


def _greedy(pod: Pod, usage: Usage | None) -> Verdict | None:
    """No trouble of its own; but it is what fills a node that nobody saw filling by requests."""
    asked = pod.cpu_request
    if usage is None or not asked or usage.cpu < GREEDY * asked or usage.cpu - asked < 1.0 or finished(pod):
        return None
    return info(f"uses {usage.cpu / asked:.0f} times the CPU it requests")


def _restarted(pod: Pod, now: datetime) -> Verdict | None:
    last = pod.last_restart
    if last is None or last.finished is None or now - last.finished >= HOUR:
        return None
    return info(f"restarted {units.age(last.finished, now)} ago: {last.reason} {last.exit_code}")


def _unready(pod: Pod) -> list[Container]:
    return [c for c in pod.containers if not c.ready and (not c.init or c.sidecar)]


def _probes_s(container: Container) -> int:
    probes = (probe for probe in (container.startup, container.readiness) if probe is not None)
    return sum(probe.delay_s + probe.period_s * probe.failures for probe in probes)
