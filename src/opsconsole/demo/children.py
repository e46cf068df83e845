"""Direct child processes of the demo's supervisor: they log to a file and do not outlive it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(slots=True)
class Child:
    """One process; `stop_signal` is what ends it quickly and cleanly."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of its output, for an error that says why."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.rstrip().splitlines()[-lines:])


def start(
    name: str,
    command: Sequence[str | Path],
    log: Path,
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    user: tuple[int, int] | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    cwd: Path | None = None,
) -> Child:
    """Start a child that the kernel ends with `stop_signal` when this process dies.

    `user` (uid, gid) runs it under that identity. Raises OSError when the program cannot be started.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(env) if env is not None else None,
            pass_fds=tuple(pass_fds),
            cwd=cwd,
            # The supervisor has one thread, so running Python between fork and exec is safe here.
            preexec_fn=_prepare(os.getpid(), stop_signal, user),
        )
    return Child(name, process, log, stop_signal)


def _prepare(parent: int, death_signal: signal.Signals, user: tuple[int, int] | None) -> Callable[[], None]:
    def run() -> None:
        # A group of its own: what a server forks can be killed with it.
        os.setpgid(0, 0)
        if user is not None:
            os.setgroups([])
            os.setgid(user[1])
            os.setuid(user[0])
        # After setuid: a change of credentials clears it.
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return run


def stop_all(children: Sequence[Child], patience_s: float = 3.0) -> None:
    """Ask all to end at once, then kill what is left of each process group."""
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(child.stop_signal)
    deadline = time.monotonic() + patience_s
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
