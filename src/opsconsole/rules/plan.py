"""What a plan tells: where its cost lies, which tables it reads whole, which indexes it uses.

Costs are the planner's (https://www.postgresql.org/docs/current/using-explain.html): a node's cost holds that of its
children, the inner side of a nested loop is paid once per row of the outer side, and a LIMIT pays a part only.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from ..model.plan import Plan, PlanNode
from ..text.clean import clean
from ..text.units import number, percent
from .plan_hints import LARGE, hints, is_table
from .plan_steps import Answer, Step

COSTLY = 0.3
"""From this share of the whole cost on a step is marked."""
MANY_LOOPS = 1000.0
MOST_NODES = 500
MOST_DEPTH = 60


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
    return Plan(nodes, indexes, tuple(hints(root, nodes, counted)), dict(counted), clean(database), clean(role), taken)


def relations(plan: Plan) -> set[str]:
    return {node.relation for node in plan.nodes if is_table(node)}


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
