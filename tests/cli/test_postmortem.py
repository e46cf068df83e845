"""`opsconsole postmortem`: where it writes, what it prints, and its exit codes."""

import asyncio
import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.main import console
from opsconsole.store.store import Store
from tests.documents import story


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def told(tmp_path: Path) -> None:
    """The store of the state directory holds INC-1."""

    async def work() -> None:
        store = Store.open(tmp_path / "state" / "opsconsole" / "store.db")
        await story.tell(store)
        await store.close()

    asyncio.run(work())


def run(tmp_path: Path, *arguments: str) -> Result:
    file = tmp_path / "settings.toml"
    file.write_text('[profiles.x]\nstatus_page = "https://status.example.org"\n')
    file.chmod(0o600)
    return CliRunner().invoke(console, ["--config", str(file), "postmortem", *arguments])


@pytest.mark.usefixtures("told")
def test_it_writes_into_the_state_directory_and_says_where(tmp_path: Path) -> None:
    result = run(tmp_path, "1")
    file = tmp_path / "state" / "opsconsole" / "postmortems" / "INC-1.md"
    assert result.exit_code == 0, result.output
    assert result.output == f"{file}: 38 of 42 facts filled by the record, 9 blanks to write\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.usefixtures("told")
def test_it_names_the_sections_that_it_kept(tmp_path: Path) -> None:
    file = tmp_path / "mine.md"
    assert run(tmp_path, "INC-1", "--output", str(file)).exit_code == 0
    file.write_text(file.read_text().replace("[[ what went well ]]", "The rollback."))
    assert "kept as edited: What went well\n" in run(tmp_path, "inc-1", "--output", str(file)).output
    assert "The rollback." in file.read_text()


@pytest.mark.usefixtures("told")
def test_a_dash_prints_it_and_writes_no_file(tmp_path: Path) -> None:
    result = run(tmp_path, "1", "--output", "-")
    assert result.stdout.startswith("# Postmortem INC-1: checkout slow\n\n38 of 42 facts")
    assert not (tmp_path / "state" / "opsconsole" / "postmortems").exists()


@pytest.mark.usefixtures("told")
def test_json_tells_path_counts_and_what_is_missing(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, "1", "--json").output)
    assert (document["filled"], document["facts"], document["blanks"]) == (38, 42, 9)
    assert document["path"].endswith("/postmortems/INC-1.md")
    assert "scribe: unknown (nobody took it)" in document["unknown"]


@pytest.mark.usefixtures("told")
def test_an_unknown_incident_is_1(tmp_path: Path) -> None:
    result = run(tmp_path, "INC-9")
    assert (result.exit_code, "INC-9: there is no such incident" in result.output) == (1, True)


def test_without_a_store_there_is_no_incident_and_none_is_made(tmp_path: Path) -> None:
    assert run(tmp_path, "1").exit_code == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.usefixtures("told")
def test_a_file_that_cannot_be_written_is_1_with_the_remedy(tmp_path: Path) -> None:
    result = run(tmp_path, "1", "--output", str(tmp_path / "nowhere" / "x.md"))
    assert result.exit_code == 1
    assert "cannot be written: No such file or directory" in result.output
    assert "name another file" in result.output


def test_a_store_that_cannot_be_read_is_2(tmp_path: Path) -> None:
    (tmp_path / "state" / "opsconsole" / "store.db").mkdir(parents=True)
    assert run(tmp_path, "1").exit_code == 2
