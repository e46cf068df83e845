"""Everything that is wrong in a cluster, of whatever kind, ranked; judged again only where something changed.

Feed it what the collections bring, let it judge (in slices, where there is much), and ask for the list.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..model.collection import Delta
from ..model.kubernetes import (
    Budget,
    Claim,
    Event,
    Hpa,
    Namespace,
    Node,
    Pod,
    Quota,
    ReplicaSet,
    Service,
    Usage,
    Workload,
)
from .claim_state import ClaimEvents, claim_state
from .cluster_index import ClusterIndex, Key
from .disruption import budget_state, waits_for_pods
from .docket import Docket, Trouble
from .namespace_state import namespace_state
from .node_trouble import node_trouble
from .pod_trouble import failing, is_ready, just_ready, near_limit, pod_trouble
from .quota_state import quota_state
from .restarts import RestartLog, restarts_of
from .selection import Selection, Selector
from .service_state import judged, service_state
from .verdict import COMPLETE, OK, Verdict, info
from .workload_state import hpa_state, replica_set_state, workload_state, young

Other = Node | Hpa | ReplicaSet | Budget | Service | Quota | Namespace | Claim
_BUDGET, _HPA, _SERVICE = "PodDisruptionBudget", "HorizontalPodAutoscaler", "Service"


class ClusterTrouble:
    """What it knows of a collection it keeps by uid; `verdict` answers for any object that it was told of."""

    def __init__(self, index: ClusterIndex) -> None:
        """`index` holds the same pods, HPAs and revisions; whoever feeds it feeds this."""
        self.restarts = RestartLog()
        self.usage: Mapping[str, Usage] = {}
        """Of pods, by `namespace/name`."""
        self.node_usage: Mapping[str, Usage] = {}
        self.sees_pods = False
        """Whether all pods are known: else nothing is said of what selects none."""
        self.selection = Selection()
        self._index = index
        self._workloads: dict[Key, Workload] = {}
        self._keys: dict[str, Key] = {}
        """Key of a workload by its uid."""
        self._others: dict[str, tuple[str, Other]] = {}
        """Objects of all other kinds but pods by uid, with their kind."""
        self._claim_events = ClaimEvents()
        self._ailing: dict[str, Pod] = {}
        """Pods that something may be wrong with."""
        self._docket = Docket()

    # ---- what changed -----------------------------------------------------------------------------------------------

    def pods_changed(self, delta: Delta[Pod], now: datetime) -> None:
        """After the index took it in. The workloads that it touched are told by `touch`."""
        self.restarts.pods_changed(delta, now)
        self._docket.due(self.selection.pods_changed(delta))
        gone = delta.removals | self._ailing.keys() if delta.reset else delta.removals
        for uid in gone:
            self._docket.forget(uid)
            self._ailing.pop(uid, None)
        for pod in delta.upserts.values():
            self._take_pod(pod)

    def workloads_changed(self, workloads: Mapping[str, Workload]) -> None:
        """All of them, by uid: those that differ are judged anew."""
        gone = self._keys.keys() - workloads.keys()
        if self._keys.keys() != workloads.keys():
            # pods and HPAs that were on their own may belong to one now, and the other way round
            self._docket.due(self._ailing.keys() | self._of_kinds(_HPA))
        for uid in gone:
            self._workloads.pop(self._keys.pop(uid), None)
            self._docket.forget(uid)
        for uid, workload in workloads.items():
            key = workload.namespace, workload.kind, workload.name
            if self._workloads.get(key) is not workload:
                self._workloads[key], self._keys[uid] = workload, key
                self._docket.due((uid,))

    def touch(self, keys: set[Key]) -> None:
        """Workloads whose pods, HPA or revisions differ."""
        self._docket.due(workload.uid for key in keys if (workload := self._workloads.get(key)) is not None)

    def nodes_changed(self, delta: Delta[Node]) -> None:
        self._changed("Node", delta)

    def hpas_changed(self, delta: Delta[Hpa]) -> None:
        """What scales a workload is told with it; here is judged what scales none."""
        self._changed(_HPA, delta)

    def replica_sets_changed(self, delta: Delta[ReplicaSet]) -> None:
        """Only those that nothing owns: the others are revisions of a Deployment."""
        self._changed("ReplicaSet", delta, kept=lambda one: one.owner is None)

    def quotas_changed(self, delta: Delta[Quota]) -> None:
        self._changed("ResourceQuota", delta)

    def namespaces_changed(self, delta: Delta[Namespace]) -> None:
        self._changed("Namespace", delta)

    def claims_changed(self, delta: Delta[Claim]) -> None:
        self._changed("PersistentVolumeClaim", delta)

    def budgets_changed(self, delta: Delta[Budget]) -> None:
        before = self._rivals_of(delta.removals | delta.upserts.keys())
        self._changed(_BUDGET, delta)
        for uid, one in delta.upserts.items():
            self.selection.selector(
                uid, Selector(_BUDGET, one.namespace, one.selector, one.expressions, one.selects_all)
            )
        self._docket.due((before | self._rivals_of(delta.upserts.keys())) & self._others.keys())

    def services_changed(self, delta: Delta[Service]) -> None:
        self._changed(_SERVICE, delta)
        for uid, one in delta.upserts.items():
            if judged(one):
                self.selection.selector(uid, Selector(_SERVICE, one.namespace, one.selector))
            else:
                self.selection.drop(uid)

    def events_changed(self, delta: Delta[Event]) -> None:
        """Only those about claims are kept."""
        self._docket.due(self._claim_events.changed(delta) & self._others.keys())

    def usage_changed(self, usage: Mapping[str, Usage]) -> None:
        """All workloads and full nodes may read otherwise, and pods that are well but for their limit."""
        self.usage = usage
        self._docket.due(self._keys.keys())
        self._nodes_due()
        for pod in self._index.ownerless():
            self._take_pod(pod)

    def node_usage_changed(self, usage: Mapping[str, Usage]) -> None:
        self.node_usage = usage
        self._nodes_due()

    def pods_are_known(self, known: bool) -> None:
        """Whether all pods of all namespaces looked at are there: complete, live, none denied."""
        if known is not self.sees_pods:
            self.sees_pods = known
            self._docket.due(self._of_kinds(_BUDGET, _SERVICE))

    # ---- judging ----------------------------------------------------------------------------------------------------

    def judge(self, now: datetime) -> Iterator[None]:
        """Judge what is due; a step per object, so that others may have their turn in between."""
        for uid in self._docket.call(now):
            self._judge(uid, now)
            yield

    def found(self) -> tuple[Trouble, ...]:
        """Everything that is wrong, worst first."""
        return self._docket.found()

    def verdict(self, uid: str) -> Verdict:
        """As judged last; ok of what nothing is known of."""
        return self._docket.verdict(uid)

    def object_of(self, uid: str) -> Workload | Pod | Other | None:
        """What a trouble is about."""
        if (key := self._keys.get(uid)) is not None:
            return self._workloads[key]
        if uid in self._ailing:
            return self._ailing[uid]
        return self._others[uid][1] if uid in self._others else None

    def behind(self, workload: Workload) -> tuple[list[Pod], Hpa | None]:
        """Its pods, and what scales it."""
        key = workload.namespace, workload.kind, workload.name
        return self._index.pods_of(key), self._index.hpa_of(key)

    def _of_workload(self, workload: Workload, now: datetime) -> Verdict:
        """Judged with all that is known of its pods: their usage, and the restarts that were seen."""
        pods, hpa = self.behind(workload)
        owner = workload.owner
        return workload_state(
            workload, pods, hpa, now, usage=self.usage,
            restarts=restarts_of(pods, self.restarts, now),
            begun_by=self._workloads.get((workload.namespace, owner.kind, owner.name)) if owner is not None else None,
        )  # fmt: skip

    def _judge(self, uid: str, now: datetime) -> None:
        if (key := self._keys.get(uid)) is not None:
            workload = self._workloads[key]
            verdict = self._of_workload(workload, now)
            timed = workload.kind in ("Job", "CronJob") and verdict != COMPLETE
            self._keep(uid, workload.kind, workload, verdict, timed=timed)
        elif (pod := self._ailing.get(uid)) is not None:
            # what belongs to a workload is told with it
            alone = self._index.workload_of(uid) not in self._workloads
            verdict = pod_trouble(pod, now, self._used_by(pod)) if alone else OK
            self._keep(uid, "Pod", pod, verdict)
        elif (other := self._others.get(uid)) is not None:
            self._keep(uid, other[0], other[1], self._of_other(uid, other[1], now))

    def _of_other(self, uid: str, one: object, now: datetime) -> Verdict:
        match one:
            case Node():
                return node_trouble(one, self.node_usage.get(one.name), self._index.pods_on(one.name), self._used_by)
            case Hpa():
                scaled = (one.namespace, one.target_kind, one.target_name) in self._workloads
                return OK if scaled else hpa_state(one)
            case ReplicaSet():
                return replica_set_state(one, now)
            case Quota():
                return quota_state(one)
            case Namespace():
                return namespace_state(one, now)
            case Claim():
                return claim_state(one, now, self._claim_events.of(uid))
            case Service():
                return self._of_service(uid, one, now)
            case Budget():
                names = (self._others[other][1].name for other in self.selection.rivals(uid) if other in self._others)
                idle = "" if one.expected else self._idle(uid, one.namespace)
                return self._of_budget(uid, one, budget_state(one, idle=idle, rivals=sorted(names)), now)
        return OK

    def _of_budget(self, uid: str, budget: Budget, verdict: Verdict, now: datetime) -> Verdict:
        """Pods that are starting, or whose workload is told as wrong, shut it for a while: no trouble of its own."""
        if not verdict.wrong or not waits_for_pods(budget) or self.selection.rivals(uid):
            return verdict
        if cause := self._cause(uid, budget.namespace, now):
            return info(f"{verdict.words}: see {cause}")
        unready = self._unready(uid)
        if any(not young(pod, now) for pod in unready):
            return verdict
        behind = self._selected(uid, budget.namespace)
        changing = any(self._of_workload(one, now).severity is not None for one in behind)
        # it is computed a moment after its pods got ready
        late = any(just_ready(pod, now) for one in behind for pod in self.behind(one)[0])
        return info(f"{verdict.words}: pods are starting") if unready or changing or late else verdict

    def _of_service(self, uid: str, service: Service, now: datetime) -> Verdict:
        if not self.sees_pods and judged(service):
            return info("unknown: not all pods are seen")
        selected, ready = self.selection.counts(uid)
        found = service_state(service, selected, ready, idle="" if selected else self._idle(uid, service.namespace))
        if found.wrong and (cause := self._cause(uid, service.namespace, now)):
            return info(f"{found.words}: see {cause}")
        return found

    def _cause(self, uid: str, namespace: str, now: datetime) -> str:
        """`deployment/api`: what a service or budget waits for, where that is told as wrong itself; else empty."""
        for one in self._selected(uid, namespace):
            if one.ready < one.desired and self._of_workload(one, now).wrong:
                return f"{one.kind.lower()}/{one.name}"
        for pod in self._unready(uid):
            alone = self._index.workload_of(pod.uid) not in self._workloads
            if alone and pod_trouble(pod, now, self._used_by(pod)).wrong:
                return f"pod/{pod.name}"
        return ""

    def _unready(self, uid: str) -> list[Pod]:
        """Pods that a service or budget selects and that are not ready."""
        picked = (pod for pod in self._ailing.values() if uid in self.selection.pickers_of(pod.uid))
        return [pod for pod in picked if not is_ready(pod)]

    def _selected(self, uid: str, namespace: str) -> list[Workload]:
        """Workloads whose pods a service or budget selects, or would."""
        selector = self.selection.of(uid)
        of_pods = {self._index.workload_of(pod.uid) for pod in self._unready(uid)}
        return [
            one
            for key, one in self._workloads.items()
            if key in of_pods
            or (key[0] == namespace and one.selector and selector and selector.picks(frozenset(one.selector)))
        ]

    def _used_by(self, pod: Pod) -> Usage | None:
        return self.usage.get(f"{pod.namespace}/{pod.name}")

    def _idle(self, uid: str, namespace: str) -> str:
        """A workload there that runs no pod now, and whose pods it would select."""
        selector = self.selection.of(uid)
        if selector is None:
            return ""
        resting = (one for key, one in self._workloads.items() if key[0] == namespace and not one.desired)
        return next((one.name for one in resting if one.selector and selector.picks(frozenset(one.selector))), "")

    # ---- keeping ----------------------------------------------------------------------------------------------------

    def _changed(self, kind: str, delta: Delta[Any], kept: Callable[[Any], bool] = lambda one: True) -> None:
        gone = set(delta.removals)
        if delta.reset:
            gone |= self._of_kinds(kind)
        gone |= {uid for uid, one in delta.upserts.items() if not kept(one)}
        for uid in gone:
            self._others.pop(uid, None)
            self.selection.drop(uid)
            self._docket.forget(uid)
        for uid, one in delta.upserts.items():
            if kept(one):
                self._others[uid] = kind, one
                self._docket.due((uid,))

    def _keep(self, uid: str, kind: str, one: Workload | Pod | Other, verdict: Verdict, *, timed: bool = False) -> None:
        namespace = "" if isinstance(one, Node | Namespace) else one.namespace
        self._docket.say(Trouble(kind, namespace, one.name, uid, verdict), timed=timed)

    def _rivals_of(self, uids: Iterable[str]) -> set[str]:
        return {other for uid in uids for other in self.selection.rivals(uid)}

    def _nodes_due(self) -> None:
        self._docket.due(self._of_kinds("Node"))

    def _take_pod(self, pod: Pod) -> None:
        unwell = pod.ready < pod.total or failing(pod) or pod.deleting is not None
        alone = self._index.workload_of(pod.uid) is None
        if unwell or (alone and near_limit(pod, self._used_by(pod)) is not None):
            self._ailing[pod.uid] = pod
            self._docket.due((pod.uid,))
        elif self._ailing.pop(pod.uid, None) is not None:
            self._docket.forget(pod.uid)

    def _of_kinds(self, *kinds: str) -> set[str]:
        return {uid for uid, (kind, _) in self._others.items() if kind in kinds}
