"""What is done to every line before the terminal gets it: signs of ASCII for other signs, and no colours at all."""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from .theme import Palette

_SIGNS = {
    "!": "▲", "~": "△…±", "*": "●•◆▆", ".": "·░▖▗▘▝▂", "o": "○■▪", "+": "✓▅├└┌┐┘┤┬┴┼╭╮╰╯", "^": "↑", "v": "▼▾↓",
    ">": "→▸▶►›»≥", "<": "←◂◀◄‹«↵≤", "-": "─━╌╍┄═–—▬▔−▄", "|": "│┃╎┆║▏▕", "=": "▒▍▎", "#": "█▓▐▌▀▇▉▊▋▚▞▙▟▛▜",
    "_": "▁", ":": "▃" + "".join(map(chr, range(0x2800, 0x2900))), "x": "×", "u": "µ", '"': "“”", "'": "‘’",
}  # fmt: skip
_ASCII = str.maketrans({sign: plain for plain, signs in _SIGNS.items() for sign in signs})
"""One cell for one cell: no line gets another width."""
FAR = 32
"""A background that differs by so much in one of its colours tells something: a cursor, a button, a selection."""
FAINT = 0.55
"""Text that stands out by less than this share of what the palette's text does is dim."""


class AsciiSigns(LineFilter):
    """For terminals that have no other signs, or draw them two cells wide."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(segment.text.isascii() for segment in segments):
            return segments
        return [Segment(text.translate(_ASCII), style, control) for text, style, control in segments]


class NoColours(LineFilter):
    """NO_COLOR: bold, dim and reverse video alone tell what colours told."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        ground, text = Color.parse(palette.background), Color.parse(palette.text)
        dims = {Color.parse(palette.dim).rgb, Color.parse(palette.stale).rgb}
        whole = abs(text.brightness - ground.brightness)

        @lru_cache(1024)
        def plain(style: Style) -> Style:
            front, back = _rgb(style.color), _rgb(style.bgcolor)
            far = back is not None and max(abs(a - b) for a, b in zip(back, ground.rgb, strict=True)) >= FAR
            contrast = abs(Color(*front).brightness - ground.brightness) if front else whole
            faint = not far and (front in dims or contrast < FAINT * whole)
            return style + Style(color="default", bgcolor="default", dim=faint or None, reverse=far or None)

        self._plain = plain

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, self._plain(style) if style else style, control) for text, style, control in segments]


def _rgb(color: RichColor | None) -> tuple[int, int, int] | None:
    triplet = color.triplet if color is not None else None
    return (triplet.red, triplet.green, triplet.blue) if triplet is not None else None
