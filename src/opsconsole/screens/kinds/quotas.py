"""ResourceQuotas: what a namespace may ask for, and how much of that is taken."""

from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import Quota, QuotaLine
from ...poller.topics import QUOTAS
from ...rules.quota_state import figures, used_share
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import HOT, rank, severity_cell, words_cell
from ..columns.cells import share as share_cell
from .judged import Judged, JudgedKind
from .kind import Into

Row = Judged[Quota]


class Quotas(JudgedKind[Quota]):
    view = View("quotas", "Quotas", "")
    topic = QUOTAS
    one = "quota"
    word = "quota"
    tells = "how much of what a namespace may ask for is taken"
    empty = "no ResourceQuota is here: namespaces may ask for what they like"
    sorts: ClassVar = {"n": ("name", "name"), "t": ("state", "state"), "a": ("age", "age"), "r": ("full", "fullest")}

    def build(self) -> LiveTable[Row]:
        return LiveTable(
            _columns(),
            order=lambda row: (rank(row.verdict), -(fullest(row.of) or 0.0), row.of.namespace, row.of.name),
            mark=lambda row: severity_cell(row.verdict),
        )

    def into(self, row: Row) -> Into:
        return related.workloads_in(row.of.namespace)

    def facts(self, row: Row, width: int) -> list[Text]:
        lines = sorted(row.of.lines, key=lambda line: (-(used_share(line) or 0.0), line.resource))
        return [
            Text(
                f"  {clean(line.resource):<28} {clean(line.used_text) or '?':>10} of {clean(line.hard_text):<10}"
                f" {units.percent(share) + ' %' if (share := used_share(line)) is not None else 'not counted yet'}",
                style="bold" if (used_share(line) or 0.0) >= HOT else "",
            )
            for line in lines
        ]


def fullest(quota: Quota) -> float | None:
    return max((share for line in quota.lines if (share := used_share(line)) is not None), default=None)


def _line_words(line: QuotaLine) -> str:
    return clean(f"{line.resource} {figures(line)}")


def _all(row: Row) -> str:
    return "  ".join(map(_line_words, row.of.lines)) or units.DASH


def _fullest_words(row: Row) -> str:
    known = [line for line in row.of.lines if used_share(line) is not None]
    top = max(known, key=lambda line: used_share(line) or 0.0, default=None)
    return _line_words(top) if top is not None else units.DASH


def _full(row: Row) -> Cell:
    return share_cell(fullest(row.of))


def _columns() -> list[Column[Row]]:
    return [
        Column("name", "QUOTA", 16, lambda r: clean(r.of.name), flex=1, most=40, sort=lambda r: r.of.name),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.of.namespace), flex=1, most=30),
        Column("full", "FULL%", 5, _full, right=True, sort=lambda r: -(fullest(r.of) or 0.0)),
        Column("fullest", "FULLEST", 20, _fullest_words, flex=1, most=36),
        Column("state", "STATE", 16, lambda r: words_cell(r.verdict), flex=2, most=60,
               sort=lambda r: rank(r.verdict)),
        Column("age", "AGE", 5, lambda r: units.age(r.of.created, clock.now()), right=True,
               sort=lambda r: -(r.of.created.timestamp() if r.of.created else 0.0)),
        Column("lines", "ALL used/hard", 30, _all, flex=4, from_width=120),
    ]  # fmt: skip
