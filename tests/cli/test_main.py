"""The program's command line: what it hands to the console, its exit codes, and that help costs nothing."""

import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from opsconsole.cli import console as console_module
from opsconsole.cli.main import COMMANDS, TABS, console
from opsconsole.config import paths
from opsconsole.config.schema import TABS as TABS_OF_SETTINGS

TWO = """
default_profile = "prod"
[interface]
start_tab = "costs"
mouse = false
[profiles.prod]
[profiles.prod.kubernetes]
context = "a"
alias = "short"
namespaces = ["x"]
[profiles.prod.prometheus]
url = "https://old"
user = "me"
[profiles.dev]
"""


class Opened:
    """What the console was opened with."""

    def __init__(self) -> None:
        self.calls: list[types.SimpleNamespace] = []

    def __call__(self, loaded: Any, chosen: Any, *, tab: str, mouse: bool, alert: str = "") -> int:
        self.calls.append(types.SimpleNamespace(loaded=loaded, chosen=chosen, tab=tab, mouse=mouse, alert=alert))
        return 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Opened:
    monkeypatch.delenv(paths.ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(paths, "SYSTEM_FILE", tmp_path / "none.toml")
    opened = Opened()
    monkeypatch.setattr(console_module, "run_console", opened)
    return opened


def run(*arguments: str) -> Result:
    return CliRunner().invoke(console, arguments, prog_name="opsconsole")


def written(tmp_path: Path, text: str = TWO) -> str:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    return str(file)


def test_without_settings_the_console_opens_with_nothing_chosen(opened: Opened) -> None:
    assert run().exit_code == 0
    assert opened.calls[0].chosen is None
    assert (opened.calls[0].tab, opened.calls[0].mouse) == ("now", True)


def test_the_default_profile_opens_as_the_settings_say(opened: Opened, tmp_path: Path) -> None:
    assert run("--config", written(tmp_path)).exit_code == 0
    call = opened.calls[0]
    assert (call.chosen.name, call.tab, call.mouse, call.chosen.overridden) == ("prod", "costs", False, ())


def test_options_override_the_chosen_profile(opened: Opened, tmp_path: Path) -> None:
    arguments = ["--config", written(tmp_path), "--context", "b", "-n", "one", "-n", "two", "--tab", "PODS"]
    arguments += ["--prometheus", "https://new", "--pg", "host=h password=p", "--redis", "redis://r", "--read-only"]
    arguments += ["--alert", "SlowCheckout"]
    assert run(*arguments).exit_code == 0
    call = opened.calls[0]
    profile = call.chosen.profile
    assert (profile.kubernetes.context, profile.kubernetes.namespaces) == ("b", ("one", "two"))
    assert profile.kubernetes.alias is None
    assert (profile.prometheus.url, profile.prometheus.user) == ("https://new", None)
    assert [server.dsn for server in profile.postgres] == ["host=h password=p"]
    assert [cache.url for cache in profile.redis] == ["redis://r"]
    assert profile.read_only
    assert (call.tab, call.alert) == ("pods", "SlowCheckout")


def test_options_alone_make_a_profile(opened: Opened) -> None:
    assert run("--context", "kind-dev", "--no-mouse").exit_code == 0
    call = opened.calls[0]
    assert call.chosen.name == "ad-hoc"
    assert call.chosen.profile.kubernetes.context == "kind-dev"
    assert call.mouse is False
    assert run("--pg", "").exit_code == 0
    assert [server.dsn for server in opened.calls[1].chosen.profile.postgres] == [""]


def test_a_source_by_address_alone_brings_no_cluster(opened: Opened) -> None:
    run("--prometheus", "http://localhost:9090")
    run("--prometheus", "kube://a/b:1")
    assert [call.chosen.profile.kubernetes is None for call in opened.calls] == [True, False]


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        (TWO, ["--profile", "prd"], "there is no profile 'prd': did you mean 'prod'?"),
        (TWO.replace('default_profile = "prod"', ""), [], "choose one with --profile NAME"),
        ("[interface]\nbel = true", [], "settings.toml:2:1: interface.bel: unknown key 'bel': did you mean 'bell'?"),
        ("", ["--profile", "x"], "`opsconsole config init` writes one"),
        ("", ["--tab", "nowhere"], "nowhere"),
        ("", ["--nonsense"], "--nonsense"),
    ],
)
def test_what_cannot_run_says_one_thing_and_ends_with_2(
    opened: Opened, tmp_path: Path, text: str, arguments: list[str], sentence: str
) -> None:
    result = run("--config", written(tmp_path, text), *arguments)
    assert result.exit_code == 2
    assert sentence in result.output
    assert not opened.calls


def test_every_command_can_be_loaded_and_is_listed() -> None:
    listed = run("--help").output
    for name in COMMANDS:
        assert f"\n  {name} " in listed
        assert run(name, "--help").exit_code == 0


def test_the_tabs_of_options_and_settings_are_the_same() -> None:
    assert TABS == TABS_OF_SETTINGS


def test_help_imports_nothing_but_click() -> None:
    program = (
        "import sys; sys.argv = ['opsconsole', '--help']\n"
        "from opsconsole.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'msgspec', 'textual', 'kubernetes', 'psycopg', 'redis', 'aiohttp', 'duckdb', 'rich', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr.strip() == "[]"
    assert "Usage: opsconsole" in done.stdout
