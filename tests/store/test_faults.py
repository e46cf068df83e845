"""A full disk, a home where nothing may be written, a lock that stays: a sentence each, and nothing half done."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsconsole.model.reading import ProblemKind
from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store
from tests.require import require
from tests.store.make import incident, line

FULL = "cannot grow: the disk is full"
FAILED = "cannot be read or written: disk error"
READER = """
import asyncio, json, os, sys
from pathlib import Path
from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store
from tests.store.make import line

async def main(path, other):
    before = Store.open(other)
    await before.journal(line())
    await before.close()
    if os.getuid() == 0:  # who may write everywhere becomes nobody, when all is imported
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    store = Store.open(path)
    head = (await store.journal_head()).seq
    try:
        await store.journal(line())
        said = "written"
    except StoreError as error:
        said = str(error)
    print(json.dumps({"head": head, "said": said, "trouble": store.trouble().sentence}))
    await store.close()

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that others may look into; pytest's own are for one person."""
    folder = Path(tempfile.mkdtemp(prefix="home-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(("kind", "sentence"), [("tmpfs", FULL), ("limit", FAILED)])
def test_where_nothing_more_can_be_written_it_is_said_and_nothing_half_is_kept(
    tmp_path: Path, kind: str, sentence: str
) -> None:
    command = [sys.executable, "-m", "tests.store.full_disk", str(tmp_path), kind]
    if kind == "tmpfs":
        mounted = f'mount -t tmpfs -o size=4m none "{tmp_path}" && exec "$@"'
        own = ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, "sh"]
        allowed = shutil.which("unshare") and subprocess.run([*own, "true"], capture_output=True).returncode == 0
        require("tmpfs", bool(allowed), "a file system of one's own needs unshare and the right to it")
        command = [*own, *command]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert set(result["refusals"]) == {"note", "journal", "incident"}
    assert all(said.endswith(sentence) for said in result["refusals"].values())
    assert result["readable"] == 2
    assert sorted(result["entries"] + result["lines"]) == result["promised"]
    assert (result["title"], result["problems"]) == ("after", [])


@pytest.mark.parametrize("left", ["closed", "killed", "open"])
async def test_in_a_home_where_nothing_may_be_written_all_can_still_be_read(
    home: Path, tmp_path: Path, left: str
) -> None:
    path = home / "store.db"
    store = Store.open(path)
    await store.journal(line())
    if left == "killed":
        path = as_left_by_a_kill(path)
    if left == "closed":
        await store.close()
    said = read_from_elsewhere(path, tmp_path / "another.db")
    assert said["head"] == 1
    assert said["said"] == said["trouble"] == f"the store {path} cannot be written: it is opened to read only"
    if left != "closed":
        await store.close()


async def test_a_corrupt_file_in_such_a_home_is_said_and_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = corrupt(home)
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)
    store = Store.open(path)
    with pytest.raises(StoreError, match="is corrupt"):
        await store.journal_lines()
    await store.close()
    assert names(home) == ["store.db"]


async def test_a_lock_that_stays_is_said_and_nothing_is_written(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsconsole.store.database.BUSY_TIMEOUT_MS", 50)
    await store.add_incident(incident())
    holder = sqlite3.connect(path)
    holder.execute("BEGIN IMMEDIATE")
    for refused in (store.journal(line()), store.keep_evidence("log"), store.change_incident("INC-1", {"title": "x"})):
        with pytest.raises(StoreError, match="locked by another program") as caught:
            await refused
        assert caught.value.problem.kind is ProblemKind.REFUSED
    holder.rollback()
    holder.close()
    assert (await store.journal(line())).seq == 1
    assert (await store.incidents()).incidents == (incident("INC-1"),)


def read_from_elsewhere(path: Path, other: Path) -> dict[str, Any]:
    """What another process reads where it may not write."""
    for file in path.parent.iterdir():
        file.chmod(0o444)
    path.parent.chmod(0o555)
    done = subprocess.run([sys.executable, "-c", READER, str(path), str(other)], capture_output=True, text=True)
    path.parent.chmod(0o755)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def as_left_by_a_kill(path: Path) -> Path:
    """A copy with the write-ahead log that nobody has folded in."""
    folder = path.parent / "killed"
    shutil.copytree(path.parent, folder)
    folder.chmod(0o755)
    return folder / path.name


def corrupt(home: Path) -> Path:
    path = home / "store.db"
    path.write_bytes(b"no database at all" * 100)
    return path


def names(home: Path) -> list[str]:
    return [file.name for file in home.iterdir()]
