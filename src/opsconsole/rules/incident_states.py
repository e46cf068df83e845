"""The states of an incident: which follows which, and what a move changes in its row."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..model.incident import Incident

STATES = ("investigating", "identified", "mitigated", "monitoring", "resolved", "closed", "cancelled")
_NEXT: Mapping[str, tuple[str, ...]] = {
    "investigating": ("identified", "mitigated", "monitoring", "resolved", "cancelled"),
    "identified": ("mitigated", "monitoring", "resolved", "investigating", "cancelled"),
    "mitigated": ("monitoring", "resolved", "identified", "investigating"),
    "monitoring": ("resolved", "mitigated", "identified", "investigating"),
    "resolved": ("closed", "monitoring", "investigating"),
    "closed": ("resolved",),
    "cancelled": ("investigating",),
}
"""The likely one first. Forward states may be left out; what was mitigated cannot become a false alarm; closed and
cancelled ones are opened again by a step of its own."""
_HARM_OVER = ("mitigated", "monitoring", "resolved", "closed")


def next_states(state: str) -> tuple[str, ...]:
    """Where it can go from here, the likely one first."""
    return _NEXT.get(state, ())


def refusal(before: str, after: str) -> str:
    """Why a move is out of order, in a sentence; "" where it is in order."""
    if after not in STATES:
        return f"{after!r} is no state; known are {', '.join(STATES)}"
    if before == after:
        return f"it is {before} already"
    if after not in next_states(before):
        return f"{before} cannot become {after}; it can become {', '.join(next_states(before)) or 'nothing'}"
    return ""


def gravest_first(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    """The open ones, the gravest first and of those the oldest; a drill stands behind all that is real."""
    return tuple(
        sorted((one for one in incidents if one.open), key=lambda one: (one.drill, one.severity, one.declared))
    )


def moved(incident: Incident, after: str, at: datetime, *, ended: datetime | None = None) -> Mapping[str, Any]:
    """The fields that a move changes.

    `ended` is when the harm was seen to end, where something measured it; without it the first of mitigation and
    resolution counts. Where nobody said that it was mitigated before, it was by the end of the harm. Going back takes
    the times back that are no longer true. Times never lie before the one that they follow: mitigated not before
    impact, resolved not before mitigated.
    """
    fields: dict[str, Any] = {"state": after}
    if after in _HARM_OVER:
        over = at if after == "mitigated" or ended is None else min(at, ended)
        fields["mitigated"] = incident.mitigated or max(over, incident.impact or over)
    else:
        fields["mitigated"] = fields["ended"] = None
    if after in ("resolved", "closed"):
        fields["resolved"] = incident.resolved or max(at, fields["mitigated"])
        fields["ended"] = incident.ended or ended or fields["mitigated"]
        fields["next_update"] = None
    elif after == "cancelled":
        fields["next_update"] = None
    else:
        fields["resolved"] = None
    return {name: value for name, value in fields.items() if getattr(incident, name) != value}
