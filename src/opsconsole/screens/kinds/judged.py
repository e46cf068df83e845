"""An object with its judgement, and the base of the lists whose rows are that."""

from typing import Any, Generic, TypeVar

import msgspec
from rich.text import Text

from ...model.kubernetes import Labels
from ...poller.slices import Slices
from ...rules.verdict import Verdict
from ..columns.cells import words_cell
from .explain import events_about, head
from .kind import MadeKind

T = TypeVar("T")


class Judged(msgspec.Struct, Generic[T], frozen=True, gc=False):
    of: T
    verdict: Verdict

    @property
    def labels(self) -> Labels:
        """What `-l` looks at."""
        found: Labels = getattr(self.of, "labels", ())
        return found


class JudgedKind(MadeKind[Judged[T]], Generic[T]):
    """Few enough to be compared all together whenever something was judged."""

    def facts(self, row: Judged[T], width: int) -> list[Text]:
        """What the pane says between the first line and the events."""
        return []

    async def rebuild(self, slices: Slices) -> None:
        collection = self.known.collection(self.topic) if self.topic is not None else None
        rows: dict[str, Judged[T]] = {}
        before = self.table.rows
        for uid, one in list(collection.rows.items()) if collection is not None else ():
            verdict = self.known.trouble.verdict(uid)
            held = before.get(uid)
            rows[uid] = held if held is not None and (held.of, held.verdict) == (one, verdict) else Judged(one, verdict)
            if slices.over:
                await slices.rest()
        self.table.set_rows(rows)

    def wrong(self, row: Judged[T]) -> bool:
        return row.verdict.wrong

    def explain(self, row: Judged[T], width: int) -> list[Text]:
        one: Any = row.of
        return [
            head(one.name, words_cell(row.verdict)[0]),
            *self.facts(row, width),
            *events_about(self.known.events_of, {one.uid}, one.name),
        ]
