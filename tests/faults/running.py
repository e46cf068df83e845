"""The real console on a pseudo-terminal, with settings that a test writes and a home of its own."""

import contextlib
import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.terminal.pty_session import Session

MAIN = "from opsconsole.cli.main import main; main()"
KEPT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV")
"""What the program gets of the test's own environment; everything that could configure a source stays out."""


def variables(folder: Path, more: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """An environment whose home, state and runtime folders lie in `folder`; None in `more` takes a variable away."""
    chosen: dict[str, str | None] = {name: os.environ[name] for name in KEPT if name in os.environ}
    chosen |= {"HOME": str(folder), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    return {name: value for name, value in {**chosen, **(more or {})}.items() if value is not None}


@contextlib.contextmanager
def opened(
    folder: Path,
    settings: str | None,
    *arguments: str,
    size: tuple[int, int] = (160, 45),
    environment: Mapping[str, str | None] | None = None,
    before: Sequence[Callable[[], None]] = (),
    prelude: str = "",
) -> Iterator[Session]:
    """The program on these settings (None: without any).

    `before` runs in the child, before the program; `prelude` is Python that runs in it, before its main function.
    """
    options = list(arguments)
    if settings is not None:
        path = folder / "settings.toml"
        path.write_text(settings)
        options = ["--config", str(path), *options]
    given = variables(folder, environment)
    columns, rows = size
    pid, fd = pty.fork()
    if pid == 0:
        for step in before:
            step()
        os.execvpe(sys.executable, [sys.executable, "-c", f"{prelude}\n{MAIN}", *options], given)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    session = Session(pid, fd, columns, rows)
    try:
        yield session
    finally:
        session.close()


def shows(session: Session, *parts: str, patience: float = 1.0) -> str:
    """Wait until all of these stand on the screen, broken over lines or not; the words of the screen."""
    session.until(lambda text: all(part in words(text) for part in parts), patience)
    return words(session.text)


def resized(session: Session, columns: int, rows: int) -> None:
    """What was drawn before is gone from the screen: only what is drawn anew is seen."""
    session.resize(columns, rows)
    session.screen.erase_in_display(2)


def words(text: str) -> str:
    """The screen's text with every run of blanks as one, so that a sentence may be broken over lines."""
    return " ".join(text.split())
