"""A scenario played on the simulated cluster by its own clock, and what the console reads and says of it."""

import json
from datetime import UTC, datetime
from typing import Any

from opsconsole.demo.kubernetes import SimulatedCluster
from opsconsole.demo.kubernetes import resources as served
from opsconsole.demo.kubernetes.answers import typed
from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod
from opsconsole.demo.kubernetes.store import Stored
from opsconsole.demo.platform import NAMESPACE
from opsconsole.demo.scenarios import SCENARIOS
from opsconsole.demo.shop.shop import Shop
from opsconsole.model.collection import Delta
from opsconsole.model.kubernetes import Hpa, Node, Pod, Usage
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.cluster_trouble import ClusterTrouble
from opsconsole.rules.verdict import Verdict
from opsconsole.rules.workload_state import controller, workload_state
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.decode import Unreadable
from opsconsole.sources.kubernetes.quantity import quantity
from opsconsole.sources.kubernetes.share import Shared

START = 1_795_290_003.0


class Played:
    """Shop and cluster, a second at a time; its readings are those of the console's own decoders."""

    def __init__(self, scenario: str, toleration_s: int = 60) -> None:
        self.cluster = SimulatedCluster(7, START, toleration_s=toleration_s)
        self.shop = Shop(7, START, SCENARIOS[scenario])
        self.at = 0
        self.until(0)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.cluster.now, UTC)

    def until(self, second: int) -> None:
        """Lets time pass up to this second of the scenario."""
        while self.at <= second:
            self.shop.step(START + self.at, self.cluster)
            self.cluster.step(START + self.at, self.shop.load)
            self.at += 1

    def pods(self, workload: str) -> list[Pod]:
        pods: list[Pod] = [self._read(kinds.PODS, served.PODS, each) for each in self._items(served.PODS)]
        return [pod for pod in pods if (owner := controller(pod)) is not None and owner.name == workload]

    def hpa(self, name: str) -> Hpa:
        found: Hpa = self._read(kinds.HPAS, served.HPAS, self._one(served.HPAS, name))
        return found

    def node(self, name: str) -> Node:
        stored = self.cluster.store.get(served.NODES.key, "", name)
        assert stored is not None
        found: Node = self._read(kinds.NODES, served.NODES, stored)
        return found

    def every(self, kind: kinds.Kind[Any], resource: served.Resource) -> list[Any]:
        """All objects of a kind, in all namespaces."""
        return [self._read(kind, resource, each) for each in self.cluster.store.items(resource.key, "")]

    def body(self, resource: served.Resource, name: str, namespace: str = "") -> dict[str, Any]:
        """An object as the API server sends it."""
        stored = self.cluster.store.get(resource.key, namespace, name)
        assert stored is not None, name
        found: dict[str, Any] = json.loads(typed(resource, stored))
        return found

    def says(self, name: str) -> Verdict:
        """What the console says of a Deployment."""
        workload = self._read(kinds.DEPLOYMENTS, served.DEPLOYMENTS, self._one(served.DEPLOYMENTS, name))
        scaled = self.cluster.store.get(served.HPAS.key, NAMESPACE, name)
        return workload_state(workload, self.pods(name), self.hpa(name) if scaled else None, self.now)

    def wrong(self) -> dict[str, str]:
        """What `z` says of the whole cluster, worst first: `Node a` → its words."""
        index = ClusterIndex()
        trouble = ClusterTrouble(index)
        pods = self._whole(kinds.PODS, served.PODS)
        index.pods_changed(pods)
        index.hpas_changed(self._whole(kinds.HPAS, served.HPAS).upserts)
        trouble.pods_changed(pods, self.now)
        trouble.pods_are_known(True)
        trouble.hpas_changed(self._whole(kinds.HPAS, served.HPAS))
        trouble.nodes_changed(self._whole(kinds.NODES, served.NODES))
        trouble.services_changed(self._whole(kinds.SERVICES, served.SERVICES))
        trouble.budgets_changed(self._whole(kinds.BUDGETS, served.DISRUPTION_BUDGETS))
        trouble.quotas_changed(self._whole(kinds.QUOTAS, served.RESOURCE_QUOTAS))
        owning = (
            (kinds.DEPLOYMENTS, served.DEPLOYMENTS), (kinds.STATEFUL_SETS, served.STATEFUL_SETS),
            (kinds.DAEMON_SETS, served.DAEMON_SETS), (kinds.JOBS, served.JOBS), (kinds.CRON_JOBS, served.CRON_JOBS),
        )  # fmt: skip
        trouble.workloads_changed({uid: one for of in owning for uid, one in self._whole(*of).upserts.items()})
        trouble.usage_changed({
            "/".join(of): Usage(used.cpu_millicores / 1000, used.memory_bytes)
            for of, used in self.cluster.usage.pods.items()
        })  # fmt: skip
        trouble.node_usage_changed({
            each["metadata"]["name"]: Usage(*(quantity(each["usage"][what]) or 0.0 for what in ("cpu", "memory")))
            for each in self.cluster.usage.node_metrics()
        })  # fmt: skip
        for _ in trouble.judge(self.now):
            pass
        return {f"{one.kind} {one.name}": one.verdict.words for one in trouble.found()}

    def _whole(self, kind: kinds.Kind[Any], resource: served.Resource) -> Delta[Any]:
        return Delta({one.uid: one for one in self.every(kind, resource)}, reset=True)

    def events(self, reason: str) -> list[str]:
        return [each.body["message"] for each in self._items(served.EVENTS) if each.body["reason"] == reason]

    def node_cpu(self, name: str) -> float:
        """Cores that the node uses, as metrics.k8s.io tells; KeyError where it is silent."""
        used = {each["metadata"]["name"]: each["usage"]["cpu"] for each in self.cluster.usage.node_metrics()}
        return int(used[name].removesuffix("n")) / 1e9

    def latency(self, path: str) -> float:
        """Median seconds of one of the API's endpoints."""
        return next(each.median_s for each in self.shop.load.services["api"] if each.path == path)

    def budget(self, name: str) -> tuple[int, int, int]:
        """A disruption budget's (healthy, wanted, disruptions allowed)."""
        status = self._one(served.DISRUPTION_BUDGETS, name).body["status"]
        return status["currentHealthy"], status["desiredHealthy"], status["disruptionsAllowed"]

    def change(self, resource: served.Resource, name: str, **spec: Any) -> None:
        """Changes fields of an object's spec, as its user does."""
        old = self._one(resource, name)
        generation = old.body["metadata"].get("generation", 1) + 1
        metadata = {**old.body["metadata"], "generation": generation}
        self.cluster.world.update(resource, old, spec={**old.body["spec"], **spec}, metadata=metadata)

    def delete(self, pod: str) -> None:
        delete_pod(self.cluster.world, self._one(served.PODS, pod))

    def _items(self, resource: served.Resource) -> list[Stored]:
        return list(self.cluster.store.items(resource.key, NAMESPACE))

    def _one(self, resource: served.Resource, name: str) -> Stored:
        found = self.cluster.store.get(resource.key, NAMESPACE, name)
        assert found is not None, name
        return found

    def _read(self, kind: kinds.Kind[Any], resource: served.Resource, stored: Stored) -> Any:
        wire = kind.decoder.one(typed(resource, stored))
        assert not isinstance(wire, Unreadable), wire
        return kind.convert(wire, Shared())
