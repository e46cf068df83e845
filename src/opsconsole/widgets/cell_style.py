"""How the cells of a live table look: its named styles, and selected text within a line."""

from rich.style import Style
from textual.strip import Strip

from .columns import Cell

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
    "selected": "background: $surface-lighten-1",
}
"""Style → its rules in the framework's style sheets."""
OVER = frozenset({"crit", "warn", "ok", "accent", "strong", "selected", "cursor"})
"""Styles that are laid over the row's own: what they do not say stays as it is."""
CSS = "\n".join(f".live-table--{name} {{ {rules}; }}" for name, rules in RULES.items())


def plain(cell: Cell) -> str:
    return cell[0] if isinstance(cell, tuple) else cell


def highlighted(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """The strip with the cells of a selection's span (-1: to the end) in the selection's style."""
    start, end = span
    if end == -1:
        end = strip.cell_length
    before, inside, after = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
    return Strip.join([before, inside.apply_style(style), after])
