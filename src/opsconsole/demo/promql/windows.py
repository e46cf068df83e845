"""Functions over range vectors: rate and its kin, and the …_over_time family."""

from collections.abc import Callable

import numpy as np

from opsconsole.demo.promql.series import Floats, Labels, Mask, Times

Windows = tuple[Times, Times]
"""Per step the first sample's index in the window, and one past the last one's."""
WindowFunction = Callable[[Times, Floats, Windows, Times, int], tuple[Floats, Mask]]
"""(sample times, sample values, windows, end of each window in ms, length in ms) → (values, has), (series, steps)."""


def windows_of(times: Times, ends: Times, length: int) -> Windows:
    """Prometheus 2.42 includes both ends of a range."""
    return np.searchsorted(times, ends - length, "left"), np.searchsorted(times, ends, "right")


def _extrapolated(counter: bool, per_second: bool) -> WindowFunction:
    """rate, increase and delta: the difference in a window, extrapolated towards its ends.

    The rules are those of Prometheus' functions.go `extrapolatedRate`: an end farther than 1.1 average sample distances
    is reached by half a distance only, and a counter is never carried back beyond its zero.
    """

    def evaluate(times: Times, values: Floats, windows: Windows, ends: Times, length: int) -> tuple[Floats, Mask]:
        low, high = windows
        enough = high - low >= 2
        last = np.where(enough, high - 1, 0)
        first = np.where(enough, low, 0)
        result = values[:, last] - values[:, first]
        if counter:
            result += _reset_correction(values, first, last)
        sampled = np.where(enough, (times[last] - times[first]) / 1000, 1.0)
        average = sampled / np.maximum(last - first, 1)
        to_start = np.broadcast_to((times[first] - (ends - length)) / 1000, result.shape)
        to_end = (ends - times[last]) / 1000
        if counter:
            begin = values[:, first]
            to_zero = sampled * (begin / np.where(result > 0, result, 1.0))
            limited = (result > 0) & (begin >= 0) & (to_zero < to_start)
            to_start = np.where(limited, to_zero, to_start)
        threshold = average * 1.1
        reach = sampled + np.where(to_start < threshold, to_start, average / 2)
        reach = reach + np.where(to_end < threshold, to_end, average / 2)
        factor = reach / sampled
        if per_second:
            factor = factor / (length / 1000)
        return result * factor, np.broadcast_to(enough, result.shape)

    return evaluate


def _reset_correction(values: Floats, first: Times, last: Times) -> Floats:
    """What a counter had reached before each of its resets between two samples, summed up."""
    before = values[:, :-1]
    dropped = values[:, 1:] < before
    if not bool(np.any(dropped)):
        return np.zeros((len(values), len(first)))
    lost = np.zeros_like(values)
    np.cumsum(np.where(dropped, before, 0.0), axis=1, out=lost[:, 1:])
    correction: Floats = lost[:, last] - lost[:, first]
    return correction


def _instant(counter: bool, per_second: bool) -> WindowFunction:
    """irate and idelta: the last two samples of a window."""

    def evaluate(times: Times, values: Floats, windows: Windows, ends: Times, length: int) -> tuple[Floats, Mask]:
        low, high = windows
        enough = high - low >= 2
        last = np.where(enough, high - 1, 0)
        before = np.where(enough, last - 1, 0)
        new, old = values[:, last], values[:, before]
        result = np.where(new < old, new, new - old) if counter else new - old
        if per_second:
            result = result / np.where(enough, (times[last] - times[before]) / 1000, 1.0)
        return result, np.broadcast_to(enough, result.shape)

    return evaluate


def _reduced(ufunc: np.ufunc) -> WindowFunction:
    """One reduction over every window; `reduceat` also reduces the gaps between windows, which are left out."""

    def evaluate(times: Times, values: Floats, windows: Windows, ends: Times, length: int) -> tuple[Floats, Mask]:
        low, high = windows
        some = high > low
        padded = np.concatenate([values, np.zeros((len(values), 1))], axis=1)
        bounds = np.stack([np.minimum(low, high), high], axis=1).ravel()
        result: Floats = ufunc.reduceat(padded, bounds, axis=1)[:, ::2]
        return result, np.broadcast_to(some, result.shape)

    return evaluate


def _average(times: Times, values: Floats, windows: Windows, ends: Times, length: int) -> tuple[Floats, Mask]:
    total, has = _reduced(np.add)(times, values, windows, ends, length)
    return total / np.maximum(windows[1] - windows[0], 1), has


def _count(times: Times, values: Floats, windows: Windows, ends: Times, length: int) -> tuple[Floats, Mask]:
    count = (windows[1] - windows[0]).astype(np.float64)
    shape = (len(values), len(count))
    return np.broadcast_to(count, shape), np.broadcast_to(count > 0, shape)


def _last(times: Times, values: Floats, windows: Windows, ends: Times, length: int) -> tuple[Floats, Mask]:
    some = windows[1] > windows[0]
    result = values[:, np.where(some, windows[1] - 1, 0)]
    return result, np.broadcast_to(some, result.shape)


WINDOW_FUNCTIONS: dict[str, WindowFunction] = {
    "rate": _extrapolated(counter=True, per_second=True),
    "increase": _extrapolated(counter=True, per_second=False),
    "delta": _extrapolated(counter=False, per_second=False),
    "irate": _instant(counter=True, per_second=True),
    "idelta": _instant(counter=False, per_second=False),
    "max_over_time": _reduced(np.fmax),
    "min_over_time": _reduced(np.fmin),
    "sum_over_time": _reduced(np.add),
    "avg_over_time": _average,
    "count_over_time": _count,
    "last_over_time": _last,
}
KEEP_NAME = frozenset({"last_over_time"})
"""Those whose result is still the metric itself."""


def labels_of(name: str, labels: list[Labels]) -> list[Labels]:
    """The labels of a window function's result."""
    if name in KEEP_NAME:
        return labels
    return [tuple(pair for pair in each if pair[0] != "__name__") for each in labels]
