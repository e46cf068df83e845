"""A list to pick from: what is typed narrows it, space marks several where several may be taken, enter takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from ...widgets.line import Line, Part, Parts, cut
from ...widgets.text_page import TextPage
from ...widgets.theme import Palette
from .line_input import LineInput

MOVES = {"down": "down", "up": "up", "pagedown": "half.down", "pageup": "half.up", "tab": "down", "shift+tab": "up"}
"""What moves the cursor while letters are typed."""
NEWS_S = 0.2


@dataclass(frozen=True)
class Choice:
    """One line; `id` is what is marked and taken."""

    id: str
    parts: Parts


class Pick(ModalScreen[None]):
    """`found` gives the lines that fit what is typed; `show` asks it anew when there is news.

    `taken` gets the marked ids, or the one under the cursor. With `starred` the key `*` hands it the one under the
    cursor, and what it answers is told. `closed` is called however it ends.
    """

    DEFAULT_CSS = """
    Pick { align: center top; background: $background 60%; }
    Pick > Vertical {
        width: 96%; max-width: 132; height: 80%; margin-top: 2; background: $surface; border: round $accent;
    }
    Pick LineInput { background: $surface; }
    """

    def __init__(
        self,
        title: Callable[[], str],
        found: Callable[[str, int], Sequence[Choice]],
        taken: Callable[[list[str], str], None],
        palette: Palette,
        ready: Callable[[], None],
        *,
        typed: str = "",
        several: bool = False,
        starred: Callable[[str], str] | None = None,
        closed: Callable[[], None] = lambda: None,
        heading: Callable[[int], Parts] = lambda width: (),
    ) -> None:
        """`taken` also gets what is typed: nothing may fit it, and yet it may be meant."""
        super().__init__()
        self._title, self._find, self._taken, self._ready = title, found, taken, ready
        self._palette = palette
        self._several, self._starred, self._when_closed, self._heading = several, starred, closed, heading
        self._due = False
        self._input = LineInput("type to narrow", typed, limit=300)
        self._menu = TextPage(palette=palette)
        self._menu.cursor = 0
        self._menu.can_focus = False
        self._choices: list[Choice] = []
        self.marked: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="pick-title", palette=self._palette)
            yield self._input
            yield Line(id="pick-heading", palette=self._palette)
            yield self._menu
            yield Line(id="pick-hint", palette=self._palette)

    def on_mount(self) -> None:
        self.set_focus(self._input)
        self._input.cursor_position = len(self._input.value)
        self.show()
        self._ready()

    def on_unmount(self) -> None:
        self._when_closed()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show)

    def on_input_changed(self, event: LineInput.Changed) -> None:
        event.stop()
        self._menu.cursor = 0
        self.show()

    def on_input_submitted(self, event: LineInput.Submitted) -> None:
        event.stop()
        # what was typed is looked up here too: the changes of a fast hand may not have been shown yet
        self._look()
        under = self._under_cursor()
        self.dismiss(None)
        self.app.call_later(self._taken, self.marked or ([under.id] if under else []), event.value.strip())

    def press(self, key: str) -> bool:
        """A key before the line sees it; True when it was for the list."""
        if key in ("esc", "ctrl+c", "ctrl+q"):
            self.dismiss(None)
        elif key in MOVES:
            self._menu.move(MOVES[key])
        elif key == "space" and self._several:
            self._mark()
        elif key == "*" and self._starred is not None:
            if (under := self._under_cursor()) is not None:
                said = self._starred(under.id)
                self.show()
                self._draw("hint", [Part(f" {said}", "title")])
        else:
            return False
        return True

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def news(self) -> None:
        """What the list is made of has changed: it is drawn anew soon, once for all that comes by then."""
        if self.is_attached and not self._due:
            self._due = True
            self.set_timer(NEWS_S, self.show)

    def show(self) -> None:
        """Draw the list anew; the cursor stays on what it stands on."""
        self._due = False
        if not self.is_attached or not self.query("#pick-hint"):
            return
        under = self._under_cursor()
        self._look()
        ids = [choice.id for choice in self._choices]
        if under is not None and under.id in ids and self._menu.cursor:
            self._menu.cursor = ids.index(under.id)
        lines = [[Part(self._mark_of(choice)), *choice.parts] for choice in self._choices]
        self._menu.show(lines or [[Part(" nothing by that name", "dim")]])
        keys = [
            "up down move",
            *(["space marks"] if self._several else []),
            *(["* favourite"] if self._starred else []),
        ]
        self._draw("title", [Part(f" {self._title()}", "title")])
        self._draw("heading", self._heading(self._menu.size.width))
        self._draw("hint", [Part(" " + "   ".join([*keys, "enter takes", "esc back"]), "dim")])

    def _draw(self, name: str, parts: Parts) -> None:
        line = self.query_one(f"#pick-{name}", Line)
        line.show(cut(parts, line.size.width))

    def _mark_of(self, choice: Choice) -> str:
        if not self._several:
            return " "
        return " [x] " if choice.id in self.marked else " [ ] "

    def _look(self) -> None:
        self._choices = list(self._find(self._input.value.strip(), self._menu.size.width))

    def _under_cursor(self) -> Choice | None:
        place = self._menu.cursor or 0
        return self._choices[place] if place < len(self._choices) else None

    def _mark(self) -> None:
        under = self._under_cursor()
        if under is None:
            return
        if under.id in self.marked:
            self.marked.remove(under.id)
        else:
            self.marked.append(under.id)
        self.show()
        self._menu.move("down")
