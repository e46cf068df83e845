"""Findings that only show that something is wrong: whatever stands beside them explains them, and goes before them."""

from ..model.finding import Finding

COUNTERS = frozenset(("cache-hit", "temp-files", "rollbacks", "deadlocks"))
"""Counters of a whole database server, by the id of their check; a statement, a session or a pool moves them."""

BUDGETS = frozenset(("slo.page", "slo.ticket", "slo.spent"))
"""An error budget counts what users already feel; one that nobody can count is a blind spot."""


def is_symptom(finding: Finding) -> bool:
    if finding.rule in BUDGETS:
        return True
    return finding.rule == "health" and finding.id.rpartition(":")[2] in COUNTERS
