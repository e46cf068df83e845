"""A view with a table, and below it the pane that explains the cursor's row."""

from collections.abc import Callable
from typing import Generic, TypeVar

from rich.console import Console
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from ..widgets.live_table import LiveTable

R = TypeVar("R")

Lines = Callable[[R, int], list[Text]]
"""Explains a row in lines for a pane so many cells wide, the most important first."""

TALL = 34
"""From this height of the console on the pane has ten rows, else a line or two, and what a short table leaves."""
BESIDE = " │ "
"""What stands between two columns of lines."""
MARGIN = "  "


class TableView(Vertical, Generic[R]):
    """Keeps the pane in step with the cursor. `above` stands over the table: tiles, a chart."""

    DEFAULT_CSS = """
    TableView { height: 1fr; }
    TableView > .pane { height: 3; color: $foreground; border-top: solid $foreground 30%; text-wrap: nowrap;
        text-overflow: ellipsis; }
    """

    def __init__(
        self,
        table: LiveTable[R],
        explain: Lines[R] | None = None,
        *,
        above: Widget | None = None,
        rows: int = 10,
        short_rows: int = 2,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.table = table
        self._explain = explain
        self._above = above
        self._rows = rows
        self._short_rows = short_rows
        self._pane = Static("", classes="pane", markup=False)
        self._shown: Text | None = None

    def compose(self) -> ComposeResult:
        if self._above is not None:
            yield self._above
        yield self.table
        if self._explain is not None:
            yield self._pane

    def explain_again(self) -> None:
        """The row under the cursor, or what is known of it, has changed."""
        if self._explain is None or not self.is_mounted or not self.size.width:
            return
        # By the height that it shall have: the pane may not have been laid out yet.
        rows, width = self._fit_pane(), self.size.width
        text = Text("\n").join(broken(self.explanation(width)[:rows], width, rows, self.app.console))
        if text != self._shown or self._shown is None or text.spans != self._shown.spans:
            self._shown = text
            self._pane.update(text, layout=False)

    def explanation(self, width: int) -> list[Text]:
        """Everything there is to say about the cursor's row."""
        row = self.table.cursor_row
        return [] if row is None or self._explain is None else self._explain(row, width)

    def _height(self) -> int:
        """Rows of the pane: in a low console those that a short table leaves blank, too."""
        if self.app.size.height >= TALL:
            return self._rows
        listed = self.table.row_count
        both = self.table.outer_size.height + self._pane.outer_size.height
        blank = both - 1 - 1 - listed  # without the header and the rule
        return max(self._short_rows, min(self._rows, blank)) if listed else self._short_rows

    def _fit_pane(self) -> int:
        rows = self._height()
        height = self._pane.styles.height
        if height is None or height.value != 1 + rows:
            self._pane.styles.height = 1 + rows
        return rows

    def on_resize(self, event: events.Resize) -> None:
        self._fit_pane()
        self.call_after_refresh(self.explain_again)

    def on_live_table_moved(self, message: LiveTable.Moved) -> None:
        self.explain_again()


def broken(lines: list[Text], width: int, rows: int, console: Console) -> list[Text]:
    """The lines, those that are too long broken as long as there are rows for it; lines side by side stay as they are.

    What goes on is set in.
    """
    spare = rows - len(lines)
    found: list[Text] = []
    for line in lines:
        if spare <= 0 or line.cell_len <= width or BESIDE in line.plain:
            found.append(line)
            continue
        first, *others = pieces = line.wrap(console, max(1, width - len(MARGIN)))
        for piece in pieces:
            piece.rstrip()
        if len(others) > spare:
            others = [*others[: spare - 1], Text(" ").join(others[spare - 1 :])]
        found += [first, *(Text.assemble(MARGIN, other) for other in others)]
        spare -= len(others)
    return found
