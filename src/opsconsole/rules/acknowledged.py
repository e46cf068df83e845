"""Which findings somebody knows of already."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..model.finding import Finding
from ..model.incident import Acknowledgement
from ..text import clock
from .cluster_findings import RULES

FIRST_LOOK = timedelta(minutes=1)
"""So long after its start a console may still be seeing things for the first time."""
REMEMBERED = timedelta(days=1)
_DATED_HERE = frozenset({*RULES, "blind"})
"""Rules whose findings have no date of their own: they count from when a console first saw them."""


def acknowledged(
    found: Iterable[Finding],
    known: Iterable[Acknowledgement],
    began: datetime | None = None,
    at: datetime | None = None,
) -> dict[str, Acknowledgement]:
    """Finding id → who knows. It holds for what had begun by then, until some console saw it end or its own time is
    over `at` this moment (now); what begins anew later, nobody knows of yet. `began` is when this console did: what it
    met then may have begun long before."""
    newest, at = {one.finding: one for one in known}, at or clock.now()
    return {
        finding.id: newest[finding.id]
        for finding in found
        if finding.id in newest and _holds(finding, newest[finding.id], began, at)
    }


def _holds(finding: Finding, known: Acknowledgement, began: datetime | None, at: datetime) -> bool:
    if not known.who or (known.until is not None and known.until <= at):
        return False
    if finding.since is None or finding.since <= known.at:
        return True
    if began is None or not known.at < began <= known.at + REMEMBERED:
        return False
    dated_here = finding.rule in _DATED_HERE or finding.since >= began
    return dated_here and finding.since <= began + FIRST_LOOK
