"""metrics.k8s.io: what the pods and nodes used at the last scrape, as metrics-server tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsconsole.demo.kubernetes.controllers.kubelet import ran_since
from opsconsole.demo.kubernetes.controllers.podmaking import requested
from opsconsole.demo.kubernetes.controllers.world import World, is_leaving
from opsconsole.demo.kubernetes.quantities import format_time
from opsconsole.demo.kubernetes.resources import NODES, PODS
from opsconsole.demo.platform import PodLoad

Body = dict[str, Any]
WINDOW_S = 15.0
_NODE_SHARE = (120.0, 900 * 2**20)
"""What a node's own services use: millicores, bytes."""


@dataclass(frozen=True, slots=True)
class Sample:
    cpu_millicores: float
    memory_bytes: float
    at: float


class Usage:
    """The newest sample of every running pod; a scrape every `interval_s` seconds."""

    def __init__(self, world: World, interval_s: float = 15.0) -> None:
        self._world = world
        self._interval_s = interval_s
        self._scraped: float | None = None
        self.pods: dict[tuple[str, str], Sample] = {}

    def scrape(self, load: Mapping[str, PodLoad]) -> None:
        """Takes new samples when they are due; a pod that `load` does not know idles below its requests."""
        world = self._world
        if self._scraped is not None and world.now - self._scraped < self._interval_s:
            return
        self._scraped = world.now
        pods: dict[tuple[str, str], Sample] = {}
        for pod in world.store.items(PODS.key):
            since = ran_since(pod.body)
            silent = pod.body["spec"].get("nodeName") in world.silent
            if since is None or world.now - since < WINDOW_S or is_leaving(pod.body) or silent:
                continue
            used = load.get(pod.name[1]) or self._idle(pod.body)
            pods[pod.name] = Sample(used.cpu_millicores, used.memory_bytes, world.now)
        self.pods = pods

    def _idle(self, pod: Body) -> PodLoad:
        vary = self._world.random.uniform
        cpu = requested(pod["spec"], "cpu") * 1000 * vary(0.15, 0.25)
        return PodLoad(cpu or vary(1, 3), requested(pod["spec"], "memory") * vary(0.55, 0.6) or 20 * 2**20)

    def pod_metrics(self, namespace: str = "") -> list[Body]:
        """PodMetrics bodies, without kind, in order of name."""
        bodies = []
        for pod in self._world.store.items(PODS.key, namespace):
            sample = self.pods.get(pod.name)
            if sample is not None:
                bodies.append(_pod_metrics(pod.body, sample))
        return bodies

    def node_metrics(self) -> list[Body]:
        """NodeMetrics bodies, without kind, in order of name."""
        nodes = [node for node in self._world.store.items(NODES.key) if node.name[1] not in self._world.silent]
        totals = {node.name[1]: list(_NODE_SHARE) for node in nodes}
        for pod in self._world.store.items(PODS.key):
            sample, total = self.pods.get(pod.name), totals.get(pod.body["spec"].get("nodeName", ""))
            if sample is not None and total is not None:
                total[0] += sample.cpu_millicores
                total[1] += sample.memory_bytes
        at = self._scraped
        if at is None:
            return []
        return [
            {
                "metadata": _metadata(node.body, at),
                "timestamp": format_time(at),
                "window": f"{WINDOW_S}s",
                "usage": _usage(*totals[node.name[1]]),
            }
            for node in nodes
        ]


def _pod_metrics(pod: Body, sample: Sample) -> Body:
    containers = pod["spec"]["containers"]
    share = len(containers)
    return {
        "metadata": _metadata(pod, sample.at),
        "timestamp": format_time(sample.at),
        "window": f"{WINDOW_S}s",
        "containers": [
            {"name": each["name"], "usage": _usage(sample.cpu_millicores / share, sample.memory_bytes / share)}
            for each in containers
        ],
    }


def _metadata(body: Body, at: float) -> Body:
    names = {key: body["metadata"][key] for key in ("name", "namespace", "labels") if key in body["metadata"]}
    return names | {"creationTimestamp": format_time(at)}


def _usage(cpu_millicores: float, memory_bytes: float) -> Body:
    return {"cpu": f"{round(cpu_millicores * 1e6)}n", "memory": f"{round(memory_bytes / 1024)}Ki"}
