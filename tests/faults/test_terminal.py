"""Terminals and homes as they are: small, resized, without colour, without a home or a place to write."""

import re
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.canned import serving
from tests.sources.kubernetes.objects import pod

from .running import MAIN, opened, shows, variables
from .servers import cluster, kubeconfig


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[str]:
    """One small cluster, so that there is something to draw."""
    with serving(cluster({"/api/v1/pods": [pod(f"api-{index:03d}") for index in range(120)]})) as url:
        config = kubeconfig(tmp_path, url)
        yield f'default_profile = "x"\n[profiles.x.kubernetes]\nkubeconfig = "{config}"\n'


def test_resized_while_it_draws(tmp_path: Path, settings: str) -> None:
    with opened(tmp_path, settings, "--tab", "pods", size=(160, 45)) as session:
        session.until("Pods 120")
        session.send("v", "p", gap=0.3)
        session.until("api-000")
        for size in ((80, 24), (39, 12), (40, 11), (300, 90), (41, 13), (20, 3), (1, 1), (120, 40)):
            session.resize(*size)
            session.send("j")
        session.until("api-000")
        session.resize(39, 11)
        session.until("enlarge to 40x12")
        session.resize(40, 12)
        session.until(lambda text: "enlarge" not in text and "api-0" in text)
        session.resize(160, 45)
        session.until(lambda text: "api-008 ─ ok" in text and "120 of 120 pods running" in text)


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1", "LANG": "C", "LC_ALL": None},
        {"TERM": "xterm", "COLORTERM": None, "HOME": "/nonexistent"},
        {"TERM": "xterm-16color", "COLORTERM": None, "LANG": None, "LC_ALL": "POSIX"},
        {"TERM": "dumb", "COLORTERM": None, "HOME": None},
    ],
    ids=lambda environment: ",".join(f"{name}={value}" for name, value in environment.items()),
)
def test_it_works_in_any_environment(tmp_path: Path, settings: str, environment: dict[str, str | None]) -> None:
    with opened(tmp_path, settings, "--tab", "pods", size=(80, 24), environment=environment) as session:
        session.until("Pods120")
        session.send("v", "p", gap=0.3)
        shows(session, "api-000", "Running", "R/O")
        if "NO_COLOR" in environment:
            colours = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", session.raw)
            assert all(red == green == blue for red, green, blue in colours)
        if environment.get("TERM") in ("xterm", "xterm-16color"):
            assert b"38;2;" not in session.raw
        session.send("q", "q", gap=0.3)
        assert session.ended() == 0


def test_without_a_terminal_it_says_so_and_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAIN],
        env=variables(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "draws on a terminal" in done.stderr


def test_a_state_folder_that_cannot_be_made_is_said_and_everything_else_works(tmp_path: Path, settings: str) -> None:
    blocker = tmp_path / "state"
    blocker.write_text("a file where the folder should be")
    environment = {"XDG_STATE_HOME": str(blocker)}
    with opened(tmp_path, settings, "--tab", "pods", environment=environment) as session:
        session.until("Pods 120")
        session.send("0")
        shows(session, "incidents blind")
        session.send("6")
        shows(session, "FAILED", "store.db cannot be used: Not a directory", "check its path and permissions")
        session.send("q", gap=0.3)
        assert session.ended() == 0


def test_a_full_disk_is_said_and_everything_else_works(tmp_path: Path, settings: str) -> None:
    """The limit on file size stands for the disk: writing beyond it fails in the same place."""

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    # Python caches what it compiles without looking whether all of it was written.
    compiled = {"PYTHONDONTWRITEBYTECODE": "1"}
    with opened(tmp_path, settings, "--tab", "pods", before=[no_room], environment=compiled) as session:
        session.until("Pods 120")
        session.send("6")
        shows(session, "FAILED", "store", "disk")
        session.send("0")
        shows(session, "incidents blind")
        session.send("!", "G", gap=0.5)
        shows(session, "lines were lost: the log cannot be written")
        session.send("q", "q", gap=0.5)
        assert session.ended() == 0


def test_two_consoles_share_one_store(tmp_path: Path, settings: str) -> None:
    with (
        opened(tmp_path, settings, "--tab", "incidents") as one,
        opened(tmp_path, settings, "--tab", "incidents") as two,
    ):
        for session in (one, two):
            shows(session, "no incident is open")
        for session in (one, two):
            session.send("q")
            assert session.ended() == 0
            assert "Traceback" not in session.text


def test_nothing_configured_opens_the_first_page(tmp_path: Path) -> None:
    with opened(tmp_path, None, size=(80, 24)) as session:
        shows(session, "opsconsole config init", "demo")
        session.send("q")
        assert session.ended() == 0


def test_settings_that_are_wrong_name_file_line_and_key(tmp_path: Path) -> None:
    with opened(tmp_path, "[profiles.x.kubernetes]\nkubeconfg = '/x'\n") as session:
        assert session.ended() == 2
        said = "".join(session.text.split())  # a long path moves the place where the line breaks
        assert "settings.toml:2:1:" in said
        assert "unknownkey'kubeconfg':didyoumean'kubeconfig'?" in said
