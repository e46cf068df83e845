"""Each tab in the night of the slow release, as a picture at three sizes: 80×24, 120×40, 200×60."""

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from . import story
from .tabs import console, settled

SIZES = [(80, 24), (120, 40), (200, 60)]
VIEWS = [
    (0, "now"),
    (1, "services"),
    (2, "workloads"),
    (3, "statements"),
    (3, "locks"),
    (4, "budget"),
    (5, "health"),
    (6, "open"),
    (6, "all"),
    (6, "journal"),
    (6, "actions"),
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("digit", "view"), VIEWS, ids=lambda part: str(part))
def test_tab(
    digit: int, view: str, size: tuple[int, int], snap_compare: Callable[..., bool], fixed_clock: None
) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await settled(pilot, view)

    assert snap_compare(console(story.board(), start=digit), terminal_size=size, run_before=ready)
