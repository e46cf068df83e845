"""Events of the last hour, newest first."""

from typing import Any, ClassVar

from rich.text import Text

from ...model.collection import Delta
from ...model.kubernetes import Event
from ...poller.topics import EVENTS, Topic
from ...text import units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.events import event_columns, event_order
from .explain import node_events_unread
from .kind import Into, Kind, Part
from .known import Known


class Events(Kind[Event]):
    view = View("events", "Events", "e")
    topic = EVENTS
    sorts: ClassVar = {"a": ("last", "newest"), "n": ("object", "object"), "t": ("reason", "reason")}
    one = "event"
    empty = "no event in the last hour"
    pane_rows = 4

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        self._warnings: set[str] = set()
        known.events = self.table.rows

    def build(self) -> LiveTable[Event]:
        return LiveTable(event_columns(), order=event_order)

    def wrong(self, row: Event) -> bool:
        return row.type == "Warning"

    def words(self) -> str:
        return f"{units.plural(len(self._warnings), 'warning')} of {units.plural(len(self.table.rows), 'event')}"

    def part_words(self, part: Part) -> str:
        words = super().part_words(part)
        why = node_events_unread(self.known.namespaces) if part.of.startswith("node/") else ""
        return f"{words}: {why}" if why else words

    def note(self) -> str:
        return str(len(self._warnings) or "")

    def take(self, topic: Topic[Any], delta: Delta[Any]) -> None:
        """The warnings among them are counted as they come: there may be thousands of events."""
        of = self.known.events_of
        for uid in delta.removals & self.table.rows.keys():
            about = self.table.rows[uid].object_uid
            of[about].pop(uid, None)
            if not of[about]:
                del of[about]
        super().take(topic, delta)
        fresh = delta.upserts
        if delta.reset:
            self._warnings = {uid for uid, event in self.table.rows.items() if self.wrong(event)}
            fresh = self.table.rows
            of.clear()
        for uid, event in fresh.items():
            of.setdefault(event.object_uid, {})[uid] = event
        self._warnings -= delta.removals
        self._warnings |= {uid for uid, event in delta.upserts.items() if self.wrong(event)}

    def into(self, row: Event) -> Into | None:
        """What it speaks of."""
        found = related.links(self.known, row)
        return found[0].into if found else None

    def explain(self, row: Event, width: int) -> list[Text]:
        times = f"first {units.clock(row.first)}Z, last {units.clock(row.last)}Z, {units.plural(row.count, 'time')}"
        head = Text.assemble((f"{clean(row.reason)} ", "bold"), f"{clean(row.kind)}/{clean(row.name)} · {times}")
        return [head, Text(clean(row.message)), Text(clean(row.component), style="dim")]
