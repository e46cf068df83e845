"""What a plan tells: where its cost lies, which tables it reads whole, which indexes it uses and which may be missing.

Costs are the planner's (https://www.postgresql.org/docs/current/using-explain.html): a node's cost holds that of its
children, the inner side of a nested loop is paid once per row of the outer side, and a LIMIT pays a part only.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from ..model.plan import Plan, PlanNode
from ..text.clean import clean
from ..text.sql_format import condition
from ..text.units import number, percent

COSTLY = 0.3
"""From this share of the whole cost on a step is marked."""
LARGE = 10_000.0
"""A table of so many rows is not read whole for a few of them."""
FEW = 0.1
"""A filter that keeps at most this part of a table would be served by an index."""
MANY_LOOPS = 1000.0
MOST_NODES = 500
MOST_DEPTH = 60
_COLUMN = r"(?:[\w$]+\.)?(\"(?:[^\"]|\"\")+\"|[a-z_][\w$]*)"
_EQUAL = re.compile(rf"\(+{_COLUMN}\)?(?:::[\w ]+)? = ")
_RANGE = re.compile(rf"\(+{_COLUMN}\)?(?:::[\w ]+)? (?:<|>|<=|>=) ")
_MADE = re.compile(r"(?:Parallel )?(?:CTE|WorkTable|Function|Table Function|Named Tuplestore) Scan")
"""Scans of what is made on the way and no table: nobody counts its rows."""


class Step(msgspec.Struct, gc=False):
    """One node as EXPLAIN (FORMAT JSON) writes it; what is not named here is not looked at."""

    kind: str = msgspec.field(name="Node Type", default="?")
    cost: float = msgspec.field(name="Total Cost", default=0.0)
    startup: float = msgspec.field(name="Startup Cost", default=0.0)
    rows: float = msgspec.field(name="Plan Rows", default=0.0)
    width: int = msgspec.field(name="Plan Width", default=0)
    side: str = msgspec.field(name="Parent Relationship", default="")
    relation: str = msgspec.field(name="Relation Name", default="")
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


def parsed(
    answer: str, counted: Mapping[str, float] | None = None, *, database: str = "", role: str = "",
    taken: datetime | None = None,
) -> Plan:  # fmt: skip
    """EXPLAIN's JSON as a tree; `counted` are the rows of its relations by name, as far as they are known."""
    counted = counted or {}
    try:
        root = msgspec.json.decode(answer, type=list[Answer])[0].plan
    except (msgspec.DecodeError, IndexError, RecursionError):
        return Plan((), hints=("the server's answer is no plan",))
    nodes = tuple(_nodes(root, counted))
    indexes = tuple(dict.fromkeys(node.index for node in nodes if node.index))
    return Plan(nodes, indexes, tuple(_hints(nodes, counted)), dict(counted), clean(database), clean(role), taken)


def relations(plan: Plan) -> set[str]:
    return {node.relation for node in plan.nodes if _is_table(node)}


def _is_table(node: PlanNode) -> bool:
    return bool(node.relation) and not _MADE.match(node.kind)


def missing_index(node: PlanNode, counted: Mapping[str, float]) -> tuple[str, ...]:
    """Columns that an index on the relation of a sequential scan would want, those compared for equality first."""
    rows = counted.get(node.relation)
    if "Seq Scan" not in node.kind or rows is None or rows < LARGE or node.rows > FEW * rows:
        return ()
    text = dict(node.conditions).get("Filter", "")
    equal = list(dict.fromkeys(_EQUAL.findall(text)))
    ranged = [name for name in dict.fromkeys(_RANGE.findall(text)) if name not in equal][:1]
    # With OR each side would want an index of its own: which one cannot be said so simply.
    return () if " OR " in text else tuple([*equal, *ranged][:3])


# ---- the tree -------------------------------------------------------------------------------------------------------


def _nodes(root: Step, counted: Mapping[str, float]) -> Iterator[PlanNode]:
    """Depth first, each after its parent."""
    whole = root.cost
    # (step, depth, how often it runs, what it may cost at most, whether it is the last of its siblings)
    waiting = [(root, 0, 1.0, whole, True)]
    made = 0
    while waiting and made < MOST_NODES:
        step, depth, loops, most, last = waiting.pop()
        made += 1
        paid = min(step.cost * loops, most)
        # What a Materialize holds is made once, however often it is read again.
        runs = [1.0 if below.kind == "Materialize" else _loops(step, below) * loops for below in step.steps]
        bounds = [min(below.cost * run, paid) for below, run in zip(step.steps, runs, strict=True)]
        own = max(0.0, paid - sum(bounds))
        yield _node(step, depth, own / whole if whole > 0 else 0.0, loops, last, counted)
        if depth < MOST_DEPTH:
            children = list(zip(step.steps, runs, bounds, strict=True))
            for place, (below, run, bound) in reversed(list(enumerate(children))):
                waiting.append((below, depth + 1, run, bound, place == len(children) - 1))


def _loops(parent: Step, step: Step) -> float:
    """How often a step runs for one run of its parent."""
    if parent.kind == "Nested Loop" and step.side == "Inner":
        outer = next((other.rows for other in parent.steps if other.side == "Outer"), 1.0)
        return max(1.0, outer)
    return 1.0


def _node(step: Step, depth: int, share: float, loops: float, last: bool, counted: Mapping[str, float]) -> PlanNode:
    relation = clean(step.relation or step.cte or step.function, 128)
    made = PlanNode(
        depth, _kind(step), relation, clean(step.index, 128), step.startup, step.cost, share, step.rows, step.width,
        step.conditions, last,
    )  # fmt: skip
    return msgspec.structs.replace(made, marks=tuple(_marks(made, loops, counted)))


def _kind(step: Step) -> str:
    """`Hash Left Join`, `Index Only Scan Backward`, `Partial Aggregate`: as the text form of EXPLAIN says it."""
    kind = step.operation or step.kind
    if step.join != "Inner":
        kind = f"{kind.removesuffix(' Join')} {step.join} Join"
    if step.strategy in ("Hashed", "Sorted"):
        kind = ("Hash" if step.strategy == "Hashed" else "Group") + kind
    if step.direction == "Backward":
        kind += " Backward"
    if step.partial != "Simple":
        kind = f"{step.partial} {kind}"
    if step.parallel:
        kind = f"Parallel {kind}"
    return clean(f"{kind} ({step.subplan})" if step.subplan else kind, 60)


# ---- what stands out ------------------------------------------------------------------------------------------------


def _marks(node: PlanNode, loops: float, counted: Mapping[str, float]) -> Iterator[str]:
    if node.share >= COSTLY:
        yield f"{percent(node.share, 0)} % of the cost"
    rows = counted.get(node.relation, 0.0)
    if "Seq Scan" in node.kind and rows >= LARGE:
        yield f"reads all {number(rows)} rows"
    if loops >= MANY_LOOPS:
        yield f"run {number(loops)} times"


def _hints(nodes: tuple[PlanNode, ...], counted: Mapping[str, float]) -> Iterator[str]:
    for node in nodes:
        columns = missing_index(node, counted)
        if columns:
            keeps = f"keeps about {number(node.rows)} of {number(counted[node.relation])} rows of {node.relation}"
            index = f"CREATE INDEX CONCURRENTLY ON {node.relation} ({', '.join(columns)})"
            yield f"missing index? {keeps}; one does: {index}"
    uncounted = sorted({node.relation for node in nodes if _is_table(node) and "Scan" in node.kind} - set(counted))
    if uncounted:
        names = ", ".join(uncounted[:3])
        yield f"how many rows {names} has is not known: never analysed, or not visible; estimates are guesses"
