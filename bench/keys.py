"""A person at the console: keys pressed one by one, counted, each answered before the next."""

import re
import time
from collections.abc import Callable

from .terminal import Terminal

DEAF_S = 0.35
"""A dialog takes no key sooner after it has opened or changed."""
NAMES = {"\r": "enter", "\t": "tab", "\x1b": "esc"}


class Keys:
    """Presses keys and remembers which; `typed` text counts for itself, not as keys."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.pressed: list[str] = []

    def press(self, key: str, seen: str = "", patience_s: float = 30.0) -> float:
        """One key; seconds until the screen holds the regular expression `seen`. Raises TimeoutError."""
        self.pressed.append(NAMES.get(key, key))
        return self.after(key, self.terminal.shows(seen) if seen else None, patience_s)

    def write(self, text: str) -> None:
        """Text into a line that is open."""
        self.after(text, None)
        self.terminal.watch(0.15)

    def after(self, keys: str, seen: Callable[[], bool] | None, patience_s: float = 30.0) -> float:
        """Press, and seconds until what was seen came true: when its last bytes arrived."""
        sent = time.perf_counter()
        self.terminal.press(keys)
        while seen is not None:
            if self.terminal.take(0.02):
                arrived = time.perf_counter()
                if seen():
                    return arrived - sent
            if time.perf_counter() - sent > patience_s:
                raise TimeoutError(f"{keys!r} was not answered:\n{self.terminal.text()}")
        return 0.0

    def wait(self, pattern: str, patience_s: float) -> float:
        """Seconds until the screen holds it."""
        seen, began = re.compile(pattern), time.perf_counter()
        while not seen.search(self.terminal.text()):
            if time.perf_counter() - began > patience_s:
                raise TimeoutError(f"{pattern} was not seen:\n{self.terminal.text()}")
            self.terminal.take(0.1)
        return time.perf_counter() - began

    def gone(self, pattern: str, patience_s: float = 10.0) -> None:
        """Wait until the screen does not hold it any more."""
        began = time.perf_counter()
        while re.search(pattern, self.terminal.text()):
            if time.perf_counter() - began > patience_s:
                raise TimeoutError(f"{pattern} stayed:\n{self.terminal.text()}")
            self.terminal.take(0.05)

    def pause(self) -> None:
        """As long as a dialog is deaf."""
        self.terminal.watch(DEAF_S)

    def begin(self) -> None:
        """Count anew."""
        self.pressed = []

    @property
    def words(self) -> str:
        return " ".join(self.pressed)
