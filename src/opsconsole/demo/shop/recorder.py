"""Keeps the totals of counters and the newest values of gauges, and writes both into the storage at a scrape."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from opsconsole.demo.promql.segments import SegmentStorage
from opsconsole.demo.promql.series import NAME, Floats, make_labels
from opsconsole.demo.shop.history import History, Weights
from opsconsole.demo.shop.rhythm import Rhythm


class Recorder:
    """Series by a short key; a key names one metric and its labels."""

    def __init__(self, storage: SegmentStorage, history: History, rhythm: Rhythm) -> None:
        self.storage = storage
        self._history = history
        self._rhythm = rhythm
        self._past: dict[int, tuple[Weights, bool, float]] | None = {}
        self._totals = np.zeros(4096)
        self._phase = np.zeros(4096)
        self._whole = np.zeros(4096, dtype=np.bool_)
        self._live: NDArray[np.int64] | None = None
        self._present: set[int] = set()

    def series(self, name: str, labels: Mapping[str, str], *, whole: bool, past: Weights | None) -> int:
        """A series' number; `whole`: it counts whole things. `past` is used while the first pods are set up."""
        index = self.storage.id_of(make_labels({NAME: name, **labels}))
        while index >= len(self._totals):
            self._totals = np.concatenate([self._totals, np.zeros(len(self._totals))])
            self._phase = np.concatenate([self._phase, np.zeros(len(self._phase))])
            self._whole = np.concatenate([self._whole, np.zeros(len(self._whole), dtype=np.bool_)])
        self._whole[index] = whole
        if whole:
            # Counters of rare things must not all tick at the same moment; one histogram's buckets must agree.
            one = ",".join(value for label, value in labels.items() if label not in ("le", "status"))
            self._phase[index] = self._rhythm.draw(one)
        if self._past is not None and past is not None:
            self._past[index] = (past, whole, float(self._phase[index]))
        return index

    def seal_past(self) -> None:
        """End of the set-up: counters go on from where the past has led them."""
        if self._past is None:
            return
        self._history.add(self._past)
        ids = np.array(sorted(self._past), dtype=np.int64)
        self._totals[ids] = self._history.exact(ids, np.array([self._history.end]))[:, 0]
        self.storage.set_past(self._history)
        self._past = None

    def add(self, ids: int | NDArray[np.int64], gained: float | Floats) -> None:
        """Count further; each series at most once in a call."""
        self._totals[ids] += gained

    def put(self, ids: int | NDArray[np.int64], value: float | Floats) -> None:
        """Set a gauge."""
        self._totals[ids] = value

    def appear(self, ids: list[int]) -> None:
        self._present.update(ids)
        self._live = None

    def vanish(self, ids: list[int]) -> None:
        self._present.difference_update(ids)
        self._totals[ids] = 0.0
        self._live = None

    def rescale_past(self, index: int, value: float) -> None:
        self._history.rescale(index, value)

    def scrape(self, at_ms: int) -> None:
        """Write every present series' value."""
        if self._live is None:
            self._live = np.array(sorted(self._present), dtype=np.int64)
        values = self._totals[self._live].copy()
        whole = self._whole[self._live]
        values[whole] = np.floor(values[whole] + self._phase[self._live][whole])
        self.storage.append(at_ms, self._live, values)
