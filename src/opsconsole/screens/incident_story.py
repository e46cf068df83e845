"""One incident's page: two lines that say how it stands, its timeline, and beside it what comes next."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from ..rules.timeline import Line as Told
from ..widgets.line import Line, Part, Parts
from ..widgets.live_table import LiveTable
from ..widgets.theme import Palette
from .incident_columns import explain_entry
from .table_view import TableView

WIDE = 120
"""From this width on what comes next stands beside the timeline."""


class Story(Vertical):
    """Shows what it is given; `view` is the timeline with its pane."""

    DEFAULT_CSS = """
    Story .next { width: 54; height: 1fr; padding: 0 0 0 1; border-left: solid $foreground 30%; }
    """

    def __init__(self, timeline: LiveTable[Told], palette: Palette) -> None:
        super().__init__()
        self.palette = palette
        self.view = TableView(timeline, explain_entry, rows=6, short_rows=2)
        self._heads = [Line(id=f"head-{number}", palette=palette) for number in (1, 2)]
        self._next = Static("", classes="next", markup=False)
        self._shown: Text | None = None
        self._told = False

    def compose(self) -> ComposeResult:
        yield from self._heads
        with Horizontal():
            yield self.view
            yield self._next

    def on_resize(self) -> None:
        self._next.display = self.size.width >= WIDE and self._told

    def recolour(self, palette: Palette) -> None:
        self.palette = palette
        for line in self._heads:
            line.recolour(palette)

    def show(self, header: tuple[Parts, Parts], steps: Sequence[tuple[str, str]], draft: Sequence[str]) -> None:
        """The two lines, what comes next with its styles, and what is known of the postmortem."""
        for line, parts in zip(self._heads, header, strict=True):
            line.show(parts)
        self._told = bool(header[0])
        self.on_resize()
        text = Text().append("NEXT  (what the clock wants)\n", style="bold dim")
        for words, style in steps:
            text.append(f"{words}\n", style=self.palette.style(style))
        if draft:
            text.append("\nPOSTMORTEM\n", style="bold dim")
            text.append("\n".join(draft), style=self.palette.style("dim"))
        if text != self._shown or (self._shown is not None and text.spans != self._shown.spans):
            self._shown = text
            self._next.update(text, layout=False)

    @property
    def texts(self) -> list[str]:
        """The two lines as plain text."""
        return [line.text.strip() for line in self._heads if line.text.strip()]


NOTHING: tuple[list[Part], list[Part]] = ([], [])
"""The header of no incident."""
