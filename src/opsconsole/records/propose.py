"""What D shows before anybody typed: title, severity with its rule, service, impact since."""

from collections.abc import Iterable
from datetime import datetime

from ..config.settings import Policy
from ..model.customer import Customers
from ..model.finding import Finding
from ..model.incident import Incident
from ..rules.severity import proposed
from .proposal import Proposal
from .texts import one_line

TITLE = 200


def proposal(
    policy: Policy, finding: Finding | None, customers: Customers | None, now: datetime, *, service: str = ""
) -> Proposal:
    """Filled in from the finding where there is one; every part may be edited."""
    level = proposed(policy, finding, customers)
    return Proposal(
        title=one_line(finding.what if finding is not None else f"{service} in trouble" if service else "", TITLE),
        severity=level.level,
        why=level.why,
        service=one_line(service, 128),
        impact=_since(finding, customers, now),
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


def _since(finding: Finding | None, customers: Customers | None, now: datetime) -> datetime:
    """Since when it hurts: the breach, or the first customer that was hurt where there is no finding."""
    if finding is not None and finding.since is not None:
        return min(finding.since, now)
    hurt = [row.hurt_since for row in customers.rows if row.hurt_since is not None] if customers is not None else []
    return min([*hurt, now])
