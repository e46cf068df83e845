"""The layout of the Now page: side by side where there is room, else one part under the other."""

from collections.abc import Callable

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from ..model.finding import Finding
from ..widgets.live_table import LiveTable
from .table_view import TALL

WIDE = 120

Draw = Callable[[int, int], Text]
"""Text for a part so many cells wide and rows high."""


class NowPage(Vertical):
    """Lays the parts out: side by side where there is room, else one under the other."""

    DEFAULT_CSS = """
    NowPage { height: 1fr; }
    NowPage Static { text-wrap: nowrap; }
    NowPage > #now-top { height: 1fr; min-height: 5; }
    NowPage > #now-middle { height: 9; border-top: solid $foreground 30%; }
    NowPage #now-left { width: 1fr; height: 1fr; }
    NowPage #now-finding { height: 4; }
    NowPage #now-changes, NowPage #now-splits { width: 46; height: 1fr; padding: 0 0 0 1;
        border-left: solid $foreground 30%; }
    NowPage #now-path { width: 1fr; height: 1fr; }
    NowPage > .line { height: 1; }
    NowPage.narrow > #now-top { layout: vertical; }
    NowPage.narrow > #now-middle { layout: vertical; height: 7; border-top: none; }
    NowPage.narrow #now-changes { width: 1fr; height: 4; border-left: none; padding: 0; }
    NowPage.narrow #now-splits { width: 1fr; height: 1; border-left: none; padding: 0; }
    NowPage.narrow #now-left { height: 1fr; }
    NowPage.narrow #now-path { height: 6; }
    NowPage.short #now-finding { display: none; }
    NowPage.short > #now-tabs { display: none; }
    """

    def __init__(self, findings: LiveTable[Finding]) -> None:
        super().__init__()
        self._findings = findings
        names = ("changes", "path", "splits", "finding")
        self._parts = {name: Static("", id=f"now-{name}", markup=False) for name in names}
        self._rows = {name: Static("", id=f"now-{name}", classes="line", markup=False) for name in ("pulse", "tabs")}
        self._shown: dict[str, Text] = {}

    def compose(self) -> ComposeResult:
        left = Vertical(self._findings, self._parts["finding"], id="now-left")
        yield Horizontal(left, self._parts["changes"], id="now-top")
        yield Horizontal(self._parts["path"], self._parts["splits"], id="now-middle")
        yield self._rows["pulse"]
        yield self._rows["tabs"]

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(self.app.size.width < WIDE, "narrow")
        self.set_class(self.app.size.height < TALL, "short")

    def show_changes(self, draw: Draw) -> None:
        self._draw("changes", draw)

    def show_path(self, draw: Draw) -> None:
        self._draw("path", draw)

    def show_splits(self, draw: Draw) -> None:
        self._draw("splits", draw)

    def show_finding(self, draw: Draw) -> None:
        self._draw("finding", draw)

    def show_pulse(self, draw: Draw) -> None:
        self._draw("pulse", draw)

    def show_tabs(self, draw: Draw) -> None:
        self._draw("tabs", draw)

    def _draw(self, name: str, draw: Draw) -> None:
        part = self._parts.get(name) or self._rows[name]
        size = part.content_size
        if size.width and size.height:
            self._put(part, name, draw(size.width, size.height))

    def _put(self, part: Static, name: str, text: Text) -> None:
        before = self._shown.get(name)
        if before is None or before.plain != text.plain or before.spans != text.spans:
            self._shown[name] = text
            part.update(text, layout=False)
