"""The simulated half of the demo: the shop, its cluster, and the Kubernetes and Prometheus that show them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from opsconsole.demo.kubernetes import Server, SimulatedCluster, serve
from opsconsole.demo.kubernetes.resources import PODS
from opsconsole.demo.loki import RunningLoki, start_loki
from opsconsole.demo.platform import Backstage, Load, Observed
from opsconsole.demo.prometheus import RunningPrometheus, start_prometheus
from opsconsole.demo.scenarios import SCENARIOS
from opsconsole.demo.shop.shop import Shop

_PROMETHEUS_SERVICE = "monitoring/prometheus:9090"
"""Where the API server's service proxy finds it, for `kube://` addresses."""
_LOKI_SERVICE = "monitoring/loki:3100"
_TOLERATION_S = 60
"""How long pods wait for a node that is gone; clusters mostly say 300."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """Shop and cluster, one second after the other, with the servers that answer for them."""

    shop: Shop
    cluster: SimulatedCluster
    prometheus: RunningPrometheus
    loki: RunningLoki
    kubernetes: Server

    @classmethod
    async def start(cls, request: Mapping[str, Any]) -> Self:
        """Build the platform with its past and serve it on free loopback ports.

        Raises ValueError when the scenario does not exist.
        """
        scenario = SCENARIOS.get(request["scenario"])
        if scenario is None:
            raise ValueError(f"there is no scenario {request['scenario']!r}; known are {', '.join(SCENARIOS)}")
        now = time.time()
        toleration_s = max(5, round(_TOLERATION_S / request["speed"]))
        cluster = SimulatedCluster(request["seed"], now, toleration_s=toleration_s)
        shop = Shop(request["seed"], now, scenario, request["speed"])
        shop.step(now, cluster)
        cluster.step(now, shop.load)
        prometheus = await start_prometheus(shop)
        loki = await start_loki(cluster.logs, PodLabels(cluster).of)
        kubernetes = await serve(cluster, proxies={_PROMETHEUS_SERVICE: prometheus.url, _LOKI_SERVICE: loki.url})
        _write_kubeconfigs(kubernetes, Path(request["kubeconfig"]))
        return cls(shop, cluster, prometheus, loki, kubernetes)

    @property
    def observed(self) -> Observed:
        return self.shop.observed

    @property
    def backstage(self) -> Backstage:
        return self.shop.backstage

    def load(self) -> Load:
        return self.shop.load

    def step(self, now: float) -> None:
        self.shop.step(now, self.cluster)
        self.cluster.step(now, self.shop.load)

    def facts(self) -> dict[str, Any]:
        """Where the servers answer, for the settings file."""
        return {"prometheus": self.prometheus.url, "loki": self.loki.url, "kubernetes": self.kubernetes.url}


class PodLabels:
    """What a shipper of logs labels a pod's lines with; of pods that have gone as it did before."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self._store = cluster.store
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def of(self, namespace: str, pod: str) -> Mapping[str, str]:
        known = self._known.get((namespace, pod))
        if known is not None:
            return known
        stored = self._store.get(PODS.key, namespace, pod)
        labels = stored.body["metadata"].get("labels") or {} if stored is not None else {}
        app = str(labels.get("app") or pod.rsplit("-", 2)[0])
        containers = stored.body["spec"]["containers"] if stored is not None else [{"name": app}]
        self._known[namespace, pod] = {
            "namespace": namespace, "pod": pod, "container": str(containers[0]["name"]), "app": app,
            "service_name": app,
        }  # fmt: skip
        return self._known[namespace, pod]


def _write_kubeconfigs(server: Server, path: Path) -> None:
    """The administrator's at `path`, those of users with fewer rights beside it (0600: they hold tokens)."""
    for user in server.tokens:
        file = path if user == "admin" else path.with_name(f"{path.name}-{user}")
        file.touch(mode=0o600)
        file.write_text(server.kubeconfig(user))
