"""The columns of a live table: what each shows of a row, and how widths are shared out."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

R = TypeVar("R")

Cell = str | tuple[str, str]
"""Text, or text with the name of a style: crit, warn, ok, dim, accent, strong."""


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column. `render` is called for visible rows only, when the row has changed."""

    id: str
    title: str
    width: int
    """Cells it needs at least."""
    render: Callable[[R], Cell]
    right: bool = False
    flex: int = 0
    """Its share of the cells that are left over."""
    most: int = 0
    """Cells it takes at most when it grows; 0 is no bound."""
    sort: Callable[[R], Any] | None = None
    """What the column sorts by, most interesting first; None: by its text."""
    from_width: int = 0
    """Tables narrower than this leave the column out."""
    below_width: int = 0
    """Tables at least so wide leave it out: for a short form of another column. 0 is no bound."""

    def fits(self, width: int) -> bool:
        """Whether a table so wide has this column at all."""
        return self.from_width <= width and (not self.below_width or width < self.below_width)


def one_form(columns: Sequence[Column[R]], width: int) -> list[Column[R]]:
    """All columns, but of a short form and the long one behind it only that which a table so wide has."""
    left_out: set[str] = set()
    for column, following in itertools.pairwise(columns):
        if column.below_width and column.below_width == following.from_width:
            left_out.add(following.id if column.fits(width) else column.id)
    return [column for column in columns if column.id not in left_out]


def lay_out(columns: Sequence[Column[Any]], width: int, first: int = 0) -> list[tuple[Column[Any], int, int]]:
    """(column, x, width) of each visible column in a table `width` cells wide.

    The first column is frozen; of the others the first `first` are scrolled away. What does not fit is left out whole;
    the cells left over go to the columns with a flex share, in proportion.
    """
    wanted = [column for column in columns if column.fits(width)]
    if not wanted:
        return []
    shown = [wanted[0], *wanted[1 + min(first, len(wanted) - 1) :]]
    fitting: list[Column[Any]] = []
    used = 0
    for column in shown:
        if used + column.width > width and fitting:
            break
        fitting.append(column)
        used += column.width + 1
    spare = max(0, width - used + 1)
    widths = [min(column.width, width) for column in fitting]
    flexible = [index for index, column in enumerate(fitting) if column.flex]
    while spare > 0 and flexible:
        total = sum(fitting[index].flex for index in flexible)
        for index in tuple(flexible):
            column = fitting[index]
            extra = max(1, spare * column.flex // total)
            room = column.most - widths[index] if column.most else extra
            taken = min(extra, room, spare)
            widths[index] += taken
            spare -= taken
            total -= column.flex
            if column.most and widths[index] >= column.most:
                flexible.remove(index)
            if spare <= 0 or total <= 0:
                break
    placed, x = [], 0
    for column, cells in zip(fitting, widths, strict=True):
        placed.append((column, x, cells))
        x += cells + 1
    return placed


def hidden(columns: Sequence[Column[Any]], width: int, first: int = 0) -> int:
    """How many columns stand to the right of what fits."""
    wanted = [column for column in columns if column.fits(width)]
    return max(0, len(wanted) - min(first, max(0, len(wanted) - 1)) - len(lay_out(columns, width, first)))
