"""Incidents as text to take elsewhere: Markdown, JSON, JSON lines and CSV, always in order of the time things happened.

What people typed stays text everywhere: no control character, no secret, no markup, nothing a spreadsheet would run.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ..config.settings import Policy
from ..documents import plain
from ..model.incident import Incident, TimelineEntry
from ..rules import incident_clocks, milestones, timeline
from ..rules.action_items import action_items
from ..rules.severity import label
from ..text import units
from ..text.clean import clean, clean_lines
from ..text.redact import redact
from .journal import FORMULA

ALSO_FORMULA = ("＝", "＋", "－", "＠")
"""Wide forms that some spreadsheets take for the narrow ones."""
COLUMNS = tuple(field for field in TimelineEntry.__struct_fields__ if field != "detail")


def ordered(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """By the time things happened, then as they were written down; superseded ones among them."""
    return sorted(entries, key=lambda entry: (entry.occurred, entry.recorded))


def as_json(incident: Incident, entries: Sequence[TimelineEntry], policy: Policy, now: datetime) -> dict[str, Any]:
    """One incident with its whole timeline, and what follows from it."""
    at = incident_clocks.clocks(incident, policy, now)
    found = {
        **_plain(incident),
        "label": label(policy, incident.severity),
        "open": incident.open,
        "clocks": {clock.id: clock.words for clock in at.all},
        "empty_roles": at.empty_roles,
        "milestones": [_plain(one) for one in milestones.milestones(incident, entries)],
        "took": [_plain(one) for one in milestones.took(incident, entries)],
        "action_items": [_plain(one) | {"state": one.state} for one in action_items(entries, incident.id)],
        "timeline": [_plain(entry) for entry in ordered(entries)],
    }
    return found | {"roles": dict(incident.roles)}


def json_lines(entries: Iterable[TimelineEntry]) -> Iterator[str]:
    """One entry a line."""
    for entry in ordered(entries):
        yield json.dumps(_plain(entry))


def csv_rows(entries: Iterable[TimelineEntry]) -> Iterator[str]:
    """For spreadsheets: what they would take for a formula begins with an apostrophe."""
    yield _row(COLUMNS)
    for entry in ordered(entries):
        fields = _plain(entry)
        yield _row([_cell(fields[name]) for name in COLUMNS])


def markdown(incident: Incident, entries: Sequence[TimelineEntry], policy: Policy, now: datetime) -> Iterator[str]:
    """A section for the incident: its facts, its timeline as it holds now, its action items."""
    at = incident_clocks.clocks(incident, policy, now)
    drill = "DRILL: " if incident.drill else ""
    yield f"# {plain.markdown(incident.id)}: {drill}{plain.markdown(incident.title)}"
    yield ""
    facts = [
        ("severity", label(policy, incident.severity)),
        ("state", incident.state),
        ("service", incident.service),
        *((clock.title, clock.words) for clock in at.all),
        *((f"role {role}", person) for role, person in incident.roles),
        ("channel", incident.channel),
        ("summary", incident.summary),
    ]
    yield from (f"- {plain.markdown(title)}: {plain.markdown(words)}" for title, words in facts if words)
    yield from ("", "## Timeline (UTC)", "")
    yield from ("| time | kind | who | what |", "| --- | --- | --- | --- |")
    for entry in timeline.current(entries):
        cells = (f"{entry.occurred:%Y-%m-%d %H:%M:%S}", entry.kind, entry.actor, entry.text)
        yield f"| {' | '.join(plain.markdown(cell) for cell in cells)} |"
    items = action_items(entries, incident.id)
    if items:
        yield from ("", "## Action items", "")
    for item in items:
        about = f"owner {item.owner or 'NONE'}, due {item.due or 'NONE'}, type {item.type or 'NONE'}"
        yield f"- [{'x' if item.done else ' '}] {plain.markdown(item.text)} ({plain.markdown(about)})"
    yield ""


def headline(incident: Incident, policy: Policy, now: datetime) -> str:
    """One line of a list."""
    at = incident_clocks.clocks(incident, policy, now)
    drill = "DRILL " if incident.drill else ""
    words = f"{label(policy, incident.severity):<8}  {incident.state:<13}  {at.impact.short:>7}  "
    return f"{safe(incident.id):<7} {words}{safe(incident.service):<10}  {drill}{safe(incident.title)}"


def story(incident: Incident, entries: Sequence[TimelineEntry], policy: Policy, now: datetime, *, whole: bool) -> str:
    """An incident for a terminal: clocks, roles, milestones, timeline. `whole`: nothing folded, with every detail."""
    at = incident_clocks.clocks(incident, policy, now)
    rows = [headline(incident, policy, now), at.words]
    rows.append(", ".join(f"{safe(role)} {safe(person)}" for role, person in incident.roles) or "no role is taken")
    if at.empty_roles:
        rows.append(f"nobody is {', '.join(at.empty_roles)}")
    rows += [safe(line) for line in (incident.channel, incident.summary) if line]
    rows.append("")
    for one in milestones.milestones(incident, entries):
        known_at = f"{one.at:%Y-%m-%d %H:%M}{' (proposed)' if one.proposed else ''}" if one.at else ""
        rows.append(f"{one.title:<23} {known_at or f'unknown: {one.missing}'}")
    known = [f"{one.title} {units.span(one.seconds)}" for one in milestones.took(incident, entries) if one.seconds]
    rows += [" · ".join(known), ""]
    lines = [timeline.Line(entry, entry.text) for entry in ordered(entries)] if whole else timeline.folded(entries)
    for line in lines:
        entry = line.entry
        gone = f"  (supersedes {entry.supersedes[:8]})" if whole and entry.supersedes else ""
        rows.append(
            f"{entry.occurred:%Y-%m-%d %H:%M}  {entry.id[:8]}  {safe(entry.kind):<16} {safe(entry.actor):<12} "
            f"{safe(line.text)}{gone}"
        )
        if whole and entry.detail:
            rows += [f"    {row}" for row in clean_lines(redact(entry.detail), len(entry.detail) + 64).splitlines()]
    return "\n".join(rows)


def safe(text: str) -> str:
    """One line fit for a terminal."""
    return clean(redact(text), len(text) + 64)


def _plain(value: Any) -> Any:
    """As JSON knows it, every text clean."""
    found = msgspec.to_builtins(value)
    return _cleaned(found)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean_lines(redact(value), len(value) + 64) if "\n" in value else safe(value)
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return [_cleaned(item) for item in value] if isinstance(value, list | tuple) else value


def _row(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = safe(value)
    return f"'{text}" if text.lstrip().startswith((*FORMULA, *ALSO_FORMULA)) else text
