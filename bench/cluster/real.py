"""Ten thousand pods on a real control plane: made, scheduled, rolled over; simulated nodes play their lives."""

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import objects
from tests.cluster.plane import Plane

from .objects import NAMESPACES, PER_WORKLOAD
from .running import Running, write_settings

NODES = 100
PODS_PER_NODE = 110
PATIENCE_S = 900.0


@dataclass(frozen=True)
class RealRunning(Running):
    """The same as of a served one, asked of the real API server."""

    plane: Plane

    def roll(self, pods: int, seconds: float) -> None:
        """Release so many pods' workloads anew, one after the other within half of the time: the rest is theirs."""
        count = pods // PER_WORKLOAD
        # not with the control plane's own thread: that must not end before its processes
        threading.Thread(target=self._release, args=(count, seconds / 2), daemon=True).start()

    def lists(self) -> int:
        """LIST requests of what the console watches, whoever sent them."""
        told = self.plane.request("GET", "/metrics", parse=False).decode()
        lines = (line for line in told.splitlines() if line.startswith("apiserver_request_total{"))
        lines = (line for line in lines if 'group="metrics.k8s.io"' not in line)  # usage cannot be watched
        return sum(
            int(float(line.rpartition(" ")[2]))
            for line in lines
            if 'verb="LIST"' in line and any(f'resource="{kind}"' in line for kind in WATCHED)
        )

    def _release(self, count: int, seconds: float) -> None:
        revision = f"2.{int(time.time())}"
        for number in range(count):
            changed = {"spec": {"template": {"spec": {"containers": [_container(number, revision)]}}}}
            self.plane.request("PATCH", f"{_place(number)}/{_name(number)}", changed)
            time.sleep(seconds / count)


WATCHED = (
    "pods", "nodes", "events", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs",
    "horizontalpodautoscalers", "configmaps", "services", "poddisruptionbudgets", "resourcequotas",
)  # fmt: skip


@contextmanager
def real_cluster(pods: int) -> Iterator[RealRunning]:
    """So many pods that run; making them takes minutes."""
    with tempfile.TemporaryDirectory(prefix="opsconsole-bench-") as name, Plane(NODES) as plane:
        folder = Path(name)
        write_settings(folder, plane.folder / "viewer.kubeconfig")
        for namespace in NAMESPACES:
            plane.create(objects.namespace(namespace))
        for number in range(pods // PER_WORKLOAD):
            plane.create(_deployment(number))
        _wait_for(plane, pods)
        yield RealRunning(folder, plane.url, pods, plane)


def _wait_for(plane: Plane, pods: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (ready := _ready(plane)) < pods:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{ready} of {pods} pods were ready after {PATIENCE_S:g} s")
        time.sleep(2)


def _ready(plane: Plane) -> int:
    items = plane.request("GET", "/apis/apps/v1/deployments")["items"]
    return sum(item["status"].get("readyReplicas", 0) for item in items)


def _deployment(number: int) -> Mapping[str, object]:
    made = objects.deployment(_name(number), PER_WORKLOAD, namespace=_namespace(number), deadline_s=600, cpu="10m")
    made["spec"]["template"]["spec"]["containers"] = [_container(number, "1.0")]
    return made


def _container(number: int, revision: str) -> Mapping[str, object]:
    return {
        "name": "app",
        "image": f"registry.example/{_name(number)}:{revision}",
        "env": [{"name": f"SETTING_{index}", "value": f"value-{index}"} for index in range(6)],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
    }


def _name(number: int) -> str:
    return f"service-{number:03d}"


def _namespace(number: int) -> str:
    return NAMESPACES[number % len(NAMESPACES)]


def _place(number: int) -> str:
    return f"/apis/apps/v1/namespaces/{_namespace(number)}/deployments"
