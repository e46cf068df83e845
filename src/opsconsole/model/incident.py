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
    detail: str = ""
    """More than a line: the readings of a mark, the text of an update."""
    object: str = ""
    """What it is about (a finding's id, a workload): entries of one object fold together."""


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
    ended: datetime | None = None
    """When the last harm ended; kept apart from when it was resolved."""
    finding: str = ""
    """Id of the finding it was declared from."""
    channel: str = ""
    """Name of its chat channel: `#incident-2026-11-21-024500`."""

    @property
    def open(self) -> bool:
        return self.state not in ("resolved", "closed", "cancelled")


class Acknowledgement(msgspec.Struct, frozen=True, gc=False):
    """Somebody knows of a finding. It holds for what had begun by then; the next time is another matter."""

    finding: str
    who: str
    """"": it was seen to end, and nobody knows of the next time."""
    at: datetime
    until: datetime | None = None
    """When it ends by itself; None: with the finding."""
    note: str = ""


class Incidents(msgspec.Struct, frozen=True, gc=False):
    """All incidents, newest first, with their timelines in order of `occurred`."""

    incidents: tuple[Incident, ...] = ()
    entries: tuple[TimelineEntry, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    """The newest of each finding."""
