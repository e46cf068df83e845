"""LiveTable: a table of rows keyed by identity that formats visible lines and repaints changed cells only.

Cursor, selection and scroll follow the row and not its place. Values change in place at once; what would move rows
(new ones, gone ones, another order) waits until it is asked for or the cursor stands on the first row.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from ..poller.slices import Slices
from ..text import clock, units
from ..text.clean import fit, wrapped
from . import cell_style
from .cell_style import highlighted, parted
from .columns import ASIDE, Cell, Choice, Column, chosen, hidden, lay_out, one_form, plain
from .row_order import GONE, SMALL, Left, RowOrder
from .theme import UNICODE

R = TypeVar("R")

SETTLE_S = 0.4
"""Rows are put into a new order at most this often."""
HIDDEN_SETTLE_S = 10.0
"""Those of a table that nobody sees."""
SAYS_WHEN = 100
"""From so many cells on a row that has left says since when, too."""


@dataclass(frozen=True)
class _Standing:
    """How a table stood before its rows were put in order."""

    cursor_key: str | None
    cursor: int
    shown: list[str]
    window: range


class LiveTable(ScrollView, Generic[R], can_focus=True):
    """Rows of type R in columns. The screen that owns it calls its methods; it binds no keys itself."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"live-table--{name}" for name in cell_style.RULES}
    DEFAULT_CSS = f"""
    LiveTable {{
        height: 1fr; width: 1fr; background: $background; color: $foreground; scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0; overflow-x: hidden; scrollbar-gutter: stable;
        {cell_style.CSS}
    }}
    """

    class Told(Message):
        """Base of what a table tells its screen."""

        def __init__(self, table: "LiveTable[Any]") -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> "LiveTable[Any]":
            return self.table

    class Moved(Told):
        """The cursor stands on another row, or its row has changed."""

        def __init__(self, table: "LiveTable[Any]", key: str | None) -> None:
            super().__init__(table)
            self.key = key

    class Chosen(Told):
        """A row was double-clicked."""

        def __init__(self, table: "LiveTable[Any]", key: str) -> None:
            super().__init__(table)
            self.key = key

    class Waiting(Told):
        """How many changes wait to be shown."""

        def __init__(self, table: "LiveTable[Any]", count: int) -> None:
            super().__init__(table)
            self.count = count

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        order: Callable[[R], Any],
        mark: Callable[[R], Cell] | None = None,
        empty: str = "nothing to show",
        left: Callable[[str], str] = lambda key: GONE,
        id: str | None = None,  # named as the framework names it
    ) -> None:
        """`left` gives the word for a row that went: `gone` means that what it stood for is not there any more."""
        super().__init__(id=id)
        self.all_columns = tuple(columns)
        self.columns = self.all_columns
        self.choice = Choice()
        self._mark = mark
        self._empty = empty
        self._left_word = left
        self.looked_at: Callable[[R], bool] = lambda row: True
        """Whether such rows are looked at at all: one that is not any more goes at once, and is not called gone."""
        self._order: RowOrder[R] = RowOrder(order)
        self.sorted_by = ""
        self._cursor = 0
        self._stays: str | None = None
        """The identity that the cursor stays on even from the first place, until it is moved."""
        self._wanted: str | None = None
        """The identity that the cursor goes to as soon as its row has a place."""
        self._first_column = 0
        self._cells: dict[str, tuple[Cell, ...]] = {}
        self._texts: dict[str, str] | None = None
        """What a filter searched, by row; kept while there is one."""
        self._pattern: re.Pattern[str] | None = None
        self._settling: Timer | None = None
        self._arranging: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._told = 0
        """How many waiting rows were told last."""
        self._resorts = False
        """Whether all rows are to be looked at again."""
        self._layout: list[tuple[Column[R], int, int]] = []
        self._styles: dict[str, Style] = {}
        self.chosen: set[str] = set()
        self._dimmed = False
        self._height = 0
        """When it was last seen."""
        self._keeps = True
        """Whether the arranging that goes on keeps a row under the cursor that has left."""

    # ---- rows -----------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self._order.shown)

    @property
    def rows(self) -> Mapping[str, R]:
        return self._order.rows

    @property
    def cursor_key(self) -> str | None:
        shown = self._order.shown
        return shown[self._cursor] if 0 <= self._cursor < len(shown) else None

    @property
    def cursor_row(self) -> R | None:
        key = self.cursor_key
        return None if key is None else self._row(key)

    @property
    def cursor_left(self) -> Left | None:
        """That, and since when, the row under the cursor has left; None while it is there."""
        return self._order.left.get(self.cursor_key or "")

    @property
    def waiting(self) -> int:
        """Rows whose place is not shown yet."""
        return len(self._order.waiting)

    @property
    def arranging(self) -> bool:
        """Whether many rows are being put in order, in slices."""
        return self._arranging is not None

    @property
    def reverse(self) -> bool:
        return self._order.reverse

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

    def visible_rows(self) -> list[R]:
        """The rows on the screen, top to bottom; of a hidden table those that it would show."""
        top = self.scroll_offset.y
        return [self._row(key) for key in self._order.shown[top : top + max(0, (self.size.height or self._height) - 1)]]

    def set_rows(self, rows: Mapping[str, R]) -> None:
        """Show exactly these rows."""
        self.update_rows(rows, [key for key in self.rows if key not in rows], witnessed=False)

    def update_rows(self, upserts: Mapping[str, R], removals: Iterable[str] = (), *, witnessed: bool = True) -> None:
        """Rows that changed or came, and identities that went; `witnessed`: just now, and not some time before."""
        order, waited = self._order, self.waiting
        for key, row in upserts.items():
            if key not in order.left and order.rows.get(key) == row:
                continue
            order.put(key, row)
            if self._texts is not None:
                self._texts.pop(key, None)
            self._repaint_row(key)
        aside = self._remove(removals, witnessed)
        if aside:
            self.settle()
        elif self.waiting != waited or (self.waiting and self._cursor == 0):
            self._settle_soon()
        if self.cursor_key in upserts:
            self.post_message(self.Moved(self, self.cursor_key))

    def _remove(self, removals: Iterable[str], witnessed: bool) -> bool:
        """True where some of them went because they are not looked at any more."""
        order, now, aside = self._order, clock.now(), False
        for key in removals:
            if key not in order.rows:
                continue
            aside = aside or (key in order.place and not self.looked_at(order.rows[key]))
            self.chosen.discard(key)
            if self._texts is not None:
                self._texts.pop(key, None)
            if order.drop(key, self._left_word(key), now, witnessed):
                self._repaint_row(key)
            else:
                self._cells.pop(key, None)
        return aside

    def clear(self) -> None:
        """Forget all rows, which are not looked at any more: none of them is called gone."""
        self._stop_arranging()
        self._order.clear()
        self._cells.clear()
        self._texts = None if self._texts is None else {}
        self.chosen.clear()
        self._cursor = 0
        self.settle()
        self.refresh()

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

    def filter(
        self,
        accept: Callable[[R], bool] | None,
        words: Callable[[str, R], bool] | None = None,
        pattern: re.Pattern[str] | None = None,
    ) -> None:
        """Show only the rows that pass; None shows all. `words` gets a row's text, too; `pattern` is made visible."""
        if pattern != self._pattern:
            self._pattern = pattern
            if self.is_mounted:
                self.refresh()
        if words is None:
            self._texts = None
        elif self._texts is None:
            self._texts = {}

        def passes(key: str, row: R) -> bool:
            return (accept is None or accept(row)) and (words is None or words(self._text_of(key, row), row))

        self._order.filter(passes if accept is not None or words is not None else None)
        self._rearrange()

    def sort_by(self, column_id: str, *, reverse: bool | None = None) -> None:
        """Sort by a column, worst or largest first; the same again turns it round, "" is the table's own order."""
        column = next((column for column in self.all_columns if column.id == column_id), None)
        if column is not None and self.sorted_by == column_id and reverse is None:
            self._order.turn_round()
        else:
            self._order.sort(None if column is None else column.key, reverse=bool(reverse))
        self.sorted_by = column.id if column else ""
        self._rearrange()
        self.refresh_header()

    def settle(self, *, keep: bool = False) -> None:
        """Put every row where it belongs now; the cursor stays on its row.

        What has left goes; with `keep` the row under the cursor stays even so, until the cursor leaves it.
        """
        self._cancel_settling()
        if self._arranging is not None and not self._order.quick:
            self._keeps = self._keeps and keep
            return
        self._stop_arranging()
        if self._order.quick or not self.is_attached:
            before = self._standing()
            self._order.arrange(self.cursor_key if keep else None)
            self._arranged(before)
            return
        self._keeps = keep
        self._arranging = asyncio.create_task(self._arrange(), name="arrange rows")

    def _rearrange(self) -> None:
        """Sort or filter differ: what is going on starts anew."""
        self._stop_arranging()
        self.settle(keep=True)

    async def _arrange(self) -> None:
        before: list[_Standing] = []

        def stays() -> str | None:
            before.append(self._standing())
            return self.cursor_key if self._keeps else None

        try:
            await self._order.arrange_in_slices(stays, Slices())
        finally:
            if self._arranging is asyncio.current_task():
                self._arranging = None
        self._arranged(before[0])

    def _standing(self) -> "_Standing":
        return _Standing(self.cursor_key, self._cursor, self._order.shown, self._window())

    def _arranged(self, before: "_Standing") -> None:
        """Show the new order around the cursor's row."""
        key, order = before.cursor_key, self._order
        follow = key in order.place and (before.cursor > 0 or key == self._stays or key in order.left)
        cursor = order.place[key] if follow and key is not None else before.cursor
        if self._wanted is not None and self._wanted in order.place:
            cursor, follow = order.place[self._wanted], False
        self._cursor = max(0, min(cursor, len(order.shown) - 1))
        if len(before.shown) != len(order.shown):
            self.virtual_size = Size(self._width, len(order.shown) + 1)
            if not before.shown or not order.shown:
                self.refresh()
        if follow and self._cursor != before.cursor:
            self.scroll_to(y=self.scroll_offset.y + self._cursor - before.cursor, animate=False, force=True)
        elif self._wanted is not None:
            self._show_cursor()
        self._wanted = None
        if self._resorts:
            self.resort()
        self._repaint_differences(before.shown, before.window)
        self._told = self.waiting
        self.post_message(self.Waiting(self, self.waiting))
        self.post_message(self.Moved(self, self.cursor_key))

    def _row(self, key: str) -> R:
        row = self._order.rows.get(key)
        if row is None:
            left: R = self._order.left[key].row
            return left
        return row

    def _text_of(self, key: str, row: R) -> str:
        """What a filter searches of a row."""
        if self._texts is None:
            return self.searched_text(row)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = self.searched_text(row)
        return text

    def dim(self, dimmed: bool) -> None:
        """Old data is shown dimmed."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.refresh()

    # ---- cursor ---------------------------------------------------------------------------------------------------

    def move(self, rows: int) -> None:
        self.go(self._cursor + rows)

    def page(self, pages: float) -> None:
        self.go(self._cursor + int(pages * max(1, self.size.height - 1)))

    def stay(self) -> None:
        """Keep the cursor on its row wherever that goes, until it is moved: something was just done with this row."""
        self._stays = self.cursor_key

    def go(self, index: int) -> None:
        """Put the cursor on a row by its place; out of range stops at the ends. A row that has left goes with it."""
        left = self.cursor_key
        self._move_to(index)
        if left is not None and left in self._order.left and (left != self.cursor_key or self.row_count == 1):
            self._take_away(left)

    def _move_to(self, index: int) -> None:
        self._stays = self._wanted = None
        count = self.row_count
        index = max(0, min(index, count - 1))
        if index == self._cursor or not count:
            if index == 0:
                self._settle_if_waiting()
            return
        self._repaint_line(self._cursor)
        self._cursor = index
        self._repaint_line(index)
        self._show_cursor()
        if index == 0:
            self._settle_soon()
        self.post_message(self.Moved(self, self.cursor_key))

    def _take_away(self, key: str) -> None:
        """The cursor has left a row that is gone: so does the row, and the cursor's own keeps its line if it can."""
        before, window = list(self._order.shown), self._window()
        place = self._order.remove_left(key)
        if place < self._cursor:
            self._cursor -= 1
            if self.scroll_offset.y:
                self.scroll_to(y=self.scroll_offset.y - 1, animate=False, force=True)
        self._cursor = max(0, min(self._cursor, self.row_count - 1))
        self.virtual_size = Size(self._width, self.row_count + 1)
        self._repaint_differences(before, window)
        self._repaint_line(self._cursor)
        if not self.row_count:
            self.settle()
            self.refresh()
        self._told = self.waiting
        self.post_message(self.Waiting(self, self.waiting))
        self.post_message(self.Moved(self, self.cursor_key))

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row by its identity; False when it is not shown."""
        if key not in self._order.place:
            self.settle(keep=True)
        if key in self._order.place:
            self.go(self._order.place[key])
        elif self.arranging and key in self.rows:
            self._wanted = key
        else:
            return False
        return True

    def toggle_chosen(self) -> None:
        key = self.cursor_key
        if key is not None and key not in self._order.left:
            self.chosen.symmetric_difference_update({key})
            self._repaint_line(self._cursor)
            self.move(1)

    def scroll_columns(self, step: int) -> None:
        """One column further to the side; the first one stays."""
        left, right = hidden(self.columns, self.table_width, self._first_column)
        if (step > 0 and right) or (step < 0 and left):
            self._first_column = max(0, left + step)
            self._lay_out()
            self.refresh()

    # ---- painting -------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self._height = event.size.height or self._height
        self._lay_out()
        self.virtual_size = Size(self._width, self.row_count + 1)
        self.refresh()
        self._settle_if_waiting()  # what came while it was hidden

    def on_unmount(self) -> None:
        self._stop_arranging()
        if self._looking is not None:
            self._looking.cancel()

    def notify_style_update(self) -> None:
        self._styles.clear()
        super().notify_style_update()

    def refresh_header(self) -> None:
        self.refresh(Region(0, 0, self._width, 1))

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

    def resort(self) -> None:
        """Look at every row's place anew, because the order looks at more than the row; rows move when they may."""
        self._resorts = True
        if self._looking is not None or self._arranging is not None:
            return  # it is done when that is done
        if len(self.rows) > SMALL and self.is_attached:
            self._looking = asyncio.create_task(self._look_again(), name="look at rows again")
            return
        self._resorts = False
        for key in self.rows:
            self._order.look_again(key)
        self._settle_soon()

    async def _look_again(self) -> None:
        try:
            while self._resorts:
                self._resorts = False
                slices = Slices()
                for key in list(self.rows):
                    self._order.look_again(key)
                    if slices.over:
                        await slices.rest()
        finally:
            self._looking = None
        self._settle_soon()

    def render_line(self, y: int) -> Strip:
        width = self._width
        if y == 0:
            return self._header(width)
        index = y - 1 + self.scroll_offset.y
        if index >= self.row_count:
            reason = [] if self._order.shown or y < 2 else wrapped(self.empty, width - 3)[y - 2 : y - 1]
            if reason:
                return Strip([Segment("  " + fit(reason[0], max(0, width - 2)), self._style("dim"))], width)
            return Strip.blank(width, self.rich_style)
        return self._line(index, width)

    def _header(self, width: int) -> Strip:
        cells: list[str] = []
        for column, _, cell_width in self._layout:
            arrow = ("↑" if self.reverse else "↓") if column.id == self.sorted_by else ""
            title = column.title[: cell_width - len(arrow)] + arrow
            cells.append(fit(title, cell_width, right=column.right))
        aside = self._aside()
        if aside and cells:
            cells = _told(aside, cells, self._layout)
        text = fit(("  " if self._mark else "") + " ".join(cells), width)
        return Strip([Segment(text, self._style("header"))], width)

    def _aside(self) -> str:
        """`← 2  +3 →`: how many columns are to the left and to the right of what is shown."""
        left, right = hidden(self.columns, self.table_width, self._first_column)
        unicode = getattr(self.app, "glyphs", UNICODE) is UNICODE
        to_left, to_right = ("←", "→") if unicode else ("<", ">")
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
            segments += self._segments(cells[0], 2, base, cursor, right=False, plain_style=left is not None)
        for cell, (column, _, cell_width) in zip(cells[1:], self._layout, strict=False):
            segments += self._segments(cell, cell_width, base, cursor, right=column.right, plain_style=left is not None)
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
            if len(self._cells) > 2000:
                self._cells.clear()
            mark: Cell = self._mark(row) if self._mark is not None else ""
            cells = self._cells[key] = (mark, *(column.render(row) for column, _, _ in self._layout))
        return cells

    def _segments(
        self, cell: Cell, width: int, base: Style, cursor: Style | None, *, right: bool, plain_style: bool
    ) -> list[Segment]:
        """A cell in its width; what the filter looks for stands out."""
        text, name = cell if isinstance(cell, tuple) else (cell, "")
        style = base + self._style(name) if name and not self._dimmed and not plain_style else base
        if cursor is not None:
            style += cursor
        text = fit(text, width, right=right)
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

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that was selected with the mouse."""
        lines = [
            self._header(self.size.width).text,
            *(self._line(i, self.size.width).text for i in self._window_places()),
        ]
        offset = self.scroll_offset.y
        text = "\n".join([lines[0], *[""] * offset, *lines[1:]])
        return selection.extract(text), "\n"

    @property
    def _width(self) -> int:
        """Cells beside the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def table_width(self) -> int:
        """Cells that the columns share."""
        return max(1, self._width - (2 if self._mark is not None else 0))

    def _lay_out(self) -> None:
        self._layout = lay_out(self.columns, self.table_width, self._first_column)
        self._cells.clear()

    def _window(self) -> range:
        return range(self.scroll_offset.y, self.scroll_offset.y + max(0, self.size.height - 1))

    def _window_places(self) -> range:
        window = self._window()
        return range(window.start, min(window.stop, self.row_count))

    def _repaint_line(self, index: int) -> None:
        line = index + 1 - self.scroll_offset.y
        if 1 <= line < self.size.height:
            self.refresh(Region(0, line, self._width, 1))

    def _repaint_row(self, key: str) -> None:
        """Repaint what differs of a row: its changed cells, or the line where there is more to it."""
        before = self._cells.pop(key, None)
        index = self._order.place.get(key)
        if index is None:
            return
        line = index + 1 - self.scroll_offset.y
        if not 1 <= line < self.size.height:
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

    def _settle_soon(self) -> None:
        """At once when the table is empty, soon when the cursor stands on the first row; else it waits and says so."""
        if not self._order.shown:
            self.settle()
            return
        if self.waiting != self._told:
            self._told = self.waiting
            self.post_message(self.Waiting(self, self.waiting))
        if self._cursor == 0 and self._settling is None:
            # one that nobody sees is put in order whole, and after that seldom: news may come all the time
            seldom = self.is_attached and not self.size.height and 2 * self.row_count > len(self.rows)
            self._settling = self.set_timer(HIDDEN_SETTLE_S if seldom else SETTLE_S, self._settle_if_waiting)

    def _settle_if_waiting(self) -> None:
        self._settling = None
        if self._cursor == 0 and self._order.disturbed(self.cursor_key):
            self.settle(keep=True)

    def _cancel_settling(self) -> None:
        if self._settling is not None:
            self._settling.stop()
            self._settling = None

    def _stop_arranging(self) -> None:
        if self._arranging is not None:
            self._arranging.cancel()
            self._arranging = None

    def _show_cursor(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height - 1)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        index = event.y - 1 + self.scroll_offset.y
        if event.y < 1 or index >= self.row_count:
            return
        # a row that has left stays where it is: nothing moves between the two clicks of a double click
        self._move_to(index)
        if event.chain == 2 and (key := self.cursor_key) is not None:
            self.post_message(self.Chosen(self, key))


def _told(aside: str, cells: list[str], layout: Sequence[tuple[Column[Any], int, int]]) -> list[str]:
    """The header's cells with what stands aside: at the end where that is blank, else beside the first title."""
    last, first = cells[-1], cells[0]
    if len(cells) > 1 and last.endswith(" " * (len(aside) + 1)):
        return [*cells[:-1], last[: -len(aside)] + aside]
    if first.endswith(" " * (len(aside) + 1)) or len(cells) == 1:
        return [first[: len(first) - len(aside)] + aside, *cells[1:]]
    return [*cells[:-1], fit(aside, len(last), right=True) if len(last) >= len(aside) else last]
