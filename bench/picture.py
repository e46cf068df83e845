"""A terminal's screen as an SVG picture, colours included."""

import os
import re
from itertools import groupby

import pyte
from rich.console import Console
from rich.text import Text

from .terminal import Terminal

PARTS = re.compile(r" +|[^ ]+(?: [^ ]+)*")
"""Words and gaps: each gets its own place in the picture, so that it stands right in any font."""
NAMED = {"brown": "yellow", "brightbrown": "bright_yellow"}
"""Colours that pyte calls otherwise than Rich does."""


def svg(terminal: Terminal, title: str) -> str:
    """The screen as it stands."""
    screen = terminal.screen
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=screen.columns, file=nowhere, color_system="truecolor")
        for row in range(screen.lines):
            console.print(_line(screen, row), no_wrap=True, crop=True)
        return console.export_svg(title=title, unique_id=title.replace(" ", "-"))


def _line(screen: pyte.Screen, row: int) -> Text:
    line = Text(end="")
    cells = [screen.buffer[row][column] for column in range(screen.columns)]
    for style, alike in groupby(cells, _style):
        for part in PARTS.findall("".join(cell.data for cell in alike)):
            line.append(part, style)
    return line


def _style(cell: pyte.screens.Char) -> str:
    words = [name for name, on in (("bold", cell.bold), ("italic", cell.italics), ("reverse", cell.reverse)) if on]
    words += ["underline"] * bool(cell.underscore) + ["strike"] * bool(cell.strikethrough)
    words += [_colour(cell.fg)] if cell.fg != "default" else []
    words += ["on", _colour(cell.bg)] if cell.bg != "default" else []
    return " ".join(words)


def _colour(name: str) -> str:
    if len(name) == 6 and all(character in "0123456789abcdefABCDEF" for character in name):
        return f"#{name}"
    return NAMED.get(name, name)
