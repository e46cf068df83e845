"""Nodes: what they have, what is requested and used of it, and what presses them."""

from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import Node
from ...poller.slices import Slices
from ...poller.topics import NODES
from ...rules.headroom import fullest_resource, requested_words, resources
from ...rules.verdict import Verdict
from ...text import clock, units
from ...text.clean import clean, fit
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import rank, severity_cell
from ..columns.nodes import node_columns
from .capacity import if_it_went, short_words
from .explain import EVENTS_SHOWN, WIDE, beside, events_about, head, node_events_unread, or_dash
from .kind import Into, Kind
from .known import Known


class Nodes(Kind[Node]):
    view = View("nodes", "Nodes", "n")
    topic = NODES
    sorts: ClassVar = {"c": ("cpu", "cpu"), "m": ("memory", "memory"), "n": ("name", "name")}
    one = "node"
    empty = "no node is here, or none may be listed"

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        known.nodes = self.table.rows
        self._verdicts: dict[str, Verdict] = {}

    def build(self) -> LiveTable[Node]:
        return LiveTable(
            node_columns(
                self.known.index.reserved_on, lambda: self.known.node_usage, self.label_columns, self._verdict
            ),
            order=lambda node: (rank(self._verdict(node)), node.name),
            mark=lambda node: severity_cell(self._verdict(node)),
        )

    def _verdict(self, node: Node) -> Verdict:
        return self.known.trouble.verdict(node.uid)

    async def rebuild(self, slices: Slices) -> None:
        """A node may be full, or be so no more, without a change of its own."""
        verdicts = {uid: self.known.trouble.verdict(uid) for uid in self.table.rows}
        if verdicts != self._verdicts:
            self._verdicts = verdicts
            self.table.reformat()
            self.table.resort()

    def wrong(self, row: Node) -> bool:
        return self._verdict(row).wrong

    def words(self) -> str:
        nodes = self.table.rows.values()
        ready = sum(1 for node in nodes if node.status.partition(",")[0] == "Ready")
        cordoned = sum(1 for node in nodes if node.unschedulable)
        also = f", {cordoned} cordoned" if cordoned else ""
        return f"{ready} of {units.plural(len(nodes), 'node')} ready{also}"

    def into(self, row: Node) -> Into:
        return related.pods_on(row.name)

    def explain(self, row: Node, width: int) -> list[Text]:
        known = self.known
        found = resources(row, known.index.sums_on(row.name), known.node_usage.get(row.name))
        full = fullest_resource(found)
        words = [clean(self._verdict(row).words)]
        words += [f"uses {units.percent(one.used_share)} % of its {one.name}" for one in found if one.hot]
        if full is not None:
            words.append(requested_words(row, full))
        lines = [head(row.name, " · ".join(words)), Text(f"if it went: {if_it_went(known, row.name)}")]
        lines.append(Text(short_words(found)))
        if row.taints:
            lines.append(Text(f"  taints {', '.join(map(clean, row.taints))}"))
        bad = [c for c in row.conditions if (c.status == "True") != (c.type == "Ready")]
        now = clock.now()
        lines += [
            Text(f"  {clean(c.type)} {clean(c.status)} since {units.when(c.since, now)}: {clean(c.message)}")
            for c in bad
        ]
        # a kubelet names its node where the uid should stand
        events = events_about(self.known.events_of, {row.uid, row.name}, row.name)
        if not events and (why := node_events_unread(known.namespaces)):
            events = [Text(why, style="dim")]
        if width < WIDE:
            return [*lines, *events]
        return [*lines, *beside("EVENTS", events, "MOST CPU ON IT", self._greedy(row), width)]

    def _greedy(self, node: Node) -> list[Text]:
        """The pods of a node that use most CPU, against what they requested."""
        there = self.known.index.pods_on(node.name)
        measured = [(used.cpu, pod) for pod in there if (used := self.known.usage_of(pod)) is not None]
        measured.sort(key=lambda pair: (-pair[0], pair[1].name))
        lines = [
            Text(f"{fit(clean(pod.name), 44)} {units.cores(cpu):>6} of {or_dash(units.cores, pod.cpu_request)}")
            for cpu, pod in measured[:EVENTS_SHOWN]
        ]
        return lines or [Text("usage unknown", style="dim")]
