"""What belongs into an incident's timeline by itself: the hour before it was declared, and all since."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from ..model.finding import Change
from ..model.incident import Incident, Incidents, TimelineEntry
from ..model.journal import JournalLine
from ..rules.timeline import current
from . import entries
from .transitions import KEEP, Transitions

BEFORE = timedelta(hours=1)
DONE = ("written", "outcome", "effect", "found")
"""Phases of the journal that tell what became of an action."""
SAME = timedelta(minutes=2)
"""Two consoles see a rule break at slightly different times: within this it is the same."""


def missing(
    incident: Incident,
    known: Incidents,
    changes: Iterable[Change],
    journal: Iterable[JournalLine],
    transitions: Transitions,
    now: datetime,
) -> Iterator[TimelineEntry]:
    """The entries of the hour before its declaration and since that `known` does not hold yet, made one by one: there
    may be thousands. Of one that is over, only the ends of what began while it was open.

    What was done from a console while it is open, the actions write themselves.
    """
    start = incident.declared - BEFORE
    told = [entry for entry in known.entries if entry.incident == incident.id]
    ids = {entry.id for entry in told}
    if incident.open:
        yield from (one for one in loose(incident, known) if one.id not in ids)
        for change in changes:
            if start <= change.at <= now and entries.change_id(incident.id, change) not in ids:
                yield entries.of_change(incident.id, change, now)
        done = (entries.of_journal(incident.id, one, now) for one in journal if _done_before(one, incident, start))
        yield from (one for one in done if one.id not in ids)
    yield from _new_transitions(incident, told, transitions, start, now)


def over_lately(incident: Incident, now: datetime) -> bool:
    """Resolved and not closed, and no longer ago than transitions are remembered."""
    return incident.state == "resolved" and incident.resolved is not None and incident.resolved >= now - KEEP


def loose(incident: Incident, known: Incidents) -> Iterator[TimelineEntry]:
    """Notes and marks of the hour before that belong to no incident yet; the first one declared after them has them."""
    start = incident.declared - BEFORE
    for entry in current(entry for entry in known.entries if not entry.incident):
        if start <= entry.occurred <= incident.declared and _first_after(entry, incident, known):
            yield entries.taken_in(incident.id, entry)


def _done_before(line: JournalLine, incident: Incident, start: datetime) -> bool:
    return line.phase in DONE and start <= line.at < incident.declared


def _first_after(entry: TimelineEntry, incident: Incident, known: Incidents) -> bool:
    after = [one.declared for one in known.incidents if one.declared >= entry.occurred]
    return incident.declared <= min(after, default=incident.declared)


def _new_transitions(
    incident: Incident, told: Sequence[TimelineEntry], transitions: Transitions, start: datetime, now: datetime
) -> Iterator[TimelineEntry]:
    """Without what another console told, and without beginnings of what has begun: after a restart all seems new."""
    by_object: dict[str, list[TimelineEntry]] = {}
    for entry in told:
        if entry.kind in ("alert_fired", "alert_resolved"):
            by_object.setdefault(entry.object, []).append(entry)
    for transition in transitions.since(start, now):
        if not incident.open and (transition.began or transition.finding not in by_object):
            continue
        entry = entries.of_transition(incident.id, transition, now)
        own = by_object.setdefault(entry.object, [])
        before = max((one for one in own if one.occurred <= entry.occurred), key=lambda one: one.occurred, default=None)
        if not any(_same(one, entry, own) for one in own) and (before is None or before.kind != entry.kind):
            own.append(entry)
            yield entry


def _same(one: TimelineEntry, other: TimelineEntry, own: Sequence[TimelineEntry]) -> bool:
    """Whether two consoles mean the same: close together, and it did not end (or begin) between the two."""
    first, last = sorted((one.occurred, other.occurred))
    between = any(first < each.occurred < last and each.kind != one.kind for each in own)
    return one.kind == other.kind and last - first <= SAME and not between
