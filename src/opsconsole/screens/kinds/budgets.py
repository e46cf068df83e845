"""PodDisruptionBudgets: how many pods may be evicted now, and what holds the others."""

from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import Budget
from ...poller.topics import BUDGETS
from ...rules.disruption import budget_rule
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import rank, severity_cell, words_cell
from .explain import fact
from .judged import Judged, JudgedKind
from .kind import Into, Part

Row = Judged[Budget]


class Budgets(JudgedKind[Budget]):
    view = View("budgets", "Disruption budgets", "")
    topic = BUDGETS
    one = "budget"
    word = "pdb"
    tells = "whether pods may be evicted now, and what holds them"
    empty = "no PodDisruptionBudget is here: an eviction asks nobody"
    sorts: ClassVar = {"n": ("name", "name"), "t": ("state", "state"), "a": ("age", "age"), "r": ("allowed", "allowed")}

    def build(self) -> LiveTable[Row]:
        return LiveTable(
            _columns(),
            order=lambda row: (rank(row.verdict), row.of.namespace, row.of.name),
            mark=lambda row: severity_cell(row.verdict),
        )

    def into(self, row: Row) -> Into:
        budget = row.of
        return Into("pods", Part(f"pdb/{budget.name}", related.counted_by(budget)))

    def facts(self, row: Row, width: int) -> list[Text]:
        budget = row.of
        pods = related.guarded(self.known, budget)
        unready = [clean(pod.name) for pod in pods if pod.ready < pod.total or pod.deleting is not None]
        rule = clean(budget_rule(budget))
        health = f"{budget.healthy} healthy of {budget.expected}, {budget.wanted} must stay"
        lines = [fact("budget", f"{rule} · {health} · {_allowed_words(budget)}")]
        lines.append(fact("selects", _selector_words(budget)))
        if unready:
            lines.append(fact("held by", f"{units.plural(len(unready), 'pod')} not ready: {', '.join(unready[:6])}"))
        return lines


def _allowed_words(budget: Budget) -> str:
    if budget.allowed is None:
        return "not computed yet by its controller"
    return f"{units.plural(budget.allowed, 'eviction')} allowed now" if budget.allowed else "no eviction allowed now"


def _selector_words(budget: Budget) -> str:
    if budget.selects_all:
        return "every pod of the namespace"
    equal = [f"{clean(key)}={clean(value)}" for key, value in budget.selector]
    rules = [
        f"{clean(key)} {clean(how)} {' '.join(map(clean, values))}".strip() for key, how, values in budget.expressions
    ]
    return ", ".join([*equal, *rules]) or "no pod"


def _allowed(row: Row) -> Cell:
    if row.of.allowed is None:
        return "?", "dim"
    return (str(row.of.allowed), "warn") if not row.of.allowed and row.of.expected else str(row.of.allowed)


def _columns() -> list[Column[Row]]:
    return [
        Column("name", "BUDGET", 18, lambda r: clean(r.of.name), flex=2, most=44, sort=lambda r: r.of.name),
        Column("allowed", "ALLOWED", 7, _allowed, right=True,
               sort=lambda r: -1 if r.of.allowed is None else r.of.allowed),
        Column("healthy", "HEALTHY", 7, lambda r: str(r.of.healthy), right=True),
        Column("wanted", "MUST", 4, lambda r: str(r.of.wanted), right=True),
        Column("state", "STATE", 24, lambda r: words_cell(r.verdict), flex=4,
               sort=lambda r: rank(r.verdict)),
        Column("pods", "PODS", 4, lambda r: str(r.of.expected), right=True),
        Column("minimum", "MIN AVAIL", 9, lambda r: clean(r.of.minimum) or units.DASH, right=True),
        Column("most", "MAX UNAV", 8, lambda r: clean(r.of.most_unavailable) or units.DASH, right=True),
        Column("age", "AGE", 5, lambda r: units.age(r.of.created, clock.now()), right=True,
               sort=lambda r: -(r.of.created.timestamp() if r.of.created else 0.0)),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.of.namespace), flex=1, most=30, from_width=110),
        Column("selector", "SELECTS", 16, lambda r: _selector_words(r.of), flex=2, most=50, from_width=120),
    ]  # fmt: skip
