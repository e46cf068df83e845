"""The command palette: every action of the key table, every view, and the words of k9s."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ...text.clean import clean, fit
from ...widgets.line import Part
from ...widgets.text_page import TextPage
from ...widgets.theme import Palette as Colours


@dataclass(frozen=True)
class Entry:
    """One line of the palette. `words` are what it is found by; `command` is what it is in k9s."""

    title: str
    keys: str
    command: str
    run: Callable[[], None]

    @property
    def words(self) -> str:
        return f"{self.command} {self.title} {self.keys}".casefold()


def found(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """Entries whose words hold every typed word; one whose command is exactly the first word comes first."""
    wanted = typed.casefold().split()
    if not wanted:
        return list(entries)
    exact = [entry for entry in entries if entry.command == wanted[0]]
    matching = [entry for entry in entries if all(word in entry.words for word in wanted) and entry not in exact]
    starting = [entry for entry in matching if entry.words.lstrip().startswith(wanted[0])]
    return [*exact, *starting, *(entry for entry in matching if entry not in starting)]


class PaletteDialog(ModalScreen[None]):
    """A line to type in and what it finds. `ns X` and `ctx X` take an argument."""

    DEFAULT_CSS = """
    PaletteDialog { align: center top; background: $background 60%; }
    PaletteDialog > Vertical {
        width: 76; max-width: 96%; height: 70%; margin-top: 2; background: $surface; border: round $accent;
    }
    PaletteDialog Input { border: none; height: 1; background: $surface; padding: 0 1; }
    PaletteDialog Input:focus { border: none; }
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        commands: dict[str, Callable[[str], None]],
        colours: Colours,
        ready: Callable[[], None],
        completions: Mapping[str, Callable[[str], Sequence[Entry]]] | None = None,
    ) -> None:
        """`completions`: by command, what may follow it, given what is typed of that so far."""
        super().__init__()
        self._entries = entries
        self._commands = commands
        self._completions = completions or {}
        self._moved = False
        """Whether the cursor was moved since the last letter: then enter means what it stands on."""
        self._ready = ready
        self._input = Input(placeholder="type a word: po  dp  hpa  no  ev  ns NAME  ctx NAME  q", select_on_focus=False)
        self._input.cursor_blink = False
        self._menu = TextPage(palette=colours)
        self._menu.cursor = 0
        self._menu.can_focus = False
        self._found: list[Entry] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._input
            yield self._menu

    def on_mount(self) -> None:
        self.set_focus(self._input)
        self._show("")
        self._ready()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._menu.cursor, self._moved = 0, False
        self._show(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        word, _, argument = event.value.strip().lstrip(":").partition(" ")
        command = self._commands.get(word)
        # What was typed is looked up here too: the changes of a fast hand may not have been shown yet.
        chosen = self._fitting(event.value)
        cursor = self._menu.cursor or 0
        self.dismiss(None)
        if command is not None and not (self._moved and chosen):
            self.app.call_later(command, argument.strip())
        elif chosen:
            self.app.call_later(chosen[min(cursor, len(chosen) - 1)].run)

    def press(self, key: str) -> bool:
        """A key before the input sees it; True when it was for the palette."""
        moves = {"down": "down", "up": "up", "pagedown": "half.down", "pageup": "half.up", "tab": "down"}
        if key in ("esc", "ctrl+c", "ctrl+q", "ctrl+p"):
            self.dismiss(None)
        elif key in moves:
            self._moved = True
            self._menu.move(moves[key])
        else:
            return False
        return True

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    def _fitting(self, typed: str) -> list[Entry]:
        """What completes a command that is typed, else what is found by its words."""
        word, gap, argument = typed.lstrip().lstrip(":").partition(" ")
        complete = self._completions.get(word) if gap else None
        return list(complete(argument.strip())) if complete is not None else found(self._entries, typed.lstrip(":"))

    def _show(self, typed: str) -> None:
        self._found = self._fitting(typed)
        lines = [
            [
                Part(f" {fit(clean(entry.title), 46)} "),
                Part(f"{clean(entry.keys):<12} ", "key"),
                Part(clean(entry.command), "dim"),
            ]
            for entry in self._found
        ]
        self._menu.show(lines or [[Part(" nothing by that name", "dim")]])
