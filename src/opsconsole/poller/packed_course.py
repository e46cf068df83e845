"""A course of one row's measure in one plain array: hundreds of thousands of samples that no collection walks."""

import math
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain


class PackedCourse:
    """Samples in the order in which they came; None is unknown.

    As a list of pairs those of two thousand endpoints took the garbage collector a tenth of a second each time.
    """

    __slots__ = ("_held", "peak")

    def __init__(self) -> None:
        self._held = array("d")
        """Time, value, time, value, …"""
        self.peak: float | None = None
        """The largest value so far."""

    def take(self, times: Sequence[float], values: Sequence[float | None]) -> None:
        known = [value for value in values if value is not None]
        if known:
            self.peak = max(known) if self.peak is None else max(self.peak, *known)
        packed = known if len(known) == len(values) else [math.nan if value is None else value for value in values]
        self._held.extend(chain.from_iterable(zip(times, packed, strict=True)))

    def take_all(self, other: "PackedCourse") -> None:
        if other.peak is not None:
            self.peak = other.peak if self.peak is None else max(self.peak, other.peak)
        self._held.extend(other._held)

    def __iter__(self) -> Iterator[tuple[float, float | None]]:
        each = iter(self._held)
        for at, value in zip(each, each, strict=True):
            yield at, None if math.isnan(value) else value

    def in_order(self) -> list[tuple[float, float | None]]:
        """Oldest first."""
        return sorted(self, key=lambda each: each[0])
