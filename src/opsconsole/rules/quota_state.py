"""How full a ResourceQuota is, resource by resource."""

import re
from math import floor

from ..model.kubernetes import Quota, QuotaLine
from ..text import units
from .verdict import OK, Verdict, info, warning

NEARLY = 0.9
_UNIT = re.compile(r"[A-Za-z]+$")
_FACTORS = {
    "": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip


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


def figures(line: QuotaLine) -> str:
    """`14.9/32`, `29/96Gi`: used of hard in the unit of the limit, however the cluster writes it."""
    unit = _UNIT.search(line.hard_text)
    factor = _FACTORS.get(unit.group() if unit else "")
    as_written = not (unit or _UNIT.search(line.used_text))
    if line.used is None or factor is None or as_written:
        return f"{line.used_text or '?'}/{line.hard_text}"
    used, hard = line.used / factor, line.hard / factor
    # what is nearly full must not read as full
    shown = round(used, 1) if round(used, 1) < hard or used >= hard else floor(used * 10) / 10
    return f"{shown:.15g}/{line.hard_text}"


def _words(line: QuotaLine, share: float) -> str:
    if share >= 1.0:
        return f"{line.resource} full: {figures(line)}"
    return f"{line.resource} {units.percent(share, 0)} %: {figures(line)}"
