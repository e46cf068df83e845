"""`x` in a view that is a table: the view's switches, and which columns it shows, in which order, sorted by which."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ...config import keymap
from ...widgets.columns import Choice, Column, arranged
from ...widgets.line import Part
from ...widgets.theme import Palette
from .page import Dialog

if TYPE_CHECKING:
    from ...widgets.live_table import LiveTable
    from ..table_tab import TableTab

HINT = "space shows, hides   , . earlier, later   s sorts, turns round   esc back"


@dataclass(frozen=True)
class _Line:
    """One line of the dialog; `turn` is what space and enter do."""

    parts: list[Part]
    turn: Callable[[], None]
    column: str = ""


class ColumnsDialog(Dialog):
    """What is changed is seen behind the dialog at once."""

    def __init__(self, tab: "TableTab", palette: Palette) -> None:
        self._tab = tab
        table = tab.table
        assert table is not None
        self._table: LiveTable[Any] = table
        super().__init__(f"View options of {tab.title}", [], palette, HINT, fold=False)
        self.page.cursor = 0
        self._show()

    def pressed(self, key: str) -> bool:
        action = keymap.by_key(key)
        name = action.id if action is not None else ""
        line = self._lines[self.page.cursor or 0]
        if name == "options":
            self.dismiss(None)
        elif name in ("select", "enter"):
            line.turn()
        elif name in ("earlier", "later") and line.column:
            self._move(line.column, -1 if name == "earlier" else 1)
        elif name == "sort" and line.column:
            self._tab.sort_by(line.column)
        else:
            return False
        self._show()
        return True

    # ---- what stands there ------------------------------------------------------------------------------------------

    def _show(self) -> None:
        switches = [
            _Line([Part(f" [{'x' if option.on else ' '}] {option.title}")], self._switch(option.id, not option.on))
            for option in self._tab.options()
        ]
        columns = arranged(self._table.all_columns, self._table.choice.order)
        first = columns[0].id if columns else ""
        found = [self._of(column, column.id == first) for column in columns]
        last = _Line([Part("     columns, order and sort as at first")], self._tab.as_at_first)
        self._lines = [*switches, *found, last]
        self.page.show([line.parts for line in self._lines])

    def _of(self, column: Column[Any], first: bool) -> _Line:
        choice, fits = self._table.choice, column.fits(self._table.table_width)
        off = column.id in choice.off and not first
        aside = not off and column.id not in choice.on and not fits
        box = " " if off else ">" if aside else "x"
        notes = ["always first"] if first else ["→ reaches it"] if aside else []
        if self._table.sorted_by == column.id:
            notes.insert(0, "sorted by it, turned round" if self._table.reverse else "sorted by it")
        parts = [Part(f" [{box}] {column.title:<28}"), Part(" · ".join(notes), "dim")]

        def turn() -> None:
            if not first:
                self._tab.choose_columns(_turned(choice, column.id, show=off or aside, fits=fits))

        return _Line(parts, turn, column.id)

    # ---- what keys do -----------------------------------------------------------------------------------------------

    def _switch(self, option_id: str, on: bool) -> Callable[[], None]:
        return lambda: self._tab.set_option(option_id, on)

    def _move(self, column_id: str, step: int) -> None:
        """One place earlier or later; the first column stays where it is."""
        order = [column.id for column in arranged(self._table.all_columns, self._table.choice.order)]
        at = order.index(column_id)
        if at == 0 or not 1 <= at + step < len(order):
            self.say("the first column stays first" if at + step < 1 else "it is the last one")
            return
        order[at], order[at + step] = order[at + step], order[at]
        self._tab.choose_columns(msgspec.structs.replace(self._table.choice, order=tuple(order)))
        self._show()
        self.page.move("down" if step > 0 else "up")


def _turned(choice: Choice, column_id: str, *, show: bool, fits: bool) -> Choice:
    """Shown or hidden; what fits by itself is only not hidden any more, so that its form still follows the width."""
    on = tuple(name for name in choice.on if name != column_id)
    off = tuple(name for name in choice.off if name != column_id)
    if not show:
        off = (*off, column_id)
    elif not fits:
        on = (*on, column_id)
    return msgspec.structs.replace(choice, on=on, off=off)
