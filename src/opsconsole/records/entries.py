"""Timeline entries: what people say, and what is recorded by itself under an id that follows from what it tells."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from ..model.finding import Change
from ..model.incident import TimelineEntry
from ..model.journal import JournalLine
from .texts import one_line
from .transitions import Transition

_SPACE = uuid.UUID("6f2f4f0e-6c0a-5d0c-9a2d-1d2f3b8f7a10")
_CHANGES: Mapping[str, tuple[str, str]] = {
    "release": ("deploy", "deploy"),
    "rollout": ("deploy", "deploy"),
    "scale": ("scale", "k8s"),
    "hpa": ("scale", "k8s"),
    "restart": ("restart", "k8s"),
    "node": ("node", "k8s"),
    "config": ("config", "k8s"),
    "setting": ("config", "check"),
    "fail-over": ("failover", "check"),
    "silence": ("silence", "alert"),
    "action": ("action", "k8s"),
}
"""By kind of change: kind and source of its entry."""


def said(
    incident: str, kind: str, actor: str, text: str, now: datetime, *, detail: str = "", object: str = ""
) -> TimelineEntry:
    """An entry of a person; the texts are kept as they are given."""
    return TimelineEntry(
        id=str(uuid.uuid4()),
        incident=incident,
        occurred=now,
        recorded=now,
        kind=kind,
        actor=actor,
        source="human",
        text=text,
        detail=detail,
        object=object,
    )


def by_itself(incident: str, kind: str, text: str, now: datetime, *, object: str) -> TimelineEntry:
    """An entry that the console writes of its own accord."""
    entry = said(incident, kind, "opsconsole", text, now, object=object)
    return msgspec.structs.replace(entry, source="check")


def of_change(incident: str, change: Change, now: datetime) -> TimelineEntry:
    """A change of the platform; two consoles that see the same one write one entry."""
    kind, source = _CHANGES.get(change.kind, (change.kind, "check"))
    return TimelineEntry(
        id=change_id(incident, change),
        incident=incident,
        occurred=change.at,
        recorded=now,
        kind=kind,
        actor=one_line(change.who, 128),
        source=source,
        text=one_line(change.what),
        object=one_line(f"{change.kind} {change.object}", 512) if change.object else "",
    )


@lru_cache(maxsize=20_000)
def change_id(incident: str, change: Change) -> str:
    """Asked again for each change whenever there is news."""
    return _id(incident, change.kind, change.object or change.what, change.at)


def of_transition(incident: str, transition: Transition, now: datetime) -> TimelineEntry:
    """A rule began or ceased to be broken; seen by two consoles at slightly different times, it is still one."""
    kind = "alert_fired" if transition.began else "alert_resolved"
    return TimelineEntry(
        id=_id(incident, kind, transition.finding, transition.at.replace(second=0, microsecond=0)),
        incident=incident,
        occurred=transition.at,
        recorded=now,
        kind=kind,
        actor="Alertmanager" if transition.by_alert else "opsconsole",
        source="alert" if transition.by_alert else "check",
        text=one_line(transition.text),
        link=one_line(transition.origin, 512),
        object=transition.finding,
    )


def of_journal(incident: str, line: JournalLine, now: datetime) -> TimelineEntry:
    """What was done to the platform before there was an incident; from then on the actions tell it themselves."""
    return TimelineEntry(
        id=_id(incident, "journal", f"{line.run} {line.phase}", line.at),
        incident=incident,
        occurred=line.at,
        recorded=now,
        kind="action",
        actor=line.who.user,
        source="human",
        text=one_line(line.words),
        link=f"journal:{line.run}",
        object=one_line(line.object, 512),
    )


def correction(old: TimelineEntry, new: TimelineEntry) -> TimelineEntry:
    """The entry in place of an older one: at its time, and under an id that only one correction of it can have."""
    id = _id(old.incident, "correction", old.id, old.recorded)
    return msgspec.structs.replace(
        new, id=id, occurred=old.occurred, supersedes=old.id, pinned=old.pinned, internal=old.internal, link=old.link
    )


def taken_in(incident: str, loose: TimelineEntry) -> TimelineEntry:
    """A note that was written before there was an incident, now part of one."""
    id = _id(incident, "loose", loose.id, loose.occurred)
    return msgspec.structs.replace(loose, id=id, incident=incident, supersedes=loose.id)


def _id(incident: str, kind: str, object: str, at: datetime) -> str:
    return str(uuid.uuid5(_SPACE, f"{incident}\n{kind}\n{object}\n{at.astimezone(UTC).isoformat()}"))
