"""`opsconsole completion`: a real bash completes commands, options and the values that only the settings know."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from opsconsole.cli.demo import SCENARIOS
from opsconsole.cli.main import COMMANDS, TABS, console

SETTINGS = """\
[profiles.prod-eu]
[profiles.prod-us]
[policies.strict]
extends = "default"
"""
ASKS = """\
set -e
COMP_WORDS=({line}) COMP_CWORD={place}
_opsconsole_completion opsconsole
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def bash(tmp_path: Path) -> Path:
    """A bash with the script and a program `opsconsole` of this tree; its settings have two profiles."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    program = tmp_path / "bin" / "opsconsole"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom opsconsole.cli.main import main\nmain()\n")
    program.chmod(0o755)
    (tmp_path / "opsconsole").mkdir()
    file = tmp_path / "opsconsole" / "config.toml"
    file.write_text(SETTINGS)
    file.chmod(0o600)
    (tmp_path / "script").write_text(CliRunner().invoke(console, ["completion", "bash"]).output)
    return tmp_path


def completed(bash: Path, *words: str) -> list[str]:
    """What a real bash offers for the last of these words."""
    line = " ".join(f"'{word}'" for word in words)
    asks = f". {bash}/script\n" + ASKS.format(line=line, place=len(words) - 1)
    variables = {**os.environ, "PATH": f"{bash}/bin:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(bash)}
    run = subprocess.run(["bash", "--norc", "-c", asks], env=variables, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return run.stdout.split()


def test_bash_completes_commands_and_what_only_the_settings_know(bash: Path) -> None:
    assert completed(bash, "opsconsole", "c") == [name for name in COMMANDS if name.startswith("c")]
    assert completed(bash, "opsconsole", "--profile", "prod") == ["prod-eu", "prod-us"]
    assert completed(bash, "opsconsole", "check", "--policy", "s") == ["s000", "s001", "s002", "s003", "s004", "strict"]
    assert completed(bash, "opsconsole", "check", "--only", "pods,cri") == ["pods,critical"]


def test_words_of_tabs_scenarios_and_shells_complete_too(bash: Path) -> None:
    assert completed(bash, "opsconsole", "--tab", "") == list(TABS)
    assert completed(bash, "opsconsole", "demo", "--scenario", "") == list(SCENARIOS)
    assert completed(bash, "opsconsole", "completion", "") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize(("shell", "told"), [("zsh", "#compdef opsconsole"), ("fish", "complete --no-files")])
def test_zsh_and_fish_get_scripts_of_their_own(shell: str, told: str) -> None:
    result = CliRunner().invoke(console, ["completion", shell])
    assert result.exit_code == 0
    assert told in result.output
    assert "_OPSCONSOLE_COMPLETE" in result.output
