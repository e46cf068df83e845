"""What was acknowledged is there after kill -9, and two processes that write at once lose nothing of each other."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from opsconsole.store.store import Store
from tests.store.make import incident

KILLS = 24
WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from opsconsole.model.incident import TimelineEntry
from opsconsole.store.store import Store

async def main(path, name, count):
    store = Store.open(Path(path))
    for number in range(count):
        at = datetime.now(UTC)
        identity = f"{name}-{number}"
        await store.append(TimelineEntry(identity, "INC-1", at, at, "note", "ada", "human", "x" * 300))
        print(identity, flush=True)
    await store.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def writer(path: Path, name: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def entries_of(path: Path) -> set[str]:
    store = Store.open(path)
    found = await store.incidents()
    await store.close()
    return {entry.id for entry in found.entries}


async def begin(path: Path) -> None:
    store = Store.open(path)
    await store.add_incident(incident())
    await store.close()


def acknowledged(process: "subprocess.Popen[str]", count: int) -> Sequence[str]:
    assert process.stdout is not None
    return [process.stdout.readline().strip() for _ in range(count)]


async def test_a_kill_loses_nothing_that_was_acknowledged(path: Path) -> None:
    await begin(path)
    promised: set[str] = set()
    for kill in range(KILLS):
        process = writer(path, f"run{kill}", 100_000)
        promised.update(acknowledged(process, 1 + kill % 7))
        process.kill()
        assert process.stdout is not None
        # A last line cut off by the kill promises nothing.
        promised.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.wait()
    assert len(promised) >= KILLS
    assert promised <= await entries_of(path)
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_two_processes_write_at_once(path: Path) -> None:
    await begin(path)
    writers = [writer(path, name, 100) for name in ("one", "two")]
    outputs = await asyncio.gather(*(asyncio.to_thread(process.communicate) for process in writers))
    assert [process.returncode for process in writers] == [0, 0]
    promised = {identity for output, _ in outputs for identity in output.split()}
    assert len(promised) == 200
    assert promised == await entries_of(path)


async def test_two_processes_begin_the_file_at_once(path: Path) -> None:
    writers = [writer(path, name, 3) for name in ("one", "two", "three")]
    await asyncio.gather(*(asyncio.to_thread(process.communicate) for process in writers))
    assert [process.returncode for process in writers] == [0, 0, 0]
    assert len(await entries_of(path)) == 9
