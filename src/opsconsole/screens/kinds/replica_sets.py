"""ReplicaSets: the revisions of Deployments, and those that nothing owns."""

from typing import ClassVar

from rich.text import Text

from ...model.kubernetes import ReplicaSet
from ...poller.topics import REPLICA_SETS
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import image_tag
from .explain import events_about, fact, head
from .kind import Into, Kind


class ReplicaSets(Kind[ReplicaSet]):
    view = View("replicasets", "Replica sets", "")
    topic = REPLICA_SETS
    one = "replica set"
    word = "rs"
    tells = "revisions of deployments"
    empty = "no ReplicaSet is here"
    sorts: ClassVar = {"a": ("age", "age"), "n": ("name", "name"), "t": ("ready", "ready")}

    def build(self) -> LiveTable[ReplicaSet]:
        return LiveTable(_columns(), order=_order, mark=lambda one: ("▲", "warn") if short(one) else "")

    def wrong(self, row: ReplicaSet) -> bool:
        return short(row)

    def words(self) -> str:
        rows = self.table.rows.values()
        missing = sum(1 for row in rows if short(row))
        kept = sum(1 for row in rows if not row.desired)
        return f"{units.plural(len(rows), self.one)}: {kept} kept with no pod, {missing or 'none'} short of pods"

    def into(self, row: ReplicaSet) -> Into:
        return related.pods_owned(f"replicaset/{row.name}", row.uid)

    def explain(self, row: ReplicaSet, width: int) -> list[Text]:
        state = f"{row.ready} of {row.desired} ready" if row.desired else "an earlier revision, kept with no pod"
        owner = f"{clean(row.owner.kind).lower()}/{clean(row.owner.name)}" if row.owner is not None else "nobody"
        lines = [head(row.name, f"{state} · revision {clean(row.revision) or 'unknown'} · owned by {owner}")]
        if row.change_cause or row.author:
            lines.append(fact("released", " · ".join(filter(None, (clean(row.author), clean(row.change_cause))))))
        lines.append(fact("images", ", ".join(map(clean, row.images)) or "none"))
        return [*lines, *events_about(self.known.events_of, {row.uid}, row.name)]


def short(row: ReplicaSet) -> bool:
    return row.ready < row.desired


def _columns() -> list[Column[ReplicaSet]]:
    return [
        Column("name", "REPLICA SET", 24, lambda r: clean(r.name), flex=2, most=60, sort=lambda r: r.name),
        Column("ready", "READY", 6, _ready, right=True, sort=lambda r: r.ready - r.desired),
        Column("revision", "REV", 5, lambda r: clean(r.revision) or units.DASH, right=True),
        Column("image", "IMAGE", 14, lambda r: clean(image_tag(r.images[0])) if r.images else units.DASH, flex=1,
               most=24),
        Column("age", "AGE", 5, lambda r: units.age(r.created, clock.now()), right=True,
               sort=lambda r: -(r.created.timestamp() if r.created else 0.0)),
        Column("owner", "OF", 18, lambda r: clean(r.owner.name) if r.owner is not None else units.DASH, flex=1,
               most=40, from_width=90),
        Column("author", "BY", 10, lambda r: clean(r.author) or units.DASH, flex=1, most=24, from_width=120),
        Column("cause", "CHANGE CAUSE", 14, lambda r: clean(r.change_cause) or units.DASH, flex=2, from_width=150),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.namespace), flex=1, most=30, from_width=110),
    ]  # fmt: skip


def _ready(row: ReplicaSet) -> Cell:
    words = f"{row.ready}/{row.desired}"
    return (words, "warn") if short(row) else (words, "dim") if not row.desired else words


def _order(row: ReplicaSet) -> tuple[object, ...]:
    """Short ones, then those with pods, the newest revision first."""
    return not short(row), not row.desired, row.namespace, -(row.created.timestamp() if row.created else 0.0), row.name
