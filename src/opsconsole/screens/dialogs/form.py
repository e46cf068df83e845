"""A form that saves into our own store: fields, buttons, and what was typed stays until it is on disk."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ...sources.errors import SourceError
from ...text.clean import clean, wrapped
from ...widgets.line import Line, Part, Parts, cut, width_of
from ...widgets.theme import Palette
from .deliberate import Deliberate

LONGEST = 2000
"""Characters of a line; what is pasted beyond is left out, and that is said."""
TITLE_WIDTH = 10


@dataclass
class Field:
    """One row of a form: a line to type in, or one of `choices` to pick with the arrows."""

    id: str
    title: str
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """(value, words)."""
    placeholder: str = ""

    @property
    def words(self) -> str:
        return next((words for value, words in self.choices if value == self.value), self.value)


class OneLine(Input):
    """A line that takes foreign text harmlessly: control characters become visible, several lines become one."""

    DEFAULT_CSS = """
    OneLine { border: none; height: 1; padding: 0; background: $background; width: 1fr; }
    OneLine:focus { border: none; background: $foreground 12%; }
    """

    def __init__(self, value: str, placeholder: str, too_long: Callable[[str], None]) -> None:
        super().__init__(
            clean(value, LONGEST), placeholder=placeholder, select_on_focus=False, max_length=LONGEST, compact=True
        )
        self.cursor_blink = False
        self._too_long = too_long

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        room = max(0, LONGEST - len(self.value))
        pasted = " ".join(event.text[: 2 * LONGEST].split())
        self.insert_text_at_cursor(clean(pasted, LONGEST)[:room])
        if len(event.text) > room:
            self._too_long(f"a paste of {len(event.text):,} characters: only the first {room:,} are taken")


class Form(ModalScreen[None]):
    """Subclasses say in `save` what a button does; it answers one line for the operator.

    enter presses the button under the cursor (the first one from within a line), `tab` goes round. Letters are text or
    nothing; where there is a line to type in, not even `q` leaves. While nothing is on disk the form stays, with the
    store's sentence in it.
    """

    DEFAULT_CSS = """
    Form { align: center middle; background: $background 60%; }
    Form > Vertical { width: 100; max-width: 96%; height: auto; background: $surface; border: round $accent; }
    Form Horizontal { height: 1; }
    Form .message { display: none; height: auto; max-height: 6; padding: 0 1; }
    Form .-told { display: block; }
    """
    AUTO_FOCUS = ""  # the form says itself what has the focus
    start_at_button = True

    def __init__(
        self,
        heading: str,
        fields: Sequence[Field],
        buttons: Sequence[str],
        palette: Palette,
        *,
        ready: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ready` is called once keys can be taken; the last button leaves without saving."""
        super().__init__()
        self.heading = heading
        self.fields = list(fields)
        self.buttons = list(buttons)
        self.palette = palette
        self.saving = False
        self.at = len(self.fields) if self.start_at_button else 0
        self.first = {field.id: field.value for field in self.fields}
        """What the fields held at first: what differs was typed."""
        self.notes = 0
        """Lines that `about` fills."""
        self._ready = ready
        self.deliberate = Deliberate(clock)
        self._asked_to_leave = False
        self._inputs: dict[str, OneLine] = {}

    # ---- what a subclass says -------------------------------------------------------------------------------------

    async def save(self, button: str) -> str:
        """Do it; returns the line that says what was saved. Raises SourceError, or ValueError with a sentence."""
        raise NotImplementedError

    def about(self) -> list[Parts]:
        """Lines under the fields, as the values are now; at most `notes`."""
        return []

    def folded(self, text: str) -> list[str]:
        """A sentence in at most two lines of the form's width."""
        width = max(20, self.query_one("#form-title", Line).size.width - 2)
        first, *more = wrapped(text, width) or [""]
        return [first, *([" ".join(more)] if more else [])] if first else []

    def chosen(self, field: Field) -> None:
        """A choice was changed."""

    def drop(self) -> None:
        """Left without saving."""
        self.dismiss(None)

    @property
    def unsaved(self) -> str:
        """What would be lost by leaving; "" when nothing."""
        return f"{self.heading}: what was typed is not saved" if self.typed else ""

    # ---- values ---------------------------------------------------------------------------------------------------

    @property
    def typed(self) -> bool:
        """Whether anything was typed or picked."""
        return any(self.value(field.id) != self.first.get(field.id, "") for field in self.fields)

    def value(self, field_id: str) -> str:
        line = self._inputs.get(field_id)
        if line is not None:
            return line.value.strip()
        return next((field.value for field in self.fields if field.id == field_id), "")

    # ---- drawing --------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="form-title", palette=self.palette)
            for field in self.fields:
                with Horizontal():
                    title = Line(id=f"title-{field.id}", palette=self.palette)
                    title.styles.width = TITLE_WIDTH + 2
                    yield title
                    if field.choices:
                        yield Line(id=f"field-{field.id}", palette=self.palette)
                    else:
                        line = OneLine(field.value, field.placeholder, self.complain)
                        self.first[field.id] = line.value.strip()
                        self._inputs[field.id] = line
                        yield line
            for number in range(self.notes):
                yield Line(id=f"about-{number}", palette=self.palette)
            yield Static("", classes="message", markup=False)
            yield Line(id="form-buttons", palette=self.palette)

    def on_mount(self) -> None:
        self.deliberate.begin()
        self._go(self.at)
        self.call_after_refresh(self.draw)
        self._ready()

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Everything anew, as the values are now."""
        if not self.is_attached or not self.query("#form-buttons"):
            return
        self._show("form-title", [Part(f" {clean(self.heading, 200)}", "title")])
        for index, field in enumerate(self.fields):
            here = index == self.at
            self._show(f"title-{field.id}", [Part(f" {field.title:<{TITLE_WIDTH}} ", "key" if here else "dim")])
            if field.choices:
                self._show(f"field-{field.id}", self._choice(field, here, f"field.{index}"))
        told, width = self.about()[: min(self.notes, self._room())], self.query_one("#form-title", Line).size.width
        for number in range(self.notes):
            line = self.query_one(f"#about-{number}", Line)
            line.display = number < len(told)
            # by the width of the form: a line that was hidden has none yet
            line.show(cut(told[number], width) if number < len(told) else [])
        self._show("form-buttons", self._buttons())

    def _choice(self, field: Field, here: bool, action: str) -> list[Part]:
        """What is chosen; that it can be changed stands behind it however long it is."""
        many = len(field.choices) > 1
        sign = [Part("  < > changes it" if here else "  < >", "dim", action)] if many else []
        room = self.query_one(f"#field-{field.id}", Line).size.width - width_of(sign)
        words = Part(clean(field.words, 200), "reverse" if here else "", action)
        return [*cut([words], max(1, room)), *sign]

    def _room(self) -> int:
        """Lines that are left beside title, fields and buttons, which must stand however small the terminal is."""
        message = self.query_one(".message", Static)
        room = max(0, self.app.size.height - 4 - len(self.fields))
        message.styles.max_height = max(1, min(6, room))
        return max(0, room - 6) if message.has_class("-told") else room

    def _buttons(self) -> list[Part]:
        parts: list[Part] = [Part("   ")]
        for index, label in enumerate(self.buttons):
            focused = self.at == len(self.fields) + index
            parts += [Part(f"[ {clean(label, 60)} ]", "reverse" if focused else "", f"button.{index}"), Part("   ")]
        hint = self.hint()
        if hint:
            width = self.query_one("#form-buttons", Line).size.width
            room = width - width_of(parts) - len(hint) - 1
            parts.append(Part(" " * max(0, room) + hint, "dim"))
        return parts

    def hint(self) -> str:
        return "enter   tab   esc"

    def _show(self, name: str, parts: Parts) -> None:
        line = self.query_one(f"#{name}", Line)
        line.show(cut(parts, line.size.width))

    def complain(self, sentence: str) -> None:
        """Say in the form why it is not done; "" takes the sentence away."""
        message = self.query_one(".message", Static)
        message.update(clean(sentence, 600))
        message.set_class(bool(sentence), "-told")
        self.draw()

    # ---- keys -----------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """One key, before a line sees it; True when it was for the form."""
        deaf, counts = self.deliberate.deaf, self.deliberate.counts(key)
        if self.saving:
            return True
        if key in ("esc", "ctrl+c", "ctrl+q") or (key in ("q", "-") and not self._inputs):
            if not deaf:
                self._leave()
            return True
        self._asked_to_leave = False
        if key == "enter":
            if counts:
                self._enter()
            elif not deaf:
                self.complain("that enter came on the heels of another key, as in a paste: enter again does it")
            return True
        if key in ("tab", "down", "shift+tab", "up"):
            self._go(self.at + (1 if key in ("tab", "down") else -1))
            return True
        return self._pick(key) if not self._typing() else False

    def _typing(self) -> bool:
        return self.at < len(self.fields) and not self.fields[self.at].choices

    def _pick(self, key: str) -> bool:
        step = {"left": -1, "right": 1, "space": 1}.get(key, 0)
        if not step:
            # a sentence that begins with q must not leave, and act on the console with its rest
            if self._inputs and len(key) == 1:
                self.complain("tab goes to the line to type in; esc leaves")
            return True
        if self.at >= len(self.fields):
            if key != "space":
                self._go(self.at + step)
            return True
        field = self.fields[self.at]
        values = [value for value, _ in field.choices]
        place = values.index(field.value) if field.value in values else 0
        field.value = values[(place + step) % len(values)]
        self.chosen(field)
        self.draw()
        return True

    def _go(self, place: int) -> None:
        self.at = place % (len(self.fields) + len(self.buttons))
        field = self.fields[self.at] if self.at < len(self.fields) else None
        line = self._inputs.get(field.id) if field is not None else None
        self.set_focus(line)
        self.draw()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click into a line moves the cursor there."""
        if event.widget is not self.focused:  # the news is late: the cursor has gone on
            return
        for index, field in enumerate(self.fields):
            if self._inputs.get(field.id) is event.widget and self.at != index:
                self.at = index
                self.draw()

    def _enter(self) -> None:
        index = max(0, self.at - len(self.fields))
        if index == len(self.buttons) - 1 and self.at >= len(self.fields):
            self._leave()
        else:
            self.begin(index)

    def begin(self, button: int) -> None:
        """Press a button: what it does runs on while the form shows that it does."""
        self.saving = True
        self.complain("saving ...")
        self.app.run_worker(self._save(self.buttons[button]), group="records", exit_on_error=True)

    async def _save(self, button: str) -> None:
        try:
            said = await self.save(button)
        except SourceError as error:
            remedy = f"; {error.problem.remedy}" if error.problem.remedy else ""
            self._failed(f"NOT SAVED: {error.problem.sentence}{remedy}. Enter tries again.")
        except ValueError as error:
            self._failed(f"NOT SAVED: {error}")
        else:
            self.saving = False
            if said:
                self.dismiss(None)
                self.tell(said)

    def tell(self, sentence: str) -> None:
        """One line in the footer of the console."""
        console: Any = self.app
        console.say(sentence)

    def _failed(self, sentence: str) -> None:
        self.saving = False
        if self.is_mounted:
            self.complain(sentence)

    def _leave(self) -> None:
        """The first time with something typed only asks."""
        if self.typed and not self._asked_to_leave:
            self._asked_to_leave = True
            self.complain("esc again drops what you typed; any other key goes on")
        else:
            self.drop()

    # ---- the mouse ------------------------------------------------------------------------------------------------

    def on_line_clicked(self, event: Line.Clicked) -> None:
        event.stop()
        if self.saving or self.deliberate.deaf:
            return
        what, _, number = event.action.partition(".")
        if what == "field":
            self._go(int(number))
            self._pick("right")
        elif what == "button":
            self._go(len(self.fields) + int(number))
            self._enter()
