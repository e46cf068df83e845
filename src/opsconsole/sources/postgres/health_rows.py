"""The rows of the health queries as values of the model, by the field of HealthSigns that they fill."""

from typing import Any

from ...model.server_signs import (
    ArchiverSign,
    Checkpoints,
    ColumnSign,
    DatabaseSign,
    DuplicateSign,
    ExtensionSign,
    IndexSign,
    PreparedSign,
    ProgressSign,
    ReceiverSign,
    ReplicaSign,
    SequenceSign,
    SizeSign,
    SlotSign,
    TableAgeSign,
    TableSign,
    TransactionSign,
    XminSign,
)
from ...text.clean import clean
from .connection import Row
from .server import utc

NAME = 200
"""Names are at most 63 bytes long, two of them with a dot between; what others may choose is cut here."""


def settings(rows: list[Row]) -> dict[str, Any]:
    values = {name: clean(value or "", NAME) for name, value, _ in rows}
    return {"settings": values, "pending_restart": tuple(sorted(name for name, _, pending in rows if pending))}


def databases(rows: list[Row]) -> dict[str, Any]:
    return {"databases": tuple(_database(r) for r in rows)}


def transactions(rows: list[Row]) -> dict[str, Any]:
    _, hidden, workers, *_ = rows[0]
    made = (TransactionSign(r[0], _name(r[1]), _name(r[2]), _name(r[3]), _name(r[4]), r[5], r[6]) for r in rows[1:])
    return {"transactions": tuple(made), "hidden_sessions": int(hidden), "workers": int(workers)}


def xmins(rows: list[Row]) -> dict[str, Any]:
    return {"xmins": tuple(XminSign(r[0], _name(r[1]), r[2], utc(r[3]), _name(r[4])) for r in rows)}


def prepared(rows: list[Row]) -> dict[str, Any]:
    made = []
    for gid, owner, database, at, age in rows:
        moment = utc(at)
        assert moment is not None
        made.append(PreparedSign(_name(gid), _name(owner), _name(database), moment, age))
    return {"prepared": tuple(made)}


def progress(rows: list[Row]) -> dict[str, Any]:
    made = []
    for kind, pid, database, relation, phase, done, total, unit, started, who in rows:
        named = (_name(database), _name(relation), _name(phase))
        made.append(ProgressSign(kind or "hidden", pid, *named, done, total, unit, utc(started), _name(who)))
    return {"progress": tuple(made)}


def tables(rows: list[Row]) -> dict[str, Any]:
    made = (
        TableSign(_name(r[0]), r[1], r[2], r[3], utc(r[4]), r[5], r[6], r[7], utc(r[8]), r[9], r[10], r[11], r[12])
        for r in rows
    )
    return {"tables": tuple(made)}


def table_ages(rows: list[Row]) -> dict[str, Any]:
    return {"table_ages": tuple(TableAgeSign(_name(r[0]), *r[1:]) for r in rows)}


def indexes(rows: list[Row]) -> dict[str, Any]:
    made = (IndexSign(_name(r[0]), _name(r[1]), r[2], r[3], r[4], r[5], utc(r[6])) for r in rows)
    return {"indexes": tuple(made)}


def duplicates(rows: list[Row]) -> dict[str, Any]:
    """The worst index an index is superfluous beside: each is named once, an exact double first."""
    made: dict[str, DuplicateSign] = {}
    for name, table, size, other, exact in rows:
        sign = DuplicateSign(_name(name), _name(table), size, _name(other), exact)
        if sign.name not in made or (exact and not made[sign.name].exact):
            made[sign.name] = sign
    return {"duplicates": tuple(made.values())}


def sequences(rows: list[Row]) -> dict[str, Any]:
    made = (SequenceSign(_name(r[0]), r[1], r[2], _name(r[3])) for r in rows if r[1] is not None)
    return {"sequences": tuple(made), "hidden_sequences": rows[0][4] if rows else 0}


def replicas(rows: list[Row]) -> dict[str, Any]:
    return {"replicas": tuple(ReplicaSign(_name(r[0]), _name(r[1]), *r[2:]) for r in rows)}


def receiver(rows: list[Row]) -> dict[str, Any]:
    """Nothing on a primary. A receiver whose state is hidden runs, at least."""
    if not rows:
        return {}
    status, sender, lag_bytes, lag_s, paused, runs = rows[0]
    return {"receiver": ReceiverSign(status or ("runs" if runs else ""), _name(sender), lag_bytes, lag_s, paused)}


def slots(rows: list[Row]) -> dict[str, Any]:
    made = (SlotSign(_name(r[0]), r[1], r[2], r[3], r[4] or "", r[5], r[6], utc(r[7])) for r in rows)
    return {"slots": tuple(made)}


def archiver(rows: list[Row]) -> dict[str, Any]:
    mode, archived, failed, last, last_failed, wal = rows[0]
    return {"archiver": ArchiverSign(mode, archived, failed, utc(last), utc(last_failed), _name(wal))}


def checkpoints(rows: list[Row]) -> dict[str, Any]:
    return {"checkpoints": Checkpoints(*rows[0])}


def statements(rows: list[Row]) -> dict[str, Any]:
    return {"statements": "ok"}


def extensions(rows: list[Row]) -> dict[str, Any]:
    return {"extensions": tuple(ExtensionSign(_name(r[0]), _name(r[1]), _name(r[2] or "")) for r in rows)}


def database_sizes(rows: list[Row]) -> dict[str, Any]:
    return {"database_sizes": tuple(SizeSign(_name(r[0]), r[1]) for r in rows)}


def table_sizes(rows: list[Row]) -> dict[str, Any]:
    return {"table_sizes": tuple(SizeSign(_name(r[0]), r[1]) for r in rows)}


def columns(rows: list[Row]) -> dict[str, Any]:
    return {"columns": tuple(ColumnSign(_name(r[0]), _name(r[1]), *r[2:]) for r in rows)}


def provider(rows: list[Row]) -> dict[str, Any]:
    return {"provider": rows[0][0] or "" if rows else ""}


def system(rows: list[Row]) -> dict[str, Any]:
    return {"system": rows[0][0] if rows else ""}


def _database(row: Row) -> DatabaseSign:
    name, xid, mxid, commits, rollbacks, hit, read, deadlocks, files, size, bad, last_bad, reset = row
    counters = (commits, rollbacks, hit, read, deadlocks, files, size)
    return DatabaseSign(_name(name), xid, mxid, *counters, bad, utc(last_bad), utc(reset))


def _name(text: str | None) -> str:
    return clean(text or "", NAME)
