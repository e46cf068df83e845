"""Wrong: everything that is wrong, of whatever kind, worst first."""

from typing import Any

from rich.text import Text

from ...model.reading import Reading
from ...poller.slices import Slices
from ...poller.topics import WORKLOADS
from ...rules.workload_state import node_trouble, pod_trouble
from ...text import clock
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import pod_columns as shown
from ..base import View
from .kind import Into, Kind
from .known import Known


class Wrong(Kind[shown.WrongRow]):
    view = View("wrong", "Wrong", "w")
    pane_rows_short = 3

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        known.wrong = self.table.rows

    def build(self) -> LiveTable[shown.WrongRow]:
        return LiveTable(
            shown.wrong_columns(),
            order=lambda row: (shown.rank(row.verdict), row.kind, row.namespace, row.name),
            mark=lambda row: shown.severity_cell(row.verdict),
        )

    def wrong(self, row: shown.WrongRow) -> bool:
        return row.verdict.wrong

    def words(self) -> str:
        return self.known.kinds["workloads"].words()

    def nothing(self) -> str:
        if self.known.sees_all():
            return "nothing is wrong"
        return "nothing wrong is seen, but not everything is: see !"

    def reading(self) -> Reading[Any]:
        """Without workloads nothing can be said."""
        return self.known.reading(WORKLOADS)

    async def rebuild(self, slices: Slices) -> None:
        if self.known.reading(WORKLOADS).value is None:
            return
        now = clock.now()
        rows: dict[str, shown.WrongRow] = {}
        for uid, row in self.known.workloads.items():
            if row.verdict.wrong:
                rows[uid] = shown.WrongRow(row.workload.kind, row.workload.namespace, row.workload.name, row.verdict)
        for uid, node in self.known.nodes.items():
            if (trouble := node_trouble(node)).wrong:
                rows[uid] = shown.WrongRow("Node", "", node.name, trouble)
        for pod in self.known.index.ownerless():
            if (trouble := pod_trouble(pod, now)).wrong:
                rows[pod.uid] = shown.WrongRow("Pod", pod.namespace, pod.name, trouble)
        self.table.set_rows(rows)

    def into(self, row: shown.WrongRow) -> Into | None:
        """To the object in its own list."""
        place = self._place(row)
        return Into(place[0], at=place[1]) if place is not None else None

    def _place(self, row: shown.WrongRow) -> tuple[str, str, Any] | None:
        """(list, key, row there) of the object."""
        uid = next((uid for uid, other in self.table.rows.items() if other is row or other == row), "")
        for kind in self.known.kinds.values():
            if kind is not self and uid in kind.table.rows:
                return kind.id, uid, kind.table.rows[uid]
        return None

    def explain(self, row: shown.WrongRow, width: int) -> list[Text]:
        place = self._place(row)
        if place is not None:
            return self.known.kinds[place[0]].explain(place[2], width)
        return [Text.assemble((clean(row.name), "bold"), f" ─ {clean(row.verdict.words)}")]
