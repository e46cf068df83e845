"""The line that `/` opens: what is typed filters the rows at once."""

from collections.abc import Callable
from typing import Protocol, cast

from textual import events
from textual.widgets import Input

DROPS = ("esc", "ctrl+c")
CLOSES = ("enter", "down", "up", *DROPS)


class HoldsKeys(Protocol):
    """An application that can keep what is typed for whoever has the focus next."""

    def hold_keys(self) -> None: ...
    def release_keys(self) -> None: ...


class FilterBar(Input):
    """enter keeps the filter and goes back to the rows, esc drops it; `apply` says itself what is a bad filter.

    What is typed right behind the key that closes the line waits until it is closed, and goes where the focus goes.
    """

    DEFAULT_CSS = """
    FilterBar { border: none; height: 1; padding: 0 1; background: $surface; }
    FilterBar:focus { border: none; }
    """

    def __init__(self, apply: Callable[[str], None], done: Callable[[], None]) -> None:
        super().__init__(
            id="filter",
            placeholder="text  !not  -l label=value  /regular expression/  (empty + enter clears)",
            select_on_focus=False,
        )
        self.cursor_blink = False
        self._apply = apply
        self._done = done
        self._typing = False
        self._holding = False

    def open(self, text: str) -> None:
        """Show the line with what is filtered already: selected, so that typing replaces it."""
        self._typing = True
        with self.prevent(Input.Changed):
            self.value = text
        self.select_all()

    def press(self, key: str) -> bool:
        """A key before the input sees it; True when it was for the bar."""
        if key not in CLOSES:
            return False
        # what was typed before it is still on its way to the input: it closes when its turn comes
        if self.call_later(self._close, key):
            self._holding = True
            self._keys.hold_keys()
        return True

    def _close(self, key: str) -> None:
        self._typing = False
        try:
            if key in DROPS:
                with self.prevent(Input.Changed):
                    self.value = ""
            self._apply(self.value)
        finally:
            self._done()
            self._let_keys_go()

    def _let_keys_go(self) -> None:
        if self._holding:
            self._holding = False
            self._keys.release_keys()

    @property
    def _keys(self) -> HoldsKeys:
        return cast(HoldsKeys, self.app)

    async def on_key(self, event: events.Key) -> None:
        """Keys that edit act here: on their way up to the application, letters typed after them would overtake them."""
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            event.stop()
            event.prevent_default()
            await self.run_action(binding.action)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typing:
            self._apply(self.value)

    def on_unmount(self) -> None:
        self._let_keys_go()
