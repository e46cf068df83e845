"""The tiles of the Metrics tab as one line: value, state, and its last hour where there is room."""

from rich.text import Text

from ..config.settings import Policy
from ..model.metrics import Tile, Tiles
from ..model.reading import Reading
from ..rules.tiles import judged
from ..text import units
from ..text.clean import clean
from ..widgets.chart_drawing import sparkline
from ..widgets.theme import UNICODE, Glyphs
from .table_tab import trust

SPARK = 5
FIRST = 6
"""So many tiles with sparklines are worth more than all of them without."""
NEWS, LOW = 0.05, -0.2
"""Against last week: from so much on a change is said, and from so much less on a figure is marked."""


def tile_line(reading: Reading[Tiles], policy: Policy, width: int, glyphs: Glyphs = UNICODE) -> Text:
    """As many tiles as fit, the least important ones left out first, and of those that breach none; sparklines stay as
    long as the first ones fit with them."""
    tiles = reading.value.tiles if reading.value is not None else ()
    note = trust(reading)
    if not tiles:
        return Text(note, style="dim")
    line = Text()
    for spark, normal, least in ((True, True, FIRST), (False, True, len(tiles)), (False, False, 1)):
        shown = tiles
        line = _line(shown, policy, glyphs, spark=spark, normal=normal)
        while line.cell_len > width and len(shown) > least:
            shown = _without_one(shown, policy)
            line = _line(shown, policy, glyphs, spark=spark, normal=normal)
        if line.cell_len <= width:
            break
    if note:
        # the headline says why; here only that these figures are old
        line.stylize("dim")
        line = Text.assemble((f"{note.partition(':')[0]}  ", "bold"), line)
    return line


def _without_one(tiles: tuple[Tile, ...], policy: Policy) -> tuple[Tile, ...]:
    """Without the last that does not breach, else without the last."""
    calm = [place for place, tile in enumerate(tiles) if judged(tile, policy) != "breach"]
    place = calm[-1] if calm else len(tiles) - 1
    return (*tiles[:place], *tiles[place + 1 :])


def _line(tiles: tuple[Tile, ...], policy: Policy, glyphs: Glyphs, *, spark: bool, normal: bool) -> Text:
    return Text("  ").join([_tile(tile, policy, glyphs, spark=spark, normal=normal) for tile in tiles])


def _tile(tile: Tile, policy: Policy, glyphs: Glyphs, *, spark: bool, normal: bool) -> Text:
    state = judged(tile, policy)
    text = Text.assemble((f"{clean(tile.title)} ", "dim"), amount(tile))
    if state == "breach":
        text.stylize("bold")
        text.append(f" {glyphs.critical}", style="bold")
    elif normal and tile.last_week and tile.value is not None:
        change = tile.value / tile.last_week - 1
        if abs(change) >= NEWS:
            text.append(f" {change * 100:+.0f}%", style="bold" if change <= LOW else "dim")
    if spark:
        text.append(f" {sparkline(tile.recent, SPARK, ascii_only=glyphs is not UNICODE)}", style="dim")
    return text


def amount(tile: Tile) -> str:
    """The value in its unit, `n/max` where there is a maximum."""
    if tile.value is None:
        return units.UNKNOWN
    if tile.unit == "bytes":
        if tile.maximum:
            return f"{units.percent(tile.value / tile.maximum)}%"
        return units.size(tile.value)
    if tile.maximum:
        return f"{units.number(tile.value)}/{units.number(tile.maximum)}"
    return quantity(tile.value, tile.unit)


def quantity(value: float | None, unit: str) -> str:
    """A value with its unit, short."""
    if value is None:
        return units.UNKNOWN
    if unit == "ratio":
        return f"{units.percent(value)}%"
    if unit == "s":
        return units.seconds(value)
    return units.size(value) if unit == "bytes" else units.number(value)
