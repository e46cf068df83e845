"""What belongs into an incident's timeline by itself: the hour before it was declared, and all since."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from ..model.finding import Change
from ..model.incident import Incident, Incidents, TimelineEntry
from ..rules.timeline import current
from . import entries
from .transitions import Transitions

BEFORE = timedelta(hours=1)
SAME = timedelta(minutes=2)
"""Two consoles see a rule break at slightly different times: within this it is the same."""


def missing(
    incident: Incident, known: Incidents, changes: Iterable[Change], transitions: Transitions, now: datetime
) -> tuple[TimelineEntry, ...]:
    """The entries of the hour before its declaration and since that `known` does not hold yet, in order of time."""
    start = incident.declared - BEFORE
    told = [entry for entry in known.entries if entry.incident == incident.id]
    ids = {entry.id for entry in told}
    found = [
        *loose(incident, known),
        *(entries.of_change(incident.id, one, now) for one in changes if start <= one.at <= now),
        *_new_transitions(incident, told, transitions, start, now),
    ]
    new = {entry.id: entry for entry in found if entry.id not in ids}
    return tuple(sorted(new.values(), key=lambda entry: entry.occurred))


def loose(incident: Incident, known: Incidents) -> Iterator[TimelineEntry]:
    """Notes and marks of the hour before that belong to no incident yet; the first one declared after them has them."""
    start = incident.declared - BEFORE
    for entry in current(entry for entry in known.entries if not entry.incident):
        if start <= entry.occurred <= incident.declared and _first_after(entry, incident, known):
            yield entries.taken_in(incident.id, entry)


def _first_after(entry: TimelineEntry, incident: Incident, known: Incidents) -> bool:
    after = [one.declared for one in known.incidents if one.declared >= entry.occurred]
    return incident.declared <= min(after, default=incident.declared)


def _new_transitions(
    incident: Incident, told: Sequence[TimelineEntry], transitions: Transitions, start: datetime, now: datetime
) -> Iterator[TimelineEntry]:
    times: dict[tuple[str, str], list[datetime]] = {}
    for entry in told:
        times.setdefault((entry.kind, entry.object), []).append(entry.occurred)
    for transition in transitions.since(start):
        entry = entries.of_transition(incident.id, transition, now)
        if not any(abs(entry.occurred - at) <= SAME for at in times.get((entry.kind, entry.object), ())):
            yield entry
