"""Names made to break a screen: control characters, ANSI escapes, markup, wide, combining and right-to-left text."""

import unicodedata
from typing import Any

import pytest
from rich.cells import cell_len

from opsconsole.model.logs import Counted, Level, LogOverview, ServiceLog
from opsconsole.model.probe import ProbeAnswer, Probes, ProbeState
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import LOGS, PROBES, SLOS, Topic

from . import slo_story, story
from .tabs import console, lines, settled

VIEWS = [
    (digit, view)
    for digit, views in {
        0: ("now", "changed"),
        1: ("services", "slo", "alerts", "probes", "logs"),
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
OTHERS: dict[Topic[Any], Any] = {
    SLOS: slo_story.slos(),
    LOGS: LogOverview(
        (ServiceLog("api\x1b[2J", "live", 60.0, (1.0,) * 60, new=(Counted("ERROR timeout <N>", 41, Level.ERROR),)),)
    ),
    PROBES: Probes(
        (
            ProbeState(
                "shop", "https://shop.example", "https", "api", "warning", 3, 14.0, 30.0,
                ProbeAnswer(story.NOW, False, "answered 502"), 4, story.NOW,
            ),
        )
    ),
}  # fmt: skip
"""Readings that the story's board has none of."""


@pytest.mark.parametrize(("digit", "view"), VIEWS, ids=lambda part: str(part))
async def test_foreign_text_moves_nothing_and_says_itself_plainly(digit: int, view: str, fixed_clock: None) -> None:
    board = story.board(change=story.hostile)
    for topic, value in OTHERS.items():
        board.publish(topic, Reading(story.hostile(value), State.OK, story.NOW))
    app = console(board, start=digit)
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
