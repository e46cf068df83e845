"""From counts by level to one row for each service: slices of an hour, since when something is new, worst first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ..model.finding import Change, Finding
from ..model.logs import Level, ServiceLog
from .log_lines import named_level
from .log_patterns import baseline

SLICE_S = 60.0
SPAN_S = 3600.0
NO_BREACH = timedelta(minutes=5)
"""Where nothing fires: what came in the last minutes."""
LONGEST = timedelta(hours=12)
"""A breach older than this is no longer what logs are read against."""
HOUR = timedelta(hours=1)
"""What came so long before is no news."""
LEAST_NEWS = Level.WARNING
RECENT = 5
"""So many of the newest slices say how much is written now."""

Cell = tuple[str, str, int]
"""(service, namespace, level)."""
Slices = Mapping[float, float]
"""End of a slice in unix seconds → lines in it."""


def breach_of(
    service: str, findings: Iterable[Finding], changes: Sequence[Change], now: datetime
) -> tuple[datetime, str]:
    """Since when its lines are new, and what that moment is: its own breach, else the worst one of all."""
    firing = [
        one for one in findings
        if one.state == "firing" and one.since is not None and one.rule != "blind" and now - one.since < LONGEST
    ]  # fmt: skip
    own = [one for one in firing if speaks_of_service(one, service)]
    worst = min(own or firing, key=lambda one: (one.severity, one.since), default=None)
    if worst is None or worst.since is None:
        return now - NO_BREACH, ""
    begun = baseline(worst.since, changes, {service})
    return begun, f"release before {worst.what}" if begun != worst.since else worst.what


def speaks_of_service(finding: Finding, service: str) -> bool:
    """Whether a finding is about the service, one of its endpoints, or the workload of its name."""
    first = finding.object.strip().partition(" ")[0]
    return service in (first, first.rpartition("/")[2])


def axis(now: float, span_s: float = SPAN_S, slice_s: float = SLICE_S) -> tuple[float, ...]:
    """Ends of the slices of the last hour; the newest one is over."""
    end = now // slice_s * slice_s
    return tuple(end - slice_s * back for back in range(round(span_s / slice_s) - 1, -1, -1))


def level_of_label(word: str) -> int:
    return named_level(word) if word else Level.UNKNOWN


def rows(
    counts: Mapping[Cell, Slices], ends: Sequence[float], slice_s: float, *, known_from: float = 0.0
) -> list[ServiceLog]:
    """One row for each service; slices that end before `known_from` are unknown, others without lines are 0."""
    services: dict[tuple[str, str], dict[int, Slices]] = {}
    for (service, namespace, level), slices in counts.items():
        services.setdefault((service, namespace), {})[level] = slices
    found = []
    for (service, namespace), levels in services.items():

        def course(*wanted: int, levels: Mapping[int, Slices] = levels) -> tuple[float | None, ...]:
            chosen = [slices for level, slices in levels.items() if not wanted or level in wanted]
            return tuple(None if end < known_from else sum(slices.get(end, 0.0) for slices in chosen) for end in ends)

        found.append(
            ServiceLog(
                service, namespace, slice_s,
                errors=course(Level.ERROR), warnings=course(Level.WARNING), lines=course(),
            )
        )  # fmt: skip
    return sorted(found, key=rank)


def rank(row: ServiceLog) -> tuple[float, float, str]:
    """Worst first: errors now, then warnings."""
    return -(a_minute(row.errors, row.slice_s) or 0.0), -(a_minute(row.warnings, row.slice_s) or 0.0), row.service


def a_minute(course: Sequence[float | None], slice_s: float) -> float | None:
    """Lines a minute now, by the newest slices that are known."""
    known = [value for value in course[-RECENT:] if value is not None]
    return sum(known) / (len(known) * slice_s / 60.0) if known else None


def before(course: Sequence[float | None], slice_s: float) -> float | None:
    """Lines a minute in the hour before that."""
    known = [value for value in course[:-RECENT] if value is not None]
    return sum(known) / (len(known) * slice_s / 60.0) if known else None
