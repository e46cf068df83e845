"""The clocks of an incident as words: since impact and declaration, acknowledged, next update, resolution, empty roles.

Whole minutes only: a resting screen stays silent, and nobody reads seconds in a war room.
"""

from datetime import datetime, timedelta

import msgspec

from ..config.settings import Policy
from ..model.incident import Incident
from ..text import units
from .severity import level_of

ROLES = ("commander", "scribe", "operations", "comms")
UPDATE_EVERY_S = 20 * 60.0
"""How often people are told where the policy does not say (PagerDuty: at least every 20 minutes for two hours)."""
SOON = timedelta(minutes=5)


class Clock(msgspec.Struct, frozen=True, gc=False):
    """One of them."""

    id: str
    """impact, declared, acknowledged, update, resolution."""
    title: str
    words: str
    """With its time: `02:41 +12m`, `03:01, in 8m`, `06:45, OVERDUE 3m`."""
    short: str
    """Without: `+12m`, `in 8m`, `OVERDUE 3m`."""
    at: datetime | None = None
    overdue: bool = False
    soon: bool = False
    """Due within five minutes."""


class Clocks(msgspec.Struct, frozen=True, gc=False):
    """All of an incident at one moment."""

    impact: Clock
    declared: Clock
    acknowledged: Clock
    update: Clock
    resolution: Clock
    empty_roles: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Clock, ...]:
        return self.impact, self.declared, self.acknowledged, self.update, self.resolution

    @property
    def words(self) -> str:
        """`impact 02:41 +12m · declared 02:45 +8m · ack 02:46 · next update 03:01, in 8m`, then the target."""
        return " · ".join(f"{clock.title} {clock.words}" for clock in self.all if clock.words)

    @property
    def due(self) -> tuple[Clock, ...]:
        """What is overdue or soon due, overdue ones first."""
        return tuple(sorted((c for c in self.all if c.overdue or c.soon), key=lambda c: not c.overdue))


def clocks(incident: Incident, policy: Policy, now: datetime) -> Clocks:
    """The clocks at `now`; those of a closed incident stand still."""
    return Clocks(
        impact=_impact(incident, now),
        declared=_since("declared", "declared", incident.declared, incident.resolved or now, incident.open),
        acknowledged=_acknowledged(incident, policy, now),
        update=_update(incident, policy, now),
        resolution=_resolution(incident, policy, now),
        empty_roles=empty_roles(incident),
    )


def frame_words(incident: Incident, policy: Policy, now: datetime) -> str:
    """For the frame: `INC-7 S2 +12m upd in 8m`; a drill says so."""
    at = clocks(incident, policy, now)
    parts = [incident.id, f"S{incident.severity}", "DRILL" if incident.drill else "", at.impact.short]
    if at.acknowledged.overdue:
        parts.append("NO ACK")
    if at.update.short:
        parts.append(f"upd {at.update.short}")
    return " ".join(part for part in parts if part)


def empty_roles(incident: Incident) -> tuple[str, ...]:
    """Roles that nobody has: all four are needed where there is a war room (levels 1 and 2), else the commander."""
    if not incident.open:
        return ()
    taken = {role for role, person in incident.roles if person}
    needed = ROLES if incident.severity <= 2 else ROLES[:1]
    return tuple(role for role in needed if role not in taken)


def update_every_s(policy: Policy, level: int) -> float:
    """How often people are told at this level."""
    every_s = level_of(policy, level).update_s
    return UPDATE_EVERY_S if every_s is None else every_s


def next_update(policy: Policy, level: int, at: datetime) -> datetime | None:
    """When people are to be told next, after `at`; None where the policy says never (0)."""
    every_s = update_every_s(policy, level)
    return at + timedelta(seconds=every_s) if every_s else None


def resolve_by(policy: Policy, level: int, declared: datetime) -> datetime | None:
    """The resolution target; None where the policy has none for this level."""
    within_s = level_of(policy, level).resolve_s
    return None if within_s is None else declared + timedelta(seconds=within_s)


def respond_by(policy: Policy, level: int, declared: datetime) -> datetime | None:
    """Until when somebody must have answered."""
    within_s = level_of(policy, level).respond_s
    return None if within_s is None else declared + timedelta(seconds=within_s)


def _impact(incident: Incident, now: datetime) -> Clock:
    if incident.impact is None:
        return Clock("impact", "impact", "since unknown", "+?")
    end = incident.ended or (None if incident.open else incident.mitigated or incident.resolved)
    if end is not None:
        lasted = _minutes(end - incident.impact)
        return Clock("impact", "impact", f"{_time(incident.impact, now)} to {_time(end, now)}, {lasted}", lasted, end)
    return _since("impact", "impact", incident.impact, now, True)


def _since(id: str, title: str, since: datetime, until: datetime, running: bool) -> Clock:
    passed = f"+{_minutes(until - since)}"
    at = _time(since, until)
    return Clock(id, title, f"{at} {passed}" if running else at, passed, since)


def _acknowledged(incident: Incident, policy: Policy, now: datetime) -> Clock:
    if incident.acknowledged is not None:
        at = _time(incident.acknowledged, now)
        return Clock("acknowledged", "ack", at, f"+{_minutes(incident.acknowledged - incident.declared)}")
    if not incident.open:
        return Clock("acknowledged", "ack", "never", "never")
    by = respond_by(policy, incident.severity, incident.declared)
    return Clock("acknowledged", "ack", "none yet", "none") if by is None else _due("acknowledged", "ack by", by, now)


def _update(incident: Incident, policy: Policy, now: datetime) -> Clock:
    if not incident.open:
        return Clock("update", "next update", "", "")
    due = incident.next_update or next_update(policy, incident.severity, incident.declared)
    return Clock("update", "next update", "", "") if due is None else _due("update", "next update", due, now)


def _resolution(incident: Incident, policy: Policy, now: datetime) -> Clock:
    by = incident.resolve_by or resolve_by(policy, incident.severity, incident.declared)
    if by is None or incident.state == "cancelled":
        return Clock("resolution", "resolve by", "", "")
    if incident.resolved is None:
        return _due("resolution", "resolve by", by, now)
    late = incident.resolved > by
    words = f"{_minutes(abs(incident.resolved - by))} {'after' if late else 'before'} the target"
    return Clock("resolution", "resolved", f"{_time(incident.resolved, now)}, {words}", words, incident.resolved, late)


def _due(id: str, title: str, due: datetime, now: datetime) -> Clock:
    overdue = due <= now
    short = f"OVERDUE {_minutes(now - due)}" if overdue else f"in {_minutes(due - now)}"
    return Clock(id, title, f"{_time(due, now)}, {short}", short, due, overdue, not overdue and due - now <= SOON)


def _minutes(span: timedelta) -> str:
    return units.minutes(span.total_seconds())


def _time(moment: datetime, now: datetime) -> str:
    """`02:41`, with its day where that is another."""
    return units.clock(moment) if moment.date() == now.date() else moment.strftime("%d %b %H:%M")
