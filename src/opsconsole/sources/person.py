"""Who sits here: the user of the operating system, where the session comes from, and which process this is."""

import getpass
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from ..model.journal import Who
from ..text.clean import clean


def who(environment: Mapping[str, str] = os.environ, kubernetes: str = "") -> Who:
    """The person at this terminal; `kubernetes` is the name that the API server knows."""
    try:
        user = environment.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in many containers
        user = f"uid {os.getuid()}"
    client = (environment.get("SSH_CONNECTION") or environment.get("SSH_CLIENT") or "").split()
    return Who(clean(user, 64), clean(socket.gethostname(), 64), clean(client[0], 64) if client else "", kubernetes)


def process() -> str:
    """`pid/start time` of this process: a later process with the same number differs."""
    return f"{os.getpid()}/{started(os.getpid())}"


def alive(written_by: str) -> bool:
    """Whether the process that `process()` named still runs on this machine."""
    pid, _, start = written_by.partition("/")
    return pid.isascii() and pid.isdigit() and bool(start) and started(int(pid)) == start


def started(pid: int) -> str:
    """When a process began, in the kernel's own count; "" when there is none, or where /proc does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    # one that has ended stays listed until its parent asks, in a container without an init for ever
    ended = fields[:1] in (["Z"], ["X"])
    return fields[19] if len(fields) > 19 and not ended else ""
