"""What is derived from a cluster's rows, change by change: pods by workload and by node, sums, HPA by target.

Nothing here walks all pods when one of them changes.
"""

from collections.abc import Iterable, Mapping

from ..model.collection import Delta
from ..model.kubernetes import Hpa, Node, Pod, ReplicaSet
from .capacity import NodeRoom, room_of
from .capacity_sums import FINISHED, NOTHING, Ask, Sums, asked
from .workload_state import controller

Key = tuple[str, str, str]
"""(namespace, kind, name) of a workload."""
Home = tuple[Key | None, str, str, Ask | None]
"""A pod's workload, node and namespace, and what it asks for; None once it has finished."""


class ClusterIndex:
    """Feed it the deltas of the collections; it answers which workloads they touched, and looks things up."""

    def __init__(self) -> None:
        self._home: dict[str, Home] = {}
        """By pod uid."""
        self._pods: dict[Key, dict[str, Pod]] = {}
        self._bare: dict[str, Pod] = {}
        self._asks: dict[Ask, Ask] = {}
        """Equal ones are one object: the pods of a workload ask alike."""
        self._on: dict[str, dict[str, Pod]] = {}
        """Node → its pods that have not finished, by uid."""
        self._node_sums: dict[str, Sums] = {}
        self._namespace_sums: dict[str, Sums] = {}
        self.version = 0
        """Another one whenever pods have changed."""
        self._hpas: dict[Key, Hpa] = {}
        self._revisions: dict[Key, dict[str, ReplicaSet]] = {}

    def pods_changed(self, delta: Delta[Pod]) -> set[Key]:
        """Take pods in; the workloads whose pods differ now."""
        self.version += 1
        touched: set[Key] = set()
        if delta.reset:
            touched.update(self._pods)
            self._home.clear()
            self._pods.clear()
            self._asks.clear()
            self._on.clear()
            self._node_sums.clear()
            self._namespace_sums.clear()
            self._bare.clear()
        for uid in delta.removals:
            self._forget(uid, touched)
        for uid, pod in delta.upserts.items():
            home = self._home_of(pod)
            if home == self._home.get(uid):
                self._replace(uid, pod, home, touched)
            else:
                self._forget(uid, touched)
                self._take(uid, pod, home, touched)
        return touched

    def hpas_changed(self, hpas: Mapping[str, Hpa]) -> set[Key]:
        """Take all HPAs (they are few); the workloads whose HPA differs now."""
        new = {(hpa.namespace, hpa.target_kind, hpa.target_name): hpa for hpa in hpas.values()}
        touched = {key for key in new.keys() | self._hpas.keys() if new.get(key) != self._hpas.get(key)}
        self._hpas = new
        return touched

    def replica_sets_changed(self, delta: Delta[ReplicaSet]) -> set[Key]:
        """Take ReplicaSets; the workloads whose revisions differ now."""
        touched: set[Key] = set()
        if delta.reset:
            self._revisions.clear()
        for uid in delta.removals:
            for key, held in self._revisions.items():
                if held.pop(uid, None) is not None:
                    touched.add(key)
        for uid, replica_set in delta.upserts.items():
            if replica_set.owner is not None:
                key = (replica_set.namespace, replica_set.owner.kind, replica_set.owner.name)
                self._revisions.setdefault(key, {})[uid] = replica_set
                touched.add(key)
        return touched

    def pods_of(self, key: Key) -> list[Pod]:
        return list(self._pods.get(key, {}).values())

    def workload_of(self, uid: str) -> Key | None:
        """The workload of a pod."""
        home = self._home.get(uid)
        return home[0] if home is not None else None

    def ownerless(self) -> list[Pod]:
        """Pods that no workload controls."""
        return list(self._bare.values())

    def hpa_of(self, key: Key) -> Hpa | None:
        return self._hpas.get(key)

    def revisions_of(self, key: Key) -> list[ReplicaSet]:
        """Revisions of a Deployment, newest first."""
        held = self._revisions.get(key, {}).values()
        return sorted(held, key=lambda rs: int(rs.revision) if rs.revision.isdigit() else 0, reverse=True)

    def reserved_on(self, node: str) -> tuple[float, float, int]:
        """(cores, bytes, pods) that the pods on a node reserve."""
        sums = self.sums_on(node)
        return sums.cpu, sums.memory, sums.pods

    def sums_on(self, node: str) -> Sums:
        """All that the pods on a node ask for together."""
        return self._node_sums.get(node, NOTHING)

    def node_sums(self) -> Mapping[str, Sums]:
        """The same of every node with pods; for reading only."""
        return self._node_sums

    def pods_on(self, node: str) -> list[Pod]:
        """Pods that are bound to a node and have not finished."""
        return list(self._on.get(node, {}).values())

    def namespaces(self) -> Mapping[str, Sums]:
        """What the pods of each namespace ask for; for reading only."""
        return self._namespace_sums

    def rooms(self, nodes: Iterable[Node]) -> tuple[NodeRoom, ...]:
        """What is left to request on each node."""
        return tuple(room_of(node, self.sums_on(node.name)) for node in nodes)

    def _home_of(self, pod: Pod) -> Home:
        owner = controller(pod)
        key = (pod.namespace, owner.kind, owner.name) if owner is not None else None
        ask: Ask | None = None
        if pod.phase not in FINISHED:
            ask = asked(pod)
            ask = self._asks.setdefault(ask, ask)
        return key, pod.node, pod.namespace, ask

    def _replace(self, uid: str, pod: Pod, home: Home, touched: set[Key]) -> None:
        """A pod that differs and belongs where it did: no sum changes."""
        key, node, _, ask = home
        if key is None:
            self._bare[uid] = pod
        else:
            self._pods[key][uid] = pod
            touched.add(key)
        if node and ask is not None:
            self._on[node][uid] = pod

    def _take(self, uid: str, pod: Pod, home: Home, touched: set[Key]) -> None:
        key, node, namespace, ask = home
        if ask is not None:
            of_namespace = self._namespace_sums.get(namespace)
            if of_namespace is None:
                of_namespace = self._namespace_sums[namespace] = Sums()
            if node:
                of_node = self._node_sums.get(node)
                if of_node is None:
                    of_node = self._node_sums[node] = Sums()
                of_node.add(ask)
                of_namespace.add(ask)
                self._on.setdefault(node, {})[uid] = pod
            else:
                of_namespace.waiting += 1
        if key is None:
            self._bare[uid] = pod
        else:
            self._pods.setdefault(key, {})[uid] = pod
            touched.add(key)
        self._home[uid] = home

    def _forget(self, uid: str, touched: set[Key]) -> None:
        home = self._home.pop(uid, None)
        if home is None:
            return
        key, node, namespace, ask = home
        self._bare.pop(uid, None)
        if ask is not None:
            self._give_back(uid, node, namespace, ask)
        if key is not None:
            held = self._pods[key]
            held.pop(uid, None)
            if not held:
                del self._pods[key]
            touched.add(key)

    def _give_back(self, uid: str, node: str, namespace: str, ask: Ask) -> None:
        sums = self._namespace_sums[namespace]
        if node:
            sums.add(ask, -1)
            self._on[node].pop(uid, None)
            self._node_sums[node].add(ask, -1)
            if not self._on[node]:
                # begun anew at zero: what adding and taking away leaves of fractions goes with it
                del self._on[node], self._node_sums[node]
        else:
            sums.waiting -= 1
        if not sums.pods and not sums.waiting:
            del self._namespace_sums[namespace]
