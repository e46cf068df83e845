"""A console over the night of the slow release whose records go to a real store, and how a test fills its forms."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.config.settings import Documents
from opsconsole.model.incident import Incidents, TimelineEntry
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import INCIDENTS
from opsconsole.records.records import Records
from opsconsole.screens.dialogs.form import Form
from opsconsole.store.store import Store
from opsconsole.widgets.line import Line

from . import story
from .driving import shown, until
from .tabs import console


@asynccontextmanager
async def recorded(
    folder: Path, *, start: int = 0, held: Incidents | None = None
) -> AsyncIterator[tuple[Console, Store]]:
    """`held`: the incidents that the store and the board hold; the story's by default."""
    known = story.incidents() if held is None else held
    store = Store.open(folder / "store.db")
    await store.import_incidents(
        (one, [entry for entry in known.entries if entry.incident == one.id]) for one in known.incidents
    )
    board = story.board()
    board.publish(INCIDENTS, Reading(known, State.OK, story.NOW))
    app = console(board, start=start)
    app.state_dir = folder
    app.context.settings = type(app.context.settings)(documents=Documents(folder=str(folder / "documents")))
    app.context.records = Records(store, board, app.context.profile, app.context.policy)
    try:
        yield app, store
    finally:
        await store.close()


async def form(pilot: Pilot[None], key: str) -> Form:
    """Press a capital and wait for its form; from then on every key is one that a person pressed in peace."""
    await pilot.press(key)
    return await opened(pilot)


async def opened(pilot: Pilot[None]) -> Form:
    def drawn() -> bool:
        screen = pilot.app.screen
        return isinstance(screen, Form) and any(line.text for line in screen.query("#form-buttons").results(Line))

    await until(pilot, drawn)
    screen = pilot.app.screen
    assert isinstance(screen, Form)
    seconds = itertools.count(100)
    screen.deliberate._clock = lambda: float(next(seconds))
    screen.deliberate.begin()
    return screen


async def closed(pilot: Pilot[None]) -> str:
    """Wait until the form is gone; what the console said."""
    app = pilot.app
    assert isinstance(app, Console)
    await until(pilot, lambda: not app.dialog_open)
    return shown(app, "footer").strip()


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*("space" if letter == " " else letter for letter in text))


def message(dialog: Form) -> str:
    """Why a form is still there."""
    return str(dialog.query_one(".message").render())


async def timeline(store: Store, incident: str = "INC-7") -> list[TimelineEntry]:
    return [entry for entry in (await store.incidents()).entries if entry.incident == incident]
