"""Requests of one moment: which endpoint's requests the pods of which version answer, how fast and at what price."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from opsconsole.demo.platform import Observed, WorkloadState
from opsconsole.demo.promql.series import Floats
from opsconsole.demo.shop.behaviour import NORMAL, Behaviours
from opsconsole.demo.shop.dependence import felt
from opsconsole.demo.shop.endpoints import BACKGROUND_CPU, BY_SERVICE, IDLE_CPU, Endpoint
from opsconsole.demo.shop.inventory import BY_NAME
from opsconsole.demo.shop.latency import BOUNDS, SLOW_FOR_A_CUSTOMER_S, LogNormal
from opsconsole.demo.shop.rhythm import Rhythm, Time

SUM = len(BOUNDS)
"""Column of the summed seconds, after the buckets."""
OK, CLIENT_ERROR, SERVER_ERROR = SUM + 1, SUM + 2, SUM + 3
COLUMNS = SUM + 4


@lru_cache(maxsize=512)
def _unit(median_s: float, sigma: float, client_error: float, error: float) -> Floats:
    latency = LogNormal(median_s, sigma)
    return np.array([*latency.buckets(), latency.mean_s(), 1 - client_error - error, client_error, error])


def units(endpoint: Endpoint) -> Floats:
    """What one quick and one slow request add to the endpoint's counters; shape (2, COLUMNS)."""
    quick, slow = endpoint.spread
    errors = (endpoint.client_error_ratio, endpoint.error_ratio)
    return np.stack(
        [
            _unit(endpoint.median_s * quick, endpoint.sigma, *errors),
            _unit(endpoint.median_s * slow, endpoint.sigma, *errors),
        ]
    )


def demand(endpoint: Endpoint, rhythm: Rhythm, at: Time) -> tuple[Time, Time]:
    """Quick and slow requests per second that users bring on a normal day."""
    day = rhythm.daily(at)
    total: Time = endpoint.requests_s * day * (1 + 0.02 * rhythm.noise(endpoint.key, at))
    slow_share: Time = 0.35 + 0.1 * rhythm.noise(f"{endpoint.key}/slow", at) + 0.8 * (day - 1)
    return total * (1 - slow_share), total * slow_share


@dataclass(frozen=True, slots=True)
class Flow:
    """The requests of one endpoint that the ready pods of one version answer, on nodes that are equally full."""

    endpoint: Endpoint
    """As this version serves it there at present."""
    version: str
    pods: tuple[str, ...]
    quick_s: float
    slow_s: float
    """Requests per second, all those pods together."""
    parallel_queries: float

    @property
    def requests_s(self) -> float:
        return self.quick_s + self.slow_s

    def counters_s(self) -> Floats:
        """What all these pods' counters gain per second; shape (COLUMNS,)."""
        gained: Floats = np.array([self.quick_s, self.slow_s]) @ units(self.endpoint)
        return gained

    def in_flight(self) -> float:
        """Requests being answered at once (Little's law)."""
        return float(self.counters_s()[SUM])

    def slow_for_customers_s(self) -> float:
        gained = self.counters_s()
        answered_in_time = gained[BOUNDS.index(SLOW_FOR_A_CUSTOMER_S)]
        return float((gained[len(BOUNDS) - 1] - answered_in_time) * (1 - self.endpoint.error_ratio))

    def failed_s(self) -> float:
        return float(self.counters_s()[SERVER_ERROR])


@dataclass(frozen=True, slots=True)
class ServiceFlows:
    """One service in one moment."""

    flows: Sequence[Flow]
    unanswered: Mapping[str, float]
    """Path → requests per second that found no pod to answer them."""
    cpu: Mapping[str, float]
    """Ready pod → its millicores."""


def resting_cpu(service: str, rhythm: Rhythm, at: float) -> float:
    """Millicores of a pod apart from its requests."""
    return float(IDLE_CPU * (service in BY_SERVICE) + BACKGROUND_CPU.get(service, 0.0) * rhythm.daily(at))


def flows_of(
    service: str,
    state: WorkloadState,
    behaviours: Behaviours,
    rhythm: Rhythm,
    at: float,
    traffic: float,
    bursts: float = 1.0,
    crowded: Mapping[str, float] | None = None,
    observed: Observed | None = None,
) -> ServiceFlows:
    """Spread a service's requests evenly over its ready pods; each version answers in its own way.

    A pod that needs more CPU than 80 % of its limit, in bursts so many times its mean, answers more slowly, one that
    needs more than its limit also fails requests. `crowded`: node → how many times longer all takes there.
    `observed`: the real servers, whose troubles the endpoints share.
    """
    wanted = {
        endpoint.path: tuple(float(rate * traffic) for rate in demand(endpoint, rhythm, at))
        for endpoint in BY_SERVICE[service]
    }
    ready = [pod for pod in state.ready if pod not in state.lost]
    if not ready:
        return ServiceFlows((), {path: sum(rates) for path, rates in wanted.items()}, {})
    # The cluster goes on sending a share of the requests to pods that it takes for ready and that are gone.
    lost = 1 - len(ready) / len(state.ready)
    unanswered = {path: sum(rates) * lost for path, rates in wanted.items()} if lost else {}
    wanted = {path: (quick * (1 - lost), slow * (1 - lost)) for path, (quick, slow) in wanted.items()}
    flows: list[Flow] = []
    cpu: dict[str, float] = {}
    limit = BY_NAME[service].cpu_limit
    alike: dict[tuple[str, float], list[str]] = {}
    for pod in ready:
        alike.setdefault((state.ready[pod], (crowded or {}).get(state.nodes[pod], 1.0)), []).append(pod)
    for (version, longer), pods in alike.items():
        changes = behaviours.get((service, version), NORMAL).endpoints
        served = [changes[e.path].apply(e) if e.path in changes else e for e in BY_SERVICE[service]]
        needs = resting_cpu(service, rhythm, at) + sum(e.cpu_ms * sum(wanted[e.path]) for e in served) / len(ready)
        cpu |= dict.fromkeys(pods, min(needs, limit * 0.995))
        for endpoint in served:
            quick, slow = (rate * len(pods) / len(ready) for rate in wanted[endpoint.path])
            change = changes.get(endpoint.path)
            parallel = change.parallel_queries if change else 0.0
            busy = _busy(felt(endpoint, observed) if observed else endpoint, needs / limit * bursts, longer)
            flows.append(Flow(busy, version, tuple(pods), quick, slow, parallel))
    return ServiceFlows(flows, unanswered, cpu)


def _busy(endpoint: Endpoint, load: float, longer: float) -> Endpoint:
    if load <= 0.8:
        return endpoint if longer == 1.0 else replace(endpoint, median_s=endpoint.median_s * longer)
    slower = 1 + round((min(load, 3.0) - 0.8) * 5, 1)
    failing = min(0.5, max(0.0, round((load - 1) * 0.3, 3)))
    return replace(endpoint, median_s=endpoint.median_s * slower * longer, error_ratio=endpoint.error_ratio + failing)


BOUGHT = 0.633
"""Share of checkouts that end in an order while nothing is wrong."""


def conversion(flow: Flow) -> float:
    """Share of a checkout's requests that end in an order: people leave while they wait, and errors sell nothing."""
    waited_s = max(0.0, flow.in_flight() / max(flow.requests_s, 1e-9) - 0.13)
    return BOUGHT / (1 + waited_s / 0.47) * (1 - flow.endpoint.error_ratio)


def mean_log(flows: Sequence[Flow], value: Callable[[Flow], float]) -> float:
    """Geometric mean of a figure over flows, weighed by their requests."""
    total = sum(flow.requests_s for flow in flows)
    return math.exp(sum(flow.requests_s * math.log(value(flow)) for flow in flows) / max(total, 1e-9))
