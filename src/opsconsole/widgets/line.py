"""One line of the frame: parts with a style and perhaps a click, repainted only when a part changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from .theme import DARK, Palette


@dataclass(frozen=True)
class Part:
    """A piece of a line. `style` is a token of theme.Palette; `action` an id of the key table, or `view.ID`."""

    text: str
    style: str = ""
    action: str = ""
    link: str = ""
    """An address that terminals with hyperlinks open."""


Parts = Sequence[Part]


def width_of(parts: Parts) -> int:
    return sum(cell_len(part.text) for part in parts)


def cut(parts: Parts, width: int) -> list[Part]:
    """The parts in at most `width` cells; what is cut ends in `~`."""
    kept: list[Part] = []
    left = width
    for part in parts:
        size = cell_len(part.text)
        if size <= left:
            kept.append(part)
            left -= size
            continue
        if left > 0:
            kept.append(Part(set_cell_size(part.text, left - 1) + "~", part.style, part.action, part.link))
        break
    return kept


def lay_out(left: Parts, right: Parts, width: int) -> list[Part]:
    """`left` at the left, `right` at the right; the right one stays whole as long as it fits at all."""
    right = cut(right, width)
    room = width - width_of(right)
    kept = cut(left, max(0, room - 1 if right else room))
    gap = room - width_of(kept)
    return [*kept, Part(" " * gap), *right] if gap > 0 else [*kept, *right]


def plain(parts: Parts) -> str:
    """The text alone."""
    return "".join(part.text for part in parts)


class Line(Widget):
    """Shows parts. It never changes its size, so showing others costs no layout."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"

    class Clicked(Message):
        """A part with an action was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, id: str, palette: Palette = DARK, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.palette = palette
        self.parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        return plain(self.parts)

    def show(self, parts: Parts) -> None:
        """Replace the parts; nothing is sent when they are the same."""
        if tuple(parts) != self.parts:
            self.parts = tuple(parts)
            self.refresh()

    def recolour(self, palette: Palette) -> None:
        self.palette = palette
        self.refresh()

    def render_line(self, y: int) -> Strip:
        segments = [Segment(part.text, self.palette.style(part.style)) for part in self.parts]
        base = self.rich_style
        return Strip(segments).adjust_cell_length(self.size.width, base).apply_style(base)

    def on_click(self, event: events.Click) -> None:
        x = 0
        for part in self.parts:
            x += cell_len(part.text)
            if event.x < x:
                if part.action:
                    self.post_message(self.Clicked(part.action))
                return
