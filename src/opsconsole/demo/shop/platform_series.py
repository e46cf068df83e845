"""The series that belong to no pod: Deployments, HPAs, nodes, database, cache, queue, payments and business."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opsconsole.demo.platform import NAMESPACE, Load, Observed, PodLoad, WorkloadState
from opsconsole.demo.shop.dependence import CACHE_HIT_RATIO
from opsconsole.demo.shop.endpoints import BY_SERVICE, CHECKOUT, CONNECTIONS_PER_POD, ENDPOINTS, LOGIN, PLANS, Endpoint
from opsconsole.demo.shop.flows import BOUGHT, OK, ServiceFlows, units
from opsconsole.demo.shop.history import DAY, DAY_SUM, NOISES, ONE, Weights, quick, slow
from opsconsole.demo.shop.inventory import BY_NAME, MIB, NODES, WORKLOADS
from opsconsole.demo.shop.latency import BOUNDS, LE, SLOW_FOR_A_CUSTOMER_S, LogNormal
from opsconsole.demo.shop.load import (
    ACTIVE_USERS,
    CACHE_COMMANDS_PER_REQUEST,
    CACHE_COMMANDS_S,
    QUEUED,
)
from opsconsole.demo.shop.recorder import Recorder

_DATABASE = {"datname": "social", "server": "pg-primary"}
_CACHE = {"instance": "redis-primary:6379"}
_QUEUES: Mapping[str, float] = {"orders": 0.2, "emails": 0.55, "media": 0.25}
_PAYMENT_LATENCY = LogNormal(0.17, 0.33)
_PAYMENT_ANSWERS: Mapping[str, float] = {"200": 0.984, "402": 0.0139, "503": 0.0021}
_SYSTEM_CPU, _SYSTEM_MEMORY = 0.04, 0.09
"""What a node spends on itself, as a share of its capacity."""
_LOOKUPS = 0.6
"""Share of the cache's commands that look something up."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that one step of the shop knows."""

    load: Load
    services: Mapping[str, ServiceFlows]
    states: Mapping[str, WorkloadState]
    observed: Observed


class PlatformSeries:
    """Counts at every step, sets gauges before every scrape."""

    def __init__(self, recorder: Recorder, states: Mapping[str, WorkloadState]) -> None:
        self._recorder = recorder
        self._counters: list[tuple[int, Callable[[Moment], float]]] = []
        self._gauges: list[tuple[int, Callable[[Moment], float | None]]] = []
        self._unfitted: set[int] = set()
        """Gauges whose past is not yet fitted to their first value."""
        self._business()
        self._customers()
        self._payments()
        self._cache()
        self._database()
        self._workloads(states)
        self._nodes()
        recorder.appear([index for index, _ in self._counters] + [index for index, _ in self._gauges])

    def count(self, moment: Moment, seconds: float) -> None:
        for index, rate_s in self._counters:
            self._recorder.add(index, rate_s(moment) * seconds)

    def measure(self, moment: Moment) -> None:
        for index, value_of in self._gauges:
            value = value_of(moment)
            if value is None:
                continue
            if index in self._unfitted:
                self._recorder.rescale_past(index, value)
                self._unfitted.discard(index)
            self._recorder.put(index, value)

    def _counter(
        self, name: str, labels: Mapping[str, str], rate_s: Callable[[Moment], float], past: Weights, whole: bool = True
    ) -> None:
        self._counters.append((self._recorder.series(name, labels, whole=whole, past=past), rate_s))

    def _gauge(
        self, name: str, labels: Mapping[str, str], value: Callable[[Moment], float | None], past: Weights
    ) -> int:
        index = self._recorder.series(name, labels, whole=False, past=past)
        self._gauges.append((index, value))
        return index

    def _observed(
        self, name: str, labels: Mapping[str, str], value: Callable[[Moment], float | None], usual: float
    ) -> None:
        """A gauge of a real server: as the model has it until that server has spoken."""
        index = self._gauge(name, labels, value, {ONE: usual})
        self._recorder.put(index, usual)
        self._unfitted.add(index)

    def _business(self) -> None:
        checkout, login = _endpoint("api", CHECKOUT), _endpoint("auth", LOGIN)
        bought = BOUGHT * (1 - checkout.error_ratio)
        ok = float(units(login)[0, OK])
        self._counter("orders_total", {}, lambda m: m.load.business.orders_min / 60, _times(checkout, bought))
        self._counter("logins_total", {}, lambda m: m.load.business.logins_min / 60, _times(login, ok))
        past = {DAY: ACTIVE_USERS, "users": 0.01 * ACTIVE_USERS}
        self._gauge("active_users", {}, lambda m: round(m.load.business.active_users), past)
        for queue, share in _QUEUES.items():
            past = {DAY: QUEUED * share, "queue": 0.2 * QUEUED * share}
            self._gauge("queue_depth", {"queue": queue}, _queued(share), past)

    def _customers(self) -> None:
        for plan in PLANS:
            past: dict[str, dict[str, float]] = {"ok": {}, "slow": {}, "failed": {}}
            for endpoint in BY_SERVICE["api"]:
                share = endpoint.plans[plan]
                for basis, unit in zip((quick, slow), units(endpoint), strict=True):
                    late = float(1 - unit[BOUNDS.index(SLOW_FOR_A_CUSTOMER_S)]) * (1 - endpoint.error_ratio)
                    past["slow"][basis(endpoint.key)] = share * late
                    past["failed"][basis(endpoint.key)] = share * endpoint.error_ratio
                    past["ok"][basis(endpoint.key)] = share * (1 - late - endpoint.error_ratio)
            labels = {"plan": plan}
            name = "customer_requests_total"
            self._counter(name, {**labels, "outcome": "slow"}, _hurt(plan, 0), past["slow"])
            self._counter(name, {**labels, "outcome": "failed"}, _hurt(plan, 1), past["failed"])
            self._counter(name, {**labels, "outcome": "ok"}, _served(plan), past["ok"])

    def _payments(self) -> None:
        charge = BY_SERVICE["payments-gateway"][0]

        def charges_s(moment: Moment) -> float:
            return sum(flow.requests_s for flow in moment.services["payments-gateway"].flows)

        def part(share: float) -> Callable[[Moment], float]:
            return lambda moment: charges_s(moment) * share

        target = {"target": "payments"}
        for status, share in _PAYMENT_ANSWERS.items():
            self._counter("external_requests_total", {**target, "status": status}, part(share), _times(charge, share))
        name = "external_request_duration_seconds"
        for le, share in zip(LE, _PAYMENT_LATENCY.buckets(), strict=True):
            self._counter(f"{name}_bucket", {**target, "le": le}, part(share), _times(charge, share))
        self._counter(f"{name}_count", target, charges_s, _times(charge, 1.0))
        mean = _PAYMENT_LATENCY.mean_s()
        self._counter(f"{name}_sum", target, part(mean), _times(charge, mean), whole=False)

    def _cache(self) -> None:
        def commands(name: str, share: Callable[[float], float]) -> None:
            """Counts commands; their share follows the hit ratio."""
            usual = share(CACHE_HIT_RATIO)
            past = {DAY_SUM: CACHE_COMMANDS_S * usual}
            for endpoint in ENDPOINTS:
                past |= _times(endpoint, CACHE_COMMANDS_PER_REQUEST * usual)
            self._counter(name, _CACHE, lambda m: m.load.cache_commands_s * share(m.load.cache_hit_ratio), past)

        commands("redis_commands_processed_total", lambda hit: 1.0)
        commands("redis_keyspace_hits_total", lambda hit: _LOOKUPS * hit)
        commands("redis_keyspace_misses_total", lambda hit: _LOOKUPS * (1 - hit))
        self._observed("redis_memory_used_bytes", _CACHE, lambda m: m.observed.cache_memory_bytes, 45.0 * MIB)
        self._observed("redis_memory_max_bytes", _CACHE, lambda m: m.observed.cache_max_memory_bytes, 64.0 * MIB)
        self._observed("redis_connected_clients", _CACHE, lambda m: m.observed.cache_clients, 42.0)

    def _database(self) -> None:
        usual = sum(per_pod * BY_NAME[name].replicas for name, per_pod in CONNECTIONS_PER_POD.items())

        def in_state(state: str, share: float) -> Callable[[Moment], float]:
            def count(moment: Moment) -> float:
                seen = moment.observed.connections_by_state
                if seen is None:
                    return round(sum(moment.load.database.connections.values()) * share)
                return float(seen.get(state, 0))

            return count

        for state, share in (("active", 0.08), ("idle", 0.9), ("idle in transaction", 0.02)):
            labels = {"state": state, **_DATABASE}
            self._gauge("pg_stat_activity_count", labels, in_state(state, share), {ONE: round(usual * share)})
        self._observed(
            "pg_settings_max_connections", {"server": "pg-primary"}, lambda m: m.observed.max_connections, 100.0
        )
        reserved = "pg_settings_superuser_reserved_connections"
        self._observed(reserved, {"server": "pg-primary"}, lambda m: m.observed.reserved_connections, 5.0)

    def _workloads(self, states: Mapping[str, WorkloadState]) -> None:
        for workload in WORKLOADS:
            state = states.get(workload.name)
            usual = {ONE: float(state.replicas if state else workload.replicas)}
            name = workload.name
            if workload.kind == "Deployment":
                labels = {"namespace": NAMESPACE, "deployment": name}
                self._gauge("kube_deployment_spec_replicas", labels, _of(name, lambda s: s.replicas), usual)
                available = "kube_deployment_status_replicas_available"
                self._gauge(available, labels, _of(name, lambda s: len(s.ready)), usual)
            if workload.scaling is not None:
                labels = {"namespace": NAMESPACE, "horizontalpodautoscaler": name}
                for bound, value in (("min", workload.scaling.minimum), ("max", workload.scaling.maximum)):
                    metric = f"kube_horizontalpodautoscaler_spec_{bound}_replicas"
                    self._gauge(metric, labels, _constant(value), {ONE: float(value)})
                metric = "kube_horizontalpodautoscaler_status"
                self._gauge(f"{metric}_current_replicas", labels, _of(name, lambda s: len(s.nodes)), usual)
                self._gauge(f"{metric}_desired_replicas", labels, _of(name, lambda s: s.replicas), usual)

    def _nodes(self) -> None:
        for index, node in enumerate(NODES):
            labels = {"node": node.name}
            cpu = _usage(node.name, lambda pod: pod.cpu_millicores, node.cpu_millicores, _SYSTEM_CPU)
            memory = _usage(node.name, lambda pod: pod.memory_bytes, node.memory_bytes, _SYSTEM_MEMORY)
            noise = NOISES[index]
            self._unfitted.add(self._gauge("node_cpu_utilisation_ratio", labels, cpu, {DAY: 0.3, noise: 0.01}))
            self._unfitted.add(self._gauge("node_memory_utilisation_ratio", labels, memory, {ONE: 0.5, noise: 0.004}))


def _endpoint(service: str, path: str) -> Endpoint:
    return next(endpoint for endpoint in BY_SERVICE[service] if endpoint.path == path)


def _times(endpoint: Endpoint, factor: float) -> dict[str, float]:
    """The past of something that happens `factor` times per request of an endpoint."""
    return {quick(endpoint.key): factor, slow(endpoint.key): factor}


def _constant(value: float) -> Callable[[Moment], float]:
    return lambda moment: value


def _queued(share: float) -> Callable[[Moment], float]:
    return lambda moment: round(moment.load.queue_depth * share)


def _hurt(plan: str, kind: int) -> Callable[[Moment], float]:
    """Slow (0) or failed (1) requests per second of a plan's customers."""
    return lambda moment: moment.load.hurt[plan][kind]


def _served(plan: str) -> Callable[[Moment], float]:
    def rate_s(moment: Moment) -> float:
        asked = sum(flow.requests_s * flow.endpoint.plans[plan] for flow in moment.services["api"].flows)
        slow_s, failed_s = moment.load.hurt[plan]
        return max(0.0, asked - slow_s - failed_s)

    return rate_s


def _of(workload: str, value: Callable[[WorkloadState], float]) -> Callable[[Moment], float | None]:
    """A figure of a workload; None while the cluster does not have it."""

    def read(moment: Moment) -> float | None:
        state = moment.states.get(workload)
        return None if state is None else float(value(state))

    return read


def _usage(
    node: str, value: Callable[[PodLoad], float], capacity: float, system: float
) -> Callable[[Moment], float | None]:
    """What a node's pods and the node itself use of its capacity, 0–1."""

    def read(moment: Moment) -> float | None:
        pods = [pod for state in moment.states.values() for pod, at in state.nodes.items() if at == node]
        used = sum(value(moment.load.pods[pod]) for pod in pods if pod in moment.load.pods)
        return min(1.0, used / capacity + system)

    return read
