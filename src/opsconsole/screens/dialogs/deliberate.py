"""Which keys of a question count: those that a person pressed after having had a chance to read it."""

import time
from collections.abc import Callable

DEAF_S = 0.3
"""Keys this soon after opening were meant for something else."""
ALONE_S = 0.05
"""An enter this close behind another key is pasted or ran ahead; it never confirms."""


class Deliberate:
    """Ask it about each key, in order; tell it whenever what is asked about changes under the finger."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._opened = self._last = clock()

    def begin(self) -> None:
        """The question stands on the screen, or reads otherwise now: be deaf for a moment."""
        self._opened = self._last = self._clock()

    @property
    def deaf(self) -> bool:
        return self._clock() - self._opened < DEAF_S

    def counts(self, key: str) -> bool:
        """Whether a key may do what it does here."""
        now = self._clock()
        alone, self._last = now - self._last >= ALONE_S, now
        return not self.deaf and (alone or key != "enter")
