"""Puts escape sequences together again that a slow line has torn apart, before anybody takes their pieces for keys.

On a slow line `↑` arrives as ESC, then `[`, then `A`; a paste marker as `[`, `2`, `0`, `0`, `~`. Read one by one these
are capitals, and capitals change things. So whatever continues a lone ESC within a second belongs to it.
"""

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

ESC = "\x1b"
CONTINUES_S = 1.0
"""How long after its last byte a torn sequence may still be completed."""
LONGEST = 64
LONGEST_REPLY = 4096
LONGEST_PASTE = 1_000_000
PASTE_START, PASTE_END = ESC + "[200~", ESC + "[201~"

_WHOLE = re.compile(
    r"\x1b(?:\[(?:\[[A-E]|M[^\x1b]{3}|[0-?]*[ -/]*(?![M\[])[@-~]|[0-?]+[ -/]*M)|O[0-9;]*[ @-~]|[^\[OP\]X^_\x1b])"
)
_BEGUN = re.compile(r"\x1b(?:\[(?:\[|M[^\x1b]{0,2}|[0-?]*[ -/]*)?|O[0-9;]*)?\Z")
_REPLY = re.compile(r"\x1b[P\]X^_][^\x07\x1b]*(?:\x07|\x1b\\)")
_REPLY_BEGUN = re.compile(r"\x1b[P\]X^_][^\x07\x1b]*\x1b?\Z")


@dataclass(frozen=True)
class Plain:
    """Characters that are keys by themselves."""

    text: str


@dataclass(frozen=True)
class Escape:
    """The escape key: an ESC that nothing followed in time."""


@dataclass(frozen=True)
class Sequence:
    """One whole escape sequence."""

    text: str


@dataclass(frozen=True)
class Pasted:
    """The text between two paste markers."""

    text: str


Piece = Plain | Escape | Sequence | Pasted


class Sequences:
    """Feed it what was read, and tick it at `deadline`; it hands out whole pieces in order.

    `clock` gives seconds and never jumps; `escape_s` is how long a lone ESC waits before it is the escape key.
    """

    def __init__(self, clock: Callable[[], float], escape_s: float = 0.1) -> None:
        self._clock = clock
        self._escape_s = escape_s
        self._held = ""
        self._orphan = False
        """The ESC of `_held` was handed out as the escape key already."""
        self._since = float("-inf")
        """When the last byte of `_held`, or a lone ESC, arrived."""
        self._escaped = False
        self._paste: list[str] | None = None

    @property
    def deadline(self) -> float | None:
        """When `tick` is due; None while nothing waits."""
        if not self._held:
            return None
        return self._since + (self._escape_s if self._held == ESC and self._paste is None else CONTINUES_S)

    def feed(self, text: str) -> Iterator[Piece]:
        """What can be told from the text and what was held before it."""
        yield from self.tick()
        if self._escaped and self._clock() - self._since > CONTINUES_S:
            self._escaped = False
        if self._escaped and not self._held and text[:1] in ("[", "O"):
            text, self._orphan = ESC + text, True
        elif self._held:
            text, self._held = self._held + text, ""
        self._escaped = False
        yield from self._pieces(text)
        if self._held:
            self._since = self._clock()

    def tick(self) -> Iterator[Piece]:
        """What has become certain by waiting."""
        deadline = self.deadline
        if deadline is None or self._clock() < deadline:
            return
        held, self._held = self._held, ""
        orphan, self._orphan = self._orphan, False
        if self._paste is not None:
            self._paste.append(held)
        elif held == ESC:
            self._escaped = True
            yield Escape()
        elif orphan and len(held) == 2:
            yield Plain(held[1])

    def _pieces(self, text: str) -> Iterator[Piece]:
        while text:
            if self._paste is not None:
                text = yield from self._paste_until_end(text)
                continue
            start = text.find(ESC)
            if start != 0:
                yield Plain(text if start < 0 else text[:start])
                text = "" if start < 0 else text[start:]
                continue
            text = yield from self._sequence(text)

    def _sequence(self, text: str) -> Generator[Piece, None, str]:
        """The sequence that the text begins with; returns what follows it."""
        whole = _REPLY.match(text) or _WHOLE.match(text)
        if whole:
            self._orphan = False
            if whole[0] == PASTE_START:
                self._paste = []
            elif not _REPLY.match(text):
                yield Sequence(whole[0])
            return text[whole.end() :]
        if (_BEGUN.match(text) and len(text) <= LONGEST) or (_REPLY_BEGUN.match(text) and len(text) <= LONGEST_REPLY):
            self._held = text
            return ""
        orphan, self._orphan = self._orphan, False
        if text.startswith(ESC + ESC) and not orphan:
            yield Escape()
            return text[1:]
        # Neither whole nor the beginning of one: its introducer goes, what does not belong to it stays.
        broken = re.match(r"\x1b(?:\[[0-?]*[ -/]*|O[0-9;]*|[P\]X^_][^\x07\x1b]*)?", text)
        assert broken is not None
        return text[max(1, broken.end()) :]

    def _paste_until_end(self, text: str) -> Generator[Piece, None, str]:
        """Collects pasted text; returns what follows its end marker."""
        assert self._paste is not None
        before, marker, after = text.partition(PASTE_END)
        if marker:
            self._paste.append(before)
            pasted, self._paste = "".join(self._paste), None
            yield Pasted(pasted[:LONGEST_PASTE].replace("\x00", ""))
            return after
        for length in range(min(len(PASTE_END) - 1, len(text)), 0, -1):
            if text.endswith(PASTE_END[:length]):
                self._held = text[-length:]
                text = text[:-length]
                break
        if sum(map(len, self._paste)) < LONGEST_PASTE:
            self._paste.append(text)
        return ""
