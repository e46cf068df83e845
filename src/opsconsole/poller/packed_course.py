"""A course of one row's measure as two plain arrays: hundreds of thousands of samples that no collection walks."""

import math
from array import array
from collections.abc import Iterator, Sequence


class PackedCourse:
    """Samples in the order in which they came; None is unknown.

    As a list of pairs those of two thousand endpoints took the garbage collector a tenth of a second each time.
    """

    __slots__ = ("_times", "_values", "peak")

    def __init__(self) -> None:
        self._times, self._values = array("d"), array("d")
        self.peak: float | None = None
        """The largest value so far."""

    def take(self, times: Sequence[float], values: Sequence[float | None]) -> None:
        known = [value for value in values if value is not None]
        if known:
            self.peak = max(known) if self.peak is None else max(self.peak, *known)
        self._times.extend(times)
        self._values.extend(known if len(known) == len(values) else [math.nan if v is None else v for v in values])

    def take_all(self, other: "PackedCourse") -> None:
        if other.peak is not None:
            self.peak = other.peak if self.peak is None else max(self.peak, other.peak)
        self._times.extend(other._times)
        self._values.extend(other._values)

    def __iter__(self) -> Iterator[tuple[float, float | None]]:
        for at, value in zip(self._times, self._values, strict=True):
            yield at, None if math.isnan(value) else value

    def in_order(self) -> list[tuple[float, float | None]]:
        """Oldest first."""
        return sorted(self, key=lambda each: each[0])
