"""Whether a PodDisruptionBudget lets a pod be evicted, and if not, whether that is meant so."""

from collections.abc import Sequence

from ..model.kubernetes import Budget
from ..text import units
from .pod_trouble import first
from .verdict import OK, Verdict, info, warning


def budget_state(budget: Budget, *, idle: str = "", rivals: Sequence[str] = ()) -> Verdict:
    """`idle`: a workload scaled to 0 whose pods it would select; `rivals`: other budgets over one of its pods.

    A pod under several budgets cannot be evicted at all:
    https://kubernetes.io/docs/tasks/run-application/configure-pdb/#arbitrary-controllers-and-selectors
    """
    failed = next((c for c in budget.conditions if c.type == "DisruptionAllowed" and c.reason == "SyncFailed"), None)
    if failed is not None:
        return warning(f"cannot be computed: {first(failed.message) or failed.reason}")
    if rivals:
        return warning(f"its pods cannot be evicted: also under {', '.join(rivals)}")
    if budget.allowed is None:
        return info("not computed yet")
    if budget.expected == 0:
        return info(f"selects no pod: {idle} is scaled to 0") if idle else warning("selects no pod")
    if budget.allowed > 0:
        return OK
    return _shut(budget)


def waits_for_pods(budget: Budget) -> bool:
    """Whether it blocks only as long as its pods are not ready."""
    return budget.allowed == 0 and budget.healthy < budget.expected


def budget_rule(budget: Budget) -> str:
    """`minAvailable 2`, as written."""
    if budget.minimum:
        return f"minAvailable {budget.minimum}"
    return f"maxUnavailable {budget.most_unavailable}" if budget.most_unavailable else "no rule"


def _shut(budget: Budget) -> Verdict:
    """No disruption is left: of what was meant so a drain waits for ever; else it waits for pods."""
    rule, ready = budget_rule(budget), f"{budget.healthy} of {units.plural(budget.expected, 'pod')} ready"
    if budget.healthy < budget.wanted:
        return warning(f"no disruption left: {ready}, {rule} wants {budget.wanted}")
    if budget.healthy < budget.expected:
        return warning(f"no disruption left: {ready}, {rule}")
    return info(f"allows no disruption by design: {rule} of {units.plural(budget.expected, 'pod')}")
