"""What D shows before anybody typed: title, severity with its rule, service, impact since."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..config.settings import Policy
from ..model.customer import Customers
from ..model.finding import Finding, Severity
from ..model.incident import Incident
from ..rules.severity import proposed
from .proposal import Proposal
from .texts import one_line

TITLE = 200
BEFORE = timedelta(minutes=30)
"""So long before a finding what it goes with may have begun."""


def proposal(
    policy: Policy,
    finding: Finding | None,
    customers: Customers | None,
    now: datetime,
    *,
    service: str = "",
    among: Iterable[Finding] = (),
) -> Proposal:
    """Filled in from the finding where there is one, and from those `among` which it goes with; every part may be
    edited."""
    level = proposed(policy, finding, customers)
    return Proposal(
        title=one_line(finding.what if finding is not None else f"{service} in trouble" if service else "", TITLE),
        severity=level.level,
        why=level.why,
        service=one_line(service, 128),
        impact=_since(together(finding, among) if finding is not None else (), customers, now),
        finding=finding.id if finding is not None else "",
    )


def belonging(incidents: Iterable[Incident], finding: Finding, service: str) -> tuple[Incident, ...]:
    """The open incidents that a finding belongs to: declared from it, from one it goes with, or of its service."""
    return tuple(
        one
        for one in incidents
        if one.open
        and (
            (one.finding and one.finding in (finding.id, *finding.related))
            or (service and one.service.casefold() == service.casefold())
        )
    )


def together(finding: Finding, among: Iterable[Finding]) -> tuple[Finding, ...]:
    """A finding and those that it goes with, pending ones too."""
    return (finding, *(one for one in among if one.id in finding.related or finding.id in one.related))


def leading(finding: Finding, among: Iterable[Finding]) -> Finding:
    """What an incident is named after: users feel slow requests, and no autoscaler. The critical finding about requests
    that a lesser one goes with, though it pends still; else the finding itself."""
    if finding.severity is Severity.CRITICAL:
        return finding
    felt = [one for one in together(finding, among) if one.severity is Severity.CRITICAL and one.tab == 1]
    return min(felt, key=lambda one: (one.state != "firing", -(one.customers or 0)), default=finding)


def _since(found: Iterable[Finding], customers: Customers | None, now: datetime) -> datetime:
    """Since when it hurts: the first breach, or the first customer that was hurt where there is no finding."""
    began = [one.since for one in found if one.since is not None]
    if began:  # the finding's own first; what stood long before it is another story
        return min(now, *(since for since in began if began[0] - since <= BEFORE))
    hurt = [row.hurt_since for row in customers.rows if row.hurt_since is not None] if customers is not None else []
    return min([*hurt, now])
