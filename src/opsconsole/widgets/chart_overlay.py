"""What is laid over a finished plot: the cursor's line, and the marks of what happened, each at its own time."""

from collections.abc import Sequence

from rich.text import Text

Sign = tuple[float, str]
"""(time, few letters): the first letter says the kind."""


def column_of(time: float, start: float, end: float, room: int) -> int | None:
    """The cell of a time on an axis of `room` cells; None where it lies outside."""
    if not start <= time <= end or room < 1:
        return None
    return round((time - start) / (end - start) * (room - 1))


def with_cursor(line: Text, x: int, ascii_only: bool) -> Text:
    """The cursor's cell of one line: a bar where nothing is drawn, else what is drawn, turned round."""
    line = line.copy()
    if line.cell_len <= x:
        line.append(" " * (x + 1 - line.cell_len))
    if line.plain[x] == " ":
        line = Text.assemble(line[:x], ("|" if ascii_only else "│", "dim"), line[x + 1 :], end="")
    else:
        line.stylize("reverse", x, x + 1)
    return line


def marks_line(signs: Sequence[Sign], start: float, end: float, width: int, axis: int) -> Text:
    """Each mark's first letter stands in the cell of its time; the rest of it where no other mark begins."""
    room = width - axis
    first: dict[int, str] = {}
    for time, letters in signs:
        x = column_of(time, start, end, room)
        if x is not None and letters:
            first.setdefault(axis + x, letters)
    cells = [" "] * width
    places = sorted(first)
    for place, following in zip(places, [*places[1:], width + 1], strict=False):
        letters = first[place]
        shown = letters if place + len(letters) < following and place + len(letters) <= width else letters[:1]
        cells[place : place + len(shown)] = shown
    return Text("".join(cells), style="bold", end="")
