"""How a rollout goes: how many pods at a time, how much of the capacity is away meanwhile, how long it may take.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment (a percentage
of maxUnavailable is rounded down, of maxSurge up; both 25 % by default; where both come to 0 the controller takes one
pod away, ResolveFenceposts in pkg/controller/deployment/util/deployment_util.go),
https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#rolling-updates (one pod at a time; pods below
the partition stay; maxUnavailable is rounded up),
https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/ (maxUnavailable 1, maxSurge 0, both rounded up),
and OnDelete of the latter two: nothing happens until somebody deletes pods.
"""

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ..model.kubernetes import Pod


class Steps(msgspec.Struct, frozen=True, gc=False):
    """What one rollout of a workload replaces, and how."""

    pods: int
    """So many are replaced."""
    surge: int
    """So many more than wanted there may be."""
    unavailable: int
    """So many fewer than wanted may be available."""
    by_hand: bool = False
    """OnDelete: the template is written, and pods stay until somebody deletes them."""

    @property
    def at_a_time(self) -> int:
        return max(1, min(self.pods, self.surge + self.unavailable))


def steps(kind: str, strategy: Mapping[str, Any], desired: int, first_ordinal: int = 0) -> Steps:
    """Of a Deployment (its `strategy`), StatefulSet or DaemonSet (its `updateStrategy`) with so many pods."""
    how = strategy.get("type") or "RollingUpdate"
    rolling = strategy.get("rollingUpdate") or {}
    if how == "Recreate":
        return Steps(desired, 0, desired)
    if how == "OnDelete":
        return Steps(0, 0, 0, by_hand=True)
    if kind == "StatefulSet":
        partition = max(int(rolling.get("partition") or 0), first_ordinal)
        pods = max(0, desired + first_ordinal - partition)
        return Steps(pods, 0, max(1, _share(rolling.get("maxUnavailable", 1), desired, up=True)))
    if kind == "DaemonSet":
        surge = _share(rolling.get("maxSurge", 0), desired, up=True)
        unavailable = _share(rolling.get("maxUnavailable", 1), desired, up=True)
        return Steps(desired, surge, unavailable if surge or unavailable else 1)
    surge = _share(rolling.get("maxSurge", "25%"), desired, up=True)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), desired, up=False)
    return Steps(desired, surge, unavailable if surge or unavailable else 1)


def away_in_rollout(step: Steps, desired: int, ready: int) -> float:
    """The share of the pods that are ready now which is away at the worst moment, 0-1."""
    if ready <= 0 or step.pods == 0:
        return 0.0
    kept = max(0, desired - min(step.unavailable, step.pods))
    return (ready - min(ready, kept)) / ready


def away_after_scale(wanted: int, ready: int) -> float:
    """The share of the pods that are ready now which is away with so many replicas, 0-1."""
    return 0.0 if ready <= 0 else (ready - min(ready, wanted)) / ready


def duration_s(pods: int, at_a_time: int, ready_s: float | None, settle_s: float = 0.0) -> float | None:
    """In waves: each takes as long as a pod needs to get ready, and `minReadySeconds` more. None where unknown."""
    return None if ready_s is None else math.ceil(pods / max(1, at_a_time)) * (ready_s + settle_s)


def ready_s(pods: Iterable[Pod]) -> float | None:
    """How long the pods took from their creation until they were ready: the median of those that never restarted.

    A pod that was ready, was not, and is again tells the later moment: outliers, which the median leaves aside.
    """
    took = [
        (condition.since - pod.created).total_seconds()
        for pod in pods
        if pod.created is not None and pod.restarts == 0
        for condition in pod.conditions
        if condition.type == "Ready" and condition.status == "True" and condition.since is not None
    ]
    return max(0.0, statistics.median(took)) if took else None


def _share(value: int | str | None, whole: int, *, up: bool) -> int:
    """A number, or a percentage of the whole."""
    if isinstance(value, str):
        digits = value.removesuffix("%")
        if not digits.isdigit():
            return 0
        part = int(digits) * whole
        return -(-part // 100) if up else part // 100
    return max(0, int(value or 0))
