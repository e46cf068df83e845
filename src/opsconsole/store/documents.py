"""What was generated last under a name, to tell afterwards what people have changed since."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from ..text import clock
from .rows import plain
from .tables import documents


def save(connection: Connection, name: str, text: str) -> None:
    row = insert(documents).values(name=name, written=clock.now(), text=plain(text))
    update = {"written": row.excluded.written, "text": row.excluded.text}
    connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=update))


def read(connection: Connection, name: str) -> str | None:
    return connection.execute(select(documents.c.text).where(documents.c.name == name)).scalar()
