"""What an expression evaluates to: one number or a set of series, at every step of the query at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from opsconsole.demo.promql.series import Floats, Labels, Mask, PromQLError, without_name


@dataclass(frozen=True, slots=True)
class Scalar:
    values: Floats
    """Shape (steps,)."""


@dataclass(frozen=True, slots=True)
class String:
    value: str


@dataclass(frozen=True, slots=True)
class Vector:
    labels: list[Labels]
    values: Floats
    """Shape (series, steps); only meaningful where `has`."""
    has: Mask
    """Shape (series, steps): whether the series has an element at that step (NaN is an element)."""


Value = Scalar | String | Vector


def empty(steps: int) -> Vector:
    return Vector([], np.zeros((0, steps)), np.zeros((0, steps), dtype=np.bool_))


def stack(parts: Sequence[Vector], steps: int) -> Vector:
    """All series of all parts."""
    if not parts:
        return empty(steps)
    if len(parts) == 1:
        return parts[0]
    return Vector(
        [labels for part in parts for labels in part.labels],
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.has for part in parts]),
    )


def relabel(vector: Vector, change: Callable[[Labels], Labels] = without_name) -> Vector:
    """The vector with changed labels; series that become the same are one if they never meet at a step.

    Raises PromQLError (execution) if they meet, as Prometheus does.
    """
    return merge(Vector([change(labels) for labels in vector.labels], vector.values, vector.has))


def merge(vector: Vector) -> Vector:
    """Join series of equal labels that have no step in common; PromQLError (execution) if they have."""
    if len(set(vector.labels)) == len(vector.labels):
        return vector
    rows: dict[Labels, int] = {}
    values: list[Floats] = []
    has: list[Mask] = []
    for index, labels in enumerate(vector.labels):
        row = rows.get(labels)
        if row is None:
            rows[labels] = len(values)
            values.append(vector.values[index])
            has.append(vector.has[index])
            continue
        if bool(np.any(has[row] & vector.has[index])):
            raise PromQLError("vector cannot contain metrics with the same labelset", "execution")
        values[row] = np.where(has[row], values[row], vector.values[index])
        has[row] = has[row] | vector.has[index]
    return Vector(list(rows), np.array(values), np.array(has))


def drop_empty(vector: Vector) -> Vector:
    """Without the series that have no element at any step."""
    keep = np.any(vector.has, axis=1)
    if bool(np.all(keep)):
        return vector
    return Vector(
        [labels for labels, kept in zip(vector.labels, keep, strict=True) if kept],
        vector.values[keep],
        vector.has[keep],
    )
