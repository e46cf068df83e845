"""Wrong: everything that is wrong, of whatever kind, worst first, and then by how much it touches."""

from collections import Counter
from typing import Any, ClassVar

import msgspec
from rich.text import Text

from ...model.kubernetes import Budget, Hpa, Node, Service, Workload
from ...model.reading import Reading
from ...poller.slices import Slices
from ...poller.topics import WORKLOADS
from ...rules.docket import Trouble
from ...rules.verdict import Verdict
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ..base import View
from ..columns.cells import rank, severity_cell, words_cell
from ..pod_rows import SHORT, subject
from .explain import head
from .kind import Into, MadeKind
from .known import Known
from .namespaces import row_key


class WrongRow(msgspec.Struct, frozen=True, gc=False):
    """Something that is wrong, of whatever kind."""

    kind: str
    namespace: str
    name: str
    uid: str
    verdict: Verdict
    touched: int
    """Pods that it touches."""
    touches: str
    """The same in words."""


class Wrong(MadeKind[WrongRow]):
    view = View("wrong", "Wrong", "w")
    sorts: ClassVar = {"n": ("name", "name"), "t": ("kind", "kind"), "r": ("touches", "what it touches")}
    one = "finding"
    pane_rows_short = 3

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        known.wrong = self.table.rows

    def build(self) -> LiveTable[WrongRow]:
        return LiveTable(
            _columns(), order=_order, mark=lambda row: severity_cell(row.verdict),
            left=lambda uid: "over" if self._is_there(uid) else "gone",
        )  # fmt: skip

    def reading(self) -> Reading[Any]:
        """Without workloads nothing can be said."""
        return self.known.reading(WORKLOADS)

    async def rebuild(self, slices: Slices) -> None:
        if self.reading().value is None:
            return
        rows: dict[str, WrongRow] = {}
        for trouble in self.known.trouble.found():
            rows[trouble.uid] = self._row(trouble)
            if slices.over:
                await slices.rest()
        self.table.set_rows(rows)

    def _row(self, trouble: Trouble) -> WrongRow:
        touched, touches = self._touched(trouble)
        return WrongRow(trouble.kind, trouble.namespace, trouble.name, trouble.uid, trouble.verdict, touched, touches)

    def _touched(self, trouble: Trouble) -> tuple[int, str]:
        """How many pods, and in words."""
        match subject(self._there(trouble)):
            case Workload() as one:
                missing = max(0, one.desired - one.ready) if one.kind not in ("Job", "CronJob") else 0
                if missing:
                    return missing, f"{missing} of {units.plural(one.desired, 'pod')}"
                return 0, units.plural(one.desired, "pod") if one.kind != "CronJob" else "its next runs"
            case Node() as one:
                pods = len(self.known.index.pods_on(one.name))
                return pods, f"{units.plural(pods, 'pod')} on it"
            case Hpa() as one:
                return 0, f"replicas of {one.target_kind.lower()}/{one.target_name}"
            case Service():
                return 1, "every request to it"
            case Budget() as one:
                return 0, f"drains: {units.plural(one.expected, 'pod')}"
        words = {
            "Pod": (1, "itself"), "ResourceQuota": (0, "new pods there"), "Namespace": (0, "its name stays taken"),
            "PersistentVolumeClaim": (0, "pods that use it"),
        }  # fmt: skip
        return words.get(trouble.kind, (0, ""))

    def wrong(self, row: WrongRow) -> bool:
        return row.verdict.wrong

    def words(self) -> str:
        kinds = Counter(_kind(row).lower() for row in self.table.rows.values())
        blind = self.known.unseen_words()
        if kinds:
            counts = ", ".join(units.plural(count, kind) for kind, count in kinds.most_common())
            return f"{len(self.table.rows)} wrong: {counts}{blind}"
        return self.nothing()

    def nothing(self) -> str:
        blind = self.known.unseen_words()
        if self.known.sees_all() and not blind:
            return "nothing is wrong, of whatever kind"
        return f"nothing wrong is seen, but not all is seen{blind or ': !'}"

    def into(self, row: WrongRow) -> Into | None:
        """To the object in its own list."""
        place = self._place(row.kind, row.name, row.uid)
        return Into(place[0], at=place[1]) if place is not None else None

    def explain(self, row: WrongRow, width: int) -> list[Text]:
        """As its own list does; first of all whom it touches."""
        place = self._place(row.kind, row.name, row.uid)
        if self.known.new_lines is not None and (place is None or place[0] != "workloads"):
            self.known.new_lines.leave()
        if place is None:
            return [head(row.name, clean(row.verdict.words))]
        kind = self.known.kinds[place[0]]
        return kind.explain(kind.table.rows[place[1]], width)

    def _place(self, kind: str, name: str, uid: str) -> tuple[str, str] | None:
        """(list, key there) of an object."""
        key = row_key(name) if kind == "Namespace" else uid
        found = (other.id for other in self.known.kinds.values() if other is not self and key in other.table.rows)
        pane = next(found, None)
        return (pane, key) if pane is not None else None

    def _is_there(self, uid: str) -> bool:
        """Whether an object that is not wrong any more is still there."""
        namespaces = self.known.kinds["namespaces"].table.rows.values()
        others = (kind.table.rows for kind in self.known.kinds.values() if kind is not self)
        return any(uid in rows for rows in others) or any(row.of.uid == uid for row in namespaces)

    def _there(self, trouble: Trouble) -> Any:
        place = self._place(trouble.kind, trouble.name, trouble.uid)
        return self.known.kinds[place[0]].table.rows[place[1]] if place is not None else None


def _columns() -> list[Column[WrongRow]]:
    return [
        Column("name", "NAME", 22, lambda r: clean(r.name), flex=2, most=56, sort=lambda r: r.name),
        Column("kind", "KIND", 11, _kind, sort=lambda r: r.kind),
        Column("words", "WHAT IS WRONG", 30, lambda r: words_cell(r.verdict), flex=5),
        Column("touches", "TOUCHES", 16, _touches, flex=1, most=36, sort=lambda r: -r.touched, from_width=100),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.namespace) or units.DASH, flex=1, most=30,
               from_width=110),
    ]  # fmt: skip


def _kind(row: WrongRow) -> str:
    return clean(SHORT.get(row.kind, row.kind))


def _touches(row: WrongRow) -> Cell:
    return clean(row.touches) or (units.DASH, "dim")


def _order(row: WrongRow) -> tuple[object, ...]:
    return rank(row.verdict), -row.touched, row.kind, row.namespace, row.name
