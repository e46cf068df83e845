"""Namespaces: what runs in each, what is wrong there, what it requests and how full its quota is."""

from collections import Counter
from typing import Any, ClassVar

import msgspec
from rich.text import Text

from ...model.kubernetes import Labels, Namespace
from ...model.reading import Reading
from ...poller.slices import Slices
from ...poller.topics import NAMESPACES, PODS, QUOTAS, WORKLOADS
from ...rules.capacity_sums import NOTHING
from ...rules.verdict import OK, Verdict
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import rank, severity_cell, share, words_cell
from .explain import condition_words, fact, head
from .kind import Into, MadeKind
from .quotas import fullest


class NamespaceRow(msgspec.Struct, frozen=True, gc=False):
    of: Namespace
    verdict: Verdict
    workloads: int
    wrong: int
    """Objects in it that are wrong."""
    pods: int
    waiting: int
    """Pods without a node."""
    cpu: float
    """Cores requested."""
    memory: float
    quota: float | None
    """How full its fullest quota is; None where it has none."""

    @property
    def labels(self) -> Labels:
        return self.of.labels


class Namespaces(MadeKind[NamespaceRow]):
    view = View("namespaces", "Namespaces", "")
    topic = NAMESPACES
    hears = (PODS, WORKLOADS, QUOTAS)
    wants = (NAMESPACES,)
    one = "namespace"
    word = "namespaces"
    tells = "what runs in each, what is wrong there"
    empty = "no namespace is here"
    sorts: ClassVar = {
        "c": ("cpu", "cpu requested"), "m": ("memory", "memory requested"), "n": ("name", "name"), "a": ("age", "age"),
        "t": ("state", "state"), "r": ("wrong", "how many are wrong"),
    }  # fmt: skip

    def build(self) -> LiveTable[NamespaceRow]:
        return LiveTable(_columns(), order=_order, mark=_mark)

    def reading(self) -> Reading[Any]:
        """Who may not list namespaces still sees those that pods run in."""
        own = self.known.reading(NAMESPACES)
        return own if own.value is not None else self.known.reading(PODS)

    async def rebuild(self, slices: Slices) -> None:
        known = self.known
        if known.on_screen not in (self.id, "more"):
            return
        held = known.collection(NAMESPACES)
        named = {one.name: (uid, one) for uid, one in held.rows.items()} if held is not None else {}
        sums = known.index.namespaces()
        quotas: dict[str, float] = {}
        found = known.collection(QUOTAS)
        for quota in found.rows.values() if found is not None else ():
            quotas[quota.namespace] = max(quotas.get(quota.namespace, 0.0), fullest(quota) or 0.0)
        wrong = Counter(row.namespace for row in known.wrong.values())
        workloads = Counter(row.workload.namespace for row in known.workloads.values())
        rows: dict[str, NamespaceRow] = {}
        for name in named.keys() | sums.keys() | workloads.keys():
            uid, one = named.get(name, ("", Namespace("", name)))
            asked = sums.get(name, NOTHING)
            rows[row_key(name)] = NamespaceRow(
                one, known.trouble.verdict(uid) if one.uid else OK, workloads[name], wrong[name],
                asked.pods + asked.waiting, asked.waiting, asked.cpu, asked.memory, quotas.get(name),
            )  # fmt: skip
        self.table.set_rows(rows)

    def wrong(self, row: NamespaceRow) -> bool:
        return row.verdict.wrong or row.wrong > 0

    def words(self) -> str:
        rows = self.table.rows.values()
        troubled = sum(1 for row in rows if self.wrong(row))
        own = self.known.reading(NAMESPACES)
        unseen = f" · empty ones are not seen: {clean(own.problem.sentence)}" if own.problem is not None else ""
        return f"{units.plural(len(rows), self.one)}, {troubled or 'none'} with something wrong{unseen}"

    def into(self, row: NamespaceRow) -> Into:
        return related.workloads_in(row.of.name)

    def explain(self, row: NamespaceRow, width: int) -> list[Text]:
        one = row.of
        phase = clean(one.phase) or "phase unknown"
        first = head(one.name, f"{phase if row.verdict is OK else clean(row.verdict.words)} · {_count_words(row)}")
        asked = f"{units.cores(row.cpu)} CPU, {units.size(row.memory)} by {units.plural(row.pods, 'pod')}"
        lines = [first, fact("requests", asked)]
        found = self.known.collection(QUOTAS)
        for quota in found.rows.values() if found is not None else ():
            if quota.namespace == one.name:
                taken = "  ".join(
                    f"{clean(line.resource)} {clean(line.used_text) or '?'}/{clean(line.hard_text)}"
                    for line in quota.lines
                )
                lines.append(fact("quota", f"{clean(quota.name)}: {taken}"))
        lines += [fact("condition", condition_words(c)) for c in one.conditions if c.status == "True"]
        worst = sorted(
            (other for other in self.known.wrong.values() if other.namespace == one.name),
            key=lambda other: rank(other.verdict),
        )
        lines += [
            Text(f"  {clean(other.kind).lower()}/{clean(other.name)}: {clean(other.verdict.words)}") for other in worst
        ]
        return lines


def row_key(name: str) -> str:
    """By name: a namespace that pods run in is seen before it is read itself."""
    return f"namespace {name}"


def _count_words(row: NamespaceRow) -> str:
    waiting = f", {row.waiting} without a node" if row.waiting else ""
    counts = f"{units.plural(row.workloads, 'workload')}, {units.plural(row.pods, 'pod')}{waiting}"
    return f"{row.wrong or 'nothing'} wrong · {counts}"


def _mark(row: NamespaceRow) -> Cell:
    return severity_cell(row.verdict) or (("▲", "warn") if row.wrong else "")


def _order(row: NamespaceRow) -> tuple[object, ...]:
    return rank(row.verdict), -row.wrong, row.of.name


def _state(row: NamespaceRow) -> Cell:
    if row.verdict.severity is not None:
        return words_cell(row.verdict)
    return clean(row.of.phase) or ("unknown", "dim")


def _columns() -> list[Column[NamespaceRow]]:
    def count(value: int) -> Cell:
        return str(value) if value else ("0", "dim")

    return [
        Column("name", "NAMESPACE", 20, lambda r: clean(r.of.name), flex=2, most=50, sort=lambda r: r.of.name),
        Column("state", "STATE", 11, _state, flex=2, most=60, sort=lambda r: rank(r.verdict)),
        Column("wrong", "WRONG", 5, lambda r: (str(r.wrong), "warn") if r.wrong else ("0", "dim"), right=True,
               sort=lambda r: -r.wrong),
        Column("workloads", "WORKL", 5, lambda r: count(r.workloads), right=True, sort=lambda r: -r.workloads),
        Column("pods", "PODS", 5, lambda r: count(r.pods), right=True, sort=lambda r: -r.pods),
        Column("cpu", "CPU req", 7, lambda r: units.cores(r.cpu), right=True, sort=lambda r: -r.cpu),
        Column("memory", "MEM req", 7, lambda r: units.size(r.memory), right=True, sort=lambda r: -r.memory),
        Column("quota", "QUOTA%", 6, lambda r: share(r.quota, applies=False), right=True,
               sort=lambda r: -(r.quota or 0.0)),
        Column("age", "AGE", 5, lambda r: units.age(r.of.created, clock.now()) if r.of.created else units.DASH,
               right=True, sort=lambda r: -(r.of.created.timestamp() if r.of.created else 0.0)),
    ]  # fmt: skip
