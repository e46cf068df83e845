"""Names made to break a screen: control characters, ANSI escapes, markup, wide, combining and right-to-left text."""

import unicodedata

import pytest
from rich.cells import cell_len

from . import story
from .tabs import console, lines, settled

VIEWS = [
    (digit, view)
    for digit, views in {
        0: ("now", "changed"),
        1: ("services", "alerts"),
        2: (
            "wrong",
            "workloads",
            "pods",
            "nodes",
            "hpas",
            "events",
            "more",
            "services",
            "budgets",
            "namespaces",
            "jobs",
            "cronjobs",
            "replicasets",
            "quotas",
            "claims",
            "endpoints",
        ),
        3: ("statements", "sessions", "locks", "health", "redis", "connections", "servers"),
        4: ("budget", "anomalies", "rejected"),
        5: ("health", "hurt"),
        6: ("open", "all", "timeline", "journal", "actions"),
    }.items()
    for view in views
]
WIDTH = 160


@pytest.mark.parametrize(("digit", "view"), VIEWS, ids=lambda part: str(part))
async def test_foreign_text_moves_nothing_and_says_itself_plainly(digit: int, view: str, fixed_clock: None) -> None:
    app = console(story.board(change=story.hostile), start=digit)
    async with app.run_test(size=(WIDTH, 45)) as pilot:
        await settled(pilot, view)
        screen = lines(app)
        for number, line in enumerate(screen):
            assert cell_len(line) == WIDTH, f"line {number} is {cell_len(line)} cells wide: {line!r}"
            bad = [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp")]
            assert not bad, f"line {number} holds {bad}: {line!r}"


async def test_markup_is_text(fixed_clock: None) -> None:
    app = console(story.board(change=story.hostile), start=2)
    async with app.run_test(size=(200, 45)) as pilot:
        tab = await settled(pilot, "pods")
        assert tab.table is not None
        assert "␛[2J␇[bold]x[/bold]" in tab.table.as_text()


async def test_a_hostile_name_can_be_filtered_for_and_copied_as_it_is_written(fixed_clock: None) -> None:
    app = console(story.board(change=story.hostile), start=2)
    async with app.run_test(size=(200, 45)) as pilot:
        tab = await settled(pilot, "pods")
        assert tab.apply_filter("漢字") == ""
        assert tab.table is not None
        assert tab.table.row_count == len(story.pods())
        assert "\x1b" not in tab.copy_text()
