"""How full a ResourceQuota is, resource by resource."""

from ..model.kubernetes import Quota, QuotaLine
from ..text import units
from .verdict import OK, Verdict, info, warning

NEARLY = 0.9


def quota_state(quota: Quota) -> Verdict:
    """What is full, and what nearly is, the fullest first; a quota of 0 of which nothing is used forbids, as meant."""
    parts = [(share, line) for line in quota.lines if (share := used_share(line)) is not None and share >= NEARLY]
    if parts:
        parts.sort(key=lambda part: -part[0])
        return warning(", ".join(_words(line, share) for share, line in parts))
    return info("not counted yet") if any(line.used is None for line in quota.lines) else OK


def used_share(line: QuotaLine) -> float | None:
    """Used of hard; None while it is not counted, and where nothing is allowed and nothing used."""
    if line.used is None:
        return None
    if line.hard <= 0:
        return 1.0 if line.used > 0 else None
    return line.used / line.hard


def _words(line: QuotaLine, share: float) -> str:
    figures = f"{line.used_text}/{line.hard_text}"
    if share >= 1.0:
        return f"{line.resource} full: {figures}"
    return f"{line.resource} {units.percent(share, 0)} %: {figures}"
