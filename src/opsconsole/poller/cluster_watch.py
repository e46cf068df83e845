"""What the judge knows of a cluster: troubled workloads, nodes and bare pods, and what changed; row by row."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..model.collection import Collection, Delta
from ..model.finding import Change, Finding, Severity
from ..model.kubernetes import Event, Node, Pod, Workload
from ..model.reading import Reading, State
from ..rules.cluster_index import ClusterIndex, Key
from ..rules.kubernetes_changes import kubernetes_changes
from ..rules.trouble_since import Told, autoscaler_since, node_since, pod_since, workload_since
from ..rules.workload_state import Verdict, node_trouble, pod_trouble, workload_state
from .topics import CONFIG_CHANGES, EVENTS, HPAS, NODES, PODS, REPLICA_SETS, WORKLOADS, Topic

CHANGES_EVERY = timedelta(seconds=5)
"""The list of changes is made anew at most so often, and only when something it is made of changed."""
WITHIN = timedelta(hours=3)
_BY_PODS = ("StatefulSet", "DaemonSet")
"""Kinds whose roll-outs show in their pods alone."""
_SPEAKING = frozenset({"ScalingReplicaSet", "SuccessfulRescale", "NodeSchedulable"})
"""Reasons of the events that the list of changes is made of: a few of the thousands that come in a minute."""
_JUDGED = frozenset({PODS, WORKLOADS, NODES, HPAS})


class Begun(msgspec.Struct, frozen=True, gc=False):
    """Since when a finding stands; `from_start`: it stood already when this console first looked."""

    at: datetime
    from_start: bool = False


class ClusterWatch:
    """A watcher of the judge (see judge.Watcher) for the topics of one cluster."""

    topics: Sequence[Topic[Any]] = (PODS, WORKLOADS, REPLICA_SETS, HPAS, NODES, EVENTS, CONFIG_CHANGES)

    def __init__(self) -> None:
        self._index = ClusterIndex()
        self._workloads: dict[Key, Workload] = {}
        self._rows: dict[Topic[Any], Mapping[str, Any]] = {}
        self._telling: dict[str, Pod] = {}
        """Pods that the list of changes needs: restarted ones, and those of StatefulSets and DaemonSets."""
        self._bare: dict[str, Pod] = {}
        self._speaking: dict[str, Event] = {}
        self._touched: set[Key] = set()
        self._troubles: dict[str, Finding] = {}
        """Of workloads, by `workload:NAMESPACE/KIND/NAME`."""
        self._told = Told()
        self._begun: dict[str, Begun] = {}
        """By finding, as long as it stands."""
        self._heard: set[Topic[Any]] = set()
        """Topics that have answered, be it that they may not be read."""
        self._looked = False
        """Whether everything there was at the start has been judged."""
        self._changes: tuple[Change, ...] = ()
        self._changes_due = True
        self._changes_at: datetime | None = None

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """Take in what the delta names; without one, the whole collection."""
        if reading.state is State.FAILED:
            self._heard.add(topic)
        if not isinstance(reading.value, Collection):
            return
        self._heard.add(topic)
        rows = reading.value.rows
        self._rows[topic] = rows
        delta = delta if delta is not None else Delta(upserts=dict(rows), reset=True)
        if not (delta.reset or delta.upserts or delta.removals):
            return
        if topic == PODS:
            self._touched |= self._index.pods_changed(delta)
            self._sort_pods(delta)
            return
        if topic == WORKLOADS:
            fresh = {(item.namespace, item.kind, item.name): item for item in rows.values()}
            self._touched |= {key for key, item in fresh.items() if self._workloads.get(key) is not item}
            self._touched |= self._workloads.keys() - fresh.keys()
            self._workloads = fresh
        elif topic == HPAS:
            self._touched |= self._index.hpas_changed(rows)
        elif topic == EVENTS:
            self._told.events_changed(delta)
            self._sort_events(delta)
            return
        self._changes_due = True

    def findings(self, now: datetime) -> Iterable[Finding]:
        """Troubled workloads (judged again only where something changed), nodes, and pods that nothing controls."""
        waiting = {_key(id) for id in self._troubles}  # what waits may have waited too long by now
        for key in self._touched | waiting:
            id = "workload:" + "/".join(key)
            workload = self._workloads.get(key)
            verdict = self._judged(key, workload, now) if workload is not None else None
            if workload is None or verdict is None or not verdict.wrong:
                self._troubles.pop(id, None)
                continue
            self._troubles[id] = _finding(id, verdict, workload.name, f"{workload.namespace}/{workload.name}")
        self._touched.clear()
        told = [(one, self._told_of(one)) for one in self._troubles.values()]
        told += [*self._of_nodes(), *self._of_bare_pods(now)]
        self._begun = {one.id: self._begins(one.id, since, now) for one, since in told}
        self._looked = self._looked or self._heard.issuperset(_JUDGED)
        found = [one for one, _ in told]
        begun = [self._begun[one.id] for one in found]
        return [
            msgspec.structs.replace(one, since=since.at, from_start=since.from_start)
            for one, since in zip(found, begun, strict=True)
        ]

    def changes(self, now: datetime) -> Iterable[Change]:
        """What changed in the last hours."""
        due = self._changes_at is None or now - self._changes_at >= CHANGES_EVERY
        if self._changes_due and due:
            self._changes = kubernetes_changes(
                now,
                workloads=self._workloads.values(),
                replica_sets=self._rows.get(REPLICA_SETS, {}).values(),
                hpas=self._rows.get(HPAS, {}).values(),
                events=self._speaking.values(),
                configs=self._rows.get(CONFIG_CHANGES, {}).values(),
                pods=self._telling.values(),
                nodes=self._rows.get(NODES, {}).values(),
                within=WITHIN,
            )
            self._changes_due, self._changes_at = False, now
        return self._changes

    def place(self, finding: Finding) -> Finding:
        """Give a finding on the Pods tab the identity (uid) of its row."""
        if finding.tab != 2:
            return finding
        namespace, _, name = finding.object.rpartition("/")
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet"):
            workload = self._workloads.get((namespace, kind, name))
            if workload is not None:
                return msgspec.structs.replace(finding, object=workload.uid)
        node = next((node for node in self._rows.get(NODES, {}).values() if node.name == finding.object), None)
        return finding if node is None else msgspec.structs.replace(finding, object=node.uid)

    def _judged(self, key: Key, workload: Workload, now: datetime) -> Verdict:
        owner = workload.owner
        begun_by = self._workloads.get((workload.namespace, owner.kind, owner.name)) if owner is not None else None
        return workload_state(workload, self._index.pods_of(key), self._index.hpa_of(key), now, begun_by=begun_by)

    def _sort_events(self, delta: Delta[Event]) -> None:
        if delta.reset:
            self._speaking.clear()
            self._changes_due = True
        for uid in delta.removals:
            self._changes_due |= self._speaking.pop(uid, None) is not None
        for uid, event in delta.upserts.items():
            if event.reason in _SPEAKING:
                self._speaking[uid] = event
                self._changes_due = True

    def _sort_pods(self, delta: Delta[Pod]) -> None:
        """Keep aside the few pods that the list of changes and the findings need by themselves."""
        if delta.reset:
            self._telling.clear()
            self._bare.clear()
            self._changes_due = True
        for uid in delta.removals:
            self._changes_due |= self._telling.pop(uid, None) is not None
            self._bare.pop(uid, None)
        for uid, pod in delta.upserts.items():
            if pod.owner is None:
                self._bare[uid] = pod
            if pod.last_restart is not None or (pod.owner is not None and pod.owner.kind in _BY_PODS):
                self._telling[uid] = pod
                self._changes_due = True

    def _of_nodes(self) -> Iterable[tuple[Finding, datetime | None]]:
        nodes: Iterable[Node] = self._rows.get(NODES, {}).values()
        for node in nodes:
            verdict = node_trouble(node)
            if verdict.wrong:
                yield _finding(f"node:{node.name}", verdict, f"node {node.name}", node.name), node_since(node)

    def _of_bare_pods(self, now: datetime) -> Iterable[tuple[Finding, datetime | None]]:
        for uid, pod in self._bare.items():
            verdict = pod_trouble(pod, now)
            if verdict.wrong:
                id = f"pod:{pod.namespace}/{pod.name}"
                said = verdict.words.lower().startswith(pod.status.lower())
                name = f"pod {pod.name}" if said else f"pod {pod.name} {pod.status}"
                yield _finding(id, verdict, name, uid), pod_since(pod, self._told)

    def _told_of(self, finding: Finding) -> datetime | None:
        """Since when, as the cluster tells of a workload."""
        key = _key(finding.id)
        hpa = self._index.hpa_of(key)
        if hpa is not None and " HPA " in f" {finding.what} ":
            return autoscaler_since(hpa)
        return workload_since(self._workloads[key], self._index.pods_of(key), self._told)

    def _begins(self, id: str, told: datetime | None, now: datetime) -> Begun:
        """When the cluster says that it began, else when it was first seen here; never later than said before."""
        held = self._begun.get(id) or Begun(now, from_start=not self._looked)
        return Begun(told) if told is not None and told < held.at else held


def _finding(id: str, verdict: Verdict, name: str, place: str) -> Finding:
    severity = verdict.severity or Severity.INFO
    return Finding(id, severity, f"{name} {verdict.words}", 2, object=place, rule=id.partition(":")[0])


def _key(id: str) -> Key:
    namespace, kind, name = id.removeprefix("workload:").split("/", 2)
    return namespace, kind, name
