"""Help: the key table for the tab in front, made from the table itself."""

from ...config import keymap
from ...config.keymap import Grade
from ...widgets.line import Part
from ...widgets.theme import Palette
from ..base import Tab
from .glossary import words_of
from .page import Dialog

KEYS_WIDTH = 16
WORDS_WIDTH = 23


def help_lines(tab: Tab) -> list[list[Part]]:
    """This view's keys, views and sort letters, what its words mean, then every key with its meaning."""
    lines: list[list[Part]] = [[Part(f" On {tab.title}", "title")]]
    told_below = ("view.next", "view.pick", "sort")
    lines += [_action_line(action_id) for action_id in dict.fromkeys(tab.hints()) if action_id not in told_below]
    if tab.views:
        views = "  ".join(f"v {view.letter} {view.title}" for view in tab.views)
        lines.append([Part(f" {'tab, v':<{KEYS_WIDTH}}", "key"), Part(f"views: {views}")])
    if tab.sorts():
        letters = "  ".join(f"s {letter} {meaning}" for letter, meaning in tab.sorts().items())
        lines.append([Part(f" {'s':<{KEYS_WIDTH}}", "key"), Part(f"sorts: {letters}")])
    shown = getattr(tab, "pane", tab.view)
    lines += [[Part("")], [Part(" Words", "title")]]
    lines += [[Part(f" {word:<{WORDS_WIDTH}} ", "key"), Part(meaning)] for word, meaning in words_of(tab.digit, shown)]
    for group in keymap.GROUPS:
        lines += [[Part("")], [Part(f" {group}", "title")]]
        lines += [_action_line(action.id) for action in keymap.ACTIONS if action.group == group]
    lines += [
        [Part("")],
        [Part(" Lower case looks and leaves no trace; upper case leaves one (G, the last row, only looks).", "dim")],
        [Part(" The platform is changed after W only, each time through a dialog whose Cancel has the focus.", "dim")],
        [Part(f" Not part of this version: {' '.join(_reserved())}", "dim")],
        [Part(f" Never bound: {' '.join(keymap.NEVER_BOUND)}", "dim")],
    ]
    return lines


def _action_line(action_id: str) -> list[Part]:
    action = keymap.by_id(action_id)
    keys = " ".join(action.keys) + (" + letter" if action.chord else "")
    style = "key" if action.grade is Grade.LOOK else "warning"
    return [Part(f" {keys:<{KEYS_WIDTH}}", style), Part(action.meaning)]


class HelpDialog(Dialog):
    """The help for one tab; `?` closes it again."""

    def __init__(self, tab: Tab, palette: Palette) -> None:
        super().__init__("Help", help_lines(tab), palette, "j k move   esc back")

    def pressed(self, key: str) -> bool:
        if key in ("?", "f1"):
            self.dismiss(None)
            return True
        return False


def _reserved() -> list[str]:
    return [key for action in keymap.ACTIONS if action.id in keymap.RESERVED for key in action.keys]
