"""What one could do about a plan: an index that may be missing, and tables of which nothing is known."""

import re
from collections.abc import Iterator, Mapping, Sequence

from ..model.plan import PlanNode
from ..text.clean import clean
from ..text.units import number
from .plan_steps import Step

LARGE = 10_000.0
"""A table of so many rows is not read whole for a few of them."""
FEW = 0.1
"""A filter that keeps at most this part of a table would be served by an index."""
MOST_STEPS = 500
_NAME = r"(\"(?:[^\"]|\"\")+\"|[a-z_][\w$]*)"
_COLUMN = rf"(?:[\w$]+\.)?{_NAME}"
_EQUAL = re.compile(rf"\(+{_COLUMN}\)?(?:::[\w ]+)? = ")
_RANGE = re.compile(rf"\(+{_COLUMN}\)?(?:::[\w ]+)? (?:<|>|<=|>=) ")
_MADE = re.compile(r"(?:Parallel )?(?:CTE|WorkTable|Function|Table Function|Named Tuplestore) Scan")
"""Scans of what is made on the way and no table: nobody counts its rows."""


def hints(root: Step, nodes: Sequence[PlanNode], counted: Mapping[str, float]) -> Iterator[str]:
    """In words; `counted` are the rows of the relations by name, as far as they are known."""
    yield from _joins(root, counted)
    for node in nodes:
        columns = missing_index(node, counted)
        if columns:
            keeps = f"keeps about {number(node.rows)} of {number(counted[node.relation])} rows of {node.relation}"
            index = f"CREATE INDEX CONCURRENTLY ON {node.relation} ({', '.join(columns)})"
            yield f"missing index? {keeps}; one does: {index}"
    uncounted = sorted({node.relation for node in nodes if is_table(node) and "Scan" in node.kind} - set(counted))
    if uncounted:
        names = ", ".join(uncounted[:3])
        yield f"how many rows {names} has is not known: never analysed, or not visible; estimates are guesses"


def is_table(node: PlanNode) -> bool:
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


def _joined_by(alias: str, condition: str) -> str:
    """The column of that table in `(p.author_id = f.followee_id)`."""
    one = rf"{re.escape(alias)}\.{_NAME}"
    found = re.search(rf"\({one} = | = {one}\)", condition) if alias else None
    return (found[1] or found[2]) if found is not None else ""


def _joins(root: Step, counted: Mapping[str, float]) -> Iterator[str]:
    """Tables read whole to be joined with few rows: an index on what they are joined by would bring only those."""
    waiting = [root]
    for _ in range(MOST_STEPS):
        if not waiting:
            return
        step = waiting.pop()
        waiting += step.steps
        for read, other in (step.steps, step.steps[::-1]) if len(step.steps) == 2 else ():
            scan = read.steps[0] if read.kind in ("Hash", "Sort") and read.steps else read
            rows = counted.get(clean(scan.relation, 128), 0.0)
            found = _joined_by(scan.alias, step.hash_cond or step.merge_cond) if scan.kind == "Seq Scan" else ""
            if found and rows >= LARGE and max(step.rows, other.rows) <= FEW * rows and not scan.filter:
                column, table = clean(found, 128), clean(scan.relation, 128)
                keeps = f"about {number(step.rows)} of {number(rows)} rows of {table} are joined"
                yield f"missing index? {keeps}; one does: CREATE INDEX CONCURRENTLY ON {table} ({column})"
