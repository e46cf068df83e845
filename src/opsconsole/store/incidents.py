"""Incidents and timeline entries to and from their tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from ..model.incident import Acknowledgement, Incident, Incidents, TimelineEntry
from ..text import units
from . import tables
from .rows import row

_ENTRY_FIELDS = tuple(field.name for field in msgspec.structs.fields(TimelineEntry))


def read(connection: Connection) -> Incidents:
    """All incidents, newest first, and all entries by the time they happened (then by the order they came)."""
    found = connection.execute(select(tables.incidents).order_by(tables.incidents.c.declared.desc())).mappings()
    incidents = tuple(_incident(fields) for fields in found)
    columns = [tables.timeline.c[name] for name in _ENTRY_FIELDS]
    rows = connection.execute(select(*columns).order_by(tables.timeline.c.occurred, tables.timeline.c.seq))
    return Incidents(incidents, tuple(TimelineEntry(*fields) for fields in rows), _acknowledgements(connection))


def add(connection: Connection, incident: Incident, entries: Iterable[TimelineEntry]) -> Incident:
    """Insert; an empty id gets the next `INC-n`. Returns the incident as it was saved."""
    if not incident.id:
        incident = msgspec.structs.replace(incident, id=next_id(connection))
    connection.execute(insert(tables.incidents), _row(incident))
    append(connection, [msgspec.structs.replace(entry, incident=incident.id) for entry in entries])
    return incident


def append(connection: Connection, entries: Sequence[TimelineEntry]) -> None:
    if entries:
        connection.execute(insert(tables.timeline), [row(entry) for entry in entries])


def append_new(connection: Connection, entries: Iterable[TimelineEntry]) -> int:
    """Append those whose ids are not there yet; returns how many those were."""
    brought = {entry.id: entry for entry in entries}
    ids = list(brought)
    for start in range(0, len(ids), 500):  # SQLite bounds the number of parameters of one statement
        known = select(tables.timeline.c.id).where(tables.timeline.c.id.in_(ids[start : start + 500]))
        for identity in connection.execute(known).scalars():
            del brought[identity]
    append(connection, list(brought.values()))
    return len(brought)


def change(
    connection: Connection,
    identity: str,
    changes: Mapping[str, Any],
    entries: Iterable[TimelineEntry],
    expected: Mapping[str, Any],
) -> Incident:
    """Change fields of an incident and append what tells of it. ValueError where it is not there or not as expected."""
    table = tables.incidents
    found = connection.execute(select(table).where(table.c.id == identity)).mappings().first()
    if found is None:
        raise ValueError(f"{identity}: there is no such incident")
    before = _incident(found)
    for name, value in expected.items():
        if getattr(before, name) != value:
            raise ValueError(_meanwhile(before, name))
    after = msgspec.structs.replace(before, **changes)
    if after.id != before.id:
        raise ValueError(f"{identity}: an incident keeps its id")
    if after != before:
        connection.execute(update(table).where(table.c.id == identity).values(_row(after)))
    append(connection, [msgspec.structs.replace(entry, incident=identity) for entry in entries])
    return after


def acknowledge(connection: Connection, acknowledgement: Acknowledgement) -> None:
    connection.execute(insert(tables.acknowledgements), row(acknowledgement))


def known(connection: Connection) -> tuple[set[str], set[str]]:
    """Ids of incidents and of entries that are here already."""
    incidents = set(connection.execute(select(tables.incidents.c.id)).scalars())
    entries = set(connection.execute(select(tables.timeline.c.id)).scalars())
    return incidents, entries


def next_id(connection: Connection) -> str:
    """One more than the highest `INC-n`; under the write lock no other console can take the same."""
    ids = connection.execute(select(tables.incidents.c.id)).scalars()
    numbers = [int(identity[4:]) for identity in ids if identity.startswith("INC-") and identity[4:].isdigit()]
    return f"INC-{max(numbers, default=0) + 1}"


def _acknowledgements(connection: Connection) -> tuple[Acknowledgement, ...]:
    """The newest of each finding, newest first."""
    table = tables.acknowledgements
    newest = select(func.max(table.c.seq)).group_by(table.c.finding)
    columns = select(table.c.finding, table.c.who, table.c.at, table.c.until, table.c.note)
    rows = connection.execute(columns.where(table.c.seq.in_(newest)).order_by(table.c.seq.desc()))
    return tuple(Acknowledgement(*fields) for fields in rows)


def _meanwhile(incident: Incident, name: str) -> str:
    value = getattr(incident, name)
    if name == "state":
        return f"{incident.id} was moved to {value} meanwhile"
    if isinstance(value, datetime):
        value = units.clock(value)
    words = f"it is {value} now" if value not in (None, "", ()) else "it is empty now"
    if name == "roles" and value:
        words = ", ".join(f"{role} is {person}" for role, person in value) + " now"
    return f"{incident.id}: somebody else changed its {name.replace('_', ' ')} meanwhile: {words}"


def _row(incident: Incident) -> dict[str, Any]:
    return row(incident) | {"roles": json.dumps(incident.roles)}


def _incident(fields: Mapping[Any, Any]) -> Incident:
    return Incident(**{**fields, "roles": _roles(fields["roles"])})


def _roles(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((role, person) for role, person in json.loads(text))
