"""From the flows of one moment to the load that the rest of the platform carries."""

import math
from collections.abc import Mapping, Sequence

from opsconsole.demo.platform import (
    Business,
    DatabaseLoad,
    EndpointLoad,
    Load,
    Observed,
    PodLoad,
    Trouble,
    WorkloadState,
)
from opsconsole.demo.shop import statements as sql
from opsconsole.demo.shop.behaviour import NORMAL, Behaviours
from opsconsole.demo.shop.crowding import hogs, left_over
from opsconsole.demo.shop.dependence import hit_ratio
from opsconsole.demo.shop.endpoints import (
    BACKGROUND_STATEMENTS_S,
    BY_SERVICE,
    CHECKOUT,
    CONNECTIONS_PER_POD,
    LOGIN,
    MEMORY_SHARE,
    PLANS,
    Endpoint,
)
from opsconsole.demo.shop.flows import OK, Flow, ServiceFlows, conversion, mean_log, resting_cpu
from opsconsole.demo.shop.inventory import BY_NAME
from opsconsole.demo.shop.rhythm import Rhythm

ACTIVE_USERS = 1247.0
MOST_CONNECTIONS = 92
"""What all pools together open at most; PostgreSQL keeps the rest for its administrators."""
_MOST_PER_API_POD = 4
QUEUED = 31.0
QUEUE_WORKER = "worker"
CACHE_COMMANDS_PER_REQUEST = 0.9
CACHE_COMMANDS_S = 12.0
"""Commands that no request brings."""


def load_of(
    at: float,
    services: Mapping[str, ServiceFlows],
    states: Mapping[str, WorkloadState],
    behaviours: Behaviours,
    rhythm: Rhythm,
    observed: Observed,
    speed: float = 1.0,
) -> Load:
    """Everything the shop does in one second; `speed` makes leaks fill the memory and the pools faster."""
    day = rhythm.daily(at)
    flows = [flow for service in services.values() for flow in service.flows]
    requests_s = sum(flow.requests_s for flow in flows)
    return Load(
        at=at,
        services={name: _endpoints(name, service) for name, service in services.items()},
        pods=_pods(at, services, states, behaviours, rhythm, speed),
        database=DatabaseLoad(
            _statements(flows, day, states, behaviours),
            _connections(flows, states, observed.held),
            _leaks(states, behaviours, speed),
        ),
        cache_commands_s=float(CACHE_COMMANDS_PER_REQUEST * requests_s + CACHE_COMMANDS_S * day),
        cache_hit_ratio=hit_ratio(observed),
        queue_depth=queue_depth(states.get(QUEUE_WORKER), rhythm, at, observed.statements.get(sql.JOB_CLAIM)),
        business=_business(flows, day, rhythm, at),
        hurt=_hurt(services),
    )


def _endpoints(name: str, service: ServiceFlows) -> tuple[EndpointLoad, ...]:
    return tuple(
        _endpoint(endpoint, [flow for flow in service.flows if flow.endpoint.path == endpoint.path], service.unanswered)
        for endpoint in BY_SERVICE[name]
    )


def _endpoint(endpoint: Endpoint, flows: Sequence[Flow], unanswered: Mapping[str, float]) -> EndpointLoad:
    if not flows:
        return EndpointLoad(
            endpoint.method, endpoint.path, unanswered[endpoint.path], 1.0, 0.0, endpoint.median_s, endpoint.sigma, 0.0
        )
    requests_s = sum(flow.requests_s for flow in flows)

    def mean(value: dict[int, float]) -> float:
        return sum(flow.requests_s * value[index] for index, flow in enumerate(flows)) / max(requests_s, 1e-9)

    median = mean_log(flows, _median)
    apart = {i: flow.endpoint.sigma**2 + math.log(_median(flow) / median) ** 2 for i, flow in enumerate(flows)}
    return EndpointLoad(
        method=endpoint.method,
        path=endpoint.path,
        requests_s=requests_s,
        error_ratio=mean({i: flow.endpoint.error_ratio for i, flow in enumerate(flows)}),
        client_error_ratio=endpoint.client_error_ratio,
        median_s=median,
        sigma=math.sqrt(mean(apart)),
        queries_per_request=mean({i: sum(flow.endpoint.queries.values()) for i, flow in enumerate(flows)}),
    )


def _median(flow: Flow) -> float:
    """Median of the mixture, taken as the geometric mean of its parts."""
    quick, slow = flow.endpoint.spread
    share = flow.slow_s / max(flow.requests_s, 1e-9)
    return flow.endpoint.median_s * float(quick ** (1 - share) * slow**share)


def _pods(
    at: float,
    services: Mapping[str, ServiceFlows],
    states: Mapping[str, WorkloadState],
    behaviours: Behaviours,
    rhythm: Rhythm,
    speed: float,
) -> dict[str, PodLoad]:
    """Usage of every pod whose containers run; one that is not ready yet burns what it needs to start."""
    pods = {}
    for name, state in states.items():
        if name not in BY_NAME:
            continue
        ready_cpu = services[name].cpu if name in services else {}
        resting = resting_cpu(name, rhythm, at)
        if name == QUEUE_WORKER:  # the queue's jobs are shared by those who are there
            resting = min(resting * BY_NAME[name].replicas / max(1, len(state.ready)), BY_NAME[name].cpu_limit * 0.995)
        for pod, node in state.nodes.items():
            if not node or pod in state.lost or (state.lives is not None and pod not in state.lives):
                continue
            life = state.lives[pod] if state.lives is not None else None
            version = state.ready.get(pod)
            cpu = resting * 0.5 if version is None else ready_cpu.get(pod, resting)
            runs = life.version if life is not None else version or state.version
            behaviour = behaviours.get((name, runs), NORMAL)
            started = 1.0 if version is not None else 0.6
            memory = memory_of(name, pod, rhythm, at) * behaviour.memory_factor * started
            if behaviour.leak_bytes_s and life is not None:
                # What a killed container had taken comes back to it at once: each life fills up faster than the last.
                leaked = behaviour.leak_bytes_s * speed * (1 + 2 * life.restarts) * max(0.0, at - life.since)
                memory = min(memory + leaked, float(BY_NAME[name].memory_limit))
            pods[pod] = PodLoad(float(cpu * (1 + 0.03 * rhythm.noise(pod_noise(pod), at))), float(memory))
    grabbing = hogs(states, behaviours)
    left = left_over(states, {pod: load for pod, load in pods.items() if pod not in grabbing})
    for pod, (node, wanted) in grabbing.items():
        pods[pod] = PodLoad(max(0.0, min(wanted, left.get(node, 0.0))), pods[pod].memory_bytes)
    return pods


def pod_noise(pod: str) -> str:
    """Pods share eight noises: enough to tell them apart, few enough to keep 15 days of each."""
    return f"pod{sum(pod.encode()) % 8}"


def memory_of(name: str, pod: str, rhythm: Rhythm, at: float) -> float:
    """Bytes of a pod's working set on a normal day."""
    share = MEMORY_SHARE.get(name, 0.42)
    return share * BY_NAME[name].memory_limit * (1 + 0.02 * rhythm.noise(pod_noise(pod), at))


def _statements(
    flows: Sequence[Flow], day: float, states: Mapping[str, WorkloadState], behaviours: Behaviours
) -> dict[str, float]:
    calls = {statement: float(rate * day) for statement, rate in BACKGROUND_STATEMENTS_S.items()}
    for flow in flows:
        for statement, per_request in flow.endpoint.queries.items():
            calls[statement] = calls.get(statement, 0.0) + per_request * flow.requests_s
    for name, state in states.items():
        for version in state.ready.values():
            for statement, per_pod in behaviours.get((name, version), NORMAL).statements_s.items():
                calls[statement] = calls.get(statement, 0.0) + per_pod
    return calls


def _leaks(states: Mapping[str, WorkloadState], behaviours: Behaviours, speed: float) -> dict[str, tuple[str, float]]:
    leaking = {
        pod: (name, behaviours.get((name, version), NORMAL).leaked_connections_s * speed)
        for name, state in states.items()
        for pod, version in state.ready.items()
    }
    return {pod: leak for pod, leak in leaking.items() if leak[1]}


def _connections(flows: Sequence[Flow], states: Mapping[str, WorkloadState], held: Mapping[str, int]) -> dict[str, int]:
    """Pools rest at a size per pod; the API's grow by requests that run queries side by side and by those that hang."""
    pools = {name: per_pod * len(states[name].ready) for name, per_pod in CONNECTIONS_PER_POD.items() if name in states}
    if "api" in pools:
        parallel = sum(flow.in_flight() * flow.parallel_queries for flow in flows)
        most = min(
            _MOST_PER_API_POD * len(states["api"].ready), MOST_CONNECTIONS - (sum(pools.values()) - pools["api"])
        )
        pools["api"] = max(0, min(pools["api"] + round(parallel) + held.get("api", 0), most))
    return {name: count for name, count in pools.items() if count}


def queue_depth(worker: WorkloadState | None, rhythm: Rhythm, at: float, claiming: Trouble | None = None) -> float:
    """Jobs waiting; fewer ready workers than usual leave more, and so do those that cannot claim any."""
    ready = (len(worker.ready) if worker else 0) * (1 - (claiming.failing if claiming else 0.0))
    usual = BY_NAME[QUEUE_WORKER].replicas
    return float(QUEUED * (rhythm.daily(at) + 0.2 * rhythm.noise("queue", at)) * usual / max(ready, 0.25))


def _business(flows: Sequence[Flow], day: float, rhythm: Rhythm, at: float) -> Business:
    orders = sum(flow.requests_s * conversion(flow) for flow in flows if flow.endpoint.path == CHECKOUT)
    logins = sum(float(flow.counters_s()[OK]) for flow in flows if flow.endpoint.path == LOGIN)
    users = ACTIVE_USERS * (day + 0.01 * rhythm.noise("users", at))
    return Business(float(orders * 60), float(logins * 60), float(users))


def _hurt(services: Mapping[str, ServiceFlows]) -> dict[str, tuple[float, float]]:
    """Customers see the API: its slow answers, its errors, and its silence."""
    hurt = dict.fromkeys(PLANS, (0.0, 0.0))
    if "api" not in services:
        return hurt
    for flow in services["api"].flows:
        for plan, share in flow.endpoint.plans.items():
            slow, failed = hurt[plan]
            hurt[plan] = (slow + share * flow.slow_for_customers_s(), failed + share * flow.failed_s())
    for endpoint in BY_SERVICE["api"]:
        for plan, share in endpoint.plans.items():
            slow, failed = hurt[plan]
            hurt[plan] = (slow, failed + share * services["api"].unanswered.get(endpoint.path, 0.0))
    return hurt
