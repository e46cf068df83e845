"""The third line: the views of the active tab, and at the right what the tab says about itself."""

from ..screens.base import Tab
from ..text.clean import clean
from .line import Part, lay_out, width_of


def view_strip(width: int, tab: Tab) -> list[Part]:
    """The parts of the line; the active view is reversed, a click picks one."""
    compact = width < 120
    left: list[Part] = [] if compact else [Part(f" {tab.digit} {tab.title}: ", "dim")]
    for index, view in enumerate(tab.views):
        note = tab.view_note(view.id)
        if index:
            left.append(Part("|" if compact else " | ", "dim"))
        text = view.title + (f"{'' if compact else ' '}{clean(note, 24)}" if note else "")
        left.append(Part(text, "active" if view.id == tab.view else "", f"view.{view.id}"))
    room = width - width_of(left) - 2
    note = clean(tab.strip_note(room)) if room > 8 else ""
    return lay_out(left, [Part(note + ("" if compact else " "), "dim")] if note else [], width)
