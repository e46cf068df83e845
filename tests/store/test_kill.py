"""What was acknowledged is there after kill -9, and two processes that write at once lose nothing of each other."""

import asyncio
import multiprocessing
import random
import sqlite3
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from opsconsole.store.store import Store
from tests.store.make import incident
from tests.store.test_store import spoil
from tests.store.writer import MODULES, full, write

KILLS = 100
BEGINNINGS = 16


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    """Processes that have imported everything when they begin: there are a hundred of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(MODULES))
    return context


class Writer:
    """A process that writes, and what it has said to be saved."""

    def __init__(self, forks: ForkServerContext, path: Path, name: str, limit: int = 10**9) -> None:
        self.heard, told = forks.Pipe(duplex=False)
        self.process: ForkServerProcess = forks.Process(target=write, args=(str(path), name, told, limit))
        self.process.start()
        told.close()

    def saved(self) -> list[str]:
        """All that it has told when it has ended; a last line cut off by the kill promises nothing."""
        self.process.join()
        said = _rest(self.heard).decode().splitlines(keepends=True)
        self.heard.close()
        return [identity.strip() for identity in said if identity.endswith("\n")]


async def begin(path: Path) -> None:
    store = Store.open(path)
    await store.add_incident(incident())
    await store.close()


async def entries_of(path: Path) -> dict[str, str]:
    """What is in the file by the name it was told under; a half one, or a chain that is not whole, fails here."""
    store = Store.open(path)
    incidents = await store.incidents()
    lines = await store.journal_lines()
    verified = await store.journal_verify()
    notes = (await store.status()).notes
    await store.close()
    assert (verified.problems, verified.lines, notes) == ((), len(lines), ())
    found = {entry.id: entry.text for entry in incidents.entries} | {line.run: line.words for line in lines}
    assert found == {identity: full(identity) for identity in found}
    titled = [entry.text for entry in incidents.entries if entry.kind == "title"]
    assert incidents.incidents[0].title in [*titled, "checkout slow"]
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return found


async def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(path: Path, forks: ForkServerContext) -> None:
    await begin(path)
    promised: list[str] = []
    for kill in range(KILLS):
        writer = Writer(forks, path, f"run{kill}")
        if kill % 2:
            writer.heard.poll(None)  # the other half dies while it starts, opens the file or looks through it
        writer.process.join(random.uniform(0, 0.04))
        writer.process.kill()
        promised += writer.saved()
    assert len(promised) >= KILLS / 2
    found = await entries_of(path)
    assert set(promised) <= set(found)
    assert len(found) <= len(promised) + KILLS


async def test_a_kill_while_the_file_is_begun_leaves_one_that_can_be_used(
    tmp_path: Path, forks: ForkServerContext
) -> None:
    for kill in range(BEGINNINGS):
        path = tmp_path / str(kill) / "store.db"
        writer = Writer(forks, path, "run", 1)
        writer.process.join(random.uniform(0, 0.1))
        writer.process.kill()
        promised = writer.saved()
        await begin(path)
        assert set(promised) <= set(await entries_of(path))


async def test_two_processes_write_at_once(path: Path, forks: ForkServerContext) -> None:
    await begin(path)
    writers = [Writer(forks, path, name, 99) for name in ("one", "two")]
    told = [await asyncio.to_thread(writer.saved) for writer in writers]
    assert [writer.process.exitcode for writer in writers] == [0, 0]
    promised = {identity for said in told for identity in said}
    assert len(promised) == 198
    assert promised == set(await entries_of(path))


async def test_three_processes_begin_the_file_at_once(path: Path, forks: ForkServerContext) -> None:
    writers = [Writer(forks, path, name, 2) for name in ("one", "two", "three")]
    for writer in writers:
        assert len(await asyncio.to_thread(writer.saved)) == 2
    await begin(path)
    assert len(await entries_of(path)) == 6


def _rest(told: Connection) -> bytes:
    with open(told.fileno(), "rb", closefd=False) as pipe:
        return pipe.read()


async def test_three_processes_meet_a_corrupt_file_at_once(path: Path, forks: ForkServerContext) -> None:
    await begin(path)
    content = spoil(path, "header")
    writers = [Writer(forks, path, name, 2) for name in ("one", "two", "three")]
    told = [await asyncio.to_thread(writer.saved) for writer in writers]
    store = Store.open(path)
    notes = {entry.id for entry in (await store.incidents()).entries}
    lines = await store.journal_lines()
    await store.close()
    assert [len(saved) for saved in told] == [2, 2, 2]
    assert {identity for saved in told for identity in saved} == notes | {line.run for line in lines if line.run}
    # who kept the corrupt file says so; a console that only found it moved may have said that first
    assert sum(line.phase == "begun" and "corrupt" in line.words for line in lines) == 1
    assert sum(line.phase == "begun" for line in lines) <= 2
    (kept,) = path.parent.glob("store.db.corrupt-*T??????")
    assert kept.read_bytes() == content
