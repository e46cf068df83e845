"""The simulated cluster: its objects, the control loops that move them, and what the shop sees of it."""

from collections.abc import Mapping, Sequence

from opsconsole.demo.kubernetes.blueprint import add_workload, node_conditions
from opsconsole.demo.kubernetes.controllers.daemonsets import sync_daemon_sets
from opsconsole.demo.kubernetes.controllers.deployments import sync_deployments
from opsconsole.demo.kubernetes.controllers.endpoints import collect_garbage, sync_budgets, sync_endpoints
from opsconsole.demo.kubernetes.controllers.hpa import Autoscaler
from opsconsole.demo.kubernetes.controllers.hpa_limits import DEFAULT_DOWN_WINDOW_S
from opsconsole.demo.kubernetes.controllers.jobs import finished, sync_cron_jobs, sync_jobs
from opsconsole.demo.kubernetes.controllers.kubelet import Kubelet, ran_since
from opsconsole.demo.kubernetes.controllers.nodelife import sync_nodes, welcome_back
from opsconsole.demo.kubernetes.controllers.quotas import sync_quotas
from opsconsole.demo.kubernetes.controllers.replicasets import sync_replica_sets
from opsconsole.demo.kubernetes.controllers.scheduler import schedule
from opsconsole.demo.kubernetes.controllers.statefulsets import sync_stateful_sets
from opsconsole.demo.kubernetes.controllers.world import World, condition_of, is_ready
from opsconsole.demo.kubernetes.history import live_through, set_version
from opsconsole.demo.kubernetes.logs import LogBook
from opsconsole.demo.kubernetes.managed import stamp
from opsconsole.demo.kubernetes.quantities import parse_time
from opsconsole.demo.kubernetes.resources import (
    CONFIG_MAPS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    LEASES,
    NODES,
    PODS,
    STATEFUL_SETS,
)  # fmt: skip
from opsconsole.demo.kubernetes.shoplog import ShopLog
from opsconsole.demo.kubernetes.store import Body, Store, Stored, clone
from opsconsole.demo.kubernetes.usage import Usage
from opsconsole.demo.platform import NAMESPACE, Life, Load, PodLoad, WorkloadState
from opsconsole.demo.shop.inventory import NODES as SHOP_NODES
from opsconsole.demo.shop.inventory import OCCASIONAL, WORKLOADS, Node, Workload

_HEARTBEAT_S = 300.0
_LEASE_S = 10.0


class SimulatedCluster:
    """Kubernetes in memory, a `platform.Cluster`; one event loop uses it, `step` brings it to a later time.

    `now` is the unix time at which it starts, with a past of some months; `down_window_s` is how long the HPAs wait
    before they scale down (Kubernetes: 300 s), `toleration_s` how long pods wait for a node that is gone (300 s).
    """

    def __init__(
        self, seed: int, now: float, workloads: Sequence[Workload] = WORKLOADS, nodes: Sequence[Node] = SHOP_NODES, *,
        down_window_s: int = DEFAULT_DOWN_WINDOW_S, scrape_s: float = 15.0, autoscale_s: float = 15.0,
        toleration_s: int = 300,
    ) -> None:  # fmt: skip
        self.store = Store()
        self.logs = LogBook()
        self.world = World(self.store, seed, now, toleration_s)
        self.usage = Usage(self.world, scrape_s)
        self._autoscaler = Autoscaler(self.world, self.usage, autoscale_s)
        self._kubelet = Kubelet(self.world, self.logs)
        self._shop_log = ShopLog(self.logs, seed)
        self._leases_at = self._heartbeat_at = now
        self._seen: tuple[tuple[int, frozenset[str]], Mapping[str, WorkloadState]] | None = None
        live_through(self.world, self._settle, nodes, workloads, down_window_s)
        self._beat(now)
        self.world.forget_events()
        self.store.compact()

    @property
    def now(self) -> float:
        """Unix seconds of the newest step."""
        return self.world.now

    def step(self, now: float, load: Load) -> None:
        """Brings everything to `now`: usage and logs from the load, then each control loop once."""
        self.world.now = now
        self.usage.scrape(load.pods)
        self._autoscaler.sync()
        self._control(load.pods)
        self._shop_log.write(
            now,
            load,
            {name: [pod for pod in state.ready if pod not in state.lost] for name, state in self.workloads().items()},
        )
        if now - self._leases_at >= _LEASE_S:
            self._beat(now)

    def workloads(self) -> Mapping[str, WorkloadState]:
        kinds = (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, PODS)
        at = (self.store.newest(*(kind.key for kind in kinds)), frozenset(self.world.silent))
        if self._seen is None or self._seen[0] != at:
            self._seen = at, self._workloads()
        return self._seen[1]

    def _workloads(self) -> Mapping[str, WorkloadState]:
        states = {}
        for resource in (DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS):
            for workload in self.store.items(resource.key, NAMESPACE):
                states[workload.name[1]] = self._state(workload)
        return states

    def deploy(self, workload: str, version: str, *, author: str, env: Mapping[str, str] | None = None) -> None:
        """Starts a rollout; KeyError when there is no such Deployment."""
        cause = f"deploy {version} by {author}"
        set_version(self.world, workload, version, cause, None if env is None else dict(env))

    def launch(self, workload: str, *, author: str) -> None:
        """Creates a workload of the shop's that does not run all the time. KeyError when there is no such one."""
        occasional = next((each for each in OCCASIONAL if each.name == workload), None)
        if occasional is None:
            raise KeyError(workload)
        add_workload(self.world, NAMESPACE, occasional, occasional.version, f"deploy {occasional.version} by {author}")

    def set_config(self, config_map: str, data: Mapping[str, str]) -> None:
        """Creates or replaces a ConfigMap of the shop's namespace."""
        old = self.store.get(CONFIG_MAPS.key, NAMESPACE, config_map)
        metadata = self.world.metadata(config_map, NAMESPACE) if old is None else clone(old.body["metadata"])
        body = {"metadata": metadata, "data": dict(data)}
        stamp(CONFIG_MAPS, body, None if old is None else old.body, "kubectl-edit", self.now)
        self.store.put(CONFIG_MAPS.key, body)

    def log(self, pod: str, line: str) -> None:
        self.logs.append(NAMESPACE, pod, self.now, line)

    def stop_node(self, node: str) -> None:
        """The machine is gone: its kubelet says nothing any more and its pods answer nobody. KeyError: no such node."""
        if self.store.get(NODES.key, "", node) is None:
            raise KeyError(node)
        self.world.silent.add(node)

    def start_node(self, node: str) -> None:
        """The machine is back: it reports, ends what was given up meanwhile, and goes on with the rest."""
        self.world.silent.discard(node)
        self._beat(self.now)
        stored = self.store.get(NODES.key, "", node)
        if stored is None:
            raise KeyError(node)
        welcome_back(self.world, stored)
        self._report(self.store.get(NODES.key, "", node) or stored, self.now)
        for pod in [each for each in self.store.items(PODS.key) if each.body["spec"].get("nodeName") == node]:
            self._kubelet.wake(pod)

    def _control(self, used: Mapping[str, PodLoad] | None = None) -> None:
        world = self.world
        sync_nodes(world)
        sync_cron_jobs(world)
        sync_jobs(world)
        sync_deployments(world)
        sync_replica_sets(world)
        sync_stateful_sets(world)
        sync_daemon_sets(world)
        schedule(world)
        self._kubelet.sync(used)
        sync_endpoints(world)
        sync_budgets(world)
        sync_quotas(world)
        collect_garbage(world)

    def _settle(self) -> bool:
        before = self.store.version
        self._control()
        jobs = all(finished(job.body) for job in self.store.items(JOBS.key))
        ready = all(is_ready(pod.body) or _is_over(pod.body) for pod in self.store.items(PODS.key))
        return self.store.version == before and jobs and ready

    def _state(self, workload: Stored) -> WorkloadState:
        pods = self._pods_of(workload)
        image = workload.body["spec"]["template"]["spec"]["containers"][0]["image"]
        return WorkloadState(
            name=workload.name[1],
            version=_tag(image),
            ready={pod.name[1]: _tag(pod.body["spec"]["containers"][0]["image"]) for pod in pods if _serves(pod)},
            nodes={pod.name[1]: pod.body["spec"].get("nodeName", "") for pod in pods},
            replicas=workload.body["spec"].get("replicas", len(pods)),
            lost=frozenset(pod.name[1] for pod in pods if pod.body["spec"].get("nodeName") in self.world.silent),
            lives={pod.name[1]: life for pod in pods if (life := self._life(pod.body)) is not None},
        )

    def _life(self, pod: Body) -> Life | None:
        since = ran_since(pod)
        if since is None or pod["spec"].get("nodeName") in self.world.silent:
            return None
        restarts = pod["status"]["containerStatuses"][0]["restartCount"]
        return Life(_tag(pod["spec"]["containers"][0]["image"]), since, restarts)

    def _pods_of(self, workload: Stored) -> list[Stored]:
        labels = workload.body["spec"]["selector"]["matchLabels"]
        return [
            pod
            for pod in self.store.items(PODS.key, NAMESPACE)
            if labels.items() <= (pod.body["metadata"].get("labels") or {}).items()
        ]

    def _beat(self, now: float) -> None:
        """Nodes renew their leases every ten seconds and their conditions every five minutes."""
        self._leases_at = now
        for lease in [each for each in self.store.items(LEASES.key) if each.name[1] not in self.world.silent]:
            self.world.update(LEASES, lease, spec={**lease.body["spec"], "renewTime": self.world.micro_time()})
        if now - self._heartbeat_at >= _HEARTBEAT_S or now == self._heartbeat_at:
            self._heartbeat_at = now
            self.world.forget_events()
            for node in [each for each in self.store.items(NODES.key) if each.name[1] not in self.world.silent]:
                since = parse_time(condition_of(node.body, "Ready")["lastTransitionTime"])
                self._report(node, since)

    def _report(self, node: Stored, since: float) -> None:
        """The kubelet's own word that the node is well."""
        status = {**node.body["status"], "conditions": node_conditions(self.now, since)}
        self.world.update(NODES, node, status=status)


def _is_over(pod: Body) -> bool:
    return bool(pod["status"]["phase"] == "Succeeded")


def _serves(pod: Stored) -> bool:
    return is_ready(pod.body) and not pod.body["metadata"].get("deletionTimestamp")


def _tag(image: str) -> str:
    return image.rpartition(":")[2]
