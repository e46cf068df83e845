"""The base of what opens above the tabs: a frame with a title, closed by esc, q or -."""

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from ...config import keymap
from ...text.clean import clean
from ...widgets.line import Line, Part, Parts, cut
from ...widgets.text_page import TextPage
from ...widgets.theme import Palette


class Dialog(ModalScreen[None]):
    """A page of text above the tab. Subclasses add what their keys do in `pressed`."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > Vertical { width: 92%; height: 86%; max-width: 132; background: $surface; border: round $accent; }
    Dialog > Vertical > .title { height: 1; }
    """

    def __init__(
        self, title: str, lines: Sequence[Parts], palette: Palette, hint: str = "", *, fold: bool = True
    ) -> None:
        super().__init__()
        self.heading = title
        self.palette = palette
        self.hint = hint or "j k move   esc back"
        self._said = ""
        self.page = TextPage(lines, palette=palette, id="page", fold=fold)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="dialog-title", palette=self.palette)
            yield self.page
            yield Line(id="dialog-hint", palette=self.palette)

    def on_resize(self) -> None:
        self.call_after_refresh(self._lines_of_frame)

    def on_mount(self) -> None:
        self.set_focus(self.page)
        self.call_after_refresh(self._lines_of_frame)

    def _lines_of_frame(self) -> None:
        if not self.is_attached or not self.query("#dialog-hint"):  # it is closed, or the console ends
            return
        below = Part(f" {self._said}", "title") if self._said else Part(f" {self.hint}", "dim")
        for name, part in (("title", Part(f" {self.heading}", "title")), ("hint", below)):
            line = self.query_one(f"#dialog-{name}", Line)
            line.show(cut([part], line.size.width))

    def press(self, key: str) -> bool | None:
        """One key of the key table, handed over by the application; False where it is text."""
        if self._said:
            self.say("")
        if self.pressed(key):
            return True
        action = keymap.by_key(key)
        if action is not None and action.id in ("back", "leave", "quit", "interrupt"):
            self.dismiss(None)
        elif action is None or not self.page.move(action.id):
            meaning = f" ({action.title})" if action is not None else ""
            self.say(f"{key}{meaning} does nothing here; what counts: {self.hint}")
        return True

    def say(self, text: str) -> None:
        """One line in the hint's place, until the next key."""
        self._said = clean(text, 300)
        self.set_class(bool(self._said), "-said")
        self._lines_of_frame()

    def pressed(self, key: str) -> bool:
        """True when the dialog knows the key itself."""
        return False

    def on_click(self, event: events.Click) -> None:
        """A click beside the dialog closes it."""
        if event.widget is self:
            self.dismiss(None)
