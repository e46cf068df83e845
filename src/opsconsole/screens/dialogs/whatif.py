"""`w` on an HPA or its workload: the arithmetic, and a line that asks "and at 85 % CPU? at twice the traffic?"."""

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ...text.clean import clean
from ...widgets.line import Line, Part, cut
from ...widgets.text_page import TextPage
from ...widgets.theme import Palette
from .line_input import LineInput

KEPT = 4
"""Questions whose answers stay on the page."""


class WhatIfDialog(ModalScreen[None]):
    """Answers as often as one asks; nothing is changed."""

    DEFAULT_CSS = """
    WhatIfDialog { align: center middle; background: $background 60%; }
    WhatIfDialog > Vertical { width: 92%; height: 86%; max-width: 132; background: $surface; border: round $accent; }
    """

    def __init__(
        self,
        heading: str,
        explained: Callable[[], Sequence[str]],
        answer: Callable[[str], Sequence[str]],
        palette: Palette,
        ready: Callable[[], None],
    ) -> None:
        """`answer` raises ValueError with a sentence where it was asked nothing that it knows."""
        super().__init__()
        self.heading = heading
        self.palette = palette
        self._explained, self._answer, self._ready = explained, answer, ready
        self._answers: list[tuple[str, Sequence[str]]] = []
        self.page = TextPage([], palette=palette, id="whatif-page", fold=True)
        self.field = LineInput("and at …?   85   cpu 85   2x   +30 %", limit=40, id="whatif-field")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="whatif-title", palette=self.palette)
            yield self.field
            yield Line(id="whatif-hint", palette=self.palette)
            yield self.page

    def on_mount(self) -> None:
        self.set_focus(self.field)
        self._ready()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def press(self, key: str) -> bool:
        """A key before the field sees it; True when it was for the dialog."""
        if key in ("esc", "ctrl+c", "ctrl+q"):
            self.dismiss(None)
            return True
        moves = {"up": "up", "down": "down", "pageup": "half.up", "pagedown": "half.down"}
        if key in moves:
            self.page.move(moves[key])
            return True
        return key in ("tab", "shift+tab")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        question = event.value.strip()
        try:
            answered = self._answer(question)
        except ValueError as error:
            self._hint(str(error), "warning")
            return
        self._answers = [(question, answered), *self._answers][:KEPT]
        self.field.value = ""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def _draw(self) -> None:
        title = self.query_one("#whatif-title", Line)
        title.show(cut([Part(f" {clean(self.heading)}", "title")], title.size.width))
        self._hint("enter answers   ↑ ↓ move   esc back", "dim")
        lines: list[list[Part]] = []
        for question, answered in self._answers:
            lines.append([Part(f" {clean(question)}?", "title")])
            lines += [[Part(f"   {clean(line)}")] for line in answered]
            lines.append([Part("")])
        lines += [[Part(f" {clean(line)}")] for line in self._explained()]
        self.page.show(lines)

    def _hint(self, text: str, style: str) -> None:
        line = self.query_one("#whatif-hint", Line)
        line.show(cut([Part(f" {clean(text)}", style)], line.size.width))
