"""What the console itself costs a server, in words, and at the right end of a line."""

from rich.text import Text

from ..model.own_cost import OwnCost
from ..model.reading import Reading
from ..text import units
from .table_tab import sure


def cost_words(reading: Reading[OwnCost]) -> str:
    """`asked 28/min, 9 ms each`; by our own clock where the server does not count; "" without a figure of now."""
    cost = reading.value
    if cost is None or cost.per_minute is None or not sure(reading):
        return ""
    each = f", {units.seconds(cost.ms_each / 1000)} each" if cost.ms_each is not None else ""
    return f"asked {cost.per_minute:.0f}/min{each}" + ("" if cost.by_server else " by our clock")


def with_cost(line: Text, reading: Reading[OwnCost], width: int) -> Text:
    """The line with the words at its right end, where there is room for both."""
    words = cost_words(reading)
    room = width - line.cell_len - len(words)
    if not words or room < 2:
        return line
    return line.append(" " * room).append(words, style="dim")
