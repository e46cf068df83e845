"""A file that an older console wrote keeps everything when it is brought to this schema."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import opsconsole.store
from opsconsole.store import upgrade
from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store
from tests.store.make import entry, incident, line

INCIDENT = (
    "INSERT INTO incidents (id, title, severity, state, service, impact, declared, roles, drill, summary) VALUES "
    "('INC-1', 'checkout slow', 2, 'investigating', 'api', '2025-03-27T02:41:00.000000Z', "
    "'2025-03-27T02:41:00.000000Z', '[[\"commander\", \"ada\"]]', 1, '')"
)
ENTRY = (
    "INSERT INTO timeline (id, incident, occurred, recorded, kind, actor, source, text, link, internal, pinned, "
    "supersedes) VALUES ('a', 'INC-1', '2025-03-27T02:41:00.000000Z', '2025-03-27T02:41:00.000000Z', 'note', 'ada', "
    "'human', 'note a', '', 0, 0, '')"
)
SAMPLE = "INSERT INTO samples VALUES ('pg', 'main', '2025-03-27T02:41:00.000000Z', x'00')"


@pytest.fixture
def old(path: Path) -> Path:
    """A file of the first schema with an incident, an entry and a sample in it, as the first version left it."""
    path.parent.mkdir()
    config = Config()
    config.set_main_option("script_location", f"{opsconsole.store.__path__[0]}/migrations")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (INCIDENT, ENTRY, SAMPLE):
            connection.exec_driver_sql(statement)
    engine.dispose()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.close()
    return path


async def test_what_was_there_is_there_and_what_is_new_works(old: Path) -> None:
    store = Store.open(old)
    found = await store.incidents()
    assert found.incidents == (incident("INC-1"),)
    assert found.entries == (entry("a"),)
    await store.change_incident("INC-1", {"channel": "#incident"}, [entry("b")])
    await store.journal(line())
    assert (await store.journal_verify()).problems == ()
    assert (await store.status()).notes == ()
    await store.close()
    raw = sqlite3.connect(old)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw.execute("DELETE FROM timeline")
    assert raw.execute("SELECT count(*) FROM samples").fetchone() == (1,)
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


async def test_a_migration_that_fails_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = upgrade.upgrade

    def fails_at_its_end(connection: object) -> None:
        whole(connection)  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upgrade, "upgrade", fails_at_its_end)
    store = Store.open(old)
    with pytest.raises(StoreError):
        await store.incidents()
    await store.close()
    raw = sqlite3.connect(old)
    assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    assert "journal" not in {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
    raw.close()
    monkeypatch.undo()
    again = Store.open(old)
    assert (await again.incidents()).entries == (entry("a"),)
    await again.close()


async def test_who_only_reads_is_told_what_to_do(old: Path) -> None:
    store = Store.open(old, read_only=True)
    with pytest.raises(StoreError, match="older opsconsole"):
        await store.journal_lines()
    await store.close()


async def test_a_console_of_the_older_version_that_is_still_open_goes_on_writing(old: Path) -> None:
    older = sqlite3.connect(old)
    store = Store.open(old)
    await store.incidents()
    older.execute(ENTRY.replace("'a'", "'late'"))
    older.commit()
    older.close()
    assert {told.id for told in (await store.incidents()).entries} == {"a", "late"}
    await store.close()
