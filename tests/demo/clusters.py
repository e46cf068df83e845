"""A cluster for tests of the shop: it rolls out at once or pod by pod, and scales when told to."""

from collections.abc import Mapping

from opsconsole.demo.platform import WorkloadState
from opsconsole.demo.shop.inventory import NODES, WORKLOADS


class FakeCluster:
    """Keeps each workload's pods as name → version; all are ready and spread over the nodes."""

    def __init__(self) -> None:
        self.pods = {w.name: {f"{w.name}-{w.version}-{i}": w.version for i in range(w.replicas)} for w in WORKLOADS}
        self.deployed: list[tuple[str, str, str, Mapping[str, str] | None]] = []

    def workloads(self) -> Mapping[str, WorkloadState]:
        return {
            name: WorkloadState(
                name=name,
                version=max(pods.values(), default=""),
                ready=dict(pods),
                nodes={pod: NODES[i % len(NODES)].name for i, pod in enumerate(pods)},
                replicas=len(pods),
            )
            for name, pods in self.pods.items()
        }

    def deploy(self, workload: str, version: str, *, author: str, env: Mapping[str, str] | None = None) -> None:
        self.deployed.append((workload, version, author, env))
        self.scale(workload, len(self.pods[workload]), version)

    def scale(self, workload: str, replicas: int, version: str | None = None) -> None:
        """Run that many pods, all of them of the version (default: the one that runs now)."""
        runs = version or max(self.pods[workload].values())
        self.pods[workload] = {f"{workload}-{runs}-{i}": runs for i in range(replicas)}

    def set_config(self, config_map: str, data: Mapping[str, str]) -> None:
        raise NotImplementedError(config_map)

    def launch(self, workload: str, *, author: str) -> None:
        raise NotImplementedError(workload)

    def stop_node(self, node: str) -> None:
        raise NotImplementedError(node)

    def log(self, pod: str, line: str) -> None:
        raise NotImplementedError(pod)
