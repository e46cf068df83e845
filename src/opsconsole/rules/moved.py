"""What else moved at a moment: how unusual each figure's change around it was, held against its own course before.

It tells what moved at the same time, and never why.
"""

import math
from collections.abc import Iterable, Sequence
from statistics import median

import msgspec

Samples = Sequence[tuple[float, float | None]]
"""(unix seconds, value), oldest first."""
BEFORE_UNITS, GAP_UNITS, AFTER_UNITS = 20, 2, 3
"""The course from 20 units to 2 units before the moment is held against that from 1 unit before it to 3 after it."""
LEAST_BEFORE, LEAST_AFTER = 5, 2
UNUSUAL = 4.0
"""From so many times its usual deviation on a change counts, if it is also a tenth of the value, and beyond all values
of the course before."""
LEAST_CHANGE = 0.1
FLOOR = 0.02
"""A flat course still deviates by a fiftieth: one that never moved does not make every ripple infinitely unusual."""
MOST_UNUSUAL = 99.0
NORMAL = 1.4826
"""Of the median absolute deviation: what makes it a standard deviation, for normal noise."""


class Figure(msgspec.Struct, frozen=True, gc=False):
    """One figure with its course, and where it is shown."""

    name: str
    unit: str
    tab: int
    object: str
    chart: str = ""
    """Kind of the chart that shows it."""
    samples: tuple[tuple[float, float | None], ...] = ()


class Mover(msgspec.Struct, frozen=True, gc=False):
    """A figure that moved. `before` None: it had no value before; `after` None: it has none since."""

    figure: Figure
    before: float | None
    after: float | None
    times_usual: float


class MovedThen(msgspec.Struct, frozen=True, gc=False):
    """What moved at a moment (unix seconds), the most unusual first."""

    at: float
    unit_s: float
    movers: tuple[Mover, ...]
    compared: int
    too_short: int
    """Figures that were not known long enough around the moment."""
    refused: tuple[str, ...] = ()
    """What could not be asked, each with the reason."""


def unit_of(range_s: float) -> float:
    """The grain of the comparison for a chart of that range: a minute for an hour."""
    return max(15.0, math.floor(range_s / 60 / 15) * 15.0)


def moved(
    figures: Iterable[Figure], at: float, unit_s: float, refused: tuple[str, ...] = (), until: float = math.inf
) -> MovedThen:
    """All figures that changed by more than they usually do. `until` is how far their samples were asked for."""
    movers: list[Mover] = []
    compared = too_short = 0
    for figure in figures:
        found = _compared(figure, at, unit_s, until)
        if found is None:
            too_short += 1
            continue
        compared += 1
        if found.times_usual >= UNUSUAL:
            movers.append(found)
    movers.sort(key=lambda mover: (-mover.times_usual, -_relative(mover), mover.figure.name))
    return MovedThen(at, unit_s, tuple(movers), compared, too_short, refused)


def _compared(figure: Figure, at: float, unit_s: float, until: float) -> Mover | None:
    """None where too little is known."""
    before = _between(figure.samples, at - BEFORE_UNITS * unit_s, at - GAP_UNITS * unit_s)
    after = _between(figure.samples, at - 0.9 * unit_s, at + (AFTER_UNITS + 0.1) * unit_s)
    if len(before) < LEAST_BEFORE:
        return Mover(figure, None, median(after), MOST_UNUSUAL) if not before and len(after) >= LEAST_AFTER else None
    if not after:
        # one sample that is late is no silence yet
        return Mover(figure, median(before), None, MOST_UNUSUAL) if until >= at + unit_s else None
    usual, now = median(before), median(after)
    if min(before) <= now <= max(before) or abs(now - usual) < LEAST_CHANGE * max(abs(now), abs(usual)):
        return Mover(figure, usual, now, 0.0)
    spread = NORMAL * median([abs(value - usual) for value in before])
    spread = max(spread, FLOOR * max(abs(usual), abs(now)), 1e-12)
    return Mover(figure, usual, now, min(MOST_UNUSUAL, abs(now - usual) / spread))


def _between(samples: Samples, start: float, end: float) -> list[float]:
    return [value for at, value in samples if start <= at <= end and value is not None]


def _relative(mover: Mover) -> float:
    """How many times as much or as little, as one number."""
    if mover.before is None or mover.after is None or mover.before * mover.after <= 0:
        return math.inf
    return abs(math.log(mover.after / mover.before))
