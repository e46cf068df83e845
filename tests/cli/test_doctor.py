"""`opsconsole doctor`: its lines, its JSON and its exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from opsconsole.checks.check import Check, Verdict
from opsconsole.cli.doctor import rendered
from opsconsole.cli.main import console

EXAMPLES = Path(__file__).parents[1] / "data" / "focus"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def run(tmp_path: Path, text: str, *arguments: str) -> Result:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    file.chmod(0o600)
    return CliRunner().invoke(console, ["--config", str(file), "doctor", *arguments])


def bill(name: str) -> str:
    return f'[profiles.x.billing]\nfocus = ["{EXAMPLES / name}"]\n'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[profiles.x]", 1),
        (bill("commitment_discount_usage_scenario_3.csv"), 1),
        ('[profiles.x.prometheus]\nurl = "http://127.0.0.1:9"', 2),
        ("", 2),
    ],
)
def test_the_exit_code_is_the_worst_check(tmp_path: Path, text: str, code: int) -> None:
    result = run(tmp_path, text)
    assert result.exit_code == code, result.output


def test_a_profile_without_a_source_says_so(tmp_path: Path) -> None:
    said = run(tmp_path, "[profiles.x]").output
    assert "names no source" in said
    assert "[profiles.x.kubernetes]" in said


def test_json_holds_every_check(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, '[profiles.x.prometheus]\nurl = "http://127.0.0.1:9"', "--json").output)
    assert (document["profile"], document["verdict"]) == ("x", "unusable")
    check = document["checks"][-1]
    assert (check["source"], check["verdict"]) == ("prometheus", "unusable")
    assert check["remedy"]


def test_lines_name_the_source_once_and_the_remedy_below() -> None:
    lines = rendered(
        [
            Check("redis cache", Verdict.FINE, "master", "", 3.6, "valkey 9.1", 0.25),
            Check("redis cache", Verdict.DEGRADED, "the slow log is not allowed", "ACL SETUSER x +slowlog"),
        ]
    )
    plain = [line.replace("\x1b[32m", "").replace("\x1b[33m", "").replace("\x1b[0m", "") for line in lines]
    assert plain == [
        "redis cache  fine      master · valkey 9.1 · 4 ms · clocks agree",
        "             degraded  the slow log is not allowed",
        "                       → ACL SETUSER x +slowlog",
    ]
