"""A crash: one sentence for the screen, and a file with the traceback, without local variables and without secrets."""

import os
import platform
import traceback
from pathlib import Path

from . import __name__ as package
from .text import clock
from .text.clean import clean
from .text.redact import redact

EXIT_CODE = 70
"""EX_SOFTWARE of sysexits."""
KEPT = 20


def write(error: BaseException, directory: Path) -> Path | None:
    """Write the traceback to a new file (0600) in `directory`; None when it cannot be written."""
    frames = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    head = f"{package} crashed at {clock.now().isoformat(timespec='seconds')}\n"
    head += f"Python {platform.python_version()} on {platform.platform()}\n\n"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / f"crash-{clock.now():%Y%m%dT%H%M%S}-{os.getpid()}.txt"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(head + redact(frames))
        _forget_old(directory)
    except OSError:
        return None
    return path


def sentence(error: BaseException, path: Path | None) -> str:
    """What the operator reads: kind of error, and where the rest stands."""
    where = f"the details are in {path}" if path else "its details could not be written"
    return clean(f"opsconsole crashed ({type(error).__name__}); nothing on your platform was changed by it; {where}")


def report(error: BaseException, directory: Path) -> str:
    """Write the file and return the sentence."""
    return sentence(error, write(error, directory))


def _forget_old(directory: Path) -> None:
    for path in sorted(directory.glob("crash-*.txt"))[:-KEPT]:
        path.unlink(missing_ok=True)
