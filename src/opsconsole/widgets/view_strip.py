"""The third line: the views of the active tab, and at the right what the tab says about itself."""

from ..screens.base import Tab
from ..text.clean import clean
from .line import Part, lay_out, width_of

COMPACT = 120
"""In a narrower console the views stand close."""


def view_strip(width: int, tab: Tab) -> list[Part]:
    """The parts of the line; the active view is reversed, a click picks one."""
    left = _views(width, tab)
    note = clean(tab.strip_note(room_beside(width, tab)))
    return lay_out(left, [Part(note + ("" if width < COMPACT else " "), "dim")] if note else [], width)


def room_beside(width: int, tab: Tab) -> int:
    """Cells that the views leave to what the tab says about itself."""
    return max(0, width - width_of(_views(width, tab)) - 3)


def _views(width: int, tab: Tab) -> list[Part]:
    compact = width < COMPACT
    left: list[Part] = [] if compact else [Part(f" {tab.digit} {tab.title}: ", "dim")]
    for index, view in enumerate(tab.views):
        note = tab.view_note(view.id)
        if index:
            left.append(Part("|" if compact else " | ", "dim"))
        text = view.title + (f"{'' if compact else ' '}{clean(note, 24)}" if note else "")
        left.append(Part(text, "active" if view.id == tab.view else "", f"view.{view.id}"))
    return left
