"""A short list to choose from."""

from collections.abc import Callable, Sequence

from textual.containers import Vertical

from ...widgets.line import Part
from ...widgets.theme import Palette
from .page import Dialog

FRAME_LINES = 4
"""The frame's border, title and hint."""


class ShortList(Dialog):
    """As high as its lines, up to the height of a page."""

    DEFAULT_CSS = "ShortList > Vertical { max-height: 86%; }"

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Vertical).styles.height = self.page.text.count("\n") + 1 + FRAME_LINES


class Choose(ShortList):
    """enter takes the line under the cursor; `again` is the key that opened it and closes it too."""

    def __init__(
        self, title: str, choices: Sequence[str], chosen: Callable[[int], None], palette: Palette, again: str = ""
    ) -> None:
        super().__init__(
            title,
            [[Part(f" {choice}")] for choice in choices],
            palette,
            "j k move   enter takes   esc back",
            fold=False,
        )
        self.page.cursor = 0
        self._chosen, self._again = chosen, again

    def pressed(self, key: str) -> bool:
        if key == self._again:
            self.dismiss(None)
            return True
        if key not in ("enter", "space"):
            return False
        place = self.page.cursor or 0
        self.dismiss(None)
        self.app.call_later(self._chosen, place)
        return True


class Switch(ShortList):
    """Switches that space or enter turns."""

    def __init__(
        self,
        title: str,
        switches: Callable[[], Sequence[tuple[str, str, bool]]],
        turn: Callable[[str, bool], None],
        palette: Palette,
    ) -> None:
        """`switches` gives (id, title, on)."""
        self._switches, self._turn = switches, turn
        super().__init__(title, self._all(), palette, "j k move   space switches   esc back", fold=False)
        self.page.cursor = 0

    def _all(self) -> list[list[Part]]:
        return [[Part(f" [{'x' if on else ' '}] {title}")] for _, title, on in self._switches()]

    def pressed(self, key: str) -> bool:
        if key == "x":
            self.dismiss(None)
            return True
        if key not in ("space", "enter"):
            return False
        name, _, on = self._switches()[self.page.cursor or 0]
        self._turn(name, not on)
        self.page.show(self._all())
        return True
