"""What changed on the cluster lately, and who did it, from the objects that it keeps anyway."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from ..model.finding import Change
from ..model.kubernetes import ConfigChange, Event, Hpa, Node, Pod, ReplicaSet, Workload
from ..text import units
from .scalings import scalings
from .workload_state import pods_by_workload, template_difference

LAST_HOUR = timedelta(hours=1)
_FROM_ZERO = re.compile(r"Scaled up replica set (\S+) (?:from 0 )?to \d+")
_FIRST_PODS = timedelta(minutes=1)
"""Within this of a workload's creation its pods are no rollout."""
_OWN_CONFIGS = frozenset({"kube-root-ca.crt", "kube-apiserver-legacy-service-account-token-tracking"})
"""ConfigMaps that the control plane writes for itself."""
_SILENT_MANAGERS = frozenset({"kube-controller-manager", "kube-scheduler", "k3s", "hyperkube"})


def kubernetes_changes(
    now: datetime,
    *,
    workloads: Iterable[Workload] = (),
    replica_sets: Iterable[ReplicaSet] = (),
    hpas: Iterable[Hpa] = (),
    events: Iterable[Event] = (),
    configs: Iterable[ConfigChange] = (),
    pods: Iterable[Pod] = (),
    nodes: Iterable[Node] = (),
    within: timedelta = LAST_HOUR,
) -> tuple[Change, ...]:
    """Releases, rollouts, autoscaling, ConfigMaps, restarts, runs and nodes of the last hour, newest first."""
    start = now - within
    told, known = tuple(events), tuple(workloads)
    changes = [
        *_releases(start, known, tuple(replica_sets), told),
        *_revisions(start, known, pods_by_workload(pods := tuple(pods))),
        *scalings(start, told, hpas),
        *_configs(start, configs),
        *_restarts(start, pods),
        *_runs(start, known),
        *_nodes(start, nodes, told),
    ]
    return tuple(sorted((change for change in changes if change.at <= now + within), key=lambda c: c.at, reverse=True))


def version(image: str) -> str:
    """The tag of an image; the first digits of its digest where it has none, `latest` where it has neither."""
    name, _, digest = image.partition("@")
    last = name.rsplit("/", 1)[-1]
    if ":" in last:
        return last.partition(":")[2]
    return digest.removeprefix("sha256:")[:12] or "latest"


def _releases(
    start: datetime, workloads: tuple[Workload, ...], replica_sets: tuple[ReplicaSet, ...], events: tuple[Event, ...]
) -> Iterator[Change]:
    """A Deployment's newest revision against the one before; an old ReplicaSet scaled up again is a rollback."""
    by_name = {(item.namespace, item.name): item for item in workloads if item.kind == "Deployment"}
    revisions: dict[tuple[str, str], list[ReplicaSet]] = {}
    for item in replica_sets:
        if item.owner is not None and item.owner.kind == "Deployment":
            revisions.setdefault((item.namespace, item.owner.name), []).append(item)
    for (namespace, name), group in revisions.items():
        workload = by_name.get((namespace, name))
        numbers = ((number, item) for item in group for number in {*item.earlier, _revision_number(item)})
        ran = sorted(numbers, key=lambda one: (one[0], one[1].name))
        newest = ran[-1][1]
        for (_, old), (number, new) in pairwise(ran):
            last = number == ran[-1][0]
            back = last and _older(new, old)
            at = _scaled_up(new, events) if back else None if _came_back(number, new) else new.created
            if at is not None and at >= start:
                yield _release(at, name, old, new, back=back, workload=workload if last else None)
        if len(group) == 1 and newest.created is not None and newest.created >= start:
            yield Change(
                newest.created, "release", f"release {name} {_versions(newest)} (new)", _author(newest, workload),
                f"{namespace}/{name}",
            )  # fmt: skip


def _release(
    at: datetime, name: str, old: ReplicaSet, new: ReplicaSet, *, back: bool, workload: Workload | None
) -> Change:
    place = f"{new.namespace}/{name}"
    if new.images != old.images:
        what = f"{'rollback' if back else 'release'} {name} {_versions(old)}→{_versions(new)}"
        return Change(at, "release", what, _author(new, workload), place)
    differs = ", ".join(template_difference(new, old)) or "restarted or template changed"
    return Change(at, "rollout", f"rollout {name} ({differs})", _author(new, workload), place)


def _versions(item: ReplicaSet) -> str:
    return ",".join(version(image) for image in item.images)


def _author(item: ReplicaSet, workload: Workload | None) -> str:
    manager = workload.changed_by if workload else ""
    return item.author or item.change_cause or ("" if manager in _SILENT_MANAGERS else manager)


def _revision_number(item: ReplicaSet) -> int:
    return int(item.revision) if item.revision.isdecimal() else 0


def _came_back(number: int, item: ReplicaSet) -> bool:
    """Whether it had run before it got this number: when it came back is not to be read from its creation."""
    return any(earlier < number for earlier in item.earlier)


def _older(new: ReplicaSet, old: ReplicaSet) -> bool:
    return new.created is not None and old.created is not None and new.created < old.created


def _scaled_up(item: ReplicaSet, events: tuple[Event, ...]) -> datetime | None:
    for event in events:
        found = _FROM_ZERO.match(event.message) if event.reason == "ScalingReplicaSet" else None
        if found and found[1] == item.name and event.namespace == item.namespace:
            return event.first
    return None


def _revisions(
    start: datetime, workloads: tuple[Workload, ...], pods: dict[tuple[str, str, str], list[Pod]]
) -> Iterator[Change]:
    """Rollouts of StatefulSets and DaemonSets, by the first pod that carries a revision which others do not."""
    for workload in workloads:
        if workload.kind not in ("StatefulSet", "DaemonSet"):
            continue
        own = pods.get((workload.namespace, workload.kind, workload.name), [])
        first: dict[str, datetime] = {}
        for pod in own:
            if pod.revision and pod.created is not None:
                first[pod.revision] = min(pod.created, first.get(pod.revision, pod.created))
        newest = max(first, key=lambda revision: first[revision], default="")
        later = newest and (workload.created is None or first[newest] - workload.created > _FIRST_PODS)
        fresh = later and first[newest] >= start
        rolling = len(first) > 1 or (fresh and len(own) > 1 and all(_new(pod, start) for pod in own))
        if fresh and rolling:
            images = ",".join(version(image) for image in workload.images)
            yield Change(
                first[newest], "rollout", f"rollout {workload.name} {images}", workload.changed_by,
                f"{workload.namespace}/{workload.name}",
            )  # fmt: skip


def _new(pod: Pod, start: datetime) -> bool:
    return pod.created is not None and pod.created >= start


def _configs(start: datetime, configs: Iterable[ConfigChange]) -> Iterator[Change]:
    for config in configs:
        if config.changed is None or config.changed < start or config.name in _OWN_CONFIGS:
            continue
        made = config.created is not None and config.changed - config.created < timedelta(seconds=2)
        word = "secret" if config.kind == "Secret" else "config"
        what = f"{word} {config.name} {'created' if made else 'changed'}"
        who = "" if config.manager in _SILENT_MANAGERS else config.manager
        yield Change(config.changed, "config", what, who, f"{config.namespace}/{config.name}")


def _runs(start: datetime, workloads: Iterable[Workload]) -> Iterator[Change]:
    """Runs of CronJobs, and of Jobs that somebody began by hand."""
    for one in workloads:
        cron, run, place = one.cron, one.run, f"{one.namespace}/{one.name}"
        if cron is not None and cron.last is not None and cron.last >= start:
            over = cron.succeeded is not None and cron.succeeded >= cron.last
            yield Change(cron.last, "cron", f"cron {one.name} ran" if over else f"cron {one.name} started", "", place)
        elif run is not None and run.started is not None and run.started >= start and one.owner is None:
            word = "started" if run.finished is None else "ran"
            yield Change(run.started, "cron", f"job {one.name} {word}", "", place)


def _restarts(start: datetime, pods: Iterable[Pod]) -> Iterator[Change]:
    for pod in pods:
        last = pod.last_restart
        if last is None or last.finished is None or last.finished < start:
            continue
        what = f"restart {pod.name}: {last.reason} {last.exit_code} ({units.plural(pod.restarts, 'restart')})"
        yield Change(last.finished, "restart", what, "", f"{pod.namespace}/{pod.name}")


def _nodes(start: datetime, nodes: Iterable[Node], events: tuple[Event, ...]) -> Iterator[Change]:
    for event in events:
        if event.reason == "NodeSchedulable" and event.last is not None and event.last >= start:
            yield Change(event.last, "node", f"node {event.name} uncordoned", "", event.name)
    for node in nodes:
        if node.cordoned is not None and node.cordoned >= start:
            yield Change(node.cordoned, "node", f"node {node.name} cordoned", "", node.name)
        if node.created is not None and node.created >= start:
            yield Change(node.created, "node", f"node {node.name} joined", "", node.name)
            continue
        for condition in node.conditions:
            if condition.since is None or condition.since < start:
                continue
            if condition.type == "Ready":
                yield Change(condition.since, "node", f"node {node.name} {node.status}", "", node.name)
            elif condition.status == "True":
                yield Change(condition.since, "node", f"node {node.name} {condition.type}", "", node.name)
