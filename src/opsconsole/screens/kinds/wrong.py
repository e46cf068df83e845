"""Wrong: everything that is wrong, of whatever kind, worst first."""

from typing import Any

from rich.text import Text

from ...model.collection import Delta
from ...poller.slices import Slices
from ...poller.topics import WORKLOADS
from ...rules.workload_state import node_trouble, pod_trouble
from ...text import clock
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from .. import pod_columns as shown
from ..base import View
from .kind import Kind
from .known import Known
from .nodes import Nodes
from .workloads import Workloads


class Wrong(Kind[shown.WrongRow]):
    view = View("wrong", "Wrong", "w")
    topic = WORKLOADS
    pane_rows_short = 3

    def __init__(self, known: Known, workloads: Workloads, nodes: Nodes) -> None:
        super().__init__(known)
        self._workloads, self._nodes = workloads, nodes
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
        return self._workloads.words()

    def nothing(self) -> str:
        if self.known.sees_all():
            return "nothing is wrong"
        return "nothing wrong is seen, but not everything is: see !"

    def take(self, delta: Delta[Any]) -> None:
        """It has no topic of its own: it is made of the other lists."""

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

    def explain(self, row: shown.WrongRow, width: int) -> list[Text]:
        for workload_row in self.known.workloads.values():
            found = workload_row.workload
            if (found.namespace, found.kind, found.name) == (row.namespace, row.kind, row.name):
                return self._workloads.explain(workload_row, width)
        for node in self.known.nodes.values():
            if row.kind == "Node" and node.name == row.name:
                return self._nodes.explain(node, width)
        return [Text.assemble((clean(row.name), "bold"), f" ─ {clean(row.verdict.words)}")]
