"""Regular expressions that a person types: refused where they could hold the screen for seconds or for ever."""

import functools
import re

LOOKED_AT = 2000
"""Characters of a text that an expression looks at."""
MOST_REPEATS = 3
"""Each multiplies the ways in which a text may be read."""
FEW = 10
"""What is repeated at most so often takes no time; more counts as without end."""

_PIECES = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:P<\w+>|P=|<[=!]|[:=!>#]|[a-zA-Z-]+:?))?"
    r"|(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d*\})[?+]?|.",
    re.DOTALL,
)
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")
_ANYTHING = re.compile(r"(?:\.\*(?!\+)\??)+")
_ASCII = [chr(code) for code in range(32, 127)]


def compiled(expression: str) -> re.Pattern[str]:
    """It in either case, to be searched in the first LOOKED_AT characters; ValueError with half a sentence."""
    try:
        re.compile(expression)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if why := _endless(expression):
        raise ValueError(why)
    # a search begins at every place anyhow; with this before it, it would read the rest of the text from each of them
    without = _ANYTHING.match(expression)
    rest = expression[without.end() :] if without is not None and "|" not in expression else expression
    return re.compile(rest, re.IGNORECASE)


def _endless(expression: str) -> str:
    """Why it may take too long; "" where it does not."""
    pieces = _PIECES.findall(expression)
    brackets = [(False, 0)]
    """For each that is open: whether something varies in it, and how many repeats it holds."""
    before: list[str] = []
    """What is repeated just before this place, with nothing between that must be there."""
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if _times(piece) is not None:
            continue  # looked at with what it repeats
        least, most = _times(following) or (1, 1)
        varies, repeats = brackets.pop()
        if piece.startswith("("):
            brackets += [(varies, repeats), (False, 0)]
            continue
        if piece == "|":
            brackets.append((True, repeats))
            before = []
            continue
        if piece == ")" and brackets:
            if (varies and most > FEW) or (repeats and most > 1 and before):
                return "repeats what repeats or varies itself, which may take for ever: leave one of the repeats out"
            outer, others = brackets.pop()
            varies, repeats = varies or outer, repeats * max(1, most) + others
        elif most > FEW:
            if any(_alike(piece, other) for other in before):
                return "repeats the same twice side by side, which may take very long: once says it, too"
            before = [*before, piece] if least == 0 else [piece]
        elif least:
            before = []
        if most > FEW:
            repeats += 1
        if repeats > MOST_REPEATS:
            return f"has more than {MOST_REPEATS} repeats without end, which may take very long: look for less at once"
        brackets.append((varies or least != most, repeats))
    return ""


def _times(piece: str) -> tuple[int, int] | None:
    """How often the piece before it stands there; None for what is no repeat."""
    endless = FEW + 1
    if piece[:1] in ("*", "+", "?"):
        return {"*": (0, endless), "+": (1, endless), "?": (0, 1)}[piece[0]]
    counts = _COUNT.match(piece)
    if counts is None:
        return None
    least = int(counts[1] or 0)
    if not counts[2]:
        return least, least
    return least, int(counts[3]) if counts[3] else endless


@functools.cache
def _found(piece: str) -> frozenset[str]:
    try:
        one = re.compile(piece, re.IGNORECASE)
    except re.error:
        return frozenset()
    return frozenset(filter(one.fullmatch, _ASCII))


def _alike(one: str, other: str) -> bool:
    """Whether a letter may belong to either."""
    return not _found(one).isdisjoint(_found(other))
