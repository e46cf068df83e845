"""When a statement is slow, by three settings that are kept apart: what the log holds, the mean, and the P95."""

import math
from collections.abc import Iterable, Sequence

import msgspec

from ..config.settings import Policy
from ..model.statements import StatementRate, Tracked
from ..text.units import seconds

MEAN, P95, LOG = "statement.mean", "statement.p95", "statement.running"
MOST = 20
"""Rows of the list of slow statements."""


class Limits(msgspec.Struct, frozen=True, gc=False):
    """The policy's; None where it has none."""

    log_ms: float | None = None
    """From here on the server should log a statement."""
    mean_ms: float | None = None
    p95_ms: float | None = None


def limits(policy: Policy) -> Limits:
    """Of its rules: what runs longer than the third is what the server's log should hold."""
    return Limits(_limit(policy, LOG), _limit(policy, MEAN), _limit(policy, P95))


def _limit(policy: Policy, measure: str) -> float | None:
    """Milliseconds, of the strictest rule."""
    return min((rule.limit * 1000 for rule in policy.rules.values() if rule.measure == measure), default=None)


def slowest(rows: Iterable[StatementRate], limit_ms: float) -> Sequence[StatementRate]:
    """Those whose mean is above the limit, the slowest first."""
    return sorted((row for row in rows if row.mean_ms > limit_ms), key=lambda row: -row.mean_ms)[:MOST]


def logged(row: StatementRate, tracked: Tracked) -> bool:
    """Whether the server logs its average call."""
    return tracked.log_ms is not None and 0 <= tracked.log_ms <= row.mean_ms


def words(tracked: Tracked, of: Limits, row: StatementRate | None = None, p95_s: float | None = None) -> list[str]:
    """One line for each of the three."""
    mean = f"mean {_span(row.mean_ms)}" if row is not None else "mean"
    return [
        _log_words(tracked, of, row),
        f"{mean}, limit {_span(of.mean_ms)}" if of.mean_ms is not None else f"{mean}, no limit in the policy",
        _p95_words(of, p95_s),
    ]


def _log_words(tracked: Tracked, of: Limits, row: StatementRate | None) -> str:
    if tracked.log_ms is None:
        said = "log: unknown, the role may not see log_min_duration_statement"
    elif tracked.log_ms < 0:
        said = "log: off (log_min_duration_statement)"
    else:
        calls = "all statements" if tracked.log_ms == 0 else f"statements from {_span(tracked.log_ms)} on"
        said = f"log: {calls} (log_min_duration_statement)"
        said += ", its average call too" if row is not None and logged(row, tracked) else ""
    wanted = of.log_ms
    held = tracked.log_ms is None or 0 <= tracked.log_ms <= (math.inf if wanted is None else wanted)
    return said if held or wanted is None else f"{said}: the policy wants {_span(wanted)}"


def _p95_words(of: Limits, p95_s: float | None) -> str:
    limit = f", limit {_span(of.p95_ms)}" if of.p95_ms is not None else ""
    if p95_s is not None:
        return f"P95 {seconds(p95_s)} of all statements (Prometheus){limit}"
    return f"P95 unknown: pg_stat_statements counts no percentiles, Prometheus has no {P95}{limit}"


def _span(milliseconds: float) -> str:
    return seconds(milliseconds / 1000)
