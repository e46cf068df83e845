"""What is derived from a cluster's rows, change by change: pods by workload and by node, requests, HPA by target.

Nothing here walks all pods when one of them changes.
"""

from collections.abc import Iterable, Mapping

from ..model.collection import Delta
from ..model.kubernetes import Hpa, Node, Pod, ReplicaSet
from .capacity import NodeRoom, open_to_pods, requests
from .workload_state import controller

Key = tuple[str, str, str]
"""(namespace, kind, name) of a workload."""
FINISHED = ("Succeeded", "Failed")


class ClusterIndex:
    """Feed it the deltas of the collections; it answers which workloads they touched, and looks things up."""

    def __init__(self) -> None:
        self._home: dict[str, tuple[Key | None, str, float, float]] = {}
        """Pod uid → its workload, node and reserved (cores, bytes)."""
        self._pods: dict[Key, dict[str, Pod]] = {}
        self._bare: dict[str, Pod] = {}
        self._reserved: dict[str, list[float]] = {}
        """Node → [cores, bytes, pods] of the pods that are bound to it and not finished."""
        self._hpas: dict[Key, Hpa] = {}
        self._revisions: dict[Key, dict[str, ReplicaSet]] = {}

    def pods_changed(self, delta: Delta[Pod]) -> set[Key]:
        """Take pods in; the workloads whose pods differ now."""
        touched: set[Key] = set()
        if delta.reset:
            touched.update(self._pods)
            self._home.clear()
            self._pods.clear()
            self._reserved.clear()
            self._bare.clear()
        for uid in delta.removals:
            self._forget(uid, touched)
        for uid, pod in delta.upserts.items():
            self._forget(uid, touched)
            self._take(uid, pod, touched)
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
        cpu, memory, pods = self._reserved.get(node, (0.0, 0.0, 0))
        return cpu, memory, int(pods)

    def rooms(self, nodes: Iterable[Node]) -> tuple[NodeRoom, ...]:
        """What is left to request on each node that takes pods."""
        found: list[NodeRoom] = []
        for node in nodes:
            if open_to_pods(node):
                cpu, memory, pods = self.reserved_on(node.name)
                found.append(NodeRoom(node.name, node.cpu - cpu, node.memory - memory, node.pods - pods))
        return tuple(found)

    def _take(self, uid: str, pod: Pod, touched: set[Key]) -> None:
        owner = controller(pod)
        key = (pod.namespace, owner.kind, owner.name) if owner is not None else None
        cpu = memory = 0.0
        node = pod.node if pod.phase not in FINISHED else ""
        if node:
            cpu, memory = requests(pod)
            sums = self._reserved.setdefault(node, [0.0, 0.0, 0])
            sums[0] += cpu
            sums[1] += memory
            sums[2] += 1
        if key is None:
            self._bare[uid] = pod
        else:
            self._pods.setdefault(key, {})[uid] = pod
            touched.add(key)
        self._home[uid] = (key, node, cpu, memory)

    def _forget(self, uid: str, touched: set[Key]) -> None:
        home = self._home.pop(uid, None)
        if home is None:
            return
        key, node, cpu, memory = home
        self._bare.pop(uid, None)
        if node:
            sums = self._reserved[node]
            sums[0] -= cpu
            sums[1] -= memory
            sums[2] -= 1
        if key is not None:
            held = self._pods[key]
            held.pop(uid, None)
            if not held:
                del self._pods[key]
            touched.add(key)
