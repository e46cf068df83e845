"""Puts a document on the disk whole or not at all, for its owner's eyes."""

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import DocumentError

Stamp = tuple[int, int, int]
"""What tells that somebody wrote the file meanwhile: inode, size, time of change."""


def read(path: Path) -> tuple[str | None, Stamp | None]:
    """The file's text, None where there is none. Raises DocumentError."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            state = os.fstat(file.fileno())
            return file.read(), (state.st_ino, state.st_size, state.st_mtime_ns)
    except FileNotFoundError:
        return None, None
    except OSError as error:
        raise _meaning(path, error, "read") from None


def unchanged(path: Path, stamp: Stamp | None) -> bool:
    """Whether the file still is the one that was read."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return stamp is None
    except OSError:
        return False
    return stamp == (state.st_ino, state.st_size, state.st_mtime_ns)


def folder(path: Path) -> None:
    """Make a private folder where there is none. Raises DocumentError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _meaning(path, error, "made") from None


@contextlib.contextmanager
def lock(path: Path) -> Iterator[Callable[[], bool]]:
    """What takes a lock on a file that only serves to wait for each other: False while somebody else has it. Where no
    file can be made, or its file system knows no locks, everybody has it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield lambda: True
        return
    try:
        yield lambda: _taken(descriptor)
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def write(path: Path, text: str) -> None:
    """Replace the file in one step, 0600 where it is new; a failure leaves the old one. Raises DocumentError."""
    temporary = ""
    try:
        target = path.resolve()  # a link keeps pointing where it points
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            if target.exists():
                os.fchmod(file.fileno(), target.stat().st_mode & 0o777)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync(target.parent)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise _meaning(path, error, "written") from None


def _sync(directory: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot; the text itself is on the disk
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _meaning(path: Path, error: OSError, done: str) -> DocumentError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        said, remedy = "the disk is full", "free some space, or name another file"
    else:
        said, remedy = error.strerror or type(error).__name__, "check its path and permissions, or name another file"
    kept = "; what was there is as it was" if done == "written" and path.exists() else ""
    return DocumentError(f"{path} cannot be {done}: {said}{kept}", remedy)
