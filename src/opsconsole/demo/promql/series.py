"""Labels, matchers and samples: what the evaluator reads from a storage, whichever that is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Mask = NDArray[np.bool_]
Labels = tuple[tuple[str, str], ...]
"""Pairs sorted by name, no empty values, the metric's name among them as `__name__`."""

NAME = "__name__"
_STALE_BITS = np.uint64(0x7FF0000000000002)
STALE: Floats = np.array([_STALE_BITS], dtype=np.uint64).view(np.float64)
"""One stale marker: the NaN by which Prometheus says that a series ended here."""


def is_stale(values: Floats) -> Mask:
    marked: Mask = np.ascontiguousarray(values).view(np.uint64) == _STALE_BITS
    return marked


def make_labels(pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> Labels:
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return tuple(sorted((name, value) for name, value in items if value != ""))


def without_name(labels: Labels) -> Labels:
    return tuple(pair for pair in labels if pair[0] != NAME)


class PromQLError(Exception):
    """A query that has no answer: `bad_data` when the query is at fault, `execution` when its evaluation failed."""

    def __init__(self, message: str, kind: Literal["bad_data", "execution"] = "bad_data") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Matcher:
    name: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str

    @cached_property
    def _pattern(self) -> "re.Pattern[str]":
        try:
            return re.compile(self.value, re.DOTALL)
        except re.error as error:
            raise PromQLError(f"invalid regular expression {self.value!r} for label {self.name}: {error}") from error

    def accepts(self, value: str) -> bool:
        """Whether a series whose label holds `value` ("" when it has none) is selected."""
        if self.op == "=":
            return value == self.value
        if self.op == "!=":
            return value != self.value
        return (self._pattern.fullmatch(value) is not None) == (self.op == "=~")


class Selection:
    """Several matchers together; remembers each label value's verdict, for a query sees the same few over and over."""

    def __init__(self, matchers: Sequence[Matcher]) -> None:
        self.matchers = matchers
        self.name = next((m.value for m in matchers if m.name == NAME and m.op == "="), None)
        self._verdicts: list[tuple[Matcher, dict[str, bool]]] = [(matcher, {}) for matcher in matchers]

    def accepts(self, labels: Mapping[str, str]) -> bool:
        for matcher, verdicts in self._verdicts:
            value = labels.get(matcher.name, "")
            verdict = verdicts.get(value)
            if verdict is None:
                verdict = verdicts[value] = matcher.accepts(value)
            if not verdict:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Block:
    """Series that were sampled at the same times."""

    labels: Sequence[Labels]
    times: Times
    """Milliseconds, ascending; shape (n,)."""
    values: Floats
    """Shape (series, n); a stale marker stands where a series ended."""


class Storage(Protocol):
    """What holds the series."""

    def select(self, selection: Selection, lows: Times, highs: Times) -> list[Block]:
        """Samples of the selected series within the union of the windows [low, high] (milliseconds, both ascending).

        More samples than those may be returned, never fewer, and each series stands in one block only.
        """

    def series(self, selection: Selection, low: int, high: int) -> list[Labels]:
        """Selected series that have a sample in [low, high]."""

    def names(self) -> list[str]:
        """Every metric's name, sorted."""


def covered(times: Times, lows: Times, highs: Times) -> NDArray[np.int64]:
    """Indices of the times that lie in at least one window [low, high]."""
    steps = np.zeros(len(times) + 1, dtype=np.int64)
    np.add.at(steps, np.searchsorted(times, lows, "left"), 1)
    np.add.at(steps, np.searchsorted(times, highs, "right"), -1)
    return np.flatnonzero(np.cumsum(steps[:-1]) > 0)
