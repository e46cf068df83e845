"""Which of the known names somebody means by what was typed: exact, begun, held, in this order, or the nearest one."""

import difflib
import re
from collections.abc import Iterable

_SEGMENT = re.compile(r"[^0-9a-z]+")


def matching(typed: str, names: Iterable[str]) -> list[str]:
    """The names that fit, the likeliest first: equal, beginning so, with a part that begins so, holding it, holding its
    letters in order. Case does not matter. Nothing typed: all."""
    wanted = typed.casefold()
    ranked = [(rank, name) for name in names if (rank := _rank(wanted, name.casefold())) is not None]
    return [name for _, name in sorted(ranked, key=lambda pair: pair[0])]


def meant(typed: str, names: Iterable[str]) -> str:
    """The name that is typed whole, or the only one that begins so; "" where that leaves a choice."""
    known = list(dict.fromkeys(names))
    if typed in known:
        return typed
    wanted = typed.casefold()
    equal = [name for name in known if name.casefold() == wanted]
    begun = [name for name in known if wanted and name.casefold().startswith(wanted)]
    found = equal or begun
    return found[0] if len(found) == 1 else ""


def nearest(typed: str, names: Iterable[str]) -> str:
    """The name that looks most like it; "" where none does."""
    by_fold = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(typed.casefold(), by_fold, n=1, cutoff=0.5)
    return by_fold[near[0]] if near else ""


def _rank(wanted: str, name: str) -> int | None:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if any(part.startswith(wanted) for part in _SEGMENT.split(name)):
        return 2
    if wanted in name:
        return 3
    letters = iter(name)
    return 4 if all(letter in letters for letter in wanted) else None
