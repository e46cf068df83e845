"""Fifteen days before the start, in closed form: every series is a weighted sum of a few functions of time."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from opsconsole.demo.promql.segments import COARSE_STEP_MS, FINE_MS, RETENTION_MS
from opsconsole.demo.promql.series import Floats, Times
from opsconsole.demo.shop.endpoints import ENDPOINTS
from opsconsole.demo.shop.flows import demand
from opsconsole.demo.shop.rhythm import Rhythm

ONE, ELAPSED, DAY, DAY_SUM = "one", "elapsed", "day", "day/sum"
NOISES = (*(f"pod{i}" for i in range(8)), "users", "queue")
Weights = Mapping[str, float]
"""Name of a basis function → its weight in a series."""


def quick(key: str) -> str:
    """Basis function: quick requests of an endpoint since the beginning."""
    return f"{key}/quick"


def slow(key: str) -> str:
    """Basis function: slow requests of an endpoint since the beginning."""
    return f"{key}/slow"


class History:
    """The past of the series that exist at the start."""

    def __init__(self, rhythm: Rhythm, started: float, scrape_s: int) -> None:
        self._scrape_ms = scrape_s * 1000
        self.end = int(started * 1000) // self._scrape_ms * self._scrape_ms
        """The last moment of the past, ms: the first scrape comes after it."""
        begin = (self.end - RETENTION_MS) // COARSE_STEP_MS * COARSE_STEP_MS
        self._grid = np.arange(begin, self.end + 2 * COARSE_STEP_MS, COARSE_STEP_MS, dtype=np.int64)
        self._rows, self._basis = _basis(rhythm, self._grid)
        self._matrix = np.zeros((0, len(self._rows)))
        self._present = np.zeros(0, dtype=np.bool_)
        self._whole = np.zeros(0, dtype=np.bool_)
        self._phase = np.zeros(0)
        self._scale = np.zeros(0)

    def add(self, series: Mapping[int, tuple[Weights, bool, float]]) -> None:
        """Give series (by id) a past: its weights, whether it counts whole things, and its phase in [0, 1)."""
        size = max(series, default=-1) + 1
        self._matrix = np.zeros((size, len(self._rows)))
        self._present = np.zeros(size, dtype=np.bool_)
        self._whole = np.zeros(size, dtype=np.bool_)
        self._phase = np.zeros(size)
        self._scale = np.ones(size)
        for index, (weights, whole, phase) in series.items():
            for name, weight in weights.items():
                self._matrix[index, self._rows[name]] += weight
            self._present[index] = True
            self._whole[index] = whole
            self._phase[index] = phase

    def rescale(self, index: int, value: float) -> None:
        """Make a gauge's past lead to the value that its real server now shows."""
        before = self.exact(np.array([index]), np.array([self.end]))[0, 0]
        if before > 0:
            self._scale[index] *= value / before

    def times(self, newest: int) -> Times:
        boundary = min(max(newest, self.end) - FINE_MS, self.end) // COARSE_STEP_MS * COARSE_STEP_MS
        coarse = self._grid[self._grid < boundary]
        return np.concatenate([coarse, np.arange(boundary, self.end + 1, self._scrape_ms, dtype=np.int64)])

    def has(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        known = ids < len(self._present)
        found: NDArray[np.bool_] = known & self._present[np.where(known, ids, 0)]
        return found

    def exact(self, ids: NDArray[np.int64], times: Times) -> Floats:
        """Values before counting whole things; shape (series, times)."""
        weights = self._matrix[ids]
        used = np.flatnonzero(np.any(weights != 0, axis=0))
        functions = np.array([np.interp(times, self._grid, self._basis[row]) for row in used])
        result: Floats = weights[:, used] @ functions.reshape(len(used), len(times))
        result *= self._scale[ids, None]
        return result

    def values(self, ids: NDArray[np.int64], times: Times) -> Floats:
        result = self.exact(ids, times)
        whole = self._whole[ids]
        result[whole] = np.floor(result[whole] + self._phase[ids][whole, None])
        return result


def _basis(rhythm: Rhythm, grid: Times) -> tuple[dict[str, int], Floats]:
    at = grid / 1000
    functions: dict[str, Floats] = {
        ONE: np.ones(len(at)),
        ELAPSED: at - at[0],
        DAY: rhythm.daily(at),
        DAY_SUM: _integral(rhythm.daily(at)),
    }
    functions |= {noise: rhythm.noise(noise, at) for noise in NOISES}
    for endpoint in ENDPOINTS:
        quick_s, slow_s = demand(endpoint, rhythm, at)
        functions[quick(endpoint.key)] = _integral(quick_s)
        functions[slow(endpoint.key)] = _integral(slow_s)
    return {name: row for row, name in enumerate(functions)}, np.array(list(functions.values()))


def _integral(rate_s: Floats) -> Floats:
    """Running total of a rate over the grid, by trapezoids."""
    middle = (rate_s[1:] + rate_s[:-1]) / 2 * (COARSE_STEP_MS / 1000)
    return np.concatenate([[0.0], np.cumsum(middle)])
