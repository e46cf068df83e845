"""The columns of a live table: what each shows of a row, which are shown, and how widths are shared out."""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import msgspec

from ..text.clean import fit

R = TypeVar("R")

Cell = str | tuple[str, str]
"""Text, or text with the name of a style: crit, warn, ok, dim, accent, strong."""
ASIDE = 10_000
"""`from_width` of a column that stands aside at every width: scrolling reaches it, the dialog of columns brings it."""
_UNKNOWN = frozenset({"", "-", "?", "unknown", "<none>"})
_FIGURE = re.compile(r"(-?[\d,]*\.?\d+) ?([kMGT%]?)")
_FACTORS = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_DIGITS = re.compile(r"(\d+)")


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
    """What the column sorts by, most interesting first, None where it is unknown; without it: its text or figure."""
    from_width: int = 0
    """In narrower tables the column stands aside: scrolling sideways reaches it."""
    below_width: int = 0
    """Tables at least so wide leave it out: for a short form of another column. 0 is no bound."""
    tail: int = 0
    """So many cells of its end are kept where it must be cut: there names of pods and nodes differ."""
    search: bool = True
    """Whether a filter looks at it; ages and shares are not what one types."""

    def fits(self, width: int) -> bool:
        """Whether a table so wide shows this column by itself."""
        return self.from_width <= width and (not self.below_width or width < self.below_width)

    def fitted(self, text: str, width: int) -> str:
        """Text cut or padded to the column's cells."""
        if self.tail and len(text) > width > 2 * self.tail and text.isascii():
            return fit(text[: -self.tail], width - self.tail) + text[-self.tail :]
        return fit(text, width, right=self.right)

    def key(self, row: R) -> Any:
        """What it sorts a row by; None is unknown."""
        return self.sort(row) if self.sort is not None else _text_key(plain(self.render(row)))


class Choice(msgspec.Struct, frozen=True, gc=False):
    """What a person made of a table's columns; empty is as the table has it."""

    order: tuple[str, ...] = ()
    """Ids from left to right; columns that are not named keep their neighbour to the left."""
    on: tuple[str, ...] = ()
    """Shown at every width."""
    off: tuple[str, ...] = ()


def plain(cell: Cell) -> str:
    return cell[0] if isinstance(cell, tuple) else cell


def arranged(columns: Sequence[Column[R]], order: Sequence[str]) -> list[Column[R]]:
    """All columns in the chosen order; the first one keeps its place. Ids that are not there are left alone."""
    if not order or not columns:
        return list(columns)
    by_id = {column.id: column for column in columns}
    placed = [by_id[name] for name in dict.fromkeys(order) if name in by_id and name != columns[0].id]
    placed.insert(0, columns[0])
    named = set(order)
    for before, column in itertools.pairwise(columns):
        if column.id not in named:
            placed.insert(placed.index(before) + 1, column)
    return placed


def chosen(columns: Sequence[Column[R]], choice: Choice) -> tuple[Column[R], ...]:
    """The columns that a table shows, or reaches sideways; the first one cannot be switched off."""
    on, off = set(choice.on), set(choice.off)
    found = arranged(columns, choice.order)
    return tuple(
        replace(column, from_width=0, below_width=0) if column.id in on else column
        for place, column in enumerate(found)
        if place == 0 or column.id not in off
    )


def one_form(columns: Sequence[Column[R]], width: int) -> list[Column[R]]:
    """All columns, but of a short form and the long one behind it only that which a table so wide has."""
    left_out: set[str] = set()
    for column, following in itertools.pairwise(columns):
        if column.below_width and column.below_width == following.from_width:
            left_out.add(following.id if column.fits(width) else column.id)
    return [column for column in columns if column.id not in left_out]


def in_sequence(columns: Sequence[Column[R]], width: int) -> list[Column[R]]:
    """What scrolling sideways passes: the columns that a table so wide shows by itself, then those that stand aside."""
    fitting = [column for column in columns if column.fits(width)]
    aside = [column for column in one_form(columns, width) if column.from_width > width]
    return fitting + aside


def lay_out(columns: Sequence[Column[Any]], width: int, first: int = 0) -> list[tuple[Column[Any], int, int]]:
    """(column, x, width) of each visible column in a table `width` cells wide.

    The first column is frozen; of the others the first `first` are scrolled away, and then those that stand aside
    follow. What does not fit is left out whole; the cells left over go to the columns with a flex share, in proportion.
    """
    wanted = in_sequence(columns, width) if first else [column for column in columns if column.fits(width)]
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


def hidden(columns: Sequence[Column[Any]], width: int, first: int = 0) -> tuple[int, int]:
    """How many columns scrolling would bring from the left, and how many from the right."""
    wanted = in_sequence(columns, width)
    left = min(first, max(0, len(wanted) - 1))
    return left, max(0, len(wanted) - left - len(lay_out(columns, width, first)))


def _text_key(text: str) -> Any:
    """Figures largest first (`1.2k` before `900`); texts by their letters and the numbers in them (`a-9`, `a-10`)."""
    text = text.strip()
    if text.casefold() in _UNKNOWN:
        return None
    figure = _FIGURE.fullmatch(text)
    if figure is not None:
        return 0, -float(figure[1].replace(",", "")) * _FACTORS.get(figure[2], 1.0), ()
    parts = _DIGITS.split(text.casefold())
    return 1, 0.0, tuple(int(part) if index % 2 else part for index, part in enumerate(parts))
