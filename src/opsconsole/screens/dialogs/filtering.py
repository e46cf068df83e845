"""The filter of a page above the tab: its line, what was typed into it, and what that means."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

from ...text import filter
from ...widgets.filter_bar import FilterBar


class Filtering:
    """`bar` belongs below the page's text; the class `-typing` shows it.

    `changed` shows what the new filter leaves; a bad filter is said and changes nothing. The page's line that says it
    is hidden while one types, but where it says something.
    """

    def __init__(
        self, page: Screen[Any], text: Widget, changed: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        self.bar = FilterBar(self.apply, self._closed)
        self.text = ""
        self.match: filter.Match | None = None
        self._bad = False
        self._page = page
        self._back_to = text
        self._changed = changed
        self._say = say

    def open(self) -> None:
        """Type, from what is filtered already."""
        self._page.add_class("-typing")
        self.bar.open(self.text)
        self._page.set_focus(self.bar)

    def apply(self, text: str) -> None:
        """Show only the lines that match."""
        text = text.strip()
        try:
            match = filter.parse(text) if text else None
        except ValueError as error:
            self._bad = True
            self._say(str(error))
            return
        if self._bad:
            self._bad = False
            self._say("")
        if text == self.text:
            return
        self.text, self.match = text, match
        self._changed()

    def _closed(self) -> None:
        self._page.remove_class("-typing")
        self._page.set_focus(self._back_to)
