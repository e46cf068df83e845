"""The plan of a statement as the server would make it without knowing the parameters: estimates, nothing measured."""

from datetime import datetime

import msgspec


class PlanNode(msgspec.Struct, frozen=True, gc=False):
    """One step; nodes stand in the order of reading, each after its parent."""

    depth: int
    kind: str
    """As EXPLAIN names it: `Seq Scan`, `Nested Loop`."""
    relation: str
    index: str
    startup: float
    cost: float
    """Up to the last row, in the planner's units."""
    share: float
    """Of the whole plan's cost that this step alone is, 0–1."""
    rows: float
    width: int
    conditions: tuple[tuple[str, str], ...] = ()
    """(what for, expression), literals redacted."""
    last: bool = True
    """The last one of its parent's children."""
    marks: tuple[str, ...] = ()
    """What stands out, in words."""


class Plan(msgspec.Struct, frozen=True, gc=False):
    nodes: tuple[PlanNode, ...]
    indexes: tuple[str, ...] = ()
    """Used by it, in order."""
    hints: tuple[str, ...] = ()
    """What one could do, in words."""
    counted: dict[str, float] = {}
    """Rows of its relations as the planner takes them."""
    database: str = ""
    role: str = ""
    """Who asked: rights, row security and search_path are that role's."""
    taken: datetime | None = None

    @property
    def cost(self) -> float:
        return self.nodes[0].cost if self.nodes else 0.0
