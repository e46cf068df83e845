"""Colours and glyphs: four restrained palettes, one set of words for what a colour means.

Status is always a word and a glyph too, so every palette may be lost (NO_COLOR, 16 colours) without losing a fact.
"""

from dataclasses import dataclass, replace
from functools import cache

from rich.style import Style
from textual.theme import Theme


@dataclass(frozen=True)
class Palette:
    """Rich style strings by meaning; backgrounds belong to `background`, `surface` and the cursor alone."""

    name: str
    dark: bool
    background: str
    surface: str
    """Frame lines and dialogs."""
    text: str
    dim: str
    accent: str
    """Keys, the active tab, the frame."""
    critical: str
    blind: str
    warning: str
    info: str
    ok: str
    stale: str
    cursor: str
    """Background of the row under the cursor."""
    production: str
    """Background of the profile's name where the platform is production."""
    series: tuple[str, ...]
    """Colours of chart lines: the first, the second, the limit."""
    coarse: bool = False
    """Few or no colours: what a background would tell is told in reverse video."""

    def style(self, token: str) -> Style:
        """The style of a meaning: a field's name, or `title`, `key`, `reverse`, `active`, `cursor`."""
        return _style(self, token)


@cache
def _style(palette: Palette, token: str) -> Style:
    made = {
        "title": f"bold {palette.text}",
        "key": f"bold {palette.accent}",
        "active": "bold reverse" if palette.coarse else f"bold {palette.background} on {palette.accent}",
        "reverse": "bold reverse",
        "cursor": "reverse" if palette.coarse else f"on {palette.cursor}",
        "critical": f"bold {palette.critical}",
        "blind": f"bold {palette.blind}",
        "stale": f"italic {palette.stale}",
        "production": "bold reverse" if palette.coarse else f"bold {palette.background} on {palette.production}",
        "": palette.text,
    }
    return Style.parse(made.get(token) or str(getattr(palette, token)))


DARK = Palette(
    name="dark",
    dark=True,
    background="#101418",
    surface="#1a2026",
    text="#d4d8dc",
    dim="#8a949e",
    accent="#7fb4d8",
    critical="#ff6b63",
    blind="#d698e8",
    warning="#e8b84a",
    info="#7fb4d8",
    ok="#7cc08a",
    stale="#8a949e",
    cursor="#2c3a48",
    production="#e0876a",
    series=("#7fb4d8", "#e8b84a", "#ff6b63"),
)
LIGHT = Palette(
    name="light",
    dark=False,
    background="#fafafa",
    surface="#eceff2",
    text="#20262c",
    dim="#5f6a74",
    accent="#1f5f96",
    critical="#b3201a",
    blind="#7a2f96",
    warning="#8a5a00",
    info="#1f5f96",
    ok="#1f6f35",
    stale="#5f6a74",
    cursor="#cfe0f0",
    production="#b04a20",
    series=("#1f5f96", "#8a5a00", "#b3201a"),
)
HIGH_CONTRAST = Palette(
    name="high-contrast",
    dark=True,
    background="#000000",
    surface="#000000",
    text="#ffffff",
    dim="#d0d0d0",
    accent="#00ffff",
    critical="#ff6060",
    blind="#ff80ff",
    warning="#ffff00",
    info="#00ffff",
    ok="#60ff60",
    stale="#d0d0d0",
    cursor="#0000a0",
    production="#ffa000",
    series=("#00ffff", "#ffff00", "#ff6060"),
)
COLOUR_BLIND = Palette(
    name="colour-blind",
    dark=True,
    background="#101418",
    surface="#1a2026",
    text="#d8d8d8",
    dim="#909aa4",
    accent="#56b4e9",
    critical="#ff8c42",
    blind="#cc9ad0",
    warning="#f0e442",
    info="#56b4e9",
    ok="#5a9bd4",
    stale="#909aa4",
    cursor="#2c3a48",
    production="#ff8c42",
    series=("#56b4e9", "#f0e442", "#ff8c42"),
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND)}


_ON_BLACK = replace(
    DARK,
    background="#000000", surface="#000000", text="#ffffff", dim="#c0c0c0", accent="#00ffff", critical="#ff6b63",
    blind="#ff00ff", warning="#ffff00", info="#00ffff", ok="#55ff55", stale="#c0c0c0", cursor="#0000ff",
    production="#ffff00", series=("#00ffff", "#ffff00", "#ff6b63"), coarse=True,
)  # fmt: skip
_ON_WHITE = replace(
    LIGHT,
    background="#ffffff", surface="#ffffff", text="#000000", dim="#5f6a74", accent="#000080", critical="#800000",
    blind="#800080", warning="#808000", info="#000080", ok="#008000", stale="#5f6a74", cursor="#c0c0c0",
    production="#800000", series=("#000080", "#808000", "#800000"), coarse=True,
)  # fmt: skip
COARSE = {
    DARK.name: _ON_BLACK,
    LIGHT.name: _ON_WHITE,
    HIGH_CONTRAST.name: _ON_BLACK,
    COLOUR_BLIND.name: replace(_ON_BLACK, critical="#ffff00", ok="#5c5cff", series=("#00ffff", "#c0c0c0", "#ffff00")),
}
"""The same in the sixteen colours that every terminal has; restrained ones would all become its grey."""


def palette(name: str, *, coarse: bool = False) -> Palette:
    """The palette of that name (settings: interface.theme); `coarse` for 16 colours and for none."""
    return replace(COARSE[name], name=name) if coarse else PALETTES[name]


def textual_theme(palette: Palette) -> Theme:
    """The palette as a Textual theme (dialogs, inputs, scrollbars)."""
    return Theme(
        name=f"opsconsole-{palette.name}",
        primary=palette.accent,
        secondary=palette.dim,
        accent=palette.accent,
        foreground=palette.text,
        background=palette.background,
        surface=palette.surface,
        panel=palette.surface,
        success=palette.ok,
        warning=palette.warning,
        error=palette.critical,
        dark=palette.dark,
        variables={
            "scrollbar": palette.dim,
            "scrollbar-background": palette.background,
            "scrollbar-corner-color": palette.background,
            "block-cursor-background": palette.cursor,
            "block-cursor-foreground": palette.text,
            "block-cursor-text-style": "none",
            "input-cursor-background": palette.accent,
            "input-cursor-foreground": palette.background,
            "border": palette.accent,
            "border-blurred": palette.dim,
        },
    )


@dataclass(frozen=True)
class Glyphs:
    """Marks of status and the few signs of the screens, each one cell wide."""

    critical: str
    warning: str
    blind: str
    incident: str
    info: str
    ok: str
    up: str
    down: str
    arrow: str
    ellipsis: str
    open: str
    closed: str
    line: str
    sparks: str


UNICODE = Glyphs("▲", "△", "?", "●", "·", "✓", "▲", "▼", "→", "…", "▾", "▸", "─", "▁▂▃▄▅▆▇█")
ASCII = Glyphs("!", "~", "?", "*", ".", "+", "^", "v", ">", "~", "v", ">", "-", "_.:-=+*#")


def glyphs(name: str, term: str = "") -> Glyphs:
    """`unicode`, `ascii` or `auto` (settings: interface.glyphs) for a terminal of that kind."""
    return ASCII if name == "ascii" or (name == "auto" and term == "linux") else UNICODE
