"""A console on a pseudo-terminal: send bytes, wait for what the screen shows, look at how it ends."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pyte

DEADLINE_S = 20.0


class Session:
    """The child, and the screen that it has drawn so far."""

    def __init__(self, pid: int, fd: int, columns: int, rows: int) -> None:
        self.pid, self.fd = pid, fd
        self.screen = pyte.Screen(columns, rows)
        self.raw = bytearray()
        self.code: int | None = None
        self._stream = pyte.ByteStream(self.screen)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def read(self, timeout: float) -> bool:
        """Take in what arrives; False when nothing did."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    def until(self, condition: Callable[[str], bool] | str, patience: float = 1.0) -> str:
        """Read until the screen's text holds (or fulfils) it; `patience` many times as long as usual."""
        test = (lambda text: condition in text) if isinstance(condition, str) else condition
        end = time.monotonic() + DEADLINE_S * patience
        while not test(self.text):
            assert time.monotonic() < end, f"never came: {condition}\n{self.text}"
            self.read(0.05)
        return self.text

    def quiet(self, seconds: float = 0.4) -> str:
        """Read until nothing comes for a moment."""
        while self.read(seconds):
            pass
        return self.text

    def send(self, *texts: str, gap: float = 0.0) -> None:
        """Write each text in one go; between two of them the line rests for `gap` seconds, still being read."""
        for index, text in enumerate(texts):
            if index:
                end = time.monotonic() + gap
                while (left := end - time.monotonic()) > 0:
                    self.read(left)
            os.write(self.fd, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def ended(self) -> int:
        """Wait for the end; the exit code (128 + n for a signal that killed it)."""
        end = time.monotonic() + DEADLINE_S
        while self.code is None:
            assert time.monotonic() < end, f"it still runs:\n{self.text}"
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        while self.read(0.05):
            pass
        return self.code

    def hang_up(self) -> None:
        """Close our side: the terminal is gone."""
        os.close(self.fd)
        self.fd = -1

    def close(self) -> None:
        if self.code is None and psutil.pid_exists(self.pid):
            os.kill(self.pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
        if self.fd >= 0:
            os.close(self.fd)


@contextlib.contextmanager
def console(
    state_dir: Path,
    *arguments: str,
    size: tuple[int, int] = (100, 30),
    environment: Mapping[str, str] | None = None,
    before: Sequence[Callable[[], None]] = (),
    module: str = "tests.screens.stub",
) -> Iterator[Session]:
    """The stand-in console on a pty of that size; `before` runs in the child before the program."""
    columns, rows = size
    pid, fd = pty.fork()
    if pid == 0:
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        for name in ("LINES", "COLUMNS"):
            variables.pop(name, None)
        for step in before:
            step()
        os.execvpe(sys.executable, [sys.executable, "-m", module, str(state_dir), *arguments], variables)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    session = Session(pid, fd, columns, rows)
    try:
        yield session
    finally:
        session.close()
