"""LiveTable: a table of rows keyed by identity; cursor, order, filter and the rows that are gone.

Cursor, selection and scroll follow the row and not its place. Values change in place at once; what would move rows
(new ones, gone ones, another order) waits until it is asked for or the cursor stands on the first row.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.timer import Timer

from ..poller.slices import Slices
from ..text import clock
from .columns import Cell, Column
from .row_order import GONE, SMALL, Left, RowOrder
from .table_painting import TablePainting

R = TypeVar("R")

SETTLE_S = 0.4
"""Rows are put into a new order at most this often."""
HIDDEN_SETTLE_S = 10.0
"""Those of a table that nobody sees."""


@dataclass(frozen=True)
class _Standing:
    """How a table stood before its rows were put in order."""

    cursor_key: str | None
    cursor: int
    shown: list[str]
    window: range


class LiveTable(TablePainting[R], Generic[R], can_focus=True):
    """Rows of type R in columns. The screen that owns it calls its methods; it binds no keys itself."""

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
        super().__init__(columns, RowOrder(order), mark, empty, id)
        self._left_word = left
        self.looked_at: Callable[[R], bool] = lambda row: True
        """Whether such rows are looked at at all: one that is not any more goes at once, and is not called gone."""
        self._stays: str | None = None
        """The identity that the cursor stays on even from the first place, until it is moved."""
        self._wanted: str | None = None
        """The identity that the cursor goes to as soon as its row has a place."""
        self._held: str | None = None
        """The identity that stood under the cursor when a person last did anything."""
        self._texts: dict[str, str] | None = None
        """What a filter searched, by row; kept while there is one."""
        self._settling: Timer | None = None
        self._arranging: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._told = 0
        """How many waiting rows were told last."""
        self._resorts = False
        """Whether all rows are to be looked at again."""
        self._keeps = True
        """Whether the arranging that goes on keeps a row under the cursor that has left."""

    # ---- rows -------------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Mapping[str, R]:
        return self._order.rows

    def set_rows(self, rows: Mapping[str, R]) -> None:
        """Show exactly these rows."""
        self.update_rows(rows, [key for key in self.rows if key not in rows], witnessed=False)

    def update_rows(self, upserts: Mapping[str, R], removals: Iterable[str] = (), *, witnessed: bool = True) -> None:
        """Rows that changed or came, and identities that went; `witnessed`: just now, and not some time before."""
        order, waited = self._order, self.waiting
        top, height = self.scroll_offset.y, self.size.height
        for key, row in upserts.items():
            if key not in order.left and order.rows.get(key) == row:
                continue
            order.put(key, row)
            if self._texts is not None:
                self._texts.pop(key, None)
            self._repaint_row(key, top, height)
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
        top, height = self.scroll_offset.y, self.size.height
        for key in removals:
            if key not in order.rows:
                continue
            aside = aside or (key in order.place and not self.looked_at(order.rows[key]))
            self.chosen.discard(key)
            if self._texts is not None:
                self._texts.pop(key, None)
            if order.drop(key, self._left_word(key), now, witnessed):
                self._repaint_row(key, top, height)
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

    def filter(
        self,
        accept: Callable[[R], bool] | None,
        words: Callable[[str, R], bool] | None = None,
        pattern: re.Pattern[str] | None = None,
        hides: str = "",
    ) -> None:
        """Show only the rows that pass; None shows all. `words` gets a row's text, too; `pattern` is made visible.

        `hides` is said where none of them passes: the table is not empty then.
        """
        if (pattern, hides) != (self._pattern, self._hides):
            self._pattern, self._hides = pattern, hides
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

    def _text_of(self, key: str, row: R) -> str:
        """What a filter searches of a row."""
        if self._texts is None:
            return self.searched_text(row)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = self.searched_text(row)
        return text

    def on_unmount(self) -> None:
        self._stop_arranging()
        if self._looking is not None:
            self._looking.cancel()

    # ---- cursor -----------------------------------------------------------------------------------------------------

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

    def move(self, rows: int) -> None:
        self.go(self._cursor + rows)

    def page(self, pages: float) -> None:
        self.go(self._cursor + int(pages * max(1, self.size.height - 1)))

    def stay(self) -> None:
        """Keep the cursor on its row wherever that goes, until it is moved: something was just done with this row."""
        self._stays = self.cursor_key

    def hold(self) -> None:
        """A person did something: the cursor's row stays from now on when it is gone, until the cursor leaves it."""
        self._held = self.cursor_key

    def _kept(self) -> str | None:
        """The cursor's row where it stays though it is gone.

        On a screen that nobody touches the cursor stands on whatever comes first: there what is gone goes by itself.
        """
        key = self.cursor_key
        return key if self._cursor > 0 or key == self._held else None

    def go(self, index: int) -> None:
        """Put the cursor on a row by its place; out of range stops at the ends. A row that has left goes with it."""
        left = self.cursor_key
        self._move_to(index)
        if left is not None and left in self._order.left and (left != self.cursor_key or self.row_count == 1):
            self._take_away(left)
        self.hold()

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
        self.hold()
        if event.chain == 2 and (key := self.cursor_key) is not None:
            self.post_message(self.Chosen(self, key))

    # ---- order ------------------------------------------------------------------------------------------------------

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

        What has left goes; with `keep` the row that a person put the cursor on stays even so, until the cursor leaves.
        """
        self._cancel_settling()
        if self._arranging is not None:
            self._keeps = self._keeps and keep  # what came meanwhile finds its place, too
            return
        if self._order.quick or not self.is_attached:
            before = self._standing()
            self._order.arrange(self._kept() if keep else None)
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
            return self._kept() if self._keeps else None

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
            cursor, follow, self._held = order.place[self._wanted], False, self._wanted
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

    def resort(self) -> None:
        """Look at every row's place anew, because the order looks at more than the row; rows move when they may."""
        self._resorts = True
        if self._looking is not None or self._arranging is not None:
            return  # it is done when that is done
        if not self.is_attached:
            return
        if len(self.rows) > SMALL:
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

    def _settle_soon(self) -> None:
        """At once when the table is empty, soon when the cursor stands on the first row; else it waits and says so."""
        if not self.is_attached:
            return  # it is put in order when it becomes part of the screen
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
        if self._cursor == 0 and self._order.disturbed(self._kept()):
            self.settle(keep=True)

    def _cancel_settling(self) -> None:
        if self._settling is not None:
            self._settling.stop()
            self._settling = None

    def _stop_arranging(self) -> None:
        if self._arranging is not None:
            self._arranging.cancel()
            self._arranging = None

    def on_resize(self, event: events.Resize) -> None:
        self._height = event.size.height or self._height
        self._come_back()
        self._lay_out()
        self.virtual_size = Size(self._width, self.row_count + 1)
        if event.size.height:
            self._show_cursor()
        self.refresh()
        self._settle_if_waiting()  # what came while it was hidden
