"""The timeline as people read it: without what was superseded, in order of time, automatic entries that flap folded."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import msgspec

from ..model.incident import TimelineEntry
from ..text import units

FOLD_WITHIN = timedelta(minutes=30)
"""Entries of one object that follow each other closer than this are one story."""
_FAMILIES: Mapping[str, str] = {
    "scale": "scaling",
    "restart": "restart",
    "alert_fired": "transition",
    "alert_resolved": "transition",
}
"""Kinds that fold, and what one of them is called; releases, notes and what people did never do."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line: its entry, and how many earlier ones of the same object stand behind it."""

    entry: TimelineEntry
    text: str
    """The entry's text with `(+11 scalings folded)`."""
    folded: tuple[str, ...] = ()
    """Ids of the entries behind it, oldest first."""


def automatic(entry: TimelineEntry) -> bool:
    """Whether the console wrote it by itself."""
    return entry.source != "human"


def current(entries: Iterable[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """What holds: superseded entries left out, by the time things happened (then as they were written down)."""
    known = tuple(entries)
    superseded = {entry.supersedes for entry in known if entry.supersedes}
    holding = (entry for entry in known if entry.id not in superseded)
    return tuple(sorted(holding, key=lambda entry: (entry.occurred, entry.recorded)))


def of_incident(entries: Iterable[TimelineEntry], incident_id: str) -> tuple[TimelineEntry, ...]:
    """The current timeline of one incident."""
    return current(entry for entry in entries if entry.incident == incident_id)


def history(entries: Iterable[TimelineEntry], entry_id: str) -> tuple[TimelineEntry, ...]:
    """An entry and all that it superseded, newest first."""
    known = {entry.id: entry for entry in entries}
    found: list[TimelineEntry] = []
    while (entry := known.get(entry_id)) is not None and entry not in found:
        found.append(entry)
        entry_id = entry.supersedes
    return tuple(found)


def folded(entries: Iterable[TimelineEntry]) -> tuple[Line, ...]:
    """Lines in order of time; a run of automatic entries of one object becomes its newest one.

    Of a rule's transitions the first is kept as well, since it is when the trouble was noticed; a single pair of began
    and ended stays as it is.
    """
    holding = current(entries)
    runs = _runs(holding)
    behind: dict[str, tuple[TimelineEntry, ...]] = {}
    hidden: set[str] = set()
    for run in runs:
        kept_first = 1 if _FAMILIES[run[0].kind] == "transition" else 0
        gone = run[kept_first:-1]
        if gone and (not kept_first or len(run) > 2):
            behind[run[-1].id] = gone
            hidden |= {entry.id for entry in gone}
    return tuple(_line(entry, behind.get(entry.id, ())) for entry in holding if entry.id not in hidden)


def _runs(entries: Iterable[TimelineEntry]) -> list[tuple[TimelineEntry, ...]]:
    """Entries that may fold, by what they are about, split where nothing happened for a while."""
    runs: dict[tuple[str, str], list[list[TimelineEntry]]] = {}
    for entry in entries:
        family = _FAMILIES.get(entry.kind)
        if family is None or not entry.object or entry.pinned or not automatic(entry):
            continue
        of_object = runs.setdefault((family, entry.object), [])
        if of_object and entry.occurred - of_object[-1][-1].occurred <= FOLD_WITHIN:
            of_object[-1].append(entry)
        else:
            of_object.append([entry])
    return [tuple(run) for of_object in runs.values() for run in of_object]


def _line(entry: TimelineEntry, behind: tuple[TimelineEntry, ...]) -> Line:
    if not behind:
        return Line(entry, entry.text)
    said = units.plural(len(behind), _FAMILIES[entry.kind])
    return Line(entry, f"{entry.text} (+{said} folded)", tuple(one.id for one in behind))
