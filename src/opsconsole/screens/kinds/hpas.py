"""HorizontalPodAutoscalers: bounds and wish, what holds them, what they did."""

from functools import partial
from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import Hpa
from ...poller.topics import HPAS
from ...rules import hpa as hpas
from ...rules.workload_state import hpa_state
from ...text import units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import hpa_facts, related
from ..base import View
from ..columns.cells import rank, severity_cell
from ..columns.hpas import hpa_columns
from .explain import WIDE, beside, events_about
from .kind import Into, Kind
from .known import Known


class Hpas(Kind[Hpa]):
    view = View("hpas", "HPA", "h")
    topic = HPAS
    sorts: ClassVar = {
        "a": ("last", "newest scaling"), "n": ("name", "name"), "t": ("state", "state"), "r": ("room", "headroom"),
    }  # fmt: skip
    one = "HPA"
    empty = "no HorizontalPodAutoscaler is here"

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        known.hpas = self.table.rows

    def build(self) -> LiveTable[Hpa]:
        return LiveTable(
            hpa_columns(partial(hpa_facts.around, self.known), self.label_columns),
            order=lambda hpa: (rank(hpa_state(hpa)), not hpas.at_maximum(hpa), hpa.namespace, hpa.name),
            mark=lambda hpa: severity_cell(hpa_state(hpa)),
        )

    def wrong(self, row: Hpa) -> bool:
        return hpa_state(row).wrong

    def words(self) -> str:
        rows = self.table.rows.values()
        at_max = sum(1 for hpa in rows if hpas.at_maximum(hpa))
        others = sum(1 for hpa in rows if self.wrong(hpa)) - at_max
        also = f", {others} wrong otherwise" if others else ""
        return f"{units.plural(len(rows), 'HPA')}, {at_max or 'none'} held at the maximum{also}"

    def into(self, row: Hpa) -> Into | None:
        """What it scales."""
        found = related.links(self.known, row)
        return found[0].into if found else None

    def explain(self, row: Hpa, width: int) -> list[Text]:
        known = self.known
        why = clean(hpas.why(row, hpa_facts.around(known, row)))
        head = Text.assemble((clean(row.name), "bold"), f" ─ why: {why}" if width >= WIDE else f" ─ {why}")
        events = events_about(known.events_of, {row.uid}, row.name)
        warnings = [line for line in events if "Warning" in line.plain]
        steps = hpa_facts.scalings(known, row)
        if width < WIDE:
            return [head, *hpa_facts.newest(known, row), *hpa_facts.facts(known, row, width), *warnings, *steps]
        half = width * 3 // 5 - 3
        told = [*hpa_facts.facts(known, row, half), *warnings]
        return [head, *beside("METRICS AND CONDITIONS", told, "SCALINGS OF 24 H", steps, width, most=len(told))]
