"""A terminal as a person sits at it: a program on a pseudo-terminal, its screen, what arrived and what it cost."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import psutil
import pyte

SIZE = (160, 45)
ANSWERS = ((b"\x1b[6n", b"\x1b[1;1R"), (b"\x1b[c", b"\x1b[?62;22c"), (b"\x1b[?2026$p", b"\x1b[?2026;2$y"))
"""Questions that a terminal answers; a program that hears nothing would wait."""
Marks = tuple[tuple[str, bool], ...]


class Ended(Exception):
    """The program has ended; its last screen as text."""


class Terminal:
    """Starts the program at once; the clock of every figure starts with it. Leave the `with` block to end it."""

    def __init__(
        self, argv: Sequence[str], size: tuple[int, int] = SIZE, environment: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        self.received = 0
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", **(environment or {}))
            for name in ("LINES", "COLUMNS", "NO_COLOR"):
                os.environ.pop(name, None)
            os.execvp(argv[0], list(argv))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def take(self, seconds: float) -> int:
        """Show what arrives within so many seconds, once; its length in bytes. Raises Ended."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not ready:
            return 0
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            raise Ended(self.text())
        for question, answer in ANSWERS:
            if question in data:
                os.write(self._fd, answer)
        self.received += len(data)
        # pyte stumbles over a few rare sequences; the bytes count all the same
        with contextlib.suppress(TypeError, IndexError, KeyError):
            self._stream.feed(data)
        return len(data)

    def watch(self, seconds: float) -> int:
        """Show what arrives for so long; its length in bytes."""
        until, before = time.perf_counter() + seconds, self.received
        while (left := until - time.perf_counter()) > 0:
            self.take(left)
        return self.received - before

    def until(self, seen: Callable[[], bool], patience_s: float = 60.0) -> float | None:
        """Seconds since the start when `seen` came true of the screen; None when it never did."""
        while (passed := time.perf_counter() - self.started) < patience_s:
            if seen():
                return passed
            self.take(0.02)
        return None

    def shows(self, pattern: str) -> Callable[[], bool]:
        """Whether the screen's text holds a regular expression."""
        compiled = re.compile(pattern)
        return lambda: compiled.search(self.text()) is not None

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def painted(self) -> bool:
        """Whether anything stands on the screen."""
        return any(line.strip() for line in self.screen.display)

    def marks(self, column: int = 12) -> Marks:
        """The background of each row: what a cursor changes, and news does not."""
        cells = (self.screen.buffer[row][column] for row in range(self.screen.lines))
        return tuple((cell.fg if cell.reverse else cell.bg, cell.reverse) for cell in cells)

    def move(self, key: str, patience_s: float = 3.0) -> float | None:
        """Press a cursor key; seconds until the highlighted row is another one, None when it never was."""
        before, sent = self.marks(), time.perf_counter()
        self.press(key)
        while time.perf_counter() - sent < patience_s:
            if self.take(0.02):
                arrived = time.perf_counter()
                if self.marks() != before:
                    return arrived - sent
        return None

    def processes(self) -> list[psutil.Process]:
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_s(self) -> float:
        """Processor seconds of the program and its children so far."""
        total = 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def memory_mb(self, process: psutil.Process | None = None) -> float:
        """Proportional set size of the program (or of one process of it) in MB of 2**20 bytes."""
        with contextlib.suppress(psutil.Error):
            full = (process or psutil.Process(self.pid)).memory_full_info()
            return float(getattr(full, "pss", 0) or full.rss) / 2**20
        return 0.0

    def close(self, patience_s: float = 8.0) -> None:
        """Ask the program to end, read on so that it can say goodbye, and end it hard when it does not."""
        for number, seconds in ((signal.SIGTERM, patience_s), (signal.SIGKILL, patience_s)):
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, number)
                until = time.perf_counter() + seconds
                while time.perf_counter() < until:
                    with contextlib.suppress(Ended):
                        self.take(0.05)
                    if os.waitpid(self.pid, os.WNOHANG)[0]:
                        os.close(self._fd)
                        return
