"""`opsconsole journal`: show, verify and export, from the outside."""

import asyncio
import csv
import hashlib
import io
import json
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.main import console
from opsconsole.model.journal import JournalLine
from opsconsole.store.store import Store
from tests.store.make import line
from tests.store.tamper import tamper


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[store]\npath = "{tmp_path}/store.db"\n')
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(settings))
    return tmp_path / "store.db"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(console, ["journal", *arguments])


def written(path: Path, lines: Iterable[JournalLine], evidence: str = "") -> list[JournalLine]:
    async def write() -> list[JournalLine]:
        store = Store.open(path)
        kept = await store.keep_evidence(evidence) if evidence else ""
        done = [await store.journal(msgspec.structs.replace(new, evidence=kept)) for new in lines]
        await store.close()
        return done

    return asyncio.run(write())


def test_show_prints_the_newest_lines_the_oldest_of_them_first(path: Path) -> None:
    written(path, [line("run-1", "intent"), line("run-1", "outcome", words="scaled to 8"), line("run-2")])
    rows = run("show", "--newest", "2").output.splitlines()
    assert rows[0] == "    2  2025-03-27 02:41:00  outcome   maren@bastion from 10.0.0.7 as maren@example.org"
    assert rows[1] == "       scale  prod/shop/deployment/api  took 250 ms  run run-1"
    assert rows[2] == "       scaled to 8"
    assert rows[3].startswith("    3  ")
    shown = json.loads(run("show", "--run", "run-1", "--json").output)
    assert [item["phase"] for item in shown] == ["intent", "outcome"]


def test_verify_needs_a_head_from_elsewhere_to_prove_the_end(path: Path) -> None:
    written(path, [line(), line(), line()])
    head = run("show", "--head").output.strip()
    alone = run("verify")
    assert alone.exit_code == 0
    assert alone.output.startswith(f"whole: 3 lines, head {head}\n")
    assert "the end is not proved" in alone.output
    assert run("verify", "--head", head).output == f"whole: 3 lines, head {head}\n"

    tamper(path, "DELETE FROM journal WHERE seq = 3")
    assert run("verify").exit_code == 0
    cut = run("verify", "--head", head)
    assert cut.exit_code == 1
    assert "the end is missing" in cut.output

    tamper(path, "UPDATE journal SET words = 'nothing happened' WHERE seq = 1")
    broken = run("verify", "--json")
    assert broken.exit_code == 1
    assert "line 1 was altered" in json.loads(broken.output)["problems"][0]


def test_evidence_is_shown_by_its_run_and_missed_where_it_is_gone(path: Path) -> None:
    (kept,) = written(path, [line("run-7")], "last log\n\x1b[31mpassword=hunter2\n")
    assert run("show", "--evidence", "run-7").output == "last log\n␛[31mpassword=***\n"
    assert run("show", "--evidence", kept.evidence[:12]).output.startswith("last log")
    assert run("show", "--evidence", "run-8").exit_code == 1
    tamper(path, "UPDATE evidence SET content = x'00'")
    assert run("show", "--evidence", "run-7").exit_code == 1
    assert "line 1: the evidence" in run("verify").output


def test_what_is_printed_moves_no_cursor_and_holds_no_secret(path: Path) -> None:
    nasty = "\x1b]0;owned\x07[red]ok[/red] \u202e token=hunter2hunter2\r\n\x9b2J"
    written(path, [line(words=nasty, body=json.dumps({"x": nasty}))])
    for arguments in (["show"], ["show", "--json"], ["export"], ["export", "--format", "csv"], ["verify"]):
        output = run(*arguments).output
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output), arguments
        assert "hunter2" not in output


def test_whoever_has_the_export_can_check_the_chain_with_any_program(path: Path) -> None:
    written(path, [line(words="größer ✓"), line(body='{"token": "hunter2hunter2"}'), line()])
    before = "0" * 64
    for text in run("export").output.splitlines():
        stated = re.search(r'"hash":"([0-9a-f]{64})",', text)
        assert stated is not None
        assert hashlib.sha256(text.replace(stated[0], "").encode()).hexdigest() == stated[1]
        assert json.loads(text)["previous"] == before
        before = stated[1]
    assert run("show", "--head").output == f"3:{before}\n"


def test_a_spreadsheet_finds_no_formula_in_the_csv(path: Path) -> None:
    formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "  =1+1", "\t=1+1", "\r=1"]
    written(path, [line(words=words) for words in formulas])
    rows = list(csv.DictReader(io.StringIO(run("export", "--format", "csv").output)))
    assert [row["seq"] for row in rows] == [str(number + 1) for number in range(len(formulas))]
    assert not [row["words"] for row in rows if row["words"].lstrip().startswith(("=", "+", "-", "@"))]
    assert rows[0]["words"] == "'=cmd|' /C calc'!A0"
    assert rows[0]["user"] == "maren"


@pytest.mark.parametrize("command", [["show"], ["verify"], ["export"]])
def test_without_a_store_it_says_so_and_makes_none(path: Path, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "there is no journal yet" in result.stderr
    assert not path.exists()


def test_a_corrupt_store_is_left_where_it_is(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    result = run("verify")
    assert result.exit_code == 2
    assert "is corrupt" in result.stderr
    assert [file.name for file in path.parent.glob("store.db*")] == ["store.db"]


def test_a_head_that_is_none_is_refused(path: Path) -> None:
    written(path, [line()])
    result = run("verify", "--head", "17:abc")
    assert result.exit_code == 2
    assert "is no head" in result.stderr


def test_a_line_altered_until_it_cannot_be_read_is_shown_as_such(path: Path) -> None:
    written(path, [line(), line()])
    tamper(path, "UPDATE journal SET at = 'yesterday', who = 'eve', took_s = 'long' WHERE seq = 1")
    shown = run("show")
    assert shown.exit_code == 0
    assert "this line was altered: it cannot be read" in shown.output
    assert run("verify").output.startswith("line 1 was altered")


def test_the_file_is_not_changed_by_looking(path: Path) -> None:
    written(path, [line()])
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    before = path.read_bytes()
    for command in (["show"], ["verify"], ["export"]):
        run(*command)
    assert path.read_bytes() == before
