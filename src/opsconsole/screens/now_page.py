"""The layout of the Now page: side by side where there is room, else one part under the other."""

from collections.abc import Callable

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from ..widgets.live_table import LiveTable
from .now_columns import Row
from .table_view import TALL

WIDE, ROOMY, HUGE = 120, 150, 180

Draw = Callable[[int, int], Text]
"""Text for a part so many cells wide and rows high."""


class Drawn(Static):
    """A text that is made for its size, and made again when that changes."""

    DEFAULT_CSS = "Drawn { text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__("", id=id, classes=classes, markup=False)
        self._draw: Draw | None = None
        self._shown: Text | None = None

    def show(self, draw: Draw) -> None:
        self._draw = draw
        self._draw_again()

    def on_resize(self, event: events.Resize) -> None:
        self._draw_again()

    def _draw_again(self) -> None:
        size = self.content_size
        if self._draw is None or not size.width or not size.height:
            return
        text, before = self._draw(size.width, size.height), self._shown
        if before is None or before.plain != text.plain or before.spans != text.spans:
            self._shown = text
            self.update(text, layout=False)


class NowPage(Vertical):
    """Lays the parts out: side by side where there is room, else one under the other."""

    DEFAULT_CSS = """
    NowPage { height: 1fr; }
    NowPage > #now-top { height: 1fr; min-height: 5; }
    NowPage > #now-middle { height: 9; border-top: solid $foreground 30%; }
    NowPage #now-left { width: 1fr; height: 1fr; }
    NowPage #now-finding { height: 4; }
    NowPage #now-changes, NowPage #now-splits { width: 38; height: 1fr; padding: 0 0 0 1;
        border-left: solid $foreground 30%; }
    NowPage #now-path { width: 1fr; height: 1fr; }
    NowPage > .line { height: 1; }
    NowPage #now-splits, NowPage.roomy #now-changes { width: 46; }
    NowPage.roomy #now-splits { width: 62; }
    NowPage.huge #now-changes, NowPage.huge #now-splits { width: 76; }
    NowPage.narrow > #now-top { layout: vertical; }
    NowPage.narrow > #now-middle { layout: vertical; height: 8; border-top: none; }
    NowPage.narrow #now-changes { width: 1fr; height: 4; border-left: none; padding: 0; }
    NowPage.narrow #now-splits { width: 1fr; height: 1; border-left: none; padding: 0; }
    NowPage.narrow #now-left { height: 1fr; }
    NowPage.narrow #now-path { height: 7; }
    NowPage.short #now-finding { display: none; }
    NowPage.short > #now-tabs { display: none; }
    """

    def __init__(self, findings: LiveTable[Row]) -> None:
        super().__init__()
        self._findings = findings
        self._parts = {name: Drawn(id=f"now-{name}") for name in ("finding", "changes", "path", "splits")}
        self._parts |= {name: Drawn(id=f"now-{name}", classes="line") for name in ("pulse", "tabs")}

    def compose(self) -> ComposeResult:
        parts = self._parts
        left = Vertical(self._findings, parts["finding"], id="now-left")
        yield Horizontal(left, parts["changes"], id="now-top")
        yield Horizontal(parts["path"], parts["splits"], id="now-middle")
        yield parts["pulse"]
        yield parts["tabs"]

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.width < WIDE, "narrow")
        self.set_class(ROOMY <= self.app.size.width < HUGE, "roomy")
        self.set_class(self.app.size.width >= HUGE, "huge")
        self.set_class(self.app.size.height < TALL, "short")

    def show(self, part: str, draw: Draw) -> None:
        """What a part shows from now on: finding, changes, path, splits, pulse or tabs."""
        self._parts[part].show(draw)
