"""Two texts beside each other: which lines belong together, and which differ."""

import difflib
from collections.abc import Sequence

import msgspec

MOST = 3_000
"""Lines of each text that are compared."""


class Pair(msgspec.Struct, frozen=True, gc=False):
    """One line of each; None where the other one has a line of its own."""

    left: str | None
    right: str | None

    @property
    def same(self) -> bool:
        return self.left == self.right


class Gap(msgspec.Struct, frozen=True, gc=False):
    """So many equal lines are left out."""

    lines: int


def side_by_side(left: Sequence[str], right: Sequence[str], context: int = 3) -> tuple[Pair | Gap, ...]:
    """What differs, with some equal lines around; () where nothing does."""
    first, second = list(left[:MOST]), list(right[:MOST])
    found: list[Pair | Gap] = []
    blocks = difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    if all(tag == "equal" for tag, *_ in blocks):
        return ()
    for place, (tag, a, b, c, d) in enumerate(blocks):
        if tag != "equal":
            length = max(b - a, d - c)
            found += [
                Pair(first[a + n] if a + n < b else None, second[c + n] if c + n < d else None) for n in range(length)
            ]
            continue
        before = 0 if place == 0 else context
        after = 0 if place == len(blocks) - 1 else context
        equal = [Pair(line, line) for line in first[a:b]]
        if len(equal) <= before + after + 1:
            found += equal
        else:
            found += [*equal[:before], Gap(len(equal) - before - after), *(equal[-after:] if after else [])]
    return tuple(found)
