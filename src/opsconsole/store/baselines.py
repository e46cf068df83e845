"""The log of baselines: who accepted what and when, what is frozen, and what consoles saw shift."""

import msgspec
from sqlalchemy import Connection, insert, select

from ..model.baseline import Baseline, BaselineNote
from ..text.redact import redact
from .rows import plain
from .tables import baselines


def append(connection: Connection, note: BaselineNote) -> None:
    """Nothing can be taken out later, so secrets are taken out first."""
    row = {name: getattr(note, name) for name in ("id", "at", "since")}
    row |= {name: plain(getattr(note, name)) for name in ("what", "service", "endpoint")}
    row |= {name: redact(plain(getattr(note, name))) for name in ("who", "note")}
    connection.execute(insert(baselines), row | {"figures": msgspec.json.encode(note.figures).decode()})


def read(connection: Connection) -> tuple[BaselineNote, ...]:
    """All lines, oldest first."""
    return tuple(
        BaselineNote(
            row.id, row.at, row.who, row.what, row.service, row.endpoint, row.since, row.note, _figures(row.figures)
        )
        for row in connection.execute(select(baselines).order_by(baselines.c.seq))
    )


def _figures(text: str) -> tuple[Baseline, ...]:
    try:
        return msgspec.json.decode(text, type=tuple[Baseline, ...])
    except (msgspec.ValidationError, msgspec.DecodeError):
        return ()  # of another version of the console
