"""Two consoles' records on one file, each with a board of its own."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Profile
from opsconsole.model.finding import Change, Finding
from opsconsole.model.journal import Who
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import CHANGES, FINDINGS, INCIDENTS
from opsconsole.records.records import Records
from opsconsole.store.store import Store
from opsconsole.text import clock

POLICY = builtin("default")


@contextlib.asynccontextmanager
async def opened(path: Path, user: str) -> AsyncIterator[Records]:
    store = Store.open(path)
    records = Records(store, Board(), Profile(), POLICY)
    records.who = Who(user, "bastion")
    try:
        yield records
    finally:
        await store.close()


async def look(records: Records) -> None:
    """What the feed does: bring onto the board what the store holds."""
    records.board.publish(INCIDENTS, Reading(await records.store.incidents(), State.OK, clock.now()))


def changed(records: Records, *changes: Change, state: State = State.OK) -> None:
    """What the judge says that changed."""
    records.board.publish(CHANGES, Reading(changes, state, clock.now()))


def found(records: Records, *findings: Finding, state: State = State.OK) -> None:
    """What the judge says that is wrong."""
    records.board.publish(FINDINGS, Reading(findings, state, clock.now()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.db"


@pytest.fixture
async def ada(path: Path) -> AsyncIterator[Records]:
    async with opened(path, "ada") as records:
        yield records


@pytest.fixture
async def bo(path: Path) -> AsyncIterator[Records]:
    async with opened(path, "bo") as records:
        yield records
