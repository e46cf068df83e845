"""More: the lists that have no place in the strip, how much each holds, and why one cannot be read."""

from typing import Any, ClassVar

import msgspec
from rich.text import Text

from ...model.collection import Collection
from ...model.reading import ProblemKind, Reading, State
from ...poller.slices import Slices
from ...poller.topics import CLAIMS, NAMESPACES, Topic
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ..base import View
from ..rights import forbidden
from ..table_tab import trust
from .explain import head
from .kind import Into, Kind, MadeKind

UNREAD = "read when you look at it"


class KindRow(msgspec.Struct, frozen=True, gc=False):
    """One list."""

    id: str
    name: str
    word: str
    """What `:` takes."""
    count: int | None
    wrong: int
    state: str
    """Why it is not whole; "" where it is."""
    tells: str
    place: int


class More(MadeKind[KindRow]):
    view = View("more", "More...", "m")
    wants = (NAMESPACES, CLAIMS)
    one = "list"
    sorts: ClassVar = {"n": ("name", "name"), "r": ("wrong", "how many are wrong"), "c": ("count", "count")}
    pane_rows = 3

    def build(self) -> LiveTable[KindRow]:
        return LiveTable(_columns(), order=lambda row: row.place, mark=lambda row: ("▲", "warn") if row.wrong else "")

    async def rebuild(self, slices: Slices) -> None:
        if self.known.on_screen != self.id:
            return
        behind = [kind for kind in self.known.kinds.values() if kind.word]
        self.table.set_rows({kind.id: _row(kind, place) for place, kind in enumerate(behind)})

    def wrong(self, row: KindRow) -> bool:
        return row.wrong > 0

    def words(self) -> str:
        troubled = [row.name for row in self.table.rows.values() if row.wrong]
        unread = [row.name for row in self.table.rows.values() if row.count is None]
        parts = [f"wrong among {', '.join(troubled)}" if troubled else "nothing wrong is seen among these"]
        if unread:
            parts.append(f"not read: {', '.join(unread)}")
        return " · ".join(parts)

    def note(self) -> str:
        return ""

    def into(self, row: KindRow) -> Into:
        return Into(row.id)

    def explain(self, row: KindRow, width: int) -> list[Text]:
        count = "not read" if row.count is None else f"{row.count:,}, {row.wrong or 'none'} wrong"
        lines = [head(row.name, f"{count} · {row.tells} · :{row.word}")]
        return [*lines, Text(row.state, style="" if row.state == UNREAD else "bold")] if row.state else lines


def _row(kind: Kind[Any], place: int) -> KindRow:
    reading = kind.reading()
    known = reading.value is not None
    rows = kind.table.rows
    wrong = sum(1 for row in rows.values() if kind.wrong(row))
    return KindRow(
        kind.id,
        kind.view.title,
        kind.word,
        len(rows) if known else None,
        wrong,
        state_words(kind.topic, reading),
        kind.tells,
        place,
    )


def state_words(topic: Topic[Any] | None, reading: Reading[Any]) -> str:
    """Why a list is not whole, in words; "" where it is whole and live."""
    value, problem = reading.value, reading.problem
    if problem is not None and problem.kind is ProblemKind.FORBIDDEN:
        return f"forbidden: {clean(problem.sentence)}"
    if problem is not None and problem.kind is ProblemKind.MISSING:
        return f"this server does not offer it: {clean(problem.sentence)}"
    if value is None:
        return UNREAD if reading.state is State.OFF and problem is None else trust(reading)
    if isinstance(value, Collection) and value.denied and topic is not None:
        return forbidden(topic, value.denied)
    if isinstance(value, Collection) and not value.complete:
        return "loading"
    return trust(reading)


def _columns() -> list[Column[KindRow]]:
    def count(row: KindRow) -> Cell:
        return f"{row.count:,}" if row.count is not None else ("?", "dim")

    def tells(row: KindRow) -> Cell:
        """Why it is not whole, which comes before what one learns there."""
        return (row.tells, "dim") if row.state in ("", UNREAD) else (row.state, "warn")

    return [
        Column("name", "LIST", 22, lambda r: r.name, flex=1, most=30, sort=lambda r: r.name),
        Column("count", "COUNT", 7, count, right=True, sort=lambda r: -(r.count or 0)),
        Column("wrong", "WRONG", 5, lambda r: (str(r.wrong), "warn") if r.wrong else ("0", "dim"), right=True,
               sort=lambda r: -r.wrong),
        Column("word", "TYPE", 11, lambda r: f":{r.word}"),
        Column("tells", "TELLS", 26, tells, flex=9),
    ]  # fmt: skip
