"""Waits for conditions, and finds what a demo has left behind."""

import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

LOOK_S = 0.2
"""Between two looks: the demo and its servers need the processor that looking takes."""


def until(condition: Callable[[], bool], what: str, within_s: float = 30.0) -> None:
    """Return as soon as the condition holds; fail with `what` when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"still not after {within_s:.0f} s: {what}"
        time.sleep(LOOK_S)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Processes that were started from, or work in, a demo's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join(process.cmdline()) or str(folder) in process.cwd():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; what only waits to be reaped by a parent in this test does not."""
    return [each for each in processes if _runs(each)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
