"""How the cells of a live table look: its named styles, selected text within a line, and what a filter found."""

import re

from rich.style import Style
from textual.strip import Strip

RULES = {
    "header": "color: $text-muted; text-style: bold",
    "row": "color: $foreground",
    "cursor": "background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold",
    "dim": "color: $text-muted",
    "gone": "color: $text-muted; text-style: strike",
    "crit": "color: $error; text-style: bold",
    "warn": "color: $warning",
    "ok": "color: $success",
    "accent": "color: $accent",
    "strong": "text-style: bold",
    "match": "text-style: bold underline",
    "selected": "background: $surface-lighten-1",
}
"""Style → its rules in the framework's style sheets."""
OVER = frozenset({"crit", "warn", "ok", "accent", "strong", "match", "selected", "cursor"})
"""Styles that are laid over the row's own: what they do not say stays as it is."""
CSS = "\n".join(f".live-table--{name} {{ {rules}; }}" for name, rules in RULES.items())


def highlighted(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """The strip with the cells of a selection's span (-1: to the end) in the selection's style."""
    start, end = span
    if end == -1:
        end = strip.cell_length
    before, inside, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
    return Strip.join([before, inside.apply_style(style), after])


def parted(text: str, pattern: re.Pattern[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether the pattern found it."""
    pieces: list[tuple[str, bool]] = []
    at = 0
    for found in pattern.finditer(text):
        start, end = found.span()
        if start == end:
            continue
        if start > at:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    if at < len(text) or not pieces:
        pieces.append((text[at:], False))
    return pieces
