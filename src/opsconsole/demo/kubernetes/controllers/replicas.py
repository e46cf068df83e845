"""How many replicas one metric asks for: the horizontal pod autoscaler's arithmetic, without its memory.

Source: kubernetes/kubernetes, pkg/controller/podautoscaler/replica_calculator.go.
"""

from dataclasses import dataclass, field
from math import ceil
from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import requested
from opsconsole.demo.kubernetes.controllers.world import condition_of, is_leaving
from opsconsole.demo.kubernetes.quantities import parse_time
from opsconsole.demo.kubernetes.store import Stored
from opsconsole.demo.kubernetes.usage import WINDOW_S, Sample

Body = dict[str, Any]
TOLERANCES = (0.1, 0.1)
"""How far below and above its target a metric may be."""
CPU_INITIALISATION_S = 300.0
READINESS_DELAY_S = 30.0


class NoMetric(Exception):
    """The metric cannot be had; the message is the controller's own."""


@dataclass(slots=True)
class _Groups:
    used: dict[str, float] = field(default_factory=dict)
    """Ready pods with a sample: cores or bytes."""
    unready: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Proposal:
    replicas: int
    utilization: int
    """Percent of the request, rounded down."""
    average: float
    """Cores or bytes per pod."""


def replicas_by_resource(
    name: str,
    target: Body,
    pods: list[Stored],
    samples: dict[tuple[str, str], Sample],
    current: int,
    now: float,
    tolerances: tuple[float, float] = TOLERANCES,
) -> Proposal:
    """Replicas for a target of kind Utilization or AverageValue (as cores or bytes). Raises `NoMetric`."""
    if not any(pod.name in samples for pod in pods):
        raise NoMetric(f"unable to get metrics for resource {name}: no metrics returned from resource metrics API")
    groups = _group(name, pods, samples, now)
    if not groups.used:
        raise NoMetric("did not receive metrics for targeted pods (pods might be unready)")
    by_percent = target["type"] == "Utilization"
    requests = {pod.name[1]: requested(pod.body["spec"], name) for pod in pods}
    if by_percent:
        _check_requests(name, pods, requests)
    goal: float = target["averageUtilization"] if by_percent else target["average"]

    def ratio(used: dict[str, float]) -> float:
        if by_percent:
            return _utilization(used, requests) / goal
        return int(round(sum(used.values()) * 1000) / len(used)) / round(goal * 1000)

    first = ratio(groups.used)
    utilization = _utilization(groups.used, requests) if any(requests.values()) else 0
    average = sum(groups.used.values()) / len(groups.used)
    fill = max(100, goal) / 100 if by_percent else 1.0
    full = {name_: requests[name_] * fill if by_percent else goal for name_ in groups.missing}
    return Proposal(_propose(groups, first, ratio, full, current, tolerances), utilization, average)


def _propose(
    groups: _Groups, first: float, ratio: Any, full: dict[str, float], current: int, tolerances: tuple[float, float]
) -> int:
    rising_unready = bool(groups.unready) and first > 1
    if not rising_unready and not groups.missing:
        return current if _near(first, tolerances) else ceil(first * len(groups.used))
    counted = dict(groups.used)
    if first < 1:
        counted |= full
    elif first > 1:
        counted |= dict.fromkeys(groups.missing, 0.0)
    if rising_unready:
        counted |= dict.fromkeys(groups.unready, 0.0)
    second = ratio(counted)
    if _near(second, tolerances) or (first < 1 < second) or (second < 1 < first):
        return current
    replicas = ceil(second * len(counted))
    turned = (second < 1 and replicas > current) or (second > 1 and replicas < current)
    return current if turned else replicas


def _near(ratio: float, tolerances: tuple[float, float]) -> bool:
    return 1.0 - tolerances[0] <= ratio <= 1.0 + tolerances[1]


def _utilization(used: dict[str, float], requests: dict[str, float]) -> int:
    """Whole percent of what these pods request together."""
    asked = sum(requests[name] for name in used)
    return round(sum(used.values()) * 1000) * 100 // round(asked * 1000) if asked else 0


def _check_requests(name: str, pods: list[Stored], requests: dict[str, float]) -> None:
    for pod in pods:
        if not requests[pod.name[1]]:
            container = pod.body["spec"]["containers"][0]["name"]
            raise NoMetric(f"missing request for {name} in container {container} of Pod {pod.name[1]}")


def _group(name: str, pods: list[Stored], samples: dict[tuple[str, str], Sample], now: float) -> _Groups:
    groups = _Groups()
    for pod in pods:
        body, sample = pod.body, samples.get(pod.name)
        phase = (body.get("status") or {}).get("phase")
        if is_leaving(body) or phase == "Failed":
            continue
        if phase == "Pending":
            groups.unready.append(pod.name[1])
        elif sample is None:
            groups.missing.append(pod.name[1])
        elif name == "cpu" and _is_unready(body, sample, now):
            groups.unready.append(pod.name[1])
        else:
            groups.used[pod.name[1]] = sample.cpu_millicores / 1000 if name == "cpu" else sample.memory_bytes
    return groups


def _is_unready(pod: Body, sample: Sample, now: float) -> bool:
    """A starting pod's sample counts only once a whole window was measured while it was ready."""
    condition, started = condition_of(pod, "Ready"), pod["status"].get("startTime")
    if not condition or not started:
        return True
    changed, begun = parse_time(condition["lastTransitionTime"]), parse_time(started)
    if begun + CPU_INITIALISATION_S > now:
        return condition["status"] == "False" or sample.at < changed + WINDOW_S
    return condition["status"] == "False" and begun + READINESS_DELAY_S > changed
