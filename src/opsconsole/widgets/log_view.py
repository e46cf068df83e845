"""Log lines drawn line by line: only what is visible is ever decoded; it stays still unless it follows."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from ..model.logs import LogLine
from .cell_style import highlighted
from .line import Part, Parts, width_of
from .theme import DARK, Palette

WHEEL = 3
NARROWEST = 16
"""A column narrower than this is not wrapped into."""
Format = Callable[[LogLine, int], tuple[Parts, Parts]]
"""(what stands before a line and stays when it scrolls sideways, its text) for so many cells."""


class LogView(Widget, can_focus=True):
    """Shows the lines of a list that others change; they call `news` afterwards.

    While it follows, the last lines are shown; else the place stays, and one line is under the cursor.
    """

    DEFAULT_CSS = "LogView { width: 1fr; height: 1fr; background: $background; color: $foreground; }"

    def __init__(
        self, form: Format, moved: Callable[[], None], *, palette: Palette = DARK, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.lines: Sequence[LogLine] = ()
        self.following = True
        self.cursor = 0
        self.wrap = False
        self.chosen: dict[int, LogLine] = {}
        """The marked lines, by id()."""
        self.empty = ""
        self._form = form
        self._moved = moved
        self._top = 0
        self._left = 0
        self._formatted: dict[int, tuple[LogLine, list[Strip]]] = {}
        self._styles: dict[str, Style] = {}
        self._pointed = False
        """The mouse is over it."""
        self._window: list[tuple[int, Strip]] | None = None
        """(place of the line, strip) of each row on the screen."""

    # ---- what is shown ----------------------------------------------------------------------------------------------

    def news(self) -> None:
        """The list has changed."""
        self.cursor = min(self.cursor, max(0, len(self.lines) - 1))
        self._window = None
        self.refresh()

    def reformat(self) -> None:
        """Lines look otherwise now: other options, another filter."""
        self._formatted.clear()
        self.news()

    def show(self, lines: Sequence[LogLine], cursor: LogLine | None = None) -> None:
        """Show another list; the cursor stays on a line that is in both, else on its time."""
        self.lines = lines
        if cursor is not None and not self.following:
            place = next((at for at, line in enumerate(lines) if line is cursor), None)
            if place is None:
                place = next((at for at, line in enumerate(lines) if line.key >= cursor.key), len(lines) - 1)
            self.cursor = max(0, place)
            self._top = max(0, self.cursor - self.size.height // 2)
        self.news()

    @property
    def cursor_line(self) -> LogLine | None:
        """The line under the cursor; the last one while it follows."""
        if not self.lines:
            return None
        return self.lines[-1] if self.following else self.lines[min(self.cursor, len(self.lines) - 1)]

    @property
    def last(self) -> int:
        """Place of the last line on the screen."""
        rows = self._rows()
        return rows[-1][0] if rows else -1

    # ---- moving -----------------------------------------------------------------------------------------------------

    def hold(self) -> None:
        """Stop following; the screen stays as it is."""
        if self.following:
            rows = self._rows()
            self._top = rows[0][0] if rows else 0
            self.cursor = max(0, len(self.lines) - 1)
            self.following = False
            self.news()

    def follow(self) -> None:
        """Show the last lines as they come."""
        self.following = True
        self.news()

    def move(self, action_id: str) -> bool:
        """Move as an action of the key table says; False when it is no movement."""
        half = max(1, self.size.height // 2)
        steps = {"down": 1, "up": -1, "half.down": half, "half.up": -half, "top": -(10**9)}
        if action_id in ("left", "right"):
            self._left = max(0, self._left + (16 if action_id == "right" else -16))
            self.reformat()
        elif action_id in steps:
            self._step(steps[action_id])
        else:
            return False
        return True

    def go(self, place: int) -> None:
        """Put the cursor on a line, in sight."""
        self.hold()
        self.cursor = max(0, min(place, len(self.lines) - 1))
        if self.cursor < self._top:
            self._top = self.cursor
        else:
            # as many lines above it as there is room for
            room, top = self.size.height - len(self._strips(self.cursor)), self.cursor
            while top > self._top and (room := room - len(self._strips(top - 1))) >= 0:
                top -= 1
            self._top = max(self._top, top)
        self.news()
        self._moved()

    def _step(self, by: int) -> None:
        if self.lines and not (self.following and by > 0):
            self.hold()
            self.go(self.cursor + by)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(WHEEL)

    def _scroll(self, by: int) -> None:
        if self.following and by > 0:
            return
        self.hold()
        self._top = max(0, min(self._top + by, len(self.lines) - 1))
        self.cursor = max(self._top, min(self.cursor, self._top + max(1, self.size.height) - 1))
        self.news()
        self._moved()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Who selects text wants it to stay where it is."""
        rows = self._rows()
        self.hold()
        if event.y < len(rows):
            self.cursor = rows[event.y][0]
            self.news()
        self._moved()

    # ---- painting ---------------------------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self.reformat()

    def recolour(self, palette: Palette) -> None:
        self.palette = palette
        self._styles.clear()
        self.reformat()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        rows = self._rows()
        if y >= len(rows):
            if y == 1 and not self.lines and self.empty:
                words = Segment(f"  {self.empty}", self._style("dim"))
                return Strip([words]).adjust_cell_length(width, self._style(""))
            return Strip.blank(width, self._style(""))
        place, strip = rows[y]
        if self.following and not self._pointed:
            # ten times a second: nothing that costs and that nobody sees
            return strip
        cursor = self.palette.style("cursor")
        if place == self.cursor and not self.following:
            strip = Strip([Segment(s.text, (s.style or Style.null()) + cursor) for s in strip], width)
        if id(self.lines[place]) in self.chosen:
            strip = Strip.join([Strip([Segment("*", self._style("key"))]), strip.crop(1)])
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(y)) is not None:
            strip = highlighted(strip, span, self.screen.get_component_rich_style("screen--selection"))
        return strip.apply_offsets(0, y)

    def on_enter(self) -> None:
        """The mouse may select text now."""
        self._pointed = True
        self.refresh()

    def on_leave(self) -> None:
        self._pointed = False
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that was selected with the mouse."""
        return selection.extract("\n".join(strip.text.rstrip() for _, strip in self._rows())), "\n"

    def _rows(self) -> list[tuple[int, Strip]]:
        """What stands on each row of the screen."""
        if self._window is not None:
            return self._window
        height = self.size.height
        rows: list[tuple[int, Strip]] = []
        if self.following:
            place = len(self.lines) - 1
            while place >= 0 and len(rows) < height:
                rows[:0] = [(place, strip) for strip in self._strips(place)]
                place -= 1
            rows = rows[-height:] if height else []
        else:
            place = max(0, min(self._top, len(self.lines) - 1))
            while place < len(self.lines) and len(rows) < height:
                rows += [(place, strip) for strip in self._strips(place)]
                place += 1
            rows = rows[:height]
        self._window = rows
        # what has left the screen seldom comes back, and many strips cost the garbage collector dear
        shown = {id(self.lines[place]) for place, _ in rows}
        self._formatted = {key: known for key, known in self._formatted.items() if key in shown}
        return rows

    def _strips(self, place: int) -> list[Strip]:
        line = self.lines[place]
        known = self._formatted.get(id(line))
        if known is not None and known[0] is line:
            return known[1]
        strips = self._format(line)
        self._formatted[id(line)] = (line, strips)
        return strips

    def _format(self, line: LogLine) -> list[Strip]:
        width = max(1, self.size.width)
        before, text = self._form(line, width)
        head, body = self._segments(before), self._segments(text)
        column = width_of(before)
        room = width - column
        length = sum(segment.cell_length for segment in body)
        if not self.wrap or room < NARROWEST:
            if self._left or length > room:
                body = list(Strip(body, length).crop(self._left, self._left + max(0, room)))
            if length > self._left + room > self._left:
                body = [*Strip(body).crop(0, room - 1), Segment("~", self._style("dim"))]
            return [self._full([*head, *body], width)]
        whole, margin = Strip(body, length), [Segment(" " * column, self._style(""))]
        cuts = range(0, max(1, length), room)
        return [self._full([*(margin if at else head), *whole.crop(at, at + room)], width) for at in cuts]

    def _full(self, segments: list[Segment], width: int) -> Strip:
        left = width - sum(segment.cell_length for segment in segments)
        if left < 0:
            return Strip(segments).crop(0, width)
        return Strip([*segments, Segment(" " * left, self._style(""))] if left else segments, width)

    def _segments(self, parts: Parts) -> list[Segment]:
        return [
            Segment(
                part.text, self._style(part.style) + Style(link=part.link) if part.link else self._style(part.style)
            )
            for part in parts
            if part.text
        ]

    def _style(self, token: str) -> Style:
        style = self._styles.get(token)
        if style is None:
            style = self._styles[token] = self.rich_style + self.palette.style(token)
        return style

    def notify_style_update(self) -> None:
        self._styles.clear()
        self._formatted.clear()
        self._window = None
        super().notify_style_update()


def found_in(text: str, style: str, spans: Sequence[tuple[int, int]]) -> list[Part]:
    """A text as parts, with what was looked for in reverse."""
    parts, at = [], 0
    for start, end in spans:
        if start >= end or start < at:
            continue
        parts += [Part(text[at:start], style), Part(text[start:end], "reverse")]
        at = end
    return [*parts, Part(text[at:], style)]


def padded(text: str, width: int) -> str:
    """A text in at least so many cells."""
    return text + " " * max(0, width - cell_len(text))
