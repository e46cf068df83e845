"""EXPLAIN (FORMAT JSON) as the server writes it: one step holds those below it."""

import msgspec

from ..text.clean import clean
from ..text.sql_format import condition


class Step(msgspec.Struct, gc=False):
    """One node as EXPLAIN (FORMAT JSON) writes it; what is not named here is not looked at."""

    kind: str = msgspec.field(name="Node Type", default="?")
    cost: float = msgspec.field(name="Total Cost", default=0.0)
    startup: float = msgspec.field(name="Startup Cost", default=0.0)
    rows: float = msgspec.field(name="Plan Rows", default=0.0)
    width: int = msgspec.field(name="Plan Width", default=0)
    side: str = msgspec.field(name="Parent Relationship", default="")
    relation: str = msgspec.field(name="Relation Name", default="")
    alias: str = msgspec.field(name="Alias", default="")
    cte: str = msgspec.field(name="CTE Name", default="")
    function: str = msgspec.field(name="Function Name", default="")
    index: str = msgspec.field(name="Index Name", default="")
    join: str = msgspec.field(name="Join Type", default="Inner")
    strategy: str = msgspec.field(name="Strategy", default="")
    operation: str = msgspec.field(name="Operation", default="")
    direction: str = msgspec.field(name="Scan Direction", default="")
    partial: str = msgspec.field(name="Partial Mode", default="Simple")
    parallel: bool = msgspec.field(name="Parallel Aware", default=False)
    subplan: str = msgspec.field(name="Subplan Name", default="")
    index_cond: str = msgspec.field(name="Index Cond", default="")
    recheck_cond: str = msgspec.field(name="Recheck Cond", default="")
    hash_cond: str = msgspec.field(name="Hash Cond", default="")
    merge_cond: str = msgspec.field(name="Merge Cond", default="")
    join_filter: str = msgspec.field(name="Join Filter", default="")
    filter: str = msgspec.field(name="Filter", default="")
    sort_key: list[str] = msgspec.field(name="Sort Key", default_factory=list)
    group_key: list[str] = msgspec.field(name="Group Key", default_factory=list)
    steps: list["Step"] = msgspec.field(name="Plans", default_factory=list)

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """(what for, expression), literals redacted."""
        found = (
            ("Index Cond", self.index_cond), ("Recheck Cond", self.recheck_cond), ("Hash Cond", self.hash_cond),
            ("Merge Cond", self.merge_cond), ("Join Filter", self.join_filter), ("Filter", self.filter),
            ("Sort Key", ", ".join(self.sort_key)), ("Group Key", ", ".join(self.group_key)),
        )  # fmt: skip
        return tuple((name, clean(condition(text), 400)) for name, text in found if text)


class Answer(msgspec.Struct, gc=False):
    plan: Step = msgspec.field(name="Plan")
