"""The log: rotating, redacted, in the state directory; standard error flows into it while the screen is up."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..text.clean import clean
from ..text.redact import redact

LARGEST = 2_000_000
KEPT = 3


class _Redacting(logging.Formatter):
    """Formats a record, tracebacks included, and takes the secrets out of all of it."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(clean(line) for line in redact(super().format(record)).splitlines())


class _PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner may read."""

    lost = 0
    """Records that could not be written."""

    def _open(self):  # type: ignore[no-untyped-def]  # the base class' type is private to the type stubs
        os.close(os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:
        """Count it. Python's own way prints a traceback to standard error, which flows back into this log for ever."""
        self.lost += 1


def open_log(directory: Path) -> Path:
    """Send the program's log to `directory`/opsconsole.log; returns its path. OSError when it cannot be written."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / "opsconsole.log"
    handler = _PrivateFile(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    formatter = _Redacting("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    return path


def tail(path: Path, lines: int = 200) -> list[str]:
    """The last lines of the log, and how many it could not take; empty when there is none."""
    lost = sum(handler.lost for handler in logging.getLogger().handlers if isinstance(handler, _PrivateFile))
    note = [f"{lost:,} lines were lost: the log cannot be written; free some space"] if lost else []
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 64 * 1024))
            kept = [clean(line) for line in file.read().decode("utf-8", "replace").splitlines()[-lines:]]
    except OSError:
        kept = []
    return kept + note


@contextmanager
def standard_error_to_log() -> Iterator[None]:
    """Everything written to descriptor 2, by whomever, becomes lines of the log instead of scars on the screen."""
    saved = os.dup(2)
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    os.close(writing)
    thread = threading.Thread(target=_copy, args=(reading,), name="stderr-to-log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        # A child process may still hold the other end: the thread is a daemon and is not waited for long.
        thread.join(timeout=0.5)


def _copy(reading: int) -> None:
    log = logging.getLogger("stderr")
    with open(reading, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.strip():
                log.warning("%s", line.rstrip())
