"""What was done during an incident, each with its outcome: runs of the journal, and actions that people noted."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from ..model.incident import Incident, TimelineEntry
from ..model.journal import JournalLine
from .plain import markdown

SAYING = ("outcome", "found", "refused", "effect", "undone")
"""Phases that say how a run went, and whether it helped."""


class Doing(msgspec.Struct, frozen=True, gc=False):
    """One thing that was done."""

    at: datetime
    who: str
    what: str
    """Safe in Markdown, as all of it."""
    outcome: str
    """How it went, and whether it helped; "" where nothing was recorded."""
    cites: tuple[str, ...] = ()
    """Entries of the timeline."""
    lines: tuple[int, ...] = ()
    """Lines of the journal."""
    evidence: tuple[str, ...] = ()


def doings(
    incident: Incident, told: Iterable[TimelineEntry], journal: Iterable[JournalLine], now: datetime
) -> tuple[Doing, ...]:
    """In order of time. A run belongs to the incident when its timeline names it, or when it was asked for while the
    harm lasted; what somebody noted by hand stands beside the runs."""
    cites: dict[str, list[TimelineEntry]] = {}
    noted = []
    for entry in told:
        if entry.kind != "action":
            continue
        run = run_of(entry)
        if run:
            cites.setdefault(run, []).append(entry)
        else:
            noted.append(entry)
    runs: dict[str, list[JournalLine]] = {}
    for line in journal:
        runs.setdefault(line.run, []).append(line)
    since, until = incident.impact or incident.declared, incident.resolved or now
    found = [_noted(entry) for entry in noted]
    for run, lines in runs.items():
        if run in cites or since <= lines[0].at <= until:
            found.append(_run(lines, cites.get(run, ())))
    found += [_told(entries) for run, entries in cites.items() if run not in runs]
    return tuple(sorted(found, key=lambda one: one.at))


def run_of(entry: TimelineEntry) -> str:
    """The run that an entry tells of; "" where somebody noted something by hand."""
    for text, mark in ((entry.link, "journal:"), (entry.object, "run:")):
        if text.startswith(mark):
            return text.removeprefix(mark)
    return ""


def _run(lines: Sequence[JournalLine], entries: Iterable[TimelineEntry]) -> Doing:
    first = lines[0]
    title, _, plan = first.words.partition(": ")
    refused = first.phase == "refused"
    said = [_without(title, line) for line in lines if line.phase in SAYING and (line is not first or refused)]
    return Doing(
        first.at,
        markdown(first.who.user, 64),
        markdown(title if refused or not plan else f"{title}: {plan}"),
        " · ".join(said) or "asked, outcome unknown",
        tuple(entry.id for entry in entries),
        tuple(line.seq for line in lines),
        tuple(dict.fromkeys(line.evidence for line in lines if line.evidence)),
    )


def _without(title: str, line: JournalLine) -> str:
    """A line's words without the title that all lines of a run begin with."""
    words = line.words.removeprefix(f"{title}: ")
    return markdown(f"refused: {words}" if line.phase == "refused" else words)


def _told(entries: Sequence[TimelineEntry]) -> Doing:
    """A run whose lines are in another console's journal: what the timeline says of it."""
    first, last = entries[0], entries[-1]
    outcome = markdown(last.text) if last is not first else ""
    return Doing(
        first.occurred, markdown(first.actor, 64), markdown(first.text), outcome, tuple(one.id for one in entries)
    )


def _noted(entry: TimelineEntry) -> Doing:
    return Doing(entry.occurred, markdown(entry.actor, 64), markdown(entry.text), "", (entry.id,))
