"""Only the cells that differ are sent, and the terminal then shows what Textual wanted it to show."""

import io

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from opsconsole.terminal.differences import Shown

WIDTH, HEIGHT = 40, 4
CONSOLE = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
STYLES = (None, Style(bold=True), Style(color="#ff0000", bgcolor="#101010"), Style(reverse=True))
texts = st.text("abc 01│▄é", min_size=1, max_size=12) | st.sampled_from(["数据", "x数", "e\u0301", "🙂"])
segments = st.tuples(texts, st.sampled_from(STYLES)).map(lambda made: Segment(*made))
lines = st.lists(segments, min_size=1, max_size=8).map(lambda found: Strip(found).adjust_cell_length(WIDTH))
screens = st.lists(lines, min_size=HEIGHT, max_size=HEIGHT)
spans = st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, WIDTH)).map(
    lambda span: (span[0], min(span[1], span[2] - 1), max(span[1] + 1, span[2]))
)


class Sight:
    """A terminal that shows what it is sent."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self.screen)

    def write(self, text: str) -> None:
        self._stream.feed(text)

    def cells(self) -> list[list[object]]:
        return [[self.screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


def everything(strips: list[Strip]) -> ChopsUpdate:
    return update(strips, [(y, 0, WIDTH) for y in range(HEIGHT)])


def update(strips: list[Strip], where: list[tuple[int, int, int]]) -> ChopsUpdate:
    return ChopsUpdate([{0: strip} for strip in strips], where, [[WIDTH]] * HEIGHT)


def begin(shown: Shown, strips: list[Strip]) -> str:
    first = LayoutUpdate([[strip] for strip in strips], Region(0, 0, WIDTH, HEIGHT))
    shown.whole(first, CONSOLE)
    return first.render_segments(CONSOLE)


@settings(max_examples=25, deadline=None)
@given(screens, screens)
def test_the_terminal_shows_the_same_as_if_everything_was_sent(before: list[Strip], after: list[Strip]) -> None:
    shown, ours, theirs = Shown(), Sight(), Sight()
    first = begin(shown, before)
    ours.write(first)
    theirs.write(first)
    ours.write(shown.changed(everything(after), CONSOLE))
    theirs.write(everything(after).render_segments(CONSOLE))
    assert ours.cells() == theirs.cells()


@settings(max_examples=25, deadline=None)
@given(screens, screens, st.lists(spans, min_size=1, max_size=4))
def test_parts_of_lines_may_change_one_after_the_other(
    before: list[Strip], after: list[Strip], where: list[tuple[int, int, int]]
) -> None:
    shown, sight = Shown(), Sight()
    sight.write(begin(shown, before))
    for span in where:
        sight.write(shown.changed(update(after, [span]), CONSOLE))
    sight.write(shown.changed(everything(after), CONSOLE))
    whole = Sight()
    whole.write(begin(Shown(), after))
    assert [line.rstrip() for line in sight.screen.display] == [line.rstrip() for line in whole.screen.display]


@given(screens)
def test_nothing_is_sent_where_nothing_differs(strips: list[Strip]) -> None:
    shown = Shown()
    begin(shown, strips)
    again = shown.changed(everything(strips), CONSOLE)
    # lines with wide characters are sent whole: what a terminal makes of them is its own affair
    assert all(character not in again for character in "│▄") or any(wide in again for wide in "数据🙂\u0301")


def test_one_cell_costs_one_cell() -> None:
    shown = Shown()
    begin(shown, [Strip([Segment("load 11 %".ljust(WIDTH))])] * HEIGHT)
    now = [Strip([Segment("load 12 %".ljust(WIDTH))])] * HEIGHT
    assert shown.changed(update(now, [(2, 0, WIDTH)]), CONSOLE) == "\x1b[3;7H2"


def test_what_was_forgotten_is_sent_again() -> None:
    shown = Shown()
    strips = [Strip([Segment("as before".ljust(WIDTH))])] * HEIGHT
    begin(shown, strips)
    shown.forget()
    assert "as before" in shown.changed(everything(strips), CONSOLE)


def test_before_the_first_whole_screen_everything_is_sent() -> None:
    strips = [Strip([Segment("first".ljust(WIDTH))])] * HEIGHT
    assert Shown().changed(everything(strips), CONSOLE) == everything(strips).render_segments(CONSOLE)
