"""A chart that is drawn in a thread of its own and repaints the lines that changed."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from .chart_drawing import ChartSpec, Colour, Palette, draw, time_at
from .theme import UNICODE

log = logging.getLogger(__name__)
_drawers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chart")
"""plotext draws on one global figure: one thread for all charts."""


class ChartView(Widget):
    """Shows one ChartSpec; `show` may be called as often as readings come."""

    DEFAULT_CSS = "ChartView { height: 1fr; width: 1fr; }"

    class Pointed(Message):
        """A time of the chart was clicked (unix seconds)."""

        def __init__(self, chart: "ChartView", at: float) -> None:
            super().__init__()
            self.chart = chart
            self.at = at

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._spec: ChartSpec | None = None
        self._drawn: tuple[ChartSpec, int, int, Palette] | None = None
        self._lines: list[Text] = []
        self._strips: list[Strip] = []
        self._drawing: asyncio.Task[None] | None = None

    @property
    def blank(self) -> bool:
        """True while there is no picture that could stay until the next one."""
        return self._spec is None

    def show(self, spec: ChartSpec) -> None:
        """Draw this; the picture on the screen stays until the new one is finished."""
        self._spec = spec
        self._draw_soon()

    def on_resize(self, event: events.Resize) -> None:
        self._draw_soon()

    def on_click(self, event: events.Click) -> None:
        at = time_at(self._spec, event.x, self.size.width) if self._spec is not None else None
        if at is not None:
            self.post_message(self.Pointed(self, at))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._draw_soon()

    def on_unmount(self) -> None:
        if self._drawing is not None:
            self._drawing.cancel()

    def render_line(self, y: int) -> Strip:
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self.rich_style)
        return self._strips[y]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join(line.plain for line in self._lines)), "\n"

    def _draw_soon(self) -> None:
        if self.is_mounted and self.size.width and (self._drawing is None or self._drawing.done()):
            self._drawing = asyncio.create_task(self._draw())

    async def _draw(self) -> None:
        loop = asyncio.get_running_loop()
        while self._spec is not None:
            wanted = (self._spec, self.size.width, self.size.height, self._palette())
            if wanted == self._drawn or not wanted[1]:
                return
            try:
                self._lines = await loop.run_in_executor(_drawers, draw, *wanted)
            except Exception:  # a mistake of ours in one picture must not leave an old one standing as if it were new
                log.exception("a chart could not be drawn")
                self._lines = [Text(" this chart could not be drawn: ! has the log")]
            self._drawn = wanted
            self._swap(wanted[1])

    def _swap(self, width: int) -> None:
        base = self.rich_style
        strips: list[Strip] = []
        for y, line in enumerate(self._lines):
            segments = [Segment(s.text, base + s.style if s.style else base) for s in line.render(self.app.console)]
            strips.append(Strip(segments).adjust_cell_length(width, base).apply_offsets(0, y))
        before, self._strips = self._strips, strips
        if len(before) != len(strips):
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, strips, strict=True)):
            if old != new:
                self.refresh(Region(0, y, width, 1))

    def _palette(self) -> Palette:
        colours = self.app.theme_variables
        return Palette(
            primary=_rgb(colours.get("accent", "#4fa3d1")),
            secondary=_rgb(colours.get("secondary", "#8a8f98")),
            past=_half(colours.get("foreground", "#d0d0d0"), colours.get("background", "#101010")),
            limit=_rgb(colours.get("error", "#d16a6a")),
            ascii=getattr(self.app, "glyphs", UNICODE) is not UNICODE,
        )


def _half(foreground: str, background: str) -> Colour:
    """Between the two: what belongs to the past stands back."""
    colour = Color.parse(foreground).blend(Color.parse(background), 0.5)
    return colour.r, colour.g, colour.b


def _rgb(name: str) -> Colour:
    colour = Color.parse(name)
    return colour.r, colour.g, colour.b
