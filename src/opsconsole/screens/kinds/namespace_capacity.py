"""Capacity by namespace: what its pods request, limit and use, as a share of all nodes, and how full its quota is."""

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
from rich.text import Text

from ...model.kubernetes import Quota, Usage
from ...poller.slices import Slices
from ...poller.topics import PODS, QUOTAS
from ...rules.capacity_sums import Sums
from ...rules.headroom import NamespaceUse, Total, headroom_words, total, worst_quota
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ..base import View
from ..columns.cells import HOT
from ..columns.cells import share as share_cell
from ..node_reading import pods_seen
from .explain import head
from .kind import Into, MadeKind, Part
from .known import Known


class Row(msgspec.Struct, frozen=True, gc=False):
    """One namespace; None is unknown."""

    name: str
    pods: int
    waiting: int
    cpu: float
    memory: float
    cpu_limit: float
    memory_limit: float
    no_request: int
    no_limit: int
    cpu_share: float | None
    """Requested of all that the nodes have."""
    memory_share: float | None
    used: NamespaceUse | None
    quota: str
    """The line of its quotas that is nearest to its end."""
    quota_share: float | None
    kind: str = "Namespace"
    namespace: str = ""

    @property
    def largest(self) -> float:
        return max(self.cpu_share or 0.0, self.memory_share or 0.0)


class NamespaceCapacity(MadeKind[Row]):
    view = View("capacity-ns", "Capacity of namespaces", "")
    topic = PODS
    one = "namespace"
    word = "capns"
    tells = "what the pods of each namespace request, limit and use, and how full its quota is"
    empty = "no pod is here"
    sorts: ClassVar = {"c": ("cpu", "cpu requested"), "m": ("memory", "memory requested"), "r": ("quota", "quota"),
                       "n": ("name", "name")}  # fmt: skip

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        self._total: Total | None = None
        self._used: dict[str, NamespaceUse] = {}
        self._used_of: Mapping[str, Usage] | None = None
        """The usage that was added up."""

    def build(self) -> LiveTable[Row]:
        return LiveTable(_columns(), order=lambda row: (-round(row.largest, 2), row.name), mark=_mark)

    async def rebuild(self, slices: Slices) -> None:
        if self.known.on_screen not in (self.id, "more"):
            return
        known = self.known
        self._total = whole = total(known.nodes.values(), known.index.node_sums(), known.node_usage)
        await self._add_up(slices)
        quotas: dict[str, list[Quota]] = {}
        held = known.collection(QUOTAS)
        for quota in held.rows.values() if held is not None else ():
            quotas.setdefault(quota.namespace, []).append(quota)
        rows: dict[str, Row] = {}
        for name, sums in list(known.index.namespaces().items()):
            rows[name] = _row(name, sums, whole, self._used.get(name), quotas.get(name, []))
            if slices.over:
                await slices.rest()
        self.table.set_rows(rows)

    async def _add_up(self, slices: Slices) -> None:
        """Usage by namespace, once for each that came."""
        usage = self.known.usage
        if usage is self._used_of:
            return
        found: dict[str, list[float]] = {}
        for key, used in list(usage.items()):
            sums = found.setdefault(key.partition("/")[0], [0.0, 0.0, 0])
            sums[0] += used.cpu
            sums[1] += used.memory
            sums[2] += 1
            if slices.over:
                await slices.rest()
        self._used = {name: NamespaceUse(cpu, memory, int(pods)) for name, (cpu, memory, pods) in found.items()}
        self._used_of = usage

    # ---- words ------------------------------------------------------------------------------------------------------

    def wrong(self, row: Row) -> bool:
        return bool(row.no_request) or (row.quota_share or 0.0) >= HOT

    def into(self, row: Row) -> Into:
        return Into("pods", Part(f"namespace/{row.name}", lambda pod: pod.namespace == row.name))

    def words(self) -> str:
        rows = list(self.table.rows.values())
        seen = pods_seen(self.known)
        if self._total is None or not rows:
            return units.plural(len(rows), "namespace")
        if seen is None:
            return "what is requested is unknown: not all pods are seen"
        whole = self._total
        parts = [
            units.plural(len(rows), "namespace"),
            f"CPU {units.percent(whole.cpu.share)} %, memory {units.percent(whole.memory.share)} % "
            f"of {units.plural(whole.nodes, 'node')} requested",
        ]
        top = max(rows, key=lambda row: row.largest)
        if top.largest:
            parts.append(f"most: {clean(top.name)} {units.percent(top.largest)} %")
        none = sum(row.no_request for row in rows)
        if none:
            parts.append(f"{units.plural(none, 'pod')} without a request")
        full = max(rows, key=lambda row: row.quota_share or 0.0)
        if full.quota_share is not None:
            parts.append(f"fullest quota: {clean(full.name)} {clean(full.quota)}")
        return (f"of {clean(seen)} only: " if seen else "") + " · ".join(parts)

    def note(self) -> str:
        return ""

    def explain(self, row: Row, width: int) -> list[Text]:
        whole = self._total
        lines = [head(row.name, f"{units.plural(row.pods, 'pod')} placed, {row.waiting or 'none'} waiting for a node")]
        used = row.used
        missing = "" if used is None or used.measured >= row.pods else f" by {used.measured} of {row.pods} pods"
        cpu, memory = (None, None) if used is None else (used.cpu, used.memory)
        lines.append(Text(_words("cpu", row.cpu, row.cpu_limit, cpu, row.cpu_share, missing, units.cores)))
        lines.append(
            Text(_words("memory", row.memory, row.memory_limit, memory, row.memory_share, missing, units.size))
        )
        lines.append(Text(f"  {'quota':<8} {clean(row.quota) if row.quota else 'none, or not read'}"))
        if row.no_request or row.no_limit:
            lines.append(
                Text(f"  {row.no_request} pods request nothing · {row.no_limit} have no memory limit", style="bold")
            )
        if whole is not None:
            left = f"cpu {headroom_words(whole.cpu)} · memory {headroom_words(whole.memory)}"
            lines.append(Text(f"  all nodes together: {left}", style="dim"))
        return lines


def _row(name: str, sums: Sums, whole: Total, used: NamespaceUse | None, quotas: list[Quota]) -> Row:
    worst = worst_quota(quotas)
    quota = ""
    if worst is not None:
        line, share = worst
        quota = (
            f"{line.resource} {line.used_text or units.number(line.used)}/{line.hard_text or units.number(line.hard)}"
        )
        quota += f" = {units.percent(share)} %"
    return Row(
        name=name,
        pods=sums.pods,
        waiting=sums.waiting,
        cpu=sums.cpu,
        memory=sums.memory,
        cpu_limit=sums.cpu_limit,
        memory_limit=sums.memory_limit,
        no_request=sums.no_request,
        no_limit=sums.no_limit,
        cpu_share=sums.cpu / whole.cpu.allocatable if whole.cpu.allocatable else None,
        memory_share=sums.memory / whole.memory.allocatable if whole.memory.allocatable else None,
        used=used,
        quota=quota,
        quota_share=None if worst is None else worst[1],
    )


def _words(
    name: str, asked: float, limit: float, used: float | None, share: float | None, missing: str, say: Any
) -> str:
    of = f" = {units.percent(share)} % of the nodes" if share is not None else ""
    spent = "used unknown" if used is None else f"used {say(used)}{missing}"
    ratio = f" = {units.percent(used / asked)} % of requested" if used is not None and asked and not missing else ""
    return f"  {name:<8} {say(asked)} requested{of} · limits {say(limit)} · {spent}{ratio}"


def _mark(row: Row) -> Cell:
    return ("▲", "warn") if (row.quota_share or 0.0) >= HOT else ""


def _columns() -> list[Column[Row]]:
    def used(place: int, row: Row) -> Cell:
        """Of all its pods; with `+` where not all are measured."""
        if row.used is None:
            return "?", "dim"
        more = "+" if row.used.measured < row.pods else ""
        return (units.size(row.used.memory) if place else units.cores(row.used.cpu)) + more

    def count(number: int) -> Cell:
        return (str(number), "warn") if number else ("0", "dim")

    return [
        Column("name", "NAMESPACE", 16, lambda r: clean(r.name), flex=2, most=40, sort=lambda r: r.name),
        Column("pods", "PODS", 5, lambda r: f"{r.pods:,}", right=True),
        Column("waiting", "WAIT", 4, lambda r: count(r.waiting), right=True),
        Column("cpu", "CPUreq", 6, lambda r: units.cores(r.cpu), right=True, sort=lambda r: -r.cpu),
        Column("cpushare", "%all", 4, lambda r: share_cell(r.cpu_share, 9.0), right=True),
        Column("cpulimit", "limit", 6, lambda r: units.cores(r.cpu_limit), right=True, from_width=100),
        Column("cpuused", "used", 7, lambda r: used(0, r), right=True),
        Column("memory", "MEMreq", 7, lambda r: units.size(r.memory), right=True, sort=lambda r: -r.memory),
        Column("memoryshare", "%all", 4, lambda r: share_cell(r.memory_share, 9.0), right=True),
        Column("memorylimit", "limit", 7, lambda r: units.size(r.memory_limit), right=True, from_width=100),
        Column("memoryused", "used", 8, lambda r: used(1, r), right=True),
        Column("norequest", "NO REQ", 6, lambda r: count(r.no_request), right=True, from_width=120),
        Column("nolimit", "NO LIM", 6, lambda r: count(r.no_limit), right=True, from_width=120),
        Column("quota", "FULLEST QUOTA", 16, lambda r: clean(r.quota) or (units.DASH, "dim"), flex=2, most=50,
               sort=lambda r: -(r.quota_share or 0.0), from_width=90),
    ]  # fmt: skip
