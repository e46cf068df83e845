"""What the judge knows of a cluster: all that is wrong in it, since when, and what changed; row by row."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..model.collection import Collection, Delta
from ..model.finding import Change, Finding
from ..model.kubernetes import Event, Pod, Workload
from ..model.reading import Reading
from ..rules.cluster_findings import Dated, finding_of, folded, speaking
from ..rules.cluster_index import Key
from ..rules.kubernetes_changes import kubernetes_changes
from ..rules.trouble_since import Told, since_of
from .cluster_judgement import JUDGED, ClusterJudgement
from .slices import Slices
from .topics import CONFIG_CHANGES, EVENTS, HPAS, NODES, PODS, REPLICA_SETS, WORKLOADS, Topic

CHANGES_EVERY = timedelta(seconds=5)
"""The list of changes is made anew at most so often, and only when something it is made of changed."""
WITHIN = timedelta(hours=3)
_BY_PODS = ("StatefulSet", "DaemonSet")
"""Kinds whose roll-outs show in their pods alone."""
_SPEAKING = frozenset({"ScalingReplicaSet", "SuccessfulRescale", "NodeSchedulable"})
"""Reasons of the events that the list of changes is made of: a few of the thousands that come in a minute."""

_CHANGING = frozenset((WORKLOADS, REPLICA_SETS, HPAS, NODES, CONFIG_CHANGES))
"""The lists that changes are seen in."""


class Begun(msgspec.Struct, frozen=True, gc=False):
    """Since when a finding stands; `from_start`: it stood already when this console first looked."""

    at: datetime
    from_start: bool = False


class ClusterWatch:
    """A watcher of the judge (see judge.Watcher) for the topics of one cluster."""

    topics: Sequence[Topic[Any]] = (*JUDGED, EVENTS, CONFIG_CHANGES)

    def __init__(self) -> None:
        self._judgement = ClusterJudgement()
        self._workloads: dict[Key, Workload] = {}
        self._rows: dict[Topic[Any], Mapping[str, Any]] = {}
        self._telling: dict[str, Pod] = {}
        """Pods that the list of changes needs: restarted ones, and those of StatefulSets and DaemonSets."""
        self._speaking: dict[str, Event] = {}
        self._told = Told()
        self._begun: dict[str, Begun] = {}
        """By finding, as long as it stands."""
        self._uids: dict[str, str] = {}
        """What each finding is about, by its id."""
        self._looked = False
        """Whether everything there was at the start has been judged."""
        self._changes: tuple[Change, ...] = ()
        self._changes_due = True
        self._changes_at: datetime | None = None

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """Take in what the delta names; without one, the whole collection."""
        self._judgement.hear(topic, reading, delta)
        if not isinstance(reading.value, Collection):
            return
        rows = reading.value.rows
        self._rows[topic] = rows
        delta = delta if delta is not None else Delta(upserts=dict(rows), reset=True)
        if not (delta.reset or delta.upserts or delta.removals):
            return
        if topic == PODS:
            self._sort_pods(delta)
        elif topic == EVENTS:
            self._told.events_changed(delta)
            self._sort_events(delta)
        else:
            if topic == WORKLOADS:
                self._workloads = {(item.namespace, item.kind, item.name): item for item in rows.values()}
            self._changes_due = True

    async def findings(self, now: datetime) -> Iterable[Finding]:
        """One for each object that is wrong, unless another one says it, or very many are wrong alike."""
        slices = Slices()
        for _ in self._judgement.steps(now):
            if slices.over:
                await slices.rest()
        trouble = self._judgement.trouble
        begun: dict[str, Begun] = {}
        uids: dict[str, str] = {}
        found: list[Dated] = []
        for one in speaking(trouble):
            finding = finding_of(one, trouble)
            begins = begun[finding.id] = self._begins(finding.id, since_of(one, trouble, self._told), now)
            uids[finding.id] = one.uid
            found.append((one, msgspec.structs.replace(finding, since=begins.at, from_start=begins.from_start)))
            if slices.over:
                await slices.rest()
        self._begun, self._uids = begun, uids
        self._looked = self._looked or self._judgement.looked
        return folded(found)

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
            # while the lists still arrive there is no rest between two: who looks once wants them all
            self._changes_due, self._changes_at = False, now if self._rows.keys() >= _CHANGING else None
        return self._changes

    def place(self, finding: Finding) -> Finding:
        """Give a finding on the Pods tab the identity (uid) of its row."""
        if finding.tab != 2:
            return finding
        uid = self._uids.get(finding.id) or self._uid_of(finding.object)
        return msgspec.structs.replace(finding, object=uid) if uid else finding

    def _uid_of(self, object: str) -> str:
        """Of a workload or node that an alert or a threshold names; "" where it names none."""
        namespace, _, name = object.rpartition("/")
        for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet"):
            workload = self._workloads.get((namespace, kind, name))
            if workload is not None:
                return workload.uid
        return next((node.uid for node in self._rows.get(NODES, {}).values() if node.name == object), "")

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
        """Keep aside the few pods that the list of changes needs."""
        if delta.reset:
            self._telling.clear()
            self._changes_due = True
        for uid in delta.removals:
            self._changes_due |= self._telling.pop(uid, None) is not None
        for uid, pod in delta.upserts.items():
            if pod.last_restart is not None or (pod.owner is not None and pod.owner.kind in _BY_PODS):
                self._telling[uid] = pod
                self._changes_due = True

    def _begins(self, id: str, told: datetime | None, now: datetime) -> Begun:
        """When the cluster says that it began, else when it was first seen here; never later than said before."""
        held = self._begun.get(id) or Begun(now, from_start=not self._looked)
        return Begun(told) if told is not None and told < held.at else held
