"""Numbers of replicas: what the policy allows, and which bounds make an autoscaler go where somebody wants it.

An autoscaler that owns the replicas puts any other number back at its next look (15 s), so its bounds are set instead:
https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#how-does-a-horizontalpodautoscaler-work
"""

from collections.abc import Mapping


def allowed(replicas: Mapping[str, tuple[int, int]], workload: str) -> tuple[int, int] | None:
    """(least, most) that the policy allows a workload; None where it says nothing."""
    return replicas.get(workload, replicas.get("*"))


def bounds_for(wanted: int, current: int, minimum: int, maximum: int) -> tuple[int, int]:
    """The (minimum, maximum) that bring so many: more raises the minimum, fewer lowers the maximum."""
    if wanted > current:
        return wanted, max(maximum, wanted)
    if wanted < current:
        return min(minimum, wanted), wanted
    return minimum, maximum


def within(current: int, minimum: int, maximum: int) -> int:
    """The number that bounds leave of the present one."""
    return max(minimum, min(current, maximum))
