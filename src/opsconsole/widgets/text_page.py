"""A scrollable page of lines, drawn line by line: only what is visible is ever formatted."""

import textwrap
from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from .line import Part, Parts, plain, width_of
from .theme import DARK, Palette

NARROWEST = 16
"""A column narrower than this is not folded into."""


class TextPage(ScrollView, can_focus=True):
    """Shows lines of parts; `cursor` marks one of them where the page is a menu; `fold` breaks what is too long."""

    DEFAULT_CSS = "TextPage { width: 1fr; height: 1fr; overflow: auto; scrollbar-size: 0 1; }"

    def __init__(
        self, lines: Sequence[Parts] = (), *, palette: Palette = DARK, id: str | None = None, fold: bool = False
    ) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.cursor: int | None = None
        self._source: tuple[Parts, ...] = tuple(lines)
        self._lines: tuple[Parts, ...] = self._source
        self.fold = fold

    @property
    def text(self) -> str:
        """All lines as plain text, as they were given."""
        return "\n".join(plain(parts).rstrip() for parts in self._source)

    @property
    def narrow(self) -> int:
        """Cells of a line beside the scrollbar, which comes when there is more than fits."""
        return max(0, self.size.width - self.styles.scrollbar_size_vertical)

    def on_resize(self) -> None:
        self.show(self._source)

    def show(self, lines: Sequence[Parts]) -> None:
        """Replace the lines; the place stays."""
        self._source = self._lines = tuple(lines)
        width, height = self.size
        if self.fold and width:
            self._lines = self._folded(width)
            if len(self._lines) > height:
                self._lines = self._folded(self.narrow)
        self.virtual_size = Size(max(map(width_of, self._lines), default=0), len(self._lines))
        if self.cursor is not None:
            self.cursor = min(self.cursor, max(0, len(self._lines) - 1))
        self.refresh()

    def _folded(self, width: int) -> tuple[Parts, ...]:
        return tuple(part for parts in self._source for part in folded(parts, width))

    def move(self, action_id: str) -> bool:
        """Scroll, or move the cursor, as an action of the key table says; False when it is none of those."""
        half = max(1, self.size.height // 2)
        steps = {"down": 1, "up": -1, "half.down": half, "half.up": -half, "top": -(10**9), "bottom": 10**9}
        if action_id in ("left", "right"):
            self.scroll_relative(x=8 if action_id == "right" else -8, animate=False)
        elif action_id not in steps:
            return False
        elif self.cursor is None:
            self.scroll_to(y=max(0, min(self.max_scroll_y, self.scroll_offset.y + steps[action_id])), animate=False)
        else:
            before, self.cursor = self.cursor, max(0, min(len(self._lines) - 1, self.cursor + steps[action_id]))
            top, height = self.scroll_offset.y, self.size.height
            if not top <= self.cursor < top + height:
                self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - height + 1, animate=False)
            self.refresh_line(before)
            self.refresh_line(self.cursor)
        return True

    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        index = top + y
        base = self.rich_style
        if index == self.cursor:
            base += self.palette.style("cursor")
        parts = self._lines[index] if index < len(self._lines) else ()
        strip = Strip([Segment(part.text, self.palette.style(part.style)) for part in parts])
        end = left + self.scrollable_content_region.width
        if strip.cell_length > end > left:  # it goes on to the right
            strip = Strip.join([strip.crop(0, end - 1), Strip([Segment("~", self.palette.style("dim"))])])
        return strip.crop_extend(left, left + self.size.width, base).apply_style(base)


def folded(parts: Parts, width: int) -> list[Parts]:
    """A line that is too long, folded within its last part, which keeps its column."""
    if width_of(parts) <= width:
        return [parts]
    *before, last = parts
    column = width_of(before)
    pieces = textwrap.wrap(last.text, width - column) if width - column >= NARROWEST else []
    if not pieces:
        return [parts]
    margin = [Part(" " * column)]
    return [[*(margin if index else before), Part(piece, last.style)] for index, piece in enumerate(pieces)]


def paragraphs(text: str, style: str = "") -> list[list[Part]]:
    """Plain text as lines."""
    return [[Part(line, style)] for line in text.split("\n")]
