"""`S`: one line for how many, below what is there now: `6`, `+2`, `-1`, or `3..30` where an autoscaler owns it."""

import re
from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ...model.action import Asked, Target
from ...text.clean import clean, wrapped
from ...widgets.line import Line, Part, cut
from ...widgets.theme import Palette
from .line_input import LineInput

MOST = 100_000
"""More pods than any cluster runs: a slip of the finger."""
_NUMBER = re.compile(r"([+-]?)(\d{1,9})")
_BOUNDS = re.compile(r"(\d{1,9})\s*(?:\.\.\.?|…|-)\s*(\d{1,9})")


def parse(text: str, target: Target, autoscaled: bool) -> Asked:
    """What was typed as something asked for; ValueError with a sentence where it is nothing of the kind."""
    text = text.strip()
    bounds = _BOUNDS.fullmatch(text)
    if bounds is not None:
        least, most = int(bounds[1]), int(bounds[2])
        if not autoscaled:
            raise ValueError(f"no autoscaler is seen on {target.name}: type one number, {most} or +2")
        if least > most:
            raise ValueError(f"{least} is more than {most}: the smaller one first")
        if not least:
            raise ValueError("an autoscaler's minimum is 1 at least")
        return Asked("bounds", target, minimum=least, maximum=_bounded(most))
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise ValueError(f"type how many: 6, +2, -1{', or 3..30 for its bounds' if autoscaled else ''}")
    sign, count = number[1], _bounded(int(number[2]))
    if sign:
        if not count:
            raise ValueError(f"{text} changes nothing")
        return Asked("scale", target, change=-count if sign == "-" else count)
    return Asked("scale", target, replicas=count)


def _bounded(count: int) -> int:
    if count > MOST:
        raise ValueError(f"{count:,} is more than any cluster runs")
    return count


class NumberDialog(ModalScreen[Asked | None]):
    """Dismissed with what was asked for; enter only goes on to the dialog that says what it would do."""

    DEFAULT_CSS = """
    NumberDialog { align: center middle; background: $background 60%; }
    NumberDialog > Vertical { width: 100%; max-width: 100; height: auto; background: $surface; border: round $accent; }
    """

    def __init__(
        self, target: Target, facts: Sequence[str], autoscaled: bool, palette: Palette, ready: Callable[[], None]
    ) -> None:
        super().__init__()
        self.target, self.facts, self.autoscaled = target, tuple(facts), autoscaled
        self.palette = palette
        self._ready = ready
        bounds = "  3..30 sets its bounds" if autoscaled else ""
        self.field = LineInput(f"6  +2  -1{bounds}", limit=24, id="number-field")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="number-title", palette=self.palette)
            for index in range(len(self.facts)):
                yield Line(id=f"number-{index}", palette=self.palette)
                yield Line(id=f"number-{index}-more", palette=self.palette)
            yield self.field
            yield Line(id="number-hint", palette=self.palette)

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
        return key in ("tab", "shift+tab")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            asked = parse(event.value, self.target, self.autoscaled)
        except ValueError as error:
            self._hint(str(error), "warning")
        else:
            self.dismiss(asked)

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def _draw(self) -> None:
        title = f"SCALE {clean(self.target.words)}   {clean(self.target.context)} / {clean(self.target.namespace)}"
        self._show("number-title", title, "title")
        for index, fact in enumerate(self.facts):
            width = self.query_one("#number-title", Line).size.width - 2
            first, *more = wrapped(clean(fact), max(20, width)) or [""]
            self._show(f"number-{index}", first)
            self.query_one(f"#number-{index}-more", Line).display = bool(more)
            self._show(f"number-{index}-more", " ".join(more))
        self._hint("enter shows what it would do, and writes nothing   esc back", "dim")

    def _hint(self, text: str, style: str) -> None:
        self._show("number-hint", text, style)

    def _show(self, name: str, text: str, style: str = "") -> None:
        line = self.query_one(f"#{name}", Line)
        line.show(cut([Part(f" {clean(text)}", style)], line.size.width))
