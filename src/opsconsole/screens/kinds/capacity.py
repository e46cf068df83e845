"""Capacity by node: what is requested, limited and used of each, what stays free, and what its loss would mean."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from rich.text import Text

from ...model.collection import Delta
from ...model.kubernetes import Node
from ...poller.slices import Slices
from ...poller.topics import NODES, Topic
from ...rules.headroom import (
    Resource,
    Total,
    amount,
    capacity_words,
    fullest,
    fullest_resource,
    headroom_words,
    requested_words,
    resources,
    takes_any,
    total,
)
from ...rules.node_loss import Loss, left_count, left_words, loss_words
from ...rules.node_trouble import node_trouble
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import rank, severity_cell, words_cell
from ..columns.cells import share as share_cell
from ..node_reading import pods_seen
from .explain import head
from .kind import Into, Kind
from .known import Known

LATER = "..."
"""What is being worked out."""


class Capacity(Kind[Node]):
    view = View("capacity", "Capacity of nodes", "")
    topic = NODES
    one = "node"
    word = "cap"
    tells = "what is requested and used of the nodes, headroom, and what would not fit if one went"
    empty = "no node is here, or none may be listed"
    sorts: ClassVar = {"c": ("cpu", "cpu requested"), "m": ("memory", "memory requested"), "r": ("free", "room"),
                       "n": ("name", "name")}  # fmt: skip

    def __init__(self, known: Known) -> None:
        self._figures: dict[str, tuple[Resource, ...]] = {}
        self._total: Total | None = None
        self._fullest: tuple[Node, Resource] | None = None
        super().__init__(known)
        known.losses.listen(self._losses_came)

    def build(self) -> LiveTable[Node]:
        return LiveTable(
            self._columns(),
            order=lambda node: (rank(node_trouble(node)), not self._hot(node), self._free(node), node.name),
            mark=self._mark,
        )

    # ---- news -------------------------------------------------------------------------------------------------------

    def take(self, topic: Topic[Any], delta: Delta[Any]) -> None:
        super().take(topic, delta)
        self.known.losses.nodes_changed()
        self._figures.clear()

    async def rebuild(self, slices: Slices) -> None:
        """The sums are those of the pods: they are looked at while the list is."""
        if self.known.on_screen != self.id:
            return
        self._figures.clear()
        if slices.over:
            await slices.rest()
        sums = self.known.index.node_sums()
        nodes = list(self.known.nodes.values())
        self._total = total(nodes, sums, self.known.node_usage)
        if slices.over:
            await slices.rest()
        self._fullest = fullest(nodes, sums)
        self.table.resort()
        self.table.reformat()

    def _losses_came(self) -> None:
        if self.known.on_screen == self.id:
            self.table.reformat()

    # ---- words ------------------------------------------------------------------------------------------------------

    def wrong(self, row: Node) -> bool:
        """As everywhere else: one with little room left is marked, which is no trouble yet."""
        return self.known.trouble.verdict(row.uid).wrong

    def into(self, row: Node) -> Into:
        return related.pods_on(row.name)

    def words(self) -> str:
        if self._total is None:
            return units.plural(len(self.known.nodes), "node")
        seen = pods_seen(self.known)
        if seen is None:
            return "what is requested is unknown: not all pods are seen"
        loss = self.known.losses.of(self._fullest[0].name) if self._fullest is not None else None
        only = f"of {clean(seen)} only: " if seen else ""
        return only + clean(capacity_words(self._total, loss), 600)

    def note(self) -> str:
        return ""

    def explain(self, row: Node, width: int) -> list[Text]:
        found = self._of(row)
        full = fullest_resource(found)
        state = node_trouble(row)
        words = [clean(state.words)] if state.wrong or row.unschedulable else []
        words += [f"uses {units.percent(one.used_share)} % of its {one.name}" for one in found if one.hot]
        if full is not None:
            words.append(requested_words(row, full))
        if self._fullest is not None and self._fullest[0].name == row.name:
            words.append("the fullest")
        lines = [head(row.name, " · ".join(words) or units.UNKNOWN)]
        lines.append(Text(f"if it went: {if_it_went(self.known, row.name)}"))
        lines += [Text(resource_words(one, judged=takes_any(row))) for one in found]
        taints = f"taints {', '.join(map(clean, row.taints))} · " if row.taints else ""
        return [*lines, Text(f"{taints}w the node's page · enter its pods", style="dim")]

    # ---- cells ------------------------------------------------------------------------------------------------------

    def _of(self, node: Node) -> tuple[Resource, ...]:
        found = self._figures.get(node.name)
        if found is None:
            known = self.known
            found = resources(node, known.index.sums_on(node.name), known.node_usage.get(node.name))
            self._figures[node.name] = found
        return found

    def _free(self, node: Node) -> float:
        """Share that is left of its fullest resource, in whole percents: rows change places when that changes."""
        full = fullest_resource(self._of(node))
        return 2.0 if full is None or full.headroom is None else round(full.headroom, 2)

    def _hot(self, node: Node) -> bool:
        return any(one.hot for one in self._of(node))

    def _mark(self, node: Node) -> Cell:
        mark = severity_cell(node_trouble(node))
        return mark or (("▲", "warn") if any(one.tight or one.hot for one in self._of(node)[:3]) else "")

    def _columns(self) -> list[Column[Node]]:
        def of(place: int, node: Node) -> Resource:
            return self._of(node)[place]

        def requested(place: int, node: Node) -> Cell:
            one = of(place, node)
            text = share_cell(one.share, 9.0)
            return (text, "warn") if one.tight and isinstance(text, str) else text

        def used(place: int, node: Node) -> Cell:
            return share_cell(of(place, node).used_share)

        def limits(place: int, node: Node) -> Cell:
            one = of(place, node)
            return share_cell(one.limit / one.allocatable if one.limit is not None and one.allocatable else None, 9.0)

        def share(place: int, node: Node) -> float | None:
            found = of(place, node).share
            return None if found is None else -found

        return [
            Column("name", "NODE", 14, lambda n: clean(n.name), flex=2, most=44, sort=lambda n: n.name),
            Column("state", "STATE", 12, lambda n: words_cell(node_trouble(n)), flex=1, most=30, from_width=120),
            Column("pods", "PODS", 7, lambda n: f"{of(2, n).requested:.0f}/{n.pods}", right=True),
            Column("cpu", "CPU%r", 5, partial(requested, 0), right=True, sort=partial(share, 0)),
            Column("cpuused", "used", 4, partial(used, 0), right=True),
            Column("cpulimit", "limit", 5, partial(limits, 0), right=True, from_width=100),
            Column("memory", "MEM%r", 5, partial(requested, 1), right=True, sort=partial(share, 1)),
            Column("memoryused", "used", 4, partial(used, 1), right=True),
            Column("memorylimit", "limit", 5, partial(limits, 1), right=True, from_width=100),
            Column("free", "FREE%", 5, self._free_cell, right=True, sort=self._free),
            Column("loss", "IF IT WENT", 20, self._loss_cell, flex=4, most=70),
            Column("cores", "CORES", 5, lambda n: units.cores(n.cpu), right=True, from_width=130),
            Column("size", "MEMORY", 7, lambda n: units.size(n.memory), right=True, from_width=130),
            Column("others", "ELSE", 10, self._others_cell, flex=1, most=30, from_width=140),
            Column("taints", "TAINTS", 8, lambda n: ", ".join(map(clean, n.taints)) or units.DASH, flex=1, most=40,
                   from_width=140),
        ]  # fmt: skip

    def _free_cell(self, node: Node) -> Cell:
        full = fullest_resource(self._of(node))
        if not takes_any(node):
            return units.DASH, "dim"
        if full is None or full.headroom is None:
            return "?", "dim"
        free = units.percent(full.headroom, 0)
        return (free, "warn") if full.tight else free

    def _loss_cell(self, node: Node) -> Cell:
        if pods_seen(self.known) is None:
            return "?", "dim"
        loss = self.known.losses.of(node.name)
        return (LATER, "dim") if loss is None else loss_cell(loss)

    def _others_cell(self, node: Node) -> Cell:
        found = self._of(node)[3:]
        words = "  ".join(f"{clean(one.name.rpartition('/')[2])} {_both(one)}" for one in found)
        return words or (units.DASH, "dim")


def if_it_went(known: Known, node: str) -> str:
    """What its loss would mean, and what was not looked at."""
    if pods_seen(known) is None:
        return "unknown: not all pods are seen"
    loss = known.losses.of(node)
    if loss is None:
        return LATER
    unread = f" · not looked at: {', '.join(loss.unread)}" if loss.unread and loss.moving else ""
    return clean(loss_words(loss), 300) + unread


def loss_cell(loss: Loss) -> Cell:
    """`3 of 11 out: api 3: memory`, `11 fit`."""
    if not loss.moving and loss.leaving:
        return f"{loss.leaving} ending already", "dim"
    if not loss.moving:
        return f"no pod moves{f', {len(loss.orphans)} gone' if loss.orphans else ''}", "dim"
    if not loss.left:
        return f"{loss.moving} fit"
    return f"{left_count(loss)} of {loss.moving} out: {clean(left_words(loss))}", "warn"


def resource_words(one: Resource, *, judged: bool = True) -> str:
    """`cpu     5.7 of 8 requested = 71 % · limits 12 = 150 % · used 3.1 = 39 %`."""
    say = partial(amount, one.name)
    parts = [f"  {clean(one.name):<18} {say(one.requested)} of {say(one.allocatable)} requested"]
    if one.share is not None:
        parts[0] += f" = {units.percent(one.share)} %" + (f", {headroom_words(one)}" if judged else "")
    if one.limit is not None:
        of = f" = {units.percent(one.limit / one.allocatable)} %" if one.allocatable else ""
        parts.append(f"limits {say(one.limit)}{of}")
        used = "used unknown" if one.used is None else f"used {say(one.used)} = {units.percent(one.used_share)} %"
        parts.append(used)
    return " · ".join(parts)


def short_words(found: Sequence[Resource]) -> str:
    """`cpu 5.7 of 8 requested, limits 150 %, used 39 % · memory … · 14 of 58 pods`."""
    cpu, memory, pods, *others = found
    parts: list[str] = []
    for one in (cpu, memory):
        limits = units.percent(one.limit / one.allocatable) if one.limit is not None and one.allocatable else "?"
        used = f"used {units.percent(one.used_share)} %" if one.used_share is not None else "used unknown"
        parts.append(f"{one.name} {_of(one)} requested, limits {limits} %, {used}")
    parts.append(f"{pods.requested:.0f} of {pods.allocatable:.0f} pods")
    return " · ".join([*parts, *(f"{clean(one.name)} {_of(one)}" for one in others)])


def _of(one: Resource) -> str:
    return f"{amount(one.name, one.requested)} of {amount(one.name, one.allocatable)}"


def _both(one: Resource) -> str:
    return f"{amount(one.name, one.requested)}/{amount(one.name, one.allocatable)}"
