"""Changes of an incident's fields: what may be changed, what follows from it, and how it reads in the timeline."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..config.settings import Policy
from ..model.incident import Incident, TimelineEntry
from ..rules import incident_clocks
from ..rules.severity import LEVELS, label
from ..text import units
from .texts import lines, one_line

TEXTS: Mapping[str, int] = {"title": 200, "service": 128, "channel": 128}
"""Fields of one line, and how long they may be."""
PAST = ("impact", "ended", "mitigated", "acknowledged")
DUE = ("next_update", "resolve_by")
HURTING = ("requests.", "health.check", "availability")
"""What is measured where users stand."""
AHEAD = timedelta(minutes=1)
"""Clocks of people differ: a time this far in the future is now."""


def level(value: Any) -> int:
    """A canonical level. Raises ValueError."""
    if value not in LEVELS or isinstance(value, bool):
        raise ValueError(f"a severity is a level from 1 (worst) to 4, not {value!r}")
    return int(value)


def past(value: Any, now: datetime, name: str) -> datetime:
    """An aware time that is not in the future. Raises ValueError."""
    moment = _aware(value, name)
    if moment > now + AHEAD:
        raise ValueError(f"{name} {moment:%Y-%m-%d %H:%M}Z lies in the future")
    return min(moment, now)


def checked(incident: Incident, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The fields that really change, clean and in order. Raises ValueError."""
    wanted = {name: _value(name, value, now) for name, value in fields.items()}
    changed = {name: value for name, value in wanted.items() if getattr(incident, name) != value}
    if "title" in changed and not changed["title"]:
        raise ValueError("an incident needs a title")
    impact, ended = changed.get("impact", incident.impact), changed.get("ended", incident.ended)
    if impact is not None and ended is not None and ended < impact:
        raise ValueError(f"the harm cannot end ({units.clock(ended)}) before it began ({units.clock(impact)})")
    return changed


def derived(policy: Policy, incident: Incident, wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Another severity has other targets; what somebody set by hand stays."""
    if "severity" not in wanted or not incident.open:
        return {}
    new = int(wanted["severity"])
    fields: dict[str, Any] = {}
    if incident.resolve_by == incident_clocks.resolve_by(policy, incident.severity, incident.declared):
        fields["resolve_by"] = incident_clocks.resolve_by(policy, new, incident.declared)
    due = incident_clocks.next_update(policy, new, now)
    if due is not None and (incident.next_update is None or due < incident.next_update):
        fields["next_update"] = due
    return {name: value for name, value in fields.items() if value != getattr(incident, name)}


def words(policy: Policy, incident: Incident, wanted: Mapping[str, Any]) -> dict[str, tuple[str, str, str]]:
    """By field: (kind, text, detail) of its entry."""
    found = {}
    for name, value in wanted.items():
        before = getattr(incident, name)
        if name == "severity":
            text = f"severity {label(policy, before)} → {label(policy, value)}"
            found[name] = ("severity_changed", text, "")
        elif name == "summary":
            found[name] = ("field_changed", f"summary: {one_line(value, 300) or 'none'}", value)
        else:
            shown = name.replace("_", " ")
            was = "" if before in (None, "") else f" (was {_words(before, incident)})"
            text = f"{shown} set to {_words(value, incident)}{was}"
            found[name] = ("field_changed", one_line(text), "")
    return found


def acknowledged(incident: Incident, now: datetime) -> dict[str, Any]:
    """Who takes a role, moves it on or acknowledges knows of it."""
    return {} if incident.acknowledged is not None else {"acknowledged": now}


def harm_ended(policy: Policy, incident: Incident, told: Sequence[TimelineEntry]) -> datetime | None:
    """When the last of what hurt was seen to end: the finding it was declared from, and all about requests since.

    None where one of them goes on, or nobody saw it.
    """
    last: dict[str, TimelineEntry] = {}
    for entry in told:
        if entry.kind in ("alert_fired", "alert_resolved") and _hurts(policy, incident, entry.object):
            last[entry.object] = entry
    if any(entry.kind == "alert_fired" for entry in last.values()):
        return None
    at = max((entry.occurred for entry in last.values()), default=None)
    return at if at is not None and (incident.impact is None or at >= incident.impact) else None


def seen_end(policy: Policy, incident: Incident, told: Sequence[TimelineEntry]) -> dict[str, Any]:
    """What changes when rules let go only after an incident was resolved; nothing where somebody set the time."""
    ended = harm_ended(policy, incident, told)
    by_hand = any(entry.object == "field:ended" and entry.source == "human" for entry in told)
    if ended is None or ended == incident.ended or by_hand:
        return {}
    never_mitigated = incident.mitigated == incident.resolved  # it went straight to its end
    if never_mitigated and incident.mitigated is not None and ended < incident.mitigated:
        return {"ended": ended, "mitigated": ended}
    return {"ended": ended}


def _hurts(policy: Policy, incident: Incident, finding: str) -> bool:
    rule = policy.rules.get(finding.partition(":")[0])
    return finding == incident.finding or (rule is not None and rule.measure.startswith(HURTING))


def time_words(moment: datetime | None, beside: datetime) -> str:
    """`02:41`, with its day where that is another than that of `beside`."""
    if moment is None:
        return units.UNKNOWN
    return units.clock(moment) if moment.date() == beside.date() else moment.strftime("%Y-%m-%d %H:%M")


def _value(name: str, value: Any, now: datetime) -> Any:
    if name in TEXTS:
        return one_line(str(value), TEXTS[name])
    if name == "summary":
        return lines(str(value))
    if name == "severity":
        return level(value)
    if name == "drill":
        return bool(value)
    if name in PAST:
        return None if value is None else past(value, now, name)
    if name in DUE:
        return None if value is None else _aware(value, name.replace("_", " "))
    if name in ("state", "roles"):
        raise ValueError(f"{name} is changed by {'moving it' if name == 'state' else 'joining'}")
    raise ValueError(f"{name} cannot be changed")


def _aware(value: Any, name: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{name} needs a time with its zone")
    return value


def _words(value: Any, incident: Incident) -> str:
    if isinstance(value, datetime):
        return time_words(value, incident.declared)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
