"""Evaluates a parsed query over a storage, all steps of a range at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import promql_parser as tree

from opsconsole.demo.promql import operators, parse
from opsconsole.demo.promql.aggregate import REDUCTIONS, grouping, reduce_groups, select_groups
from opsconsole.demo.promql.quantile import histogram_quantile
from opsconsole.demo.promql.series import (
    NAME,
    Block,
    Floats,
    Labels,
    PromQLError,
    Selection,
    Storage,
    Times,
    is_stale,
    make_labels,
)
from opsconsole.demo.promql.value import Scalar, String, Value, Vector, drop_empty, empty, merge, relabel, stack
from opsconsole.demo.promql.windows import WINDOW_FUNCTIONS, labels_of, windows_of

LOOKBACK = 300_000
"""How old (ms) the newest sample may be to count at a step; Prometheus' default."""
_CELLS_AT_ONCE = 1_000_000

_ELEMENTWISE: dict[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "exp": np.exp,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "sgn": np.sign,
}


@dataclass(frozen=True, slots=True)
class Matrix:
    """What an instant query for a range selector answers: raw samples."""

    blocks: list[Block]
    low: int
    """The samples that count lie between these, ms, both included."""
    high: int


def evaluate_range(query: str, storage: Storage, start: int, end: int, step: int) -> Value:
    """A query's value from start to end (ms, inclusive) every `step` ms.

    Raises PromQLError: bad_data for what does not parse or lies outside the subset, execution for failed matches.
    """
    expression = parse.parse(query)
    if isinstance(expression, tree.MatrixSelector | tree.StringLiteral):
        kind = "string" if isinstance(expression, tree.StringLiteral) else "range vector"
        raise PromQLError(
            f'invalid parameter "query": invalid expression type "{kind}" for range query,'
            " must be Scalar or instant Vector"
        )
    steps = np.arange(start, end + 1, step, dtype=np.int64)
    value = _Evaluation(storage, steps, start, end).value(expression)
    return _sorted(drop_empty(merge(value))) if isinstance(value, Vector) else value


def evaluate_instant(query: str, storage: Storage, at: int) -> Value | Matrix:
    """A query's value at one time (ms); raises PromQLError as `evaluate_range` does."""
    expression = parse.parse(query)
    evaluation = _Evaluation(storage, np.array([at], dtype=np.int64), at, at)
    while isinstance(expression, tree.ParenExpr):
        expression = expression.expr
    if isinstance(expression, tree.MatrixSelector):
        return evaluation.matrix(expression)
    value = evaluation.value(expression)
    if not isinstance(value, Vector):
        return value
    value = _sorted(drop_empty(merge(value)))
    if isinstance(expression, tree.AggregateExpr) and str(expression.op) in ("topk", "bottomk"):
        return _by_value(value, descending=str(expression.op) == "topk")
    return value


def _sorted(vector: Vector) -> Vector:
    return _ordered(vector, sorted(range(len(vector.labels)), key=vector.labels.__getitem__))


def _by_value(vector: Vector, *, descending: bool) -> Vector:
    values = vector.values[:, 0]
    return _ordered(vector, np.argsort(-values if descending else values, kind="stable").tolist())


def _ordered(vector: Vector, order: list[int]) -> Vector:
    return Vector([vector.labels[row] for row in order], vector.values[order], vector.has[order])


class _Evaluation:
    """One query over its steps."""

    def __init__(self, storage: Storage, steps: Times, start: int, end: int) -> None:
        self._storage = storage
        self._steps = steps
        self._start = start
        self._end = end

    def value(self, node: Any) -> Value:
        """The value of any expression but a range selector."""
        if isinstance(node, tree.ParenExpr):
            return self.value(node.expr)
        if isinstance(node, tree.NumberLiteral):
            return Scalar(np.full(len(self._steps), float(node.val)))
        if isinstance(node, tree.StringLiteral):
            return String(node.val)
        if isinstance(node, tree.VectorSelector):
            return self._instant(node)
        if isinstance(node, tree.UnaryExpr):
            return self._negated(self.value(node.expr))
        if isinstance(node, tree.BinaryExpr):
            return self._binary(node)
        if isinstance(node, tree.AggregateExpr):
            return self._aggregate(node)
        if isinstance(node, tree.Call):
            return self._call(node)
        if isinstance(node, tree.SubqueryExpr):
            raise PromQLError("subqueries are not supported by this server")
        raise PromQLError(f"{type(node).__name__} is not supported by this server at this place")

    def _vector(self, node: Any) -> Vector:
        value = self.value(node)
        if not isinstance(value, Vector):
            raise PromQLError("expected an instant vector")
        return value

    def _scalar(self, node: Any) -> Floats:
        value = self.value(node)
        if not isinstance(value, Scalar):
            raise PromQLError("expected a scalar")
        return value.values

    def _instant(self, selector: Any) -> Vector:
        """Of each series the newest sample of the last five minutes, unless that one says that the series ended."""
        ends = parse.moments(selector, self._steps, self._start, self._end)
        selection = Selection(parse.matchers_of(selector))
        parts = []
        for block in self._storage.select(selection, ends - LOOKBACK + 1, ends):
            if not len(block.times):
                continue
            index = np.searchsorted(block.times, ends, "right") - 1
            fresh = (index >= 0) & (block.times[index] > ends - LOOKBACK)
            values = block.values[:, np.maximum(index, 0)]
            parts.append(Vector(list(block.labels), values, fresh & ~is_stale(values)))
        return stack(parts, len(self._steps))

    def ranges(self, selector: Any) -> list[tuple[Block, Times, int]]:
        """Blocks of a range selector without stale markers, with the ends of its windows and their length in ms."""
        inner = selector.vector_selector
        ends = parse.moments(inner, self._steps, self._start, self._end)
        length = parse.milliseconds(selector.range)
        selection = Selection(parse.matchers_of(inner))
        blocks = self._storage.select(selection, ends - length, ends)
        return [(clean, ends, length) for block in blocks for clean in _without_stale(block)]

    def matrix(self, selector: Any) -> Matrix:
        """A range selector's raw samples at the only step."""
        high = int(parse.moments(selector.vector_selector, self._steps, self._start, self._end)[0])
        low = high - parse.milliseconds(selector.range)
        return Matrix([block for block, _, _ in self.ranges(selector)], low, high)

    def _negated(self, value: Value) -> Value:
        if isinstance(value, Scalar):
            return Scalar(-value.values)
        if isinstance(value, Vector):
            return relabel(Vector(value.labels, -value.values, value.has))
        raise PromQLError("unary minus does not work on strings")

    def _binary(self, node: Any) -> Value:
        op = str(node.op)
        if op not in operators.ARITHMETIC and op not in operators.COMPARISONS and op not in operators.SETS:
            raise PromQLError(f"the operator {op} is not supported by this server")
        return operators.apply(op, self.value(node.lhs), self.value(node.rhs), parse.matching_of(node))

    def _aggregate(self, node: Any) -> Value:
        op = str(node.op)
        by = node.modifier is None or parse.is_by(node.modifier)
        group_of = grouping(by, list(node.modifier.labels) if node.modifier is not None else [])
        if op in REDUCTIONS:
            with np.errstate(all="ignore"):
                return reduce_groups(op, self._vector(node.expr), group_of)
        if op in ("topk", "bottomk"):
            return select_groups(op == "topk", self._scalar(node.param), self._vector(node.expr), group_of)
        raise PromQLError(f"the aggregation {op} is not supported by this server")

    def _call(self, node: Any) -> Value:
        name, arguments = node.func.name, list(node.args)
        if name in WINDOW_FUNCTIONS:
            return self._over_windows(name, arguments[0])
        if name in _ELEMENTWISE:
            vector = self._vector(arguments[0])
            with np.errstate(all="ignore"):
                return relabel(Vector(vector.labels, _ELEMENTWISE[name](vector.values), vector.has))
        if name in ("clamp_min", "clamp_max"):
            vector, bound = self._vector(arguments[0]), self._scalar(arguments[1])
            limit = np.maximum if name == "clamp_min" else np.minimum
            return relabel(Vector(vector.labels, limit(vector.values, bound), vector.has))
        if name == "histogram_quantile":
            with np.errstate(all="ignore"):
                return merge(histogram_quantile(self._scalar(arguments[0]), self._vector(arguments[1])))
        if name == "time":
            return Scalar(self._steps / 1000)
        if name == "vector":
            values = self._scalar(arguments[0])[None, :]
            return Vector([()], values, np.ones_like(values, dtype=np.bool_))
        if name == "scalar":
            return self._only(self._vector(arguments[0]))
        if name == "absent":
            return self._absent(arguments[0])
        raise PromQLError(f"the function {name} is not supported by this server")

    def _over_windows(self, name: str, selector: Any) -> Vector:
        if not isinstance(selector, tree.MatrixSelector):
            raise PromQLError(f"{name} needs a range selector; subqueries are not supported by this server")
        function = WINDOW_FUNCTIONS[name]
        parts = []
        for block, ends, length in self.ranges(selector):
            windows = windows_of(block.times, ends, length)
            rows = max(1, _CELLS_AT_ONCE // len(self._steps))
            with np.errstate(all="ignore"):
                for low in range(0, len(block.labels), rows):
                    values, has = function(block.times, block.values[low : low + rows], windows, ends, length)
                    parts.append(Vector(labels_of(name, list(block.labels[low : low + rows])), values, has))
        result = drop_empty(stack(parts, len(self._steps)))
        if len(set(result.labels)) < len(result.labels):
            raise PromQLError("vector cannot contain metrics with the same labelset", "execution")
        return result

    def _only(self, vector: Vector) -> Scalar:
        """The value of the only element, NaN where there is none or more than one."""
        if not vector.labels:
            return Scalar(np.full(len(self._steps), np.nan))
        total = np.sum(np.where(vector.has, vector.values, 0.0), axis=0)
        return Scalar(np.where(np.sum(vector.has, axis=0) == 1, total, np.nan))

    def _absent(self, argument: Any) -> Vector:
        vector = self._vector(argument)
        missing = ~np.any(vector.has, axis=0)
        if not bool(np.any(missing)):
            return empty(len(self._steps))
        return Vector([_absent_labels(argument)], np.ones((1, len(missing))), missing[None, :])


def _absent_labels(argument: Any) -> Labels:
    """The labels that a missing series would surely have had."""
    while isinstance(argument, tree.ParenExpr):
        argument = argument.expr
    if not isinstance(argument, tree.VectorSelector):
        return ()
    labels: dict[str, str] = {}
    unsure = set()
    for matcher in parse.matchers_of(argument):
        if matcher.name == NAME:
            continue
        if matcher.op == "=" and matcher.name not in labels:
            labels[matcher.name] = matcher.value
        else:
            unsure.add(matcher.name)
    return make_labels((name, value) for name, value in labels.items() if name not in unsure)


def _without_stale(block: Block) -> list[Block]:
    """The block's samples proper; markers that end all its series at once go as a column."""
    stale = is_stale(block.values)
    columns = np.any(stale, axis=0)
    if not bool(np.any(columns)):
        return [block] if len(block.times) else []
    if bool(np.all(stale[:, columns])):
        kept = ~columns
        clean = [Block(block.labels, block.times[kept], block.values[:, kept])]
    else:
        clean = [
            Block([labels], block.times[~marked], values[None, ~marked])
            for labels, values, marked in zip(block.labels, block.values, stale, strict=True)
        ]
    return [each for each in clean if len(each.times)]
