"""Waiting for what a key leads to, instead of sleeping."""

import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.widgets.line import Line

from .stub import StubTab

DEADLINE_S = 10.0


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Let the application run until the condition holds."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, "it never happened"
        await pilot.pause(0.01)


async def opened(pilot: Pilot[None], digit: int = 0) -> StubTab:
    """The stand-in tab of that digit, in front and laid out."""
    app = pilot.app
    assert isinstance(app, Console)
    await until(pilot, lambda: app.frame.active is not None and app.tab.digit == digit)
    await until(pilot, lambda: app.focused is not None)
    assert isinstance(app.tab, StubTab)
    return app.tab


def shown(app: Console, line: str) -> str:
    """The text of a line of the frame: strip, now, views, headline, footer."""
    return app.frame.query_one(f"#{line}", Line).text


def read(dialog: Any) -> None:
    """Let it be a while ago that the dialog opened and that the last key came."""
    dialog.deliberate._opened = dialog.deliberate._last = float("-inf")
