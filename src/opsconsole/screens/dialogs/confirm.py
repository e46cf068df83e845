"""A question that must not be answered by accident: Cancel has the focus, early keys and pasted newlines do nothing."""

import time
from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from ...text.clean import clean
from ...widgets.line import Line, Part, cut
from ...widgets.theme import Palette
from .deliberate import Deliberate


class Confirm(ModalScreen[bool]):
    """Dismissed with True only by enter on the second button, reached by tab or an arrow. Letters never confirm."""

    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 60%; }
    Confirm > Vertical { width: 78; max-width: 96%; height: auto; background: $surface; border: round $warning; }
    """

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        confirm: str,
        palette: Palette,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.heading, self.lines, self.confirm_label = title, tuple(lines), confirm
        self.palette = palette
        self.confirm_focused = False
        self.deliberate = Deliberate(clock)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="confirm-title", palette=self.palette)
            for index in range(len(self.lines)):
                yield Line(id=f"confirm-{index}", palette=self.palette)
            yield Line(id="confirm-buttons", palette=self.palette)

    def on_mount(self) -> None:
        self.deliberate.begin()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def press(self, key: str) -> None:
        """One key, handed over by the application."""
        if not self.deliberate.counts(key):
            return
        if key in ("tab", "shift+tab", "left", "right"):
            self.confirm_focused = not self.confirm_focused
            self._draw()
        elif key in ("esc", "q", "-", "ctrl+c", "ctrl+q"):
            self.dismiss(False)
        elif key == "enter":
            self.dismiss(self.confirm_focused)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()

    def on_line_clicked(self, event: Line.Clicked) -> None:
        event.stop()
        if not self.deliberate.deaf:
            self.dismiss(event.action == "confirm")

    def _draw(self) -> None:
        if not self.is_attached or not self.query("#confirm-buttons"):  # it is closed, or the console ends
            return
        self._show("confirm-title", [Part(f" {clean(self.heading)}", "title")])
        for index, text in enumerate(self.lines):
            self._show(f"confirm-{index}", [Part(f" {clean(text)}")])
        cancel, confirm = ("", "reverse") if self.confirm_focused else ("reverse", "")
        buttons = [
            Part("            "),
            Part("[ CANCEL ]", cancel, "cancel"),
            Part("        "),
            Part(f"[ {self.confirm_label} ]", confirm, "confirm"),
            Part("       tab, enter", "dim"),
        ]
        self._show("confirm-buttons", buttons)

    def _show(self, name: str, parts: list[Part]) -> None:
        line = self.query_one(f"#{name}", Line)
        line.show(cut(parts, line.size.width))
