"""What is done to every line before the terminal gets it."""

from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from opsconsole.widgets.line_filters import AsciiSigns, NoColours
from opsconsole.widgets.theme import ASCII, PALETTES, UNICODE, glyphs

BLACK = Color.parse("#000000")


def test_signs_become_ascii_and_no_line_another_width() -> None:
    line = [Segment("▲1 api 12→20 · ▁▃█ ╭─╮ “so” ⠁ …")]
    assert AsciiSigns().apply(line, BLACK)[0].text == '!1 api 12>20 . _:# +-+ "so" : ~'


def test_without_colours_a_cursor_is_reverse_and_faint_words_are_dim() -> None:
    for palette in PALETTES.values():
        line = [
            Segment("row", Style.parse(f"bold {palette.critical} on {palette.cursor}")),
            Segment("age", Style.parse(f"{palette.dim} on {palette.background}")),
            Segment("P99", Style.parse(f"bold {palette.critical} on {palette.surface}")),
        ]
        cursor, faint, critical = [segment.style or Style() for segment in NoColours(palette).apply(line, BLACK)]
        told = [(style.bold, style.dim, style.reverse) for style in (cursor, faint, critical)]
        assert told == [(True, None, True), (None, True, None), (True, None, None)]
        assert all(style.color is not None and style.color.is_default for style in (cursor, faint, critical))


def test_the_terminal_of_linux_gets_ascii_unless_the_settings_say_otherwise() -> None:
    assert glyphs("auto", "linux") is ASCII
    assert glyphs("unicode", "linux") is UNICODE
    assert glyphs("auto", "xterm-256color") is UNICODE
