"""What the terminal shows, cell by cell, so that of an update only the cells that differ are sent.

Textual sends every line of a widget from its left edge to the last cell that a widget named as changed; over a slow
line that is most of what a resting console would send.
"""

from collections.abc import Iterable, Iterator, Mapping

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

BRIDGED = 16
"""So many equal cells between two different ones are sent again: to jump over them would cost more bytes."""
UNKNOWN = "\0"
"""Stands for a cell of which nobody knows what the terminal made of it; it equals no other."""


class Bytes(CompositorUpdate):
    """An update that is already what the terminal gets."""

    def __init__(self, text: str) -> None:
        self.text = text

    def render_segments(self, console: Console) -> str:
        return self.text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self.text, control=())


class Shown:
    """Keeps the cells; `whole` and `changed` must hear of everything that is written, in its order."""

    def __init__(self) -> None:
        self._characters: list[list[str]] = []
        self._looks: list[list[str]] = []
        """ANSI codes of each cell's style."""

    def forget(self, width: int | None = None, height: int | None = None) -> None:
        """Nobody knows what the terminal shows: its size has changed, or somebody else wrote on it."""
        height = len(self._characters) if height is None else height
        width = len(self._characters[0]) if width is None and self._characters else width or 0
        self._characters = [[UNKNOWN] * width for _ in range(height)]
        self._looks = [[UNKNOWN] * width for _ in range(height)]

    def whole(self, update: LayoutUpdate, console: Console) -> None:
        """The whole screen is sent, as Textual sends it."""
        self.forget(*update.region.size)
        # the strips of a line can be walked once only
        lines: list[Iterable[Strip]] = [list(line) for line in update.strips]
        update.strips = lines
        for y, line in enumerate(lines):
            x = 0
            for strip in line:
                self._take(y, x, strip, console)
                x += strip.cell_length

    def changed(self, update: ChopsUpdate, console: Console) -> str:
        """What must be sent so that the terminal shows this update; "" when it shows it already."""
        sent: list[str] = []
        for y, x1, x2 in update.spans:
            if y >= len(self._characters) or x2 > len(self._characters[y]):
                # the screen has grown and its first whole update is still to come
                return update.render_segments(console)
            for start, strip in _pieces(update.chops[y], update.chop_ends[y], x1, x2):
                sent.extend(self._differences(y, start, strip, console))
        return "".join(sent)

    def _differences(self, y: int, x: int, strip: Strip, console: Console) -> Iterator[str]:
        end = x + strip.cell_length
        characters, looks = self._characters[y][x:end], self._looks[y][x:end]
        if not self._take(y, x, strip, console):
            yield _move(x, y) + strip.render(console)
            return
        now, styles = self._characters[y][x:end], self._looks[y][x:end]
        if now == characters and styles == looks:
            return
        differ = [
            index
            for index, (new, old, style, before) in enumerate(zip(now, characters, styles, looks, strict=False))
            if new != old or style != before
        ]
        for first, last in _runs(differ):
            yield _move(x + first, y) + _written(now[first:last], styles[first:last])

    def _take(self, y: int, x: int, strip: Strip, console: Console) -> bool:
        """Keep a piece of a line; False where its characters are not one to a cell (then its cells are unknown)."""
        system = console._color_system or ColorSystem.TRUECOLOR
        characters, looks = self._characters[y], self._looks[y]
        at, simple = x, True
        for segment in strip:
            text = segment.text
            if not _one_to_a_cell(segment):
                simple = False
            width = segment.cell_length
            if simple:
                style = segment.style
                look = "" if style is None else (style._ansi or Strip.render_ansi(style, system))
                characters[at : at + width] = text
                looks[at : at + width] = [look] * width
            at += width
        if not simple:
            characters[x:at] = looks[x:at] = [UNKNOWN] * (at - x)
        return simple


def _pieces(chops: Mapping[int, Strip | None], ends: list[int], x1: int, x2: int) -> Iterator[tuple[int, Strip]]:
    """The parts of a line's strips that lie between two columns, with the column each begins in."""
    for end, (x, strip) in zip(ends, chops.items(), strict=False):
        if strip is None or x >= x2 or end <= x1:
            continue
        part = strip.crop(0, min(end, x2) - x)
        if x1 > x and all(map(_one_to_a_cell, part)):
            yield x1, part.crop(x1 - x)
        else:
            # where a character may take two cells a cut could go through it
            yield x, part


def _one_to_a_cell(segment: Segment) -> bool:
    if segment.style is not None and segment.style._link:
        return False
    return segment.text.isascii() or all(get_character_cell_size(character) == 1 for character in segment.text)


def _runs(differ: list[int]) -> Iterator[tuple[int, int]]:
    """Stretches of cells that hold all of these, bridging short gaps."""
    first = last = differ[0]
    for index in differ[1:]:
        if index - last > BRIDGED:
            yield first, last + 1
            first = index
        last = index
    yield first, last + 1


def _written(characters: list[str], looks: list[str]) -> str:
    parts: list[str] = []
    start = 0
    for index in range(1, len(looks) + 1):
        if index == len(looks) or looks[index] != looks[start]:
            text = "".join(characters[start:index])
            parts.append(f"\x1b[{looks[start]}m{text}\x1b[0m" if looks[start] else text)
            start = index
    return "".join(parts)


def _move(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"
