"""Tells keys that a person pressed from text that ran into the keyboard: a paste, type-ahead, a torn sequence.

Capitals leave traces, so a capital waits for a moment; what comes within that moment decides whether it was meant.
"""

from collections.abc import Callable
from dataclasses import dataclass

HOLD_S = 0.05
"""How long a capital (or q) waits for company."""
QUIET_S = 0.25
"""A dropped burst goes on until nothing came for this long."""
TYPED_S = 0.03
"""Keys closer together than this were not typed one by one."""
DISTINCT = 6
"""So many different keys that close together are text, not keys."""
TORN_S = 1.0
TORN_ENDS = {"[": frozenset("ABCDEFHIMPQRSZ"), "O": frozenset("ABCDEFHMPQRS")}
"""Capitals that end an escape sequence, by what introduces it."""


@dataclass(frozen=True)
class Verdict:
    """Keys to deliver now, and a line to say ("" for none)."""

    keys: tuple[str, ...] = ()
    says: str = ""


class Gate:
    """Feed it each key that would be dispatched (never one that goes into an input); tick it at `deadline`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: list[str] = []
        self._dropped: list[str] = []
        self._recent: list[str] = []
        self._last = float("-inf")
        self._introducer = ""
        self._introduced = float("-inf")

    @property
    def deadline(self) -> float | None:
        """When `tick` is due; None while nothing waits."""
        if self._dropped:
            return self._last + QUIET_S
        return self._last + HOLD_S if self._held else None

    def key(self, key: str) -> Verdict:
        """Judge one key; keys are written as in the key table (`j`, `D`, `ctrl+d`)."""
        now = self._clock()
        due = self.tick()
        gap, self._last = now - self._last, now
        if self._dropped:
            self._dropped.append(key)
            return due
        torn = self._torn(key, now)
        if torn:
            return Verdict(due.keys, due.says or torn)
        self._recent = [*self._recent, key][-2 * DISTINCT :] if gap < TYPED_S else [key]
        if self._held or _waits(key):
            self._held.append(key)
            return Verdict(due.keys, due.says or self._drop_if_burst())
        if len(set(self._recent)) >= DISTINCT:
            self._dropped = [key]
            return Verdict(due.keys, due.says or _said(self._recent))
        return Verdict((*due.keys, key), due.says)

    def tick(self) -> Verdict:
        """Release what waited long enough; the end of a burst."""
        deadline = self.deadline
        if deadline is None or self._clock() < deadline:
            return Verdict()
        self._dropped.clear()
        held, self._held = self._held, []
        return Verdict(tuple(key for index, key in enumerate(held) if index == 0 or not _repeats(held, index)))

    def _drop_if_burst(self) -> str:
        capitals = {key for key in self._held if _is_capital(key)}
        if len(capitals) < 2 and len(set(self._held)) < DISTINCT - 1 and not ("q" in self._held[:-1] and capitals):
            return ""
        self._dropped, self._held = self._held, []
        return _said(self._dropped)

    def _torn(self, key: str, now: float) -> str:
        introducer = self._introducer if now - self._introduced <= TORN_S else ""
        self._introducer, self._introduced = (key if key in TORN_ENDS else ""), now
        if not introducer or key not in TORN_ENDS[introducer]:
            return ""
        self._introducer = ""
        return f"{key} ignored: within a second of {introducer} it may be a torn arrow key; press {key} again"


def _waits(key: str) -> bool:
    return _is_capital(key) or key == "q"


def _is_capital(key: str) -> bool:
    return len(key) == 1 and key.isupper() and key != "G"


def _repeats(held: list[str], index: int) -> bool:
    """A capital that the keyboard repeats is one capital."""
    return _is_capital(held[index]) and held[index] == held[index - 1]


def _said(keys: list[str]) -> str:
    text = "".join(key if len(key) == 1 else f"<{key}>" for key in keys[:12])
    return f"dropped {text}…: that came too fast for keys (a paste?); / or : first, then paste"
