"""The last line: the keys that matter here, or one answer to the key that was pressed."""

from collections.abc import Mapping, Sequence

from ..config import keymap
from .line import Part, cut, width_of

MOST = 13


def footer(width: int, hints: Sequence[str]) -> list[Part]:
    """At most thirteen hints, help last and always; what does not fit is left out from behind."""
    ids = [*[hint for hint in hints if hint != "help"][: MOST - 1], "help"]
    compact = width < 120
    while True:
        parts: list[Part] = []
        for action_id in ids:
            action = keymap.by_id(action_id)
            key = "ret" if compact and action.keys[0] == "enter" else action.keys[0]
            parts += [
                Part("  " if parts else " ", ""),
                Part(key, "key", action_id),
                Part(f" {action.title}", "dim", action_id),
            ]
        if width_of(parts) <= width or len(ids) == 1:
            return cut(parts, width)
        ids.pop(-2)


def chord(action_id: str, letters: Mapping[str, str], width: int) -> list[Part]:
    """The letters that may follow a chord's first key."""
    action = keymap.by_id(action_id)
    parts = [Part(f" {action.keys[0]} {action.title}: ", "title")]
    for letter, meaning in letters.items():
        parts += [Part(letter, "key"), Part(f" {meaning}  ", "")]
    return cut([*parts, Part("esc", "key"), Part(" cancels", "dim")], width)


def notice(text: str, width: int) -> list[Part]:
    """One line said to the operator."""
    return cut([Part(f" {text} ", "reverse")], width)
