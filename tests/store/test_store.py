"""The store keeps what it says it has kept, and says when it cannot."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from opsconsole.model.reading import ProblemKind
from opsconsole.store import filesystem, schema
from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store
from opsconsole.text import clock
from tests.store.make import START, entry, incident


async def test_what_goes_in_comes_out(store: Store) -> None:
    saved = await store.add_incident(incident(), [entry("b", 5), entry("a", 1)])
    await store.append(entry("c", 3))
    later = await store.add_incident(incident(minutes=9))
    found = await store.incidents()
    assert (saved.id, later.id) == ("INC-1", "INC-2")
    assert found.incidents == (later, saved)
    assert found.entries == (entry("a", 1), entry("c", 3), entry("b", 5))


async def test_it_is_there_after_closing_and_for_the_owner_only(path: Path) -> None:
    first = Store.open(path)
    await first.add_incident(incident())
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    await first.close()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    second = Store.open(path)
    assert len((await second.incidents()).incidents) == 1
    await second.close()


async def test_past_incidents_are_imported_once(store: Store) -> None:
    past = [(incident("INC-3"), [entry("x", of="INC-3")]), (incident("INC-4"), [])]
    assert await store.import_incidents(past) == 2
    assert await store.import_incidents(past) == 0
    assert len((await store.incidents()).entries) == 1
    assert (await store.add_incident(incident())).id == "INC-5"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE timeline SET text = 'another'",
        "DELETE FROM timeline",
        "INSERT OR REPLACE INTO timeline SELECT 1, id, incident, occurred, recorded, kind, 'eve', source, text, link, "
        "internal, pinned, supersedes, detail, object FROM timeline",
    ],
)
async def test_the_timeline_refuses_to_be_changed(store: Store, path: Path, change: str) -> None:
    await store.add_incident(incident(), [entry("a")])
    other = sqlite3.connect(path)
    other.execute("PRAGMA recursive_triggers = ON")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(change)
    other.close()


async def test_samples_are_kept_for_48_hours_and_thinned(store: Store) -> None:
    now = clock.now()
    for minutes in (49 * 60, *range(200, 180, -1), 1, 0):
        await store.save_sample("pg", "main", now - timedelta(minutes=minutes), str(minutes).encode())
    store._pruned_at = None
    await store.save_sample("pg", "main", now, b"now")
    everything = await store.samples("pg", "main", now - timedelta(days=9))
    assert [payload for _, payload in everything] == [b"200", b"190", b"1", b"now"]
    part = await store.samples("pg", "main", now - timedelta(minutes=195), until=now)
    assert [payload for _, payload in part] == [b"190", b"1"]
    sparse = await store.samples("pg", "main", now - timedelta(days=9), every_s=3600)
    assert [payload for _, payload in sparse] == [b"200", b"1"]
    assert await store.samples("pg", "other", START) == []


async def test_two_consoles_on_one_file(store: Store, path: Path) -> None:
    await store.add_incident(incident())
    seen = await store.version()
    other = Store.open(path)
    await asyncio.gather(
        *(store.append(entry(f"s{number}")) for number in range(20)),
        *(other.append(entry(f"o{number}")) for number in range(20)),
    )
    assert await store.version() != seen
    assert len((await store.incidents()).entries) == 40
    assert await store.incidents() == await other.incidents()
    await other.close()


async def test_a_newer_schema_is_opened_to_read_only(store: Store, path: Path) -> None:
    await store.add_incident(incident())
    raw = sqlite3.connect(path)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.commit()
    raw.close()
    newer = Store.open(path)
    assert len((await newer.incidents()).incidents) == 1
    with pytest.raises(StoreError) as caught:
        await newer.append(entry("a"))
    assert "newer opsconsole" in caught.value.problem.sentence
    assert not (await newer.status()).writable
    await newer.close()


async def test_a_locked_file_is_said_and_samples_stay_in_memory(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsconsole.store.database.BUSY_TIMEOUT_MS", 50)
    await store.add_incident(incident())
    holder = sqlite3.connect(path)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught:
        await store.append(entry("a"))
    assert caught.value.problem.kind is ProblemKind.REFUSED
    assert "locked" in caught.value.problem.sentence
    now = clock.now()
    await store.save_sample("pg", "main", now, b"held")
    assert await store.samples("pg", "main", now) == [(now, b"held")]
    assert store.trouble() == caught.value.problem
    holder.rollback()
    holder.close()
    await store.append(entry("a"))
    later = now + timedelta(minutes=1)
    await store.save_sample("pg", "main", later, b"saved")
    assert store.trouble() is None
    again = Store.open(path)
    assert await again.samples("pg", "main", now) == [(now, b"held"), (later, b"saved")]
    await again.close()


async def test_a_folder_that_may_not_be_looked_into_any_more_raises_nothing_unexpected(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.add_incident(incident())

    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    await store.save_sample("pg", "main", START, b"saved")
    assert len((await store.incidents()).incidents) == 1


@pytest.mark.parametrize("damage", ["header", "middle"])
async def test_a_corrupt_file_is_kept_aside_and_said(path: Path, damage: str) -> None:
    first = Store.open(path)
    await first.add_incident(incident(), [entry(str(number)) for number in range(500)])
    await first.close()
    content = spoil(path, damage)
    second = Store.open(path)
    status = await second.status()
    assert status.writable
    assert "corrupt" in status.notes[0]
    trouble = second.trouble()
    assert trouble is not None
    assert "kept as store.db.corrupt-" in trouble.sentence
    assert (await second.incidents()).incidents == ()
    await second.close()
    (kept,) = path.parent.glob("store.db.corrupt-*")
    assert kept.read_bytes() == content


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store.open(tmp_path / "file" / "store.db")
    status = await store.status()
    assert not status.writable
    assert status.problem is not None
    with pytest.raises(StoreError):
        await store.incidents()
    await store.save_sample("pg", "main", START, b"held")
    assert await store.samples("pg", "main", START) == [(START, b"held")]
    await store.close()


async def test_a_full_disk_loses_nothing_that_was_saved(store: Store) -> None:
    await store.add_incident(incident(), [entry("a")])
    assert store._database is not None
    with store._database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 16")
    with pytest.raises(StoreError) as caught:
        await asyncio.gather(*(store.append(entry(f"{number}" + "x" * 5000)) for number in range(50)))
    assert "disk is full" in caught.value.problem.sentence
    assert (await store.incidents()).entries[0] == entry("a")


async def test_a_file_deleted_under_a_running_console_is_begun_anew(store: Store, path: Path) -> None:
    await store.add_incident(incident())
    for file in path.parent.iterdir():
        file.unlink()
    await store.add_incident(incident())
    other = Store.open(path)
    assert len((await other.incidents()).incidents) == 1
    assert "moved away" in (await store.status()).notes[0]
    await other.close()


async def test_the_schema_of_the_migrations_is_that_of_the_tables(store: Store, path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from opsconsole.store.tables import metadata

    await store.incidents()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == schema.NEWEST


def test_opening_a_store_of_this_version_imports_no_alembic_and_the_module_no_sqlalchemy(path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from opsconsole.store.store import Store
assert "sqlalchemy" not in sys.modules
async def main():
    store = Store.open(Path({str(path)!r}))
    await store.incidents()
    await store.close()
asyncio.run(main())
print("alembic" in sys.modules)
"""
    seen = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout for _ in range(2)]
    assert seen == ["True\n", "False\n"]


def test_network_file_systems_are_told_apart(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "40 22 0:41 / /home rw,relatime shared:20 - nfs4 server:/home rw\n"
        "41 40 0:42 / /home/ada/with\\040space rw - ext4 /dev/sdb1 rw\n"
    )
    assert filesystem.on_network(Path("/home/ada/store.db"), mounts)
    assert not filesystem.on_network(Path("/home/ada/with space/store.db"), mounts)
    assert not filesystem.on_network(Path("/homes/store.db"), mounts)


async def test_on_a_network_file_system_there_is_no_write_ahead_log(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsconsole.store.database.on_network", lambda path: True)
    store = Store.open(path)
    await store.add_incident(incident())
    assert not path.with_name("store.db-wal").exists()
    await store.close()


def spoil(path: Path, damage: str) -> bytes:
    content = bytearray(path.read_bytes())
    if damage == "header":
        content[:100] = b"no database at all"
    else:
        content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    return bytes(content)
