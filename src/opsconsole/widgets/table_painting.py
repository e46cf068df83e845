"""What a live table paints: its columns, the cells of its visible lines, and repainting only what differs."""

import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from ..text import units
from ..text.clean import fit, wrapped
from . import cell_style
from .cell_style import highlighted, parted
from .columns import ASIDE, Cell, Choice, Column, chosen, hidden, in_sequence, lay_out, one_form, plain
from .row_order import RowOrder
from .theme import UNICODE

R = TypeVar("R")

SAYS_WHEN = 100
"""From so many cells on a row that has left says since when, too."""
KEPT_ROWS = 2000
"""Rows whose formatted cells are kept."""


class TablePainting(ScrollView, Generic[R]):
    """Paints the rows of an order around a cursor; what moves either is LiveTable's."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"live-table--{name}" for name in cell_style.RULES}
    DEFAULT_CSS = f"""
    TablePainting {{
        height: 1fr; width: 1fr; background: $background; color: $foreground; scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0; overflow-x: hidden; scrollbar-gutter: stable;
        {cell_style.CSS}
    }}
    """

    def __init__(
        self, columns: Sequence[Column[R]], order: RowOrder[R], mark: Callable[[R], Cell] | None, empty: str,
        id: str | None,
    ) -> None:  # fmt: skip
        super().__init__(id=id)
        self.all_columns = tuple(columns)
        self.columns = self.all_columns
        self.choice = Choice()
        self.sorted_by = ""
        self.chosen: set[str] = set()
        self._order = order
        self._cursor = 0
        self._mark = mark
        self._empty = empty
        self._hides = ""
        """What the table says where it has rows and a filter shows none of them."""
        self._pattern: re.Pattern[str] | None = None
        """What stands out because a filter asks for it."""
        self._first_column = 0
        self._layout: list[tuple[Column[R], int, int]] = []
        self._cells: dict[str, tuple[Cell, ...]] = {}
        self._styles: dict[str, Style] = {}
        self._dimmed = False
        self._height = 0
        """When it was last seen."""

    # ---- rows -------------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self._order.shown)

    def visible_rows(self) -> list[R]:
        """The rows on the screen, top to bottom; of a hidden table those that it would show."""
        top = self.scroll_offset.y
        return [self._row(key) for key in self._order.shown[top : top + max(0, (self.size.height or self._height) - 1)]]

    def _row(self, key: str) -> R:
        row = self._order.rows.get(key)
        if row is None:
            left: R = self._order.left[key].row
            return left
        return row

    @property
    def arranging(self) -> bool:
        """Whether many rows are being put in order, in slices: until then nothing is said of an empty table."""
        return False

    @property
    def empty(self) -> str:
        """What an empty table says."""
        return self._empty

    @empty.setter
    def empty(self, sentence: str) -> None:
        if sentence != self._empty:
            self._empty = sentence
            if not self._order.shown and self.is_mounted:
                self.refresh()

    def dim(self, dimmed: bool) -> None:
        """Old data is shown dimmed."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.refresh()

    # ---- columns ----------------------------------------------------------------------------------------------------

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Have these columns of the same rows."""
        if tuple(columns) != self.all_columns:
            self.all_columns = tuple(columns)
            self.choose_columns(self.choice)

    def choose_columns(self, choice: Choice) -> None:
        """Show of the table's columns what a person chose."""
        self.choice = choice
        self.columns = chosen(self.all_columns, choice)
        self._lay_out()
        self.refresh()

    def scroll_columns(self, step: int) -> None:
        """One column further to the side; the first one stays."""
        left, right = hidden(self.columns, self.table_width, self._first_column)
        if (step > 0 and right) or (step < 0 and left):
            self._first_column = max(0, left + step)
            self._lay_out()
            self.refresh()

    def _come_back(self) -> None:
        """In a wider table columns come back from the left, as far as none that is shown goes for them."""
        width = self.table_width
        shown = {column.id for column, _, _ in self._layout if column in in_sequence(self.columns, width)}
        while self._first_column and len(self._layout) > 1:
            wider = lay_out(self.columns, width, self._first_column - 1)
            if not shown <= {column.id for column, _, _ in wider}:
                return
            self._first_column -= 1

    @property
    def table_width(self) -> int:
        """Cells that the columns share."""
        return max(1, self._width - (2 if self._mark is not None else 0))

    @property
    def _width(self) -> int:
        """Cells beside the scrollbar."""
        return self.scrollable_content_region.width

    def _lay_out(self) -> None:
        self._layout = lay_out(self.columns, self.table_width, self._first_column)
        self._cells.clear()

    # ---- texts ------------------------------------------------------------------------------------------------------

    def row_text(self, row: R) -> str:
        """A row as `copy` takes it and a mark keeps it: what a wider table shows, too; of two forms of a cell one."""
        columns = [column for column in one_form(self.columns, self.table_width) if column.from_width < ASIDE]
        return "  ".join(plain(column.render(row)) for column in columns)

    def searched_text(self, row: R) -> str:
        """All that a filter looks at: every column of words in every form, shown or not."""
        return "  ".join(plain(column.render(row)) for column in self.all_columns if column.search)

    def as_text(self) -> str:
        """The table as it is laid out, all its rows: for a file."""
        width = self._width
        lines = [self._header(width), *(self._line(index, width) for index in range(self.row_count))]
        return "\n".join(line.text.rstrip() for line in lines)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that was selected with the mouse."""
        lines = [
            self._header(self.size.width).text,
            *(self._line(i, self.size.width).text for i in self._window_places()),
        ]
        offset = self.scroll_offset.y
        text = "\n".join([lines[0], *[""] * offset, *lines[1:]])
        return selection.extract(text), "\n"

    # ---- lines ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self._width
        if y == 0:
            return self._header(width)
        index = y - 1 + self.scroll_offset.y
        if index >= self.row_count:
            silent = self._order.shown or y < 2 or self.arranging
            said = self._hides if self._hides and self._order.rows else self.empty
            reason = [] if silent else wrapped(said, width - 3)[y - 2 : y - 1]
            if reason:
                return Strip([Segment("  " + fit(reason[0], max(0, width - 2)), self._style("dim"))], width)
            return Strip.blank(width, self.rich_style)
        return self._line(index, width)

    def _header(self, width: int) -> Strip:
        cells: list[str] = []
        gaps = [" "] * len(self._layout)
        for place, (column, x, cell_width) in enumerate(self._layout):
            arrow = self._arrow() if column.id == self.sorted_by else ""
            if len(column.title) >= cell_width and x + cell_width < self.table_width:
                # a title that fills its cells keeps them: the arrow stands behind it, between two columns
                title, gaps[place] = column.title[:cell_width], arrow or " "
            else:
                title = column.title[: cell_width - len(arrow)] + arrow
            cells.append(fit(title, cell_width, right=column.right))
        aside = self._aside()
        if aside and cells:
            cells = _told(aside, cells, self._layout)
        text = "".join(f"{cell}{gap}" for cell, gap in zip(cells, gaps, strict=True))
        text = fit(("  " if self._mark else "") + text.rstrip(), width)
        return Strip([Segment(text, self._style("header"))], width)

    @property
    def _unicode(self) -> bool:
        return getattr(self.app, "glyphs", UNICODE) is UNICODE

    def _arrow(self) -> str:
        """Which way the rows are sorted."""
        down, up = ("↓", "↑") if self._unicode else ("v", "^")
        return up if self._order.reverse else down

    def _aside(self) -> str:
        """`← 2  +3 →`: how many columns are to the left and to the right of what is shown."""
        left, right = hidden(self.columns, self.table_width, self._first_column)
        to_left, to_right = ("←", "→") if self._unicode else ("<", ">")
        return " ".join([f"{to_left}{left}"] * bool(left) + [f"+{right}{to_right}"] * bool(right))

    def _line(self, index: int, width: int) -> Strip:
        key = self._order.shown[index]
        left = self._order.left.get(key)
        row = self._row(key)
        cells = self._row_cells(key, row)
        base = self._style("gone" if left else "dim" if self._dimmed else "row")
        if key in self.chosen:
            base += self._style("selected")
        cursor = self._style("cursor") if index == self._cursor else None
        segments: list[Segment] = []
        if self._mark is not None:
            chosen_sign = getattr(self.app, "glyphs", UNICODE).closed if key in self.chosen else " "
            mark = fit(plain(cells[0]), 1) + chosen_sign
            segments += self._segments(cells[0], mark, base, cursor, plain_style=left is not None)
        for cell, (column, _, cell_width) in zip(cells[1:], self._layout, strict=False):
            text = column.fitted(plain(cell), cell_width)
            segments += self._segments(cell, text, base, cursor, plain_style=left is not None)
            segments.append(Segment(" ", base if cursor is None else base + cursor))
        strip = Strip(segments).adjust_cell_length(width, base if cursor is None else base + cursor)
        if left is not None:
            word = f" {left.word} {units.clock(left.at)} " if width >= SAYS_WHEN else f" {left.word} "
            said = Strip([Segment(word, self._style("row") + self._style("strong"))])
            strip = Strip.join([strip.crop(0, max(0, width - len(word))), said])
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(index + 1)) is not None:
            strip = highlighted(strip, span, self.screen.get_component_rich_style("screen--selection"))
        return strip.apply_offsets(0, index + 1)

    def _row_cells(self, key: str, row: R) -> tuple[Cell, ...]:
        cells = self._cells.get(key)
        if cells is None:
            if len(self._cells) > KEPT_ROWS:
                self._cells.clear()
            mark: Cell = self._mark(row) if self._mark is not None else ""
            cells = self._cells[key] = (mark, *(column.render(row) for column, _, _ in self._layout))
        return cells

    def _segments(
        self, cell: Cell, text: str, base: Style, cursor: Style | None, *, plain_style: bool
    ) -> list[Segment]:
        """A cell, its text cut to its width; what the filter looks for stands out."""
        name = cell[1] if isinstance(cell, tuple) else ""
        style = base + self._style(name) if name and not self._dimmed and not plain_style else base
        if cursor is not None:
            style += cursor
        if self._pattern is None:
            return [Segment(text, style)]
        return [
            Segment(part, style + self._style("match") if found else style)
            for part, found in parted(text, self._pattern)
        ]

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self.get_component_rich_style(f"live-table--{name}", partial=name in cell_style.OVER)
            if name == "cursor" and getattr(self.app, "coarse", False):
                style = Style(reverse=True)  # backgrounds do not tell rows apart in 16 colours, or in none
            self._styles[name] = style
        return style

    def notify_style_update(self) -> None:
        self._styles.clear()
        super().notify_style_update()

    # ---- repainting -------------------------------------------------------------------------------------------------

    def refresh_header(self) -> None:
        self.refresh(Region(0, 0, self._width, 1))

    def reformat(self) -> None:
        """Format the visible lines anew, as cells show more than the row (usage, the hour); repaint what differs."""
        order = self._order
        visible = {key: self._cells.get(key) for key in (order.shown[place] for place in self._window_places())}
        self._cells.clear()
        for key, before in visible.items():
            if before is None or key in order.left:
                self._repaint_line(order.place[key])
            else:
                self._repaint_cells(order.place[key], before, self._row_cells(key, order.rows[key]))

    def _repaint_line(self, index: int) -> None:
        line = index + 1 - self.scroll_offset.y
        if 1 <= line < self.size.height:
            self.refresh(Region(0, line, self._width, 1))

    def _repaint_row(self, key: str, top: int, height: int) -> None:
        """Repaint what differs of a row: its changed cells, or the line where there is more to it. `top` and `height`
        of what is on the screen are the caller's: to ask for them is dear with thousands of rows."""
        before = self._cells.pop(key, None)
        index = self._order.place.get(key)
        if index is None:
            return
        line = index + 1 - top
        if not 1 <= line < height:
            return
        if before is None or key in self._order.left or len(before) != len(self._layout) + 1:
            self.refresh(Region(0, line, self._width, 1))
            return
        self._repaint_cells(index, before, self._row_cells(key, self._order.rows[key]))

    def _repaint_cells(self, index: int, before: tuple[Cell, ...], after: tuple[Cell, ...]) -> None:
        line = index + 1 - self.scroll_offset.y
        left = 2 if self._mark is not None else 0
        if before[0] != after[0]:
            self.refresh(Region(0, line, left, 1))
        for old, new, (_, x, width) in zip(before[1:], after[1:], self._layout, strict=False):
            if old != new:
                self.refresh(Region(left + x, line, width, 1))

    def _repaint_differences(self, before: Sequence[str], window: range) -> None:
        after, offset = self._order.shown, self.scroll_offset.y
        if offset != window.start:
            self.refresh()
            return
        for index in window:
            old = before[index] if index < len(before) else None
            new = after[index] if index < len(after) else None
            if old != new:
                self._repaint_line(index)

    def _window(self) -> range:
        return range(self.scroll_offset.y, self.scroll_offset.y + max(0, self.size.height - 1))

    def _window_places(self) -> range:
        window = self._window()
        return range(window.start, min(window.stop, self.row_count))


def _told(aside: str, cells: list[str], layout: Sequence[tuple[Column[Any], int, int]]) -> list[str]:
    """The header's cells with what stands aside: at the end where that is blank, else beside the first title that has
    room for it, else instead of the last one."""
    last, first = cells[-1], cells[0]
    if len(cells) > 1 and last.endswith(" " * (len(aside) + 1)):
        return [*cells[:-1], last[: -len(aside)] + aside]
    for place, cell in enumerate(cells[:-1]):
        if cell.endswith(" " * (len(aside) + 1)):
            return [*cells[:place], cell[: len(cell) - len(aside)] + aside, *cells[place + 1 :]]
    if len(cells) == 1:
        return [first[: len(first) - len(aside)] + aside]
    return [*cells[:-1], fit(aside, len(last), right=True) if len(last) >= len(aside) else last]
