"""What views remember: late, whole, beside what other consoles wrote; and defaults with one line where that fails."""

import asyncio
import os
import stat
from pathlib import Path

import msgspec

from opsconsole.store.view_memory import DEFAULT, Remembered, ViewMemory

SORTED = Remembered(sort="cpu", reverse=True, filter="api -l tier=web", wrong=True, off=("age",))


async def test_it_is_there_after_a_restart_for_its_own_profile(tmp_path: Path) -> None:
    memory = ViewMemory(tmp_path, "prod")
    memory.put("pods.pods", SORTED)
    memory.flush()
    assert ViewMemory(tmp_path, "prod").get("pods.pods") == SORTED
    assert ViewMemory(tmp_path, "staging").get("pods.pods") == DEFAULT
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


async def test_two_consoles_keep_what_the_other_wrote(tmp_path: Path) -> None:
    one, other = ViewMemory(tmp_path, "prod"), ViewMemory(tmp_path, "prod")
    one.put("pods.pods", SORTED)
    other.put("pods.nodes", Remembered(sort="name"))
    one.flush()
    other.flush()
    kept = ViewMemory(tmp_path, "prod")
    assert (kept.get("pods.pods"), kept.get("pods.nodes").sort) == (SORTED, "name")


async def test_many_changes_are_one_write(tmp_path: Path) -> None:
    memory = ViewMemory(tmp_path, "prod")
    for letters in range(1, 10):
        memory.put("pods.pods", Remembered(filter="a" * letters))
    assert not memory.path.exists()
    memory._write_aside()
    while not memory.path.exists():
        await asyncio.sleep(0.01)
    memory.flush()
    assert ViewMemory(tmp_path, "prod").get("pods.pods").filter == "a" * 9


async def test_a_file_that_is_no_such_file_is_said_and_put_aside(tmp_path: Path) -> None:
    (tmp_path / "views.json").write_text('{"prod": [1')
    memory = ViewMemory(tmp_path, "prod")
    assert "cannot be read" in memory.problem
    assert memory.get("pods.pods") == DEFAULT
    memory.put("pods.pods", SORTED)
    memory.flush()
    assert ViewMemory(tmp_path, "prod").get("pods.pods") == SORTED
    assert (tmp_path / "views.broken").read_text() == '{"prod": [1'


async def test_what_another_version_wrote_in_a_view_costs_that_view_alone(tmp_path: Path) -> None:
    there = {"prod": {"pods.pods": {"sort": 7}, "pods.nodes": {"sort": "name", "later": True}}}
    (tmp_path / "views.json").write_bytes(msgspec.json.encode(there))
    memory = ViewMemory(tmp_path, "prod")
    assert (memory.get("pods.pods"), memory.get("pods.nodes").sort) == (DEFAULT, "name")


async def test_a_folder_that_takes_no_file_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    said: list[str] = []
    memory = ViewMemory(tmp_path / "state", "prod", said.append)
    memory.put("pods.pods", Remembered(sort="cpu"))
    memory._write_aside()
    while not said:
        await asyncio.sleep(0.01)
    memory.put("pods.pods", Remembered(sort="age"))
    memory._write_aside()
    memory.flush()
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(said) == 1
    assert "is not kept" in said[0]
