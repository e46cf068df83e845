"""Aggregation over series: sum, avg, min, max, count, topk and bottomk, by or without labels."""

from collections.abc import Callable

import numpy as np

from opsconsole.demo.promql.series import NAME, Floats, Labels, Mask, PromQLError
from opsconsole.demo.promql.value import Vector, empty

Grouping = Callable[[Labels], Labels]
MOST_SELECTED = 2.0**63


def grouping(by: bool, names: list[str]) -> Grouping:
    """The labels of the group that a series belongs to."""
    if by:
        kept = frozenset(names)
        return lambda labels: tuple(pair for pair in labels if pair[0] in kept)
    dropped = frozenset([*names, NAME])
    return lambda labels: tuple(pair for pair in labels if pair[0] not in dropped)


def _sum(values: Floats, has: Mask, starts: list[int]) -> Floats:
    result: Floats = np.add.reduceat(np.where(has, values, 0.0), starts, axis=0)
    return result


def _count(values: Floats, has: Mask, starts: list[int]) -> Floats:
    result: Floats = np.add.reduceat(has.astype(np.float64), starts, axis=0)
    return result


def _average(values: Floats, has: Mask, starts: list[int]) -> Floats:
    return _sum(values, has, starts) / np.maximum(_count(values, has, starts), 1.0)


def _extreme(ufunc: np.ufunc) -> Callable[[Floats, Mask, list[int]], Floats]:
    def evaluate(values: Floats, has: Mask, starts: list[int]) -> Floats:
        result: Floats = ufunc.reduceat(np.where(has, values, np.nan), starts, axis=0)
        return result

    return evaluate


REDUCTIONS: dict[str, Callable[[Floats, Mask, list[int]], Floats]] = {
    "sum": _sum,
    "avg": _average,
    "count": _count,
    "min": _extreme(np.fmin),
    "max": _extreme(np.fmax),
}


def _rows_by_group(vector: Vector, group_of: Grouping) -> dict[Labels, list[int]]:
    groups: dict[Labels, list[int]] = {}
    for row, labels in enumerate(vector.labels):
        groups.setdefault(group_of(labels), []).append(row)
    return groups


def reduce_groups(op: str, vector: Vector, group_of: Grouping) -> Vector:
    """One series per group: sum, avg, count, min or max of its elements at each step."""
    if not vector.labels:
        return empty(vector.values.shape[1])
    groups = _rows_by_group(vector, group_of)
    order = [row for rows in groups.values() for row in rows]
    sizes = [len(rows) for rows in groups.values()]
    starts = [0, *np.cumsum(sizes)[:-1].tolist()]
    values, has = vector.values[order], vector.has[order]
    return Vector(list(groups), REDUCTIONS[op](values, has, starts), np.logical_or.reduceat(has, starts, axis=0))


def select_groups(largest: bool, counts: Floats, vector: Vector, group_of: Grouping) -> Vector:
    """topk or bottomk: of each group the `counts` (per step) largest or smallest elements, labels unchanged.

    NaN elements come last. Raises PromQLError (execution) for a count that is no 64-bit integer.
    """
    if bool(np.any(~(np.abs(counts) < MOST_SELECTED))):
        bad = counts[~(np.abs(counts) < MOST_SELECTED)][0]
        raise PromQLError(f"Scalar value {bad} overflows int64", "execution")
    wanted = counts.astype(np.int64)
    chosen = np.zeros_like(vector.has)
    for rows in _rows_by_group(vector, group_of).values():
        values = -vector.values[rows] if largest else vector.values[rows]
        missing = ~vector.has[rows]
        nan_last = np.where(np.isnan(values), 1, 0) + np.where(missing, 2, 0)
        order = np.lexsort((values, nan_last), axis=0)
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(len(rows))[:, None] + np.zeros_like(order), axis=0)
        chosen[rows] = ~missing & (rank < wanted)
    return Vector(vector.labels, vector.values, chosen)
