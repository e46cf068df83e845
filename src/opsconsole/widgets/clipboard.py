"""Copying from a terminal: the desktop's own tool, else OSC 52 through tmux and screen, else a file."""

import base64
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

OSC52_LIMIT = 74_994
"""Bytes of text: terminals and tmux stop at 100,000 of base64 and frame."""
_SCREEN_CHUNK = 76
_NATIVE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
)


def copy(
    text: str,
    write: Callable[[str], None],
    *,
    environment: Mapping[str, str] = os.environ,
    directory: Path | None = None,
    name: str = "copy",
) -> str:
    """Copy and return one line that says what was done; `write` sends to the terminal."""
    size = len(text.encode("utf-8", "replace"))
    tool = native_tool(environment)
    if tool and _run(tool, text):
        return f"copied {size:,} bytes ({tool[0]})"
    if size <= OSC52_LIMIT and environment.get("TERM", "dumb") not in ("dumb", "linux"):
        write(osc52(text, environment))
        return f"copied {size:,} bytes by OSC 52 (if your terminal allows it; c f writes a file)"
    return to_file(text, directory, name)


def native_tool(environment: Mapping[str, str]) -> tuple[str, ...] | None:
    """The desktop's clipboard command; none over SSH, where it would fill the wrong machine's clipboard."""
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return None
    if shutil.which("pbcopy"):
        return ("pbcopy",)
    for variable, command in _NATIVE:
        if environment.get(variable) and shutil.which(command[0]):
            return command
    return None


def osc52(text: str, environment: Mapping[str, str]) -> str:
    """The escape sequence that sets the clipboard, wrapped for tmux and GNU screen. ValueError when too large."""
    data = text.encode("utf-8", "replace")
    if len(data) > OSC52_LIMIT:
        raise ValueError(f"{len(data)} bytes are more than OSC 52 carries ({OSC52_LIMIT})")
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    if environment.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environment.get("STY") or environment.get("TERM", "").startswith("screen"):
        parts = [sequence[start : start + _SCREEN_CHUNK] for start in range(0, len(sequence), _SCREEN_CHUNK)]
        return "".join(f"\x1bP{part}\x1b\\" for part in parts)
    return sequence


def to_file(text: str, directory: Path | None = None, name: str = "copy") -> str:
    """Write a private file and return one line with its path."""
    try:
        if directory is not None:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(prefix=f"opsconsole-{name}-", suffix=".txt", dir=directory, text=True)
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        return f"could not be copied: {error.strerror}"
    return f"written to {path}"


def _run(command: tuple[str, ...], text: str) -> bool:
    """A tool that does not answer within a second is as good as none."""
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=1,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
