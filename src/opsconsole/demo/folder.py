"""The one temporary folder of a running demo: made, locked while its supervisor lives, swept when it does not."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PREFIX = "opsconsole-demo-"
_LOCK = "supervisor.lock"
_UNLOCKED_GRACE_S = 60
"""A folder without a lock file may be one that is being made this instant; older ones are left-overs."""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A locked folder; the lock is the kernel's and ends with the process, however it ends."""

    path: Path
    _lock_fd: int

    def delete(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            os.close(self._lock_fd)


def create(parent: Path | None = None) -> DemoFolder:
    """Make and lock a new demo folder below `parent` (default: the system's temporary folder).

    Its mode is 0711: PostgreSQL, which refuses to run as root, must be able to pass through it under another uid.
    Everything inside is private to its owner.
    """
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    fd = os.open(path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    path.chmod(0o711)
    return DemoFolder(path, fd)


def sweep(parent: Path | None = None) -> tuple[Path, ...]:
    """Delete what demos left behind whose supervisor was killed; returns the folders that are gone now."""
    return tuple(path for path in _stale(parent or Path(tempfile.gettempdir())) if _delete(path))


def _stale(parent: Path) -> Iterator[Path]:
    for path in parent.glob(PREFIX + "*"):
        with suppress(OSError):
            if path.lstat().st_uid == os.getuid() and path.is_dir() and not path.is_symlink() and _abandoned(path):
                yield path


def _abandoned(path: Path) -> bool:
    try:
        fd = os.open(path / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - path.stat().st_mtime > _UNLOCKED_GRACE_S
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


def _delete(path: Path) -> bool:
    shutil.rmtree(path, ignore_errors=True)
    return not path.exists()
