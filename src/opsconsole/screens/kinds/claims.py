"""PersistentVolumeClaims: what disks workloads asked for and got."""

from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import Claim
from ...poller.topics import CLAIMS
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ..base import View
from ..columns.cells import rank, severity_cell, words_cell
from .explain import condition_words, fact
from .judged import Judged, JudgedKind

Row = Judged[Claim]


class Claims(JudgedKind[Claim]):
    view = View("claims", "Volume claims", "")
    topic = CLAIMS
    wants = (CLAIMS,)
    one = "claim"
    word = "pvc"
    tells = "disks that were asked for, and got"
    empty = "no PersistentVolumeClaim is here"
    sorts: ClassVar = {"n": ("name", "name"), "t": ("status", "status"), "a": ("age", "age")}

    def build(self) -> LiveTable[Row]:
        return LiveTable(
            _columns(),
            order=lambda row: (rank(row.verdict), row.of.namespace, row.of.name),
            mark=lambda row: severity_cell(row.verdict),
        )

    def facts(self, row: Row, width: int) -> list[Text]:
        claim = row.of
        got = clean(claim.capacity) or "nothing yet"
        lines = [
            fact("claim", f"asked {clean(claim.asked) or 'unknown'}, has {got} · class {_class(row)} · {_modes(row)}"),
            fact("volume", clean(claim.volume) or "none bound"),
        ]
        return lines + [fact("condition", condition_words(one)) for one in claim.conditions]


def _class(row: Row) -> str:
    return clean(row.of.storage_class) or units.DASH


def _modes(row: Row) -> str:
    return ",".join(map(clean, row.of.modes)) or units.DASH


def _status(row: Row) -> Cell:
    words = "Terminating" if row.of.deleting is not None else clean(row.of.phase) or "unknown"
    return (words, "warn") if row.verdict.wrong else words


def _columns() -> list[Column[Row]]:
    return [
        Column("name", "CLAIM", 22, lambda r: clean(r.of.name), flex=2, most=50, sort=lambda r: r.of.name),
        Column("status", "STATUS", 9, _status, sort=lambda r: (rank(r.verdict), r.of.phase)),
        Column("state", "STATE", 16, lambda r: words_cell(r.verdict), flex=3, most=60, from_width=90),
        Column("capacity", "CAPACITY", 8, lambda r: clean(r.of.capacity) or units.DASH, right=True),
        Column("asked", "ASKED", 7, lambda r: clean(r.of.asked) or units.DASH, right=True),
        Column("modes", "MODES", 7, _modes),
        Column("class", "CLASS", 10, _class, flex=1, most=24),
        Column("age", "AGE", 5, lambda r: units.age(r.of.created, clock.now()), right=True,
               sort=lambda r: -(r.of.created.timestamp() if r.of.created else 0.0)),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.of.namespace), flex=1, most=30, from_width=110),
        Column("volume", "VOLUME", 20, lambda r: clean(r.of.volume) or units.DASH, flex=1, most=44, from_width=120),
    ]  # fmt: skip
