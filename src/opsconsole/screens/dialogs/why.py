"""`w`: the page that says how a row came about; it can be copied, and so can the command that asks the same."""

from collections.abc import Callable

from ...widgets.theme import Palette
from .raw import TextDialog


class WhyDialog(TextDialog):
    """Shows the page; `c` copies it, `s` copies the shell command."""

    def __init__(self, title: str, text: str, command: str, palette: Palette, copy: Callable[[str, str], None]) -> None:
        super().__init__(title, text, palette, lambda page: copy(page, "text"))
        self._command = command
        self._copies = copy
        self.hint = "j k move   c copy   s copy the shell command   esc back" if command else self.hint

    def pressed(self, key: str) -> bool:
        if key != "s":
            return super().pressed(key)
        if self._command:
            self._copies(self._command, "command")
            self.dismiss(None)
        else:
            self.say("no command would ask the same")
        return True
