"""How a figure is printed: beside its goal and the ratio of the two."""

from collections.abc import Sequence
from dataclasses import dataclass

HEADER = f"{'figure':<58}{'measured':>12} {'goal':>12} {'of goal':>8}"


@dataclass(frozen=True)
class Figure:
    """One number; `goal` None where there is none, `note` for what must be known to read it."""

    name: str
    value: float | None
    unit: str = ""
    goal: float | None = None
    note: str = ""

    def line(self) -> str:
        if self.value is None:
            return f"{self.name:<58}{'not seen':>12}"
        goal = f"≤ {self.goal:g} {self.unit}" if self.goal is not None else ""
        ratio = f"{self.value / self.goal:.2f}" if self.goal else ""
        line = f"{self.name:<58}{_amount(self.value):>8} {self.unit:<3} {goal:>12} {ratio:>8}"
        return f"{line}  {self.note}".rstrip()


def show(figures: Sequence[Figure]) -> None:
    for figure in figures:
        print(figure.line(), flush=True)


def median(values: Sequence[float]) -> float:
    """The middle one, the upper of two."""
    return sorted(values)[len(values) // 2]


def spread(name: str, seconds: Sequence[float | None], p95_ms: float | None, worst_ms: float | None) -> list[Figure]:
    """Median, 95th percentile and worst in ms of times in seconds; a key that was never answered is said."""
    moved = sorted(1000 * taken for taken in seconds if taken is not None)
    lost = len(seconds) - len(moved)
    if not moved:
        return [Figure(f"{name}: median", None)]
    note = f"{len(moved)} keys" + (f", {lost} never answered" if lost else "")
    return [
        Figure(f"{name}: median", median(moved), "ms", note=note),
        Figure(f"{name}: 95th percentile", moved[min(len(moved) - 1, int(len(moved) * 0.95))], "ms", p95_ms),
        Figure(f"{name}: worst", moved[-1], "ms", worst_ms),
    ]


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
