"""`x`: the switches of a view."""

from ...widgets.line import Part
from ...widgets.theme import Palette
from ..base import Tab
from .page import Dialog


class OptionsDialog(Dialog):
    """A list of switches; space or enter turns the one under the cursor."""

    def __init__(self, tab: Tab, palette: Palette) -> None:
        self._tab = tab
        super().__init__(
            f"View options of {tab.title}", self._all(), palette, "j k move   space switches   esc back", fold=False
        )
        self.page.cursor = 0

    def _all(self) -> list[list[Part]]:
        return [[Part(f" [{'x' if option.on else ' '}] {option.title}")] for option in self._tab.options()]

    def pressed(self, key: str) -> bool:
        if key == "x":
            self.dismiss(None)
            return True
        if key not in ("space", "enter"):
            return False
        option = self._tab.options()[self.page.cursor or 0]
        self._tab.set_option(option.id, not option.on)
        self.page.show(self._all())
        return True
