"""Incidents and timeline entries to and from their tables."""

import json
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, insert, select

from ..model.incident import Incident, Incidents, TimelineEntry
from . import tables

_ENTRY_FIELDS = tuple(field.name for field in msgspec.structs.fields(TimelineEntry))


def read(connection: Connection) -> Incidents:
    """All incidents, newest first, and all entries by the time they happened (then by the order they came)."""
    found = connection.execute(select(tables.incidents).order_by(tables.incidents.c.declared.desc())).mappings()
    incidents = tuple(Incident(**{**row, "roles": _roles(row["roles"])}) for row in found)
    columns = [tables.timeline.c[name] for name in _ENTRY_FIELDS]
    rows = connection.execute(select(*columns).order_by(tables.timeline.c.occurred, tables.timeline.c.seq))
    return Incidents(incidents, tuple(TimelineEntry(*row) for row in rows))


def add(connection: Connection, incident: Incident, entries: Iterable[TimelineEntry]) -> Incident:
    """Insert; an empty id gets the next `INC-n`. Returns the incident as it was saved."""
    if not incident.id:
        incident = msgspec.structs.replace(incident, id=next_id(connection))
    row = msgspec.structs.asdict(incident) | {"roles": json.dumps(incident.roles)}
    connection.execute(insert(tables.incidents), row)
    append(connection, [msgspec.structs.replace(entry, incident=incident.id) for entry in entries])
    return incident


def append(connection: Connection, entries: Sequence[TimelineEntry]) -> None:
    if entries:
        connection.execute(insert(tables.timeline), [msgspec.structs.asdict(entry) for entry in entries])


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


def _roles(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((role, person) for role, person in json.loads(text))
