"""The quiet failure: what had metrics and has none any more. No value is no breach: no threshold ever fires for it."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from ..model.finding import Finding, Severity
from ..model.kubernetes import Workload
from ..model.quiet import Ended
from ..text import units

RULE = "quiet"
SETTLES = timedelta(seconds=45)
"""So long a scrape may be missed: the only pod of a service restarts."""


def ended(now: Iterable[str], before: Iterable[str]) -> tuple[str, ...]:
    """Names that were there before and are not now."""
    return tuple(sorted(set(before) - set(now) - {""}))


def quiet_findings(
    found: Iterable[Ended], workloads: Collection[Workload], others: int, now: datetime
) -> tuple[Finding, ...]:
    """One finding for each name; with nothing left (`others` 0) one for all of them. The metrics of
    a workload that is scaled to nothing end on purpose."""
    at_rest = {one.name for one in workloads if not one.desired} - {one.name for one in workloads if one.desired}
    told: dict[str, Ended] = {}
    for one in found:
        if one.name not in at_rest and (one.since is None or now - one.since >= SETTLES):
            told.setdefault(one.name, one)
    if len(told) > 1 and not others:
        return (_finding("everything", list(told.values())),)
    return tuple(_finding(name, [one]) for name, one in told.items())


def _finding(name: str, of: list[Ended]) -> Finding:
    since = max((one.since for one in of if one.since is not None), default=None)
    at = f" at {units.clock(since)}" if since is not None else ""
    which = f"of all {len(of)} that had any" if len(of) > 1 else f"of {name}"
    return Finding(
        id=f"quiet:{name}",
        severity=Severity.BLIND,
        what=f"metrics {which} end{at}: not judged",
        tab=1,
        since=since,
        value=f"no {' and '.join(sorted({one.what for one in of}))} any more; its last sample is of then",
        object=name if len(of) == 1 else "",
        rule=RULE,
    )
