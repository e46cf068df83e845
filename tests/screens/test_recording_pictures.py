"""The forms that record, as pictures at three sizes: 80×24, 120×40, 160×45."""

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.incident import Incidents
from opsconsole.model.journal import Who
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.records.records import Records

from . import story
from .recorded import opened
from .tabs import console, settled

SIZES = [(80, 24), (120, 40), (160, 45)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("form", ["declare", "join", "note", "state", "inform"])
def test_form(
    form: str, size: tuple[int, int], snap_compare: Callable[..., bool], fixed_clock: None, tmp_path: Any
) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press({"declare": "D", "join": "D", "note": "N", "state": "T", "inform": "I"}[form])
        await opened(pilot)
        if form == "note":
            await pilot.press(*"!todo", "space", *"alert")
        await pilot.pause()

    assert snap_compare(of_lena(none_open=form == "declare"), terminal_size=size, run_before=ready)


def of_lena(*, none_open: bool) -> Console:
    """A console in front of which lena sits; nothing is written in these pictures, so there is no store behind it."""
    board = story.board()
    if none_open:
        board.publish(topics.INCIDENTS, Reading(Incidents(), State.OK, story.NOW))
    app = console(board)
    records = Records(None, board, app.context.profile, app.context.policy)  # type: ignore[arg-type]
    records.who = Who("lena", "bastion")
    app.context.records = records
    return app
