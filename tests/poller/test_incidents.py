"""The feed of incidents: own writes, another console's, and a store that cannot be used."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsconsole.model.incident import Incidents
from opsconsole.model.reading import Reading, State
from opsconsole.poller import incidents as feed
from opsconsole.poller.board import Board
from opsconsole.poller.schedule import Poller
from opsconsole.poller.topics import INCIDENTS, JOURNAL, Topic
from opsconsole.store.store import Store
from tests.store.make import entry, incident, line


async def heard(board: Board, holds: Callable[[Reading[Any]], bool], topic: Topic[Any] = INCIDENTS) -> Reading[Any]:
    """The next reading for which it holds."""
    found: asyncio.Queue[Reading[Any]] = asyncio.Queue()
    board.subscribe(topic, lambda reading, _: found.put_nowait(reading))
    reading = board.get(topic)
    async with asyncio.timeout(60):
        while not holds(reading):
            reading = await found.get()
    return reading


async def test_it_follows_own_writes_and_those_of_another_console(tmp_path: Path) -> None:
    store, other = Store.open(tmp_path / "store.db"), Store.open(tmp_path / "store.db")
    board = Board()
    poller = Poller(board)
    poller.start([feed.IncidentsFeed(store)])
    await heard(board, lambda reading: reading.value == Incidents())
    await store.add_incident(incident())
    await heard(board, lambda reading: reading.value is not None and len(reading.value.incidents) == 1)
    await other.append(entry("from another console"))
    found = await heard(board, lambda reading: reading.value is not None and len(reading.value.entries) == 1)
    assert found.state is State.OK
    assert found.source.endswith("store.db")
    await poller.stop()
    await store.close()
    await other.close()


async def test_the_newest_lines_of_the_journal_come_first_and_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LOOK_EVERY_S", 3600.0)
    monkeypatch.setattr(feed, "NEWEST", 2)
    store = Store.open(tmp_path / "store.db")
    board = Board()
    poller = Poller(board)
    poller.start([feed.IncidentsFeed(store)])
    await heard(board, lambda reading: reading.value == (), topic=JOURNAL)
    for number in (1, 2, 3):
        await store.journal(line(f"run {number}"))
    found = await heard(
        board,
        lambda reading: reading.value is not None and len(reading.value) > 0 and reading.value[0].seq == 3,
        topic=JOURNAL,
    )
    assert found.value is not None
    assert [shown.seq for shown in found.value] == [3, 2]
    await poller.stop()
    await store.close()


async def test_a_store_that_cannot_be_used_fails_the_topic_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store.open(tmp_path / "file" / "store.db")
    board = Board()
    poller = Poller(board)
    poller.start([feed.IncidentsFeed(store)])
    found = await heard(board, lambda reading: reading.state is State.FAILED)
    assert found.problem is not None
    assert "cannot be used" in found.problem.sentence
    await poller.stop()
    await store.close()
