"""Incidents and their timelines, as the store holds them."""

from datetime import datetime

import msgspec


class TimelineEntry(msgspec.Struct, frozen=True, gc=False):
    """One entry; the timeline is append-only, and a correction is a new entry that supersedes an older one."""

    id: str
    incident: str
    occurred: datetime
    recorded: datetime
    kind: str
    """declared, severity_changed, role_assigned, status_changed, alert_fired, alert_resolved, deploy, scale, note,
    hypothesis, decision, action, finding, comms_internal, comms_external, metric_snapshot, todo …"""
    actor: str
    source: str
    """human, alert, deploy, k8s, runbook, webhook, check."""
    text: str
    link: str = ""
    internal: bool = True
    pinned: bool = False
    supersedes: str = ""


class Incident(msgspec.Struct, frozen=True, gc=False):
    id: str
    """INC-7."""
    title: str
    severity: int
    """Canonical level 1 (worst) to 4."""
    state: str
    """investigating, identified, mitigated, monitoring, resolved, closed, cancelled."""
    service: str
    impact: datetime | None
    declared: datetime
    acknowledged: datetime | None = None
    mitigated: datetime | None = None
    resolved: datetime | None = None
    next_update: datetime | None = None
    resolve_by: datetime | None = None
    roles: tuple[tuple[str, str], ...] = ()
    """(role, person): commander, scribe, operations, comms."""
    drill: bool = False
    summary: str = ""

    @property
    def open(self) -> bool:
        return self.state not in ("resolved", "closed", "cancelled")


class Incidents(msgspec.Struct, frozen=True, gc=False):
    """All incidents, newest first, with their timelines in order of `occurred`."""

    incidents: tuple[Incident, ...] = ()
    entries: tuple[TimelineEntry, ...] = ()
