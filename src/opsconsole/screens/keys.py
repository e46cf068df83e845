"""Between Textual's names of keys and those of the key table, and who takes keys before the table does."""

from typing import Any

from textual import events
from textual.widget import Widget
from textual.widgets import Input

_TO_TABLE = {
    "escape": "esc",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+j": "enter",
    "ctrl+h": "backspace",
}
_FROM_TABLE = {"esc": "escape"}
PLAIN_MOVES = {
    "down": "down",
    "up": "up",
    "top": "home",
    "bottom": "end",
    "half.down": "pagedown",
    "half.up": "pageup",
    "left": "left",
    "right": "right",
}
"""The key that a scrolling widget of Textual knows for each movement."""


def name_of(event: events.Key) -> str:
    """The key as the table writes it: the character where it prints one, else a name."""
    character = event.character
    modified = event.key.startswith(("ctrl+", "alt+", "super+", "hyper+", "meta+"))
    if character and len(character) == 1 and character.isprintable() and character != " " and not modified:
        return character
    return _TO_TABLE.get(event.key, event.key)


def event_of(key: str) -> events.Key:
    """A key of the table as Textual's event."""
    return events.Key(_FROM_TABLE.get(key, key), key if len(key) == 1 else None)


def typing(widget: Widget | None) -> bool:
    """True while keys are text."""
    return isinstance(widget, Input)


def press(taker: Any, key: str) -> bool:
    """Offer a key to a dialog or an input that has a say before others; True when it was taken."""
    own = getattr(taker, "press", None)
    return bool(own(key)) if callable(own) else False
