"""`opsconsole incident`: declared without a screen or a cluster, exported in order of time and harmlessly."""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli.main import console
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Profile
from opsconsole.model.incident import TimelineEntry
from opsconsole.poller.board import Board
from opsconsole.records.records import Records
from opsconsole.store.store import Store
from opsconsole.text import clock

HOSTILE = '=HYPERLINK("http://x") | \x1b[2J **bold** <script>x</script> [a](b) password=hunter22 \u202e'


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(tmp_path / "settings.toml"))
    (tmp_path / "settings.toml").write_text('[profiles.x]\npolicy = "default"\n[profiles.p]\npolicy = "s000"\n')
    (tmp_path / "settings.toml").chmod(0o600)
    return tmp_path / "state" / "opsconsole" / "store.db"


def run(*arguments: str, profile: str = "x", given: str | None = None) -> Result:
    return CliRunner().invoke(console, ["--profile", profile, "incident", *arguments], input=given)


def done(*arguments: str, profile: str = "x", given: str | None = None) -> str:
    result = run(*arguments, profile=profile, given=given)
    assert result.exit_code == 0, result.output
    return result.stdout


def shown(identity: str = "INC-1") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done("show", identity, "--json"))
    return found


def beside(path: Path, work: Callable[[Store], Awaitable[object]]) -> None:
    """What a console does that runs on the same file."""

    async def go() -> None:
        store = Store.open(path)
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(go())


def test_an_incident_from_its_declaration_to_its_end() -> None:
    assert done("list") == "no incident has been declared yet\n"
    assert done("declare", "checkout slow", "--service", "api", "--impact", "12m", "--severity", "SEV1").startswith(
        "INC-1 declared as SEV1, channel #incident-"
    )
    done("note", "INC-1", "!finding 31 sessions idle")
    done("role", "inc-1", "scribe", "lena")
    done("ack", "INC-1")
    done("state", "INC-1", "mitigated", "rolled back")
    done("set", "INC-1", "--summary", "reports held connections", "--ended", "2m")
    done("state", "INC-1", "resolved")
    found = shown()
    assert (found["label"], found["state"], found["open"]) == ("SEV1", "resolved", False)
    assert found["roles"]["scribe"] == "lena"
    assert found["summary"] == "reports held connections"
    assert [one["missing"] for one in found["milestones"]] == [""] * 5
    story = done("show", "INC-1")
    assert "nobody is" not in story
    assert "31 sessions idle" in story
    assert done("list", "--open") == "no incident is open\n"


def test_without_a_severity_one_is_proposed_and_said() -> None:
    result = run("declare", "checkout slow")
    assert result.exit_code == 0
    assert "SEV2 proposed: how many customers it hurts is unknown" in result.stderr


def test_labels_are_those_of_the_profiles_policy() -> None:
    assert "declared as P1" in done("declare", "down", "--severity", "p1", profile="p")
    assert json.loads(done("list", "--json"))[0]["label"] == "SEV1"


def test_a_drill_is_marked() -> None:
    done("declare", "game day", "--drill", "--severity", "2")
    assert "DRILL" in done("list")
    assert shown()["drill"] is True
    assert "# INC-1: DRILL: game day" in done("export", "INC-1")


def test_a_kind_of_note_that_there_is_not_is_said() -> None:
    result = run("note", "-", "!decison roll back")
    assert result.exit_code == 0
    assert result.stderr == "!decison stays a note; there are !decision !hypothesis !finding !todo\n"
    assert run("note", "-", "!decision roll back").stderr == ""


def test_loose_notes_are_taken_in() -> None:
    assert "loose" in done("note", "-", "odd latency")
    done("declare", "checkout slow")
    assert shown()["timeline"][0]["text"] == "odd latency"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "INC-9"), 1, "INC-9: there is no such incident"),
        (("note", "INC-9", "x"), 1, "INC-9: there is no such incident"),
        (("note", "INC-1", "!todo"), 1, "!todo needs words"),
        (("state", "INC-1", "closed"), 1, "investigating cannot become closed"),
        (("set", "INC-1", "--ended", "3h"), 1, "before it began"),
        (("correct", "00000000", "x"), 1, "there is no such entry"),
        (("done", "INC-1/9"), 1, "no such action item"),
        (("set", "INC-1"), 2, "nothing to change"),
        (("declare", "x", "--severity", "P1"), 2, "is no severity here"),
        (("declare", "x", "--impact", "yesterday"), 2, "is no time"),
        (("declare", " "), 1, "needs a title"),
    ],
)
def test_exit_codes_tell_nonsense_from_mistakes_of_the_line(arguments: tuple[str, ...], code: int, words: str) -> None:
    done("declare", "checkout slow", "--severity", "2")
    result = run(*arguments)
    assert (result.exit_code, words in result.output) == (code, True), result.output


def test_an_unusable_store_is_said_with_code_2(path: Path) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    result = run("declare", "x", "--severity", "2")
    assert result.exit_code == 2
    assert "store" in result.output


def test_a_correction_by_the_beginning_of_an_id() -> None:
    done("declare", "checkout slow", "--severity", "2")
    entry = json.loads(done("note", "INC-1", "pool of 30", "--json"))
    done("correct", entry["id"][:8], "pool of 20")
    assert "pool of 30" not in done("show", "INC-1")
    assert "pool of 30" in done("show", "INC-1", "--all")


def test_action_items_from_note_to_done() -> None:
    done("declare", "checkout slow", "--severity", "2")
    done("note", "INC-1", "!todo @jonas due 2020-12-01 prevent: own pool")
    assert "due 2020-12-01 OVERDUE" in done("items")
    done("done", "inc-1/1")
    assert done("items") == "no action item is open\n"
    assert json.loads(done("items", "--all", "--json"))[0]["state"] == "done"


def test_a_console_on_the_same_file_is_heard_and_hears(path: Path) -> None:
    done("declare", "checkout slow", "--severity", "2")

    async def work(store: Store) -> None:
        console = Records(store, Board(), Profile(), builtin("default"))
        assert [one.title for one in (await store.incidents()).incidents] == ["checkout slow"]
        await console.note("INC-1", "from the console")

    beside(path, work)
    assert "from the console" in done("show", "INC-1")


# ---- export ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shuffled(path: Path) -> list[str]:
    """Entries that were written down in another order than they happened."""
    done("declare", "checkout slow", "--severity", "2")
    names = [f"entry {number}" for number in range(6)]

    async def work(store: Store) -> None:
        now = clock.now()
        for number in (4, 1, 5, 0, 3, 2):
            at = now + timedelta(minutes=number)
            await store.append(TimelineEntry(names[number], "INC-1", at, now, "note", "ada", "human", names[number]))

    beside(path, work)
    return names


def test_every_format_stands_in_order_of_what_happened(shuffled: list[str]) -> None:
    def noted(texts: list[str]) -> list[str]:
        return [text for text in texts if text.startswith("entry ")]

    rows = list(csv.DictReader(io.StringIO(done("export", "--format", "csv"))))
    assert noted([row["text"] for row in rows]) == shuffled
    assert [row["occurred"] for row in rows] == sorted(row["occurred"] for row in rows)
    lines = [json.loads(line) for line in done("export", "--format", "jsonl").splitlines()]
    assert noted([line["text"] for line in lines]) == shuffled
    (whole,) = json.loads(done("export", "INC-1", "--format", "json"))
    assert noted([entry["text"] for entry in whole["timeline"]]) == shuffled
    cells = [line.split(" | ")[-1].removesuffix(" |") for line in done("export").splitlines() if line.startswith("| 2")]
    assert noted(cells) == shuffled


def test_several_incidents_are_told_apart_and_one_alone_can_be_taken(shuffled: list[str]) -> None:
    done("declare", "another", "--severity", "3")
    lines = [json.loads(line) for line in done("export", "INC-2", "--format", "jsonl").splitlines()]
    assert {line["incident"] for line in lines} == {"INC-2"}
    assert done("export").count("\n# INC-") + done("export").startswith("# INC-") == 2


def test_hostile_notes_run_nowhere(path: Path) -> None:
    """Written past our own cleaning: another program wrote to the file."""
    done("declare", "checkout slow", "--severity", "2")

    async def work(store: Store) -> None:
        now = clock.now()
        await store.append(TimelineEntry("evil", "INC-1", now, now, "note", "@SUM(A1)", "human", HOSTILE))

    beside(path, work)
    everything = [done("export", "--format", form) for form in ("md", "json", "jsonl", "csv")]
    everything += [done("show", "INC-1"), done("show", "INC-1", "--all")]
    for text in everything:
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "hunter22" not in text
    (row,) = [row for row in csv.DictReader(io.StringIO(everything[3])) if row["id"] == "evil"]
    assert row["text"].startswith("'=HYPERLINK")
    assert row["actor"] == "'@SUM(A1)"
    (line,) = [line for line in everything[0].splitlines() if "HYPERLINK" in line]
    assert "\\<script>" in line
    assert "\\*\\*bold\\*\\*" in line
    assert "\\[a\\](b)" in line
    assert line.replace("\\|", "").count("|") == 5


def test_a_megabyte_from_standard_input_is_one_line_of_every_list() -> None:
    done("declare", "checkout slow", "--severity", "2")
    done("note", "INC-1", "-", given="\x1b[31mtrace\n" + "x" * 1_000_000)
    assert all(len(line) < 1200 for line in done("show", "INC-1").splitlines())
    detail = shown()["timeline"][-1]["detail"]
    assert "… cut: 1,000,011 characters were given" in detail
    assert len(detail) < 70_000
