"""The pane below a table: its lines are broken where it has rows for them."""

from rich.console import Console as RichConsole
from rich.text import Text

from opsconsole.screens.table_view import TableView, broken

from . import story
from .driving import until
from .tabs import console, settled


def test_long_lines_are_broken_as_long_as_there_are_rows() -> None:
    lines = [Text("one two three four five six"), Text("seven"), Text("a much longer left | right".replace("|", "│"))]

    def shown(rows: int) -> list[str]:
        return [line.plain for line in broken(lines, 12, rows, RichConsole())]

    last = ["seven", "a much longer left │ right"]
    assert shown(3) == ["one two three four five six", *last]
    assert shown(4) == ["one two", "  three four five six", *last]
    assert shown(6) == ["one two", "  three four", "  five six", *last]


async def test_in_a_low_console_the_pane_takes_the_rows_that_a_short_table_leaves(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await settled(pilot, "hpas")
        assert tab.table is not None
        view, table = tab.explained, tab.table
        assert isinstance(view, TableView)
        await until(pilot, lambda: view._pane.size.height == 10 and table.size.height > table.row_count)
        told = view._pane.content
        assert isinstance(told, Text)
        lines = told.plain.split("\n")
        assert len(lines) <= view._pane.size.height
        assert all(len(line) <= 80 for line in lines)  # nothing is cut
