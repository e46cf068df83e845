"""The line that `/` opens: what is typed filters the tab's rows at once."""

from collections.abc import Callable

from textual.widgets import Input


class FilterBar(Input):
    """enter keeps the filter and goes back to the rows, esc drops it; `apply` returns a sentence for a bad filter."""

    DEFAULT_CSS = """
    FilterBar { border: none; height: 1; padding: 0 1; background: $surface; }
    FilterBar:focus { border: none; }
    """

    def __init__(self, apply: Callable[[str], None], done: Callable[[], None]) -> None:
        super().__init__(
            id="filter", placeholder="text  !not  -l label=value  /regular expression/", select_on_focus=False
        )
        self.cursor_blink = False
        self._apply = apply
        self._done = done

    def open(self, text: str) -> None:
        """Show the line with what is filtered already."""
        with self.prevent(Input.Changed):
            self.value = text
        self.cursor_position = len(text)

    def close(self) -> None:
        self._done()

    def press(self, key: str) -> bool:
        """A key before the input sees it; True when it was for the bar."""
        if key in ("esc", "ctrl+c"):
            with self.prevent(Input.Changed):
                self.value = ""
            self._apply("")
            self.close()
            return True
        if key in ("down", "up"):
            self.close()
            return True
        return False

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._apply(self.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._apply(self.value)
        self.close()
