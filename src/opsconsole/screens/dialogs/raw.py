"""A text about one object: raw, why, described; it can be copied."""

from collections.abc import Callable

from ...text.clean import clean, clean_lines
from ...widgets.text_page import paragraphs
from ...widgets.theme import Palette
from .page import Dialog

LONGEST = 512 * 1024


class TextDialog(Dialog):
    """Shows foreign text made safe; `c` copies it."""

    def __init__(self, title: str, text: str, palette: Palette, copy: Callable[[str], None]) -> None:
        lines = paragraphs(clean_lines(text, LONGEST))
        super().__init__(clean(title, 120), lines, palette, "j k move   c copy   esc back", fold=True)
        self._copy = copy

    def pressed(self, key: str) -> bool:
        if key == "c":
            self._copy(self.page.text)
            self.dismiss(None)
            return True
        return False
