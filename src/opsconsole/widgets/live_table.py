"""LiveTable: a table of rows keyed by identity that formats visible lines and repaints changed cells only.

Cursor, selection and scroll follow the row and not its place. Values change in place at once; what would move rows
(new ones, gone ones, another order) waits until it is asked for or the cursor stands on the first row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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

from ..text.clean import fit, wrapped
from . import cell_style
from .cell_style import highlighted, plain
from .columns import Cell, Column, hidden, lay_out, one_form

R = TypeVar("R")

SETTLE_S = 0.4
"""Rows are put into a new order at most this often."""


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
        id: str | None = None,  # named as the framework names it
    ) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self._default_order = order
        self._mark = mark
        self._empty = empty
        self._rows: dict[str, R] = {}
        self._keys: dict[str, Any] = {}
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self._gone: dict[str, R] = {}
        self._accept: Callable[[R], bool] = lambda row: True
        self._sort: Callable[[R], Any] = order
        self.sorted_by = ""
        self.reverse = False
        self._cursor = 0
        self._stays: str | None = None
        """The identity that the cursor stays on even from the first place, until it is moved."""
        self._first_column = 0
        self._cells: dict[str, tuple[Cell, ...]] = {}
        self._settling: Timer | None = None
        self._unsettled = False
        self._changes = 0
        self._layout: list[tuple[Column[R], int, int]] = []
        self._styles: dict[str, Style] = {}
        self.chosen: set[str] = set()
        self._dimmed = False
        self._height = 0
        """When it was last seen."""

    # ---- rows -----------------------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        return len(self._order)

    @property
    def rows(self) -> Mapping[str, R]:
        return self._rows

    @property
    def cursor_key(self) -> str | None:
        return self._order[self._cursor] if 0 <= self._cursor < len(self._order) else None

    @property
    def cursor_row(self) -> R | None:
        key = self.cursor_key
        return None if key is None else self._rows.get(key, self._gone.get(key))

    @property
    def waiting(self) -> int:
        """Changes of place that are not shown yet."""
        return self._changes

    @property
    def empty(self) -> str:
        """What an empty table says."""
        return self._empty

    @empty.setter
    def empty(self, sentence: str) -> None:
        if sentence != self._empty:
            self._empty = sentence
            if not self._order and self.is_mounted:
                self.refresh()

    def visible_rows(self) -> list[R]:
        """The rows on the screen, top to bottom; of a hidden table those that it would show."""
        top = self.scroll_offset.y
        shown = self._order[top : top + max(0, (self.size.height or self._height) - 1)]
        return [self._rows[key] if key in self._rows else self._gone[key] for key in shown]

    def set_rows(self, rows: Mapping[str, R]) -> None:
        """Show exactly these rows."""
        gone = [key for key in self._rows if key not in rows]
        changed = {key: row for key, row in rows.items() if self._rows.get(key) != row}
        self.update_rows(changed, gone)

    def update_rows(self, upserts: Mapping[str, R], removals: Iterable[str] = ()) -> None:
        """Rows that changed or came, and identities that went."""
        moved = 0
        for key, row in upserts.items():
            sort_key = self._sort(row)
            accepted = self._accept(row)
            known = key in self._place
            if accepted != known or self._keys.get(key) != sort_key or key in self._gone:
                moved += 1
            self._rows[key] = row
            self._keys[key] = sort_key
            self._gone.pop(key, None)
            self._repaint_row(key)
        for key in removals:
            if key not in self._rows:
                continue
            last = self._rows.pop(key)
            self._keys.pop(key, None)
            self.chosen.discard(key)
            if key in self._place:
                self._gone[key] = last
                self._repaint_row(key)
                moved += 1
        if moved:
            self._changes += moved
            self._settle_soon()
        elif self.cursor_key in upserts:
            self.post_message(self.Moved(self, self.cursor_key))

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Show these columns of the same rows."""
        if tuple(columns) != self.columns:
            self.columns = tuple(columns)
            self._lay_out()
            self.refresh()

    def filter(self, accept: Callable[[R], bool] | None) -> None:
        """Show only the rows that pass; None shows all."""
        self._accept = accept or (lambda row: True)
        self.settle()

    def sort_by(self, column_id: str) -> None:
        """Sort by a column, worst or largest first; the same again turns it round, "" is the table's own order."""
        column = next((column for column in self.columns if column.id == column_id), None)
        self.reverse = column is not None and self.sorted_by == column_id and not self.reverse
        self.sorted_by = column.id if column else ""
        if column is None:
            self._sort = self._default_order
        elif column.sort is not None:
            self._sort = column.sort
        else:
            render = column.render
            self._sort = lambda row: plain(render(row)).casefold()
        self._keys = {key: self._sort(row) for key, row in self._rows.items()}
        self.settle()
        self.refresh_header()

    def settle(self) -> None:
        """Put every row where it belongs now; the cursor stays on its row."""
        self._cancel_settling()
        key, place = self.cursor_key, self._cursor
        before, height = self._order, self._window()
        accept, keys = self._accept, self._keys
        rows = self._rows
        self._order = sorted((k for k in rows if accept(rows[k])), key=lambda k: (keys[k], k), reverse=self.reverse)
        self._place = {k: index for index, k in enumerate(self._order)}
        self._gone.clear()
        self._changes = 0
        follow = key is not None and (place > 0 or key == self._stays) and key in self._place
        self._cursor = self._place[key] if follow and key is not None else min(place, max(0, len(self._order) - 1))
        if len(before) != len(self._order):
            self.virtual_size = Size(self._width, len(self._order) + 1)
            if not before or not self._order:
                self.refresh()
        if follow and self._cursor != place:
            self.scroll_to(y=self.scroll_offset.y + self._cursor - place, animate=False, force=True)
        self._repaint_differences(before, height)
        self.post_message(self.Waiting(self, 0))
        self.post_message(self.Moved(self, self.cursor_key))

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
        """Put the cursor on a row by its place; out of range stops at the ends."""
        self._stays = None
        index = max(0, min(index, len(self._order) - 1))
        if index == self._cursor or not self._order:
            if index == 0:
                self._settle_if_waiting()
            return
        left = self.cursor_key
        self._repaint_line(self._cursor)
        self._cursor = index
        self._repaint_line(index)
        self._show_cursor()
        if left in self._gone or index == 0:
            self._settle_soon()
        self.post_message(self.Moved(self, self.cursor_key))

    def go_to(self, key: str) -> bool:
        """Put the cursor on a row by its identity; False when it is not shown."""
        if key not in self._place:
            self.settle()
        if key not in self._place:
            return False
        self.go(self._place[key])
        return True

    def toggle_chosen(self) -> None:
        key = self.cursor_key
        if key is not None:
            self.chosen.symmetric_difference_update({key})
            self._repaint_line(self._cursor)
            self.move(1)

    def scroll_columns(self, step: int) -> None:
        most = hidden(self.columns, self._table_width(), self._first_column)
        wanted = max(0, self._first_column + step)
        if step < 0 or most > 0:
            self._first_column = wanted
            self._lay_out()
            self.refresh()

    # ---- painting -------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self._height = event.size.height or self._height
        self._lay_out()
        self.virtual_size = Size(self._width, len(self._order) + 1)
        self.refresh()

    def notify_style_update(self) -> None:
        self._styles.clear()
        super().notify_style_update()

    def refresh_header(self) -> None:
        self.refresh(Region(0, 0, self._width, 1))

    def row_text(self, row: R) -> str:
        """A row as `copy` takes it and a mark keeps it: hidden columns too, but of a short and a long form one."""
        return "  ".join(plain(column.render(row)) for column in one_form(self.columns, self._table_width()))

    def searched_text(self, row: R) -> str:
        """All that a filter looks at: every column in every form."""
        return "  ".join(plain(column.render(row)) for column in self.columns)

    def as_text(self) -> str:
        """The table as it is laid out, all its rows: for a file."""
        width = self._width
        lines = [self._header(width), *(self._line(index, width) for index in range(len(self._order)))]
        return "\n".join(line.text.rstrip() for line in lines)

    def reformat(self) -> None:
        """Format the visible lines anew, as cells show more than the row (usage, the hour); repaint what differs."""
        visible = {key: self._cells.get(key) for key in (self._order[place] for place in self._window_places())}
        self._cells.clear()
        for key, before in visible.items():
            if before is None or key in self._gone:
                self._repaint_line(self._place[key])
            else:
                self._repaint_cells(self._place[key], before, self._row_cells(key, self._rows[key]))

    def resort(self) -> None:
        """Compute every row's place anew, because the order looks at more than the row."""
        self._keys = {key: self._sort(row) for key, row in self._rows.items()}
        self._changes += 1
        self._settle_soon()

    def render_line(self, y: int) -> Strip:
        width = self._width
        if y == 0:
            return self._header(width)
        index = y - 1 + self.scroll_offset.y
        if index >= len(self._order):
            reason = [] if self._order or y < 2 else wrapped(self.empty, width - 3)[y - 2 : y - 1]
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
        more = hidden(self.columns, self._table_width(), self._first_column)
        text = fit(("  " if self._mark else "") + " ".join(cells), width)
        if more:
            text = text[: width - 2] + " >"
        return Strip([Segment(text, self._style("header"))], width)

    def _line(self, index: int, width: int) -> Strip:
        key = self._order[index]
        gone = key in self._gone
        row = self._gone[key] if gone else self._rows[key]
        cells = self._row_cells(key, row)
        base = self._style("gone" if gone else "dim" if self._dimmed else "row")
        if key in self.chosen:
            base += self._style("selected")
        cursor = self._style("cursor") if index == self._cursor else None
        segments: list[Segment] = []
        if self._mark is not None:
            segments.append(self._segment(cells[0], 2, base, cursor, right=False))
        for cell, (column, _, cell_width) in zip(cells[1:], self._layout, strict=False):
            segments.append(self._segment(cell, cell_width, base, cursor, right=column.right))
            segments.append(Segment(" ", base if cursor is None else base + cursor))
        strip = Strip(segments).adjust_cell_length(width, base if cursor is None else base + cursor)
        if gone:
            strip = Strip.join([strip.crop(0, width - 6), Strip([Segment(" gone ", base + self._style("strong"))])])
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

    def _segment(self, cell: Cell, width: int, base: Style, cursor: Style | None, *, right: bool) -> Segment:
        text, name = cell if isinstance(cell, tuple) else (cell, "")
        style = base + self._style(name) if name and not self._dimmed else base
        if cursor is not None:
            style += cursor
        return Segment(fit(text, width, right=right), style)

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

    def _table_width(self) -> int:
        return max(1, self._width - (2 if self._mark is not None else 0))

    def _lay_out(self) -> None:
        self._layout = lay_out(self.columns, self._table_width(), self._first_column)
        self._cells.clear()

    def _window(self) -> range:
        return range(self.scroll_offset.y, self.scroll_offset.y + max(0, self.size.height - 1))

    def _window_places(self) -> range:
        window = self._window()
        return range(window.start, min(window.stop, len(self._order)))

    def _repaint_line(self, index: int) -> None:
        line = index + 1 - self.scroll_offset.y
        if 1 <= line < self.size.height:
            self.refresh(Region(0, line, self._width, 1))

    def _repaint_row(self, key: str) -> None:
        """Repaint what differs of a row: its changed cells, or the line where there is more to it."""
        before = self._cells.pop(key, None)
        index = self._place.get(key)
        if index is None:
            return
        line = index + 1 - self.scroll_offset.y
        if not 1 <= line < self.size.height:
            return
        if before is None or key in self._gone:
            self.refresh(Region(0, line, self._width, 1))
            return
        self._repaint_cells(index, before, self._row_cells(key, self._rows[key]))

    def _repaint_cells(self, index: int, before: tuple[Cell, ...], after: tuple[Cell, ...]) -> None:
        line = index + 1 - self.scroll_offset.y
        left = 2 if self._mark is not None else 0
        if before[0] != after[0]:
            self.refresh(Region(0, line, left, 1))
        for old, new, (_, x, width) in zip(before[1:], after[1:], self._layout, strict=False):
            if old != new:
                self.refresh(Region(left + x, line, width, 1))

    def _repaint_differences(self, before: Sequence[str], window: range) -> None:
        after, offset = self._order, self.scroll_offset.y
        if offset != window.start:
            self.refresh()
            return
        for index in window:
            old = before[index] if index < len(before) else None
            new = after[index] if index < len(after) else None
            if old != new:
                self._repaint_line(index)

    def _settle_soon(self) -> None:
        """At once when the table is empty or the cursor does not mind; else it waits and says so."""
        if self._cursor != 0:
            self.post_message(self.Waiting(self, self._changes))
            key = self.cursor_key
            if key is not None and len(self._gone) < len(self._order):
                return
        if not self._order:
            self.settle()
        elif self._settling is None:
            self._settling = self.set_timer(SETTLE_S, self._settle_if_waiting)

    def _settle_if_waiting(self) -> None:
        self._settling = None
        if self._changes and (self._cursor == 0 or len(self._gone) >= len(self._order)):
            self.settle()

    def _cancel_settling(self) -> None:
        if self._settling is not None:
            self._settling.stop()
            self._settling = None

    def _show_cursor(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height - 1)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        index = event.y - 1 + self.scroll_offset.y
        if event.y < 1 or index >= len(self._order):
            return
        self.go(index)
        if event.chain == 2 and (key := self.cursor_key) is not None:
            self.post_message(self.Chosen(self, key))
