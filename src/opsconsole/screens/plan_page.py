"""A plan as a tree: what each step costs and brings, which index it uses, what stands out and what one would do."""

from collections.abc import Iterator

from ..model.plan import Plan, PlanNode
from ..text import units
from ..text.clean import clean, fit
from ..widgets.line import Part, Parts

_FIGURE = 8
_HEAD = f"{'COST':>{_FIGURE}}{'OWN %':>{_FIGURE}}{'ROWS':>{_FIGURE}}  STEP"
_DEEPEST = 16
"""Levels that are drawn with lines of their own; what lies deeper stands below the last."""


def lines(plan: Plan) -> list[Parts]:
    """The verdict first, then the tree, then what one would do."""
    return [*_verdict(plan), [Part("")], [Part(_HEAD, "dim")], *_tree(plan), [Part("")], *_end(plan)]


def _verdict(plan: Plan) -> list[Parts]:
    indexes = f"uses {', '.join(plan.indexes)}" if plan.indexes else "uses no index"
    shown: list[Parts] = [[Part(f"cost {units.number(plan.cost)}", "title"), Part(f" · {indexes}")]]
    return [*shown, *([Part(f"▲ {clean(hint, 600)}", "warning")] for hint in plan.hints)]


def _tree(plan: Plan) -> Iterator[Parts]:
    ended: list[bool] = []
    """Of each level above, whether its last child stands already."""
    for place, node in enumerate(plan.nodes):
        del ended[max(0, node.depth - 1) :]
        above = "".join("  " if end else "│ " for end in ended[:_DEEPEST])
        branch = "" if node.depth == 0 else "└ " if node.last else "├ "
        if node.depth:
            ended.append(node.last)
        following = place + 1 < len(plan.nodes) and plan.nodes[place + 1].depth > node.depth
        below = above + ("" if node.depth == 0 else "  " if node.last else "│ ") + ("│ " if following else "  ")
        yield from _step(node, above + branch, below)


def _step(node: PlanNode, branch: str, below: str) -> Iterator[Parts]:
    costly = bool(node.marks)
    figures = "".join(
        fit(text, _FIGURE, right=True)
        for text in (units.number(node.cost), units.percent(node.share, 0), units.number(node.rows, 0))
    )
    words = f"{node.kind} using {node.index}" if node.index else node.kind
    words += f" on {node.relation}" if node.relation else ""
    yield [Part(figures), Part(f"  {branch}", "dim"), Part(words, "warning" if costly else "title")]
    margin = f"{'':{3 * _FIGURE}}  {below}"
    for mark in node.marks:
        yield [Part(margin, "dim"), Part(f"▲ {mark}", "warning")]
    for name, text in node.conditions:
        yield [Part(margin, "dim"), Part(f"{name}: ", "dim"), Part(text)]


def _end(plan: Plan) -> list[Parts]:
    told = [f"{name} {units.number(rows)}" for name, rows in sorted(plan.counted.items())]
    notes = [
        f"rows of its tables: {', '.join(told)}" if told else "",
        "estimates, made without the parameters (GENERIC_PLAN): with some of them the server may plan otherwise",
        f"asked in database {plan.database} as role {plan.role}, on that role's search_path",
        "the statement was not executed",
    ]
    return [[Part(note, "dim")] for note in notes if note]
