"""The ladder of copying."""

import base64
import re
from pathlib import Path

import pytest

from opsconsole.widgets import clipboard

PLAIN = {"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/1"}


def decoded(sequence: str) -> str:
    payload = re.search(r"\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    assert payload is not None
    return base64.b64decode(payload[1]).decode()


def test_osc52_carries_the_text() -> None:
    sent: list[str] = []
    said = clipboard.copy("über", sent.append, environment=PLAIN)
    assert decoded("".join(sent)) == "über"
    assert "OSC 52" in said


def test_tmux_and_screen_are_passed_through() -> None:
    tmux = clipboard.osc52("x" * 400, {"TMUX": "/tmp/tmux,1,0"})
    assert tmux.startswith("\x1bPtmux;\x1b\x1b]52;c;")
    assert tmux.endswith("\x1b\\")
    screen = clipboard.osc52("x" * 400, {"TERM": "screen"})
    parts = re.findall(r"\x1bP(.*?)\x1b\\", screen, re.DOTALL)
    assert max(map(len, parts)) <= 76
    assert decoded("".join(parts)) == "x" * 400


def test_the_bound_is_kept_and_a_file_takes_over(tmp_path: Path) -> None:
    sent: list[str] = []
    assert len(clipboard.osc52("x" * clipboard.OSC52_LIMIT, {})) <= 100_000
    with pytest.raises(ValueError, match="74995"):
        clipboard.osc52("x" * (clipboard.OSC52_LIMIT + 1), {})
    said = clipboard.copy("x" * 80_000, sent.append, environment=PLAIN, directory=tmp_path)
    path = Path(said.removeprefix("written to "))
    assert path.read_text() == "x" * 80_000
    assert path.stat().st_mode & 0o777 == 0o600
    assert sent == []


def test_a_desktop_tool_is_not_used_over_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "xclip"
    tool.write_text(f"#!/bin/sh\ncat > {tmp_path}/clip\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    desktop = {"TERM": "xterm", "DISPLAY": ":0"}
    assert "xclip" in clipboard.copy("hello", lambda _: None, environment=desktop)
    assert (tmp_path / "clip").read_text() == "hello"
    assert clipboard.native_tool({**desktop, "SSH_CONNECTION": "1 2 3 4"}) is None


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "could not be copied" in clipboard.to_file("x", tmp_path / "file")
