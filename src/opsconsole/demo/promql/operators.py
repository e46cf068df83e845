"""Binary operators between numbers and series: arithmetic, comparisons, matching of labels, and/or/unless."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from opsconsole.demo.promql.series import NAME, Floats, Labels, Mask, PromQLError, make_labels, without_name
from opsconsole.demo.promql.value import Scalar, Value, Vector, empty, merge, relabel, stack

ARITHMETIC: dict[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
}
COMPARISONS: dict[str, Callable[[Floats, Floats], Mask]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}
SETS = frozenset({"and", "or", "unless"})


@dataclass(frozen=True, slots=True)
class Matching:
    """How the series of two sides find each other."""

    card: Literal["one-to-one", "many-to-one", "one-to-many", "many-to-many"] = "one-to-one"
    on: bool = False
    names: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    return_bool: bool = False

    def signature(self, labels: Labels) -> Labels:
        if self.on:
            return tuple(pair for pair in labels if pair[0] in self.names)
        return tuple(pair for pair in labels if pair[0] not in self.names and pair[0] != NAME)

    def result(self, many: Labels, one: Labels, drop_name: bool) -> Labels:
        """Labels of an element made of one of each side."""
        kept: Iterable[tuple[str, str]] = without_name(many) if drop_name else many
        if self.card == "one-to-one":
            kept = [pair for pair in kept if (pair[0] in self.names) == self.on]
        labels = dict(kept)
        if self.include:
            other = dict(one)
            labels.update({name: other.get(name, "") for name in self.include})
        return make_labels(labels)


def apply(op: str, left: Value, right: Value, matching: Matching) -> Value:
    """The operator's result at every step; PromQLError (execution) where matches are not unique."""
    with np.errstate(all="ignore"):
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            return Scalar(_calculate(op, left.values, right.values))
        if isinstance(left, Vector) and isinstance(right, Scalar):
            return _with_scalar(op, left, right, matching.return_bool, swapped=False)
        if isinstance(left, Scalar) and isinstance(right, Vector):
            return _with_scalar(op, right, left, matching.return_bool, swapped=True)
        if isinstance(left, Vector) and isinstance(right, Vector):
            if op in SETS:
                return _set(op, left, right, matching)
            return _vectors(op, left, right, matching)
    raise PromQLError(f"the operator {op} does not work on strings")


def _calculate(op: str, left: Floats, right: Floats) -> Floats:
    if op in ARITHMETIC:
        return ARITHMETIC[op](left, right)
    return COMPARISONS[op](left, right).astype(np.float64)


def _with_scalar(op: str, vector: Vector, scalar: Scalar, return_bool: bool, *, swapped: bool) -> Vector:
    first, second = (scalar.values, vector.values) if swapped else (vector.values, scalar.values)
    if op in ARITHMETIC or return_bool:
        return relabel(Vector(vector.labels, _calculate(op, first, second), vector.has))
    return Vector(vector.labels, vector.values, vector.has & COMPARISONS[op](first, second))


def _rows(vector: Vector, matching: Matching) -> dict[Labels, list[int]]:
    rows: dict[Labels, list[int]] = {}
    for row, labels in enumerate(vector.labels):
        rows.setdefault(matching.signature(labels), []).append(row)
    return rows


def _vectors(op: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    swapped = matching.card == "one-to-many"
    many, one = (right, left) if swapped else (left, right)
    many_rows, one_rows = _rows(many, matching), _rows(one, matching)
    _refuse_duplicates(one, one_rows, np.any(many.has, axis=0), "left" if swapped else "right")
    pairs = [
        (signature, row, other)
        for signature, rows in many_rows.items()
        for row in rows
        for other in one_rows.get(signature, ())
    ]
    if not pairs:
        return empty(left.values.shape[1])
    many_index = [row for _, row, _ in pairs]
    one_index = [other for _, _, other in pairs]
    first, second = many.values[many_index], one.values[one_index]
    if swapped:
        first, second = second, first
    has = many.has[many_index] & one.has[one_index]
    if op in ARITHMETIC or matching.return_bool:
        values = _calculate(op, first, second)
    else:
        values = first
        has = has & COMPARISONS[op](first, second)
    drop_name = op in ARITHMETIC or matching.return_bool
    labels = [matching.result(many.labels[row], one.labels[other], drop_name) for _, row, other in pairs]
    _refuse_many(pairs, labels, has, matching)
    return merge(Vector(labels, values, has))


def _refuse_duplicates(one: Vector, rows_of: dict[Labels, list[int]], asked: Mask, side: str) -> None:
    for signature, rows in rows_of.items():
        if len(rows) > 1 and bool(np.any((np.sum(one.has[rows], axis=0) > 1) & asked)):
            group = ", ".join(f'{name}="{value}"' for name, value in signature)
            raise PromQLError(
                f"found duplicate series for the match group {{{group}}} on the {side} hand-side of the operation;"
                "many-to-many matching not allowed: matching labels must be unique on one side",
                "execution",
            )


def _refuse_many(pairs: list[tuple[Labels, int, int]], labels: list[Labels], has: Mask, matching: Matching) -> None:
    """Several elements of the many side may share a partner only if grouping was asked for and keeps them apart."""
    grouped = matching.card != "one-to-one"
    together: dict[object, list[int]] = {}
    for index, (signature, _, _) in enumerate(pairs):
        together.setdefault((signature, labels[index]) if grouped else signature, []).append(index)
    for rows in together.values():
        if len(rows) > 1 and bool(np.any(np.sum(has[rows], axis=0) > 1)):
            raise PromQLError(
                "multiple matches for labels: grouping labels must ensure unique matches"
                if grouped
                else "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
                "execution",
            )


def _set(op: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    present = {signature: np.any(right.has[rows], axis=0) for signature, rows in _rows(right, matching).items()}
    if op == "or":
        taken = {signature: np.any(left.has[rows], axis=0) for signature, rows in _rows(left, matching).items()}
        added = _masked(right, taken, matching, wanted=False)
        return merge(stack([left, added], left.values.shape[1]))
    return _masked(left, present, matching, wanted=op == "and")


def _masked(vector: Vector, others: dict[Labels, Mask], matching: Matching, *, wanted: bool) -> Vector:
    """Elements that have (or, if not wanted, have not) a partner of the same signature at the same step."""
    has = vector.has.copy()
    for row, labels in enumerate(vector.labels):
        other = others.get(matching.signature(labels))
        if other is None:
            if wanted:
                has[row] = False
        else:
            has[row] &= other if wanted else ~other
    return Vector(vector.labels, vector.values, has)
