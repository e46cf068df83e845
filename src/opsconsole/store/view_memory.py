"""What each view remembers of how a person set it up: columns, order, sort, filter; one small file for all profiles."""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

FILE = "views.json"
LATER_S = 2.0
"""Changes are written so much later, together."""
LARGEST = 1_000_000
"""Bytes; a file that is larger was not written by a console."""
PATIENCE_S = 2.0
"""How long to wait for another console that writes."""

Everything = dict[str, dict[str, msgspec.Raw]]
"""Profile → view → what it remembers; what a newer console wrote there is kept as it is."""


class Remembered(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How one view is set up; a default is not written."""

    order: tuple[str, ...] = ()
    """Ids of columns from left to right."""
    on: tuple[str, ...] = ()
    """Columns that are shown at every width."""
    off: tuple[str, ...] = ()
    sort: str = ""
    reverse: bool = False
    filter: str = ""
    wrong: bool = False
    """Only what is wrong."""


DEFAULT = Remembered()


class ViewMemory:
    """The views of one profile. It is read once; what changes is written late, beside what other consoles wrote."""

    def __init__(self, folder: Path, profile: str, say: Callable[[str], None] = lambda sentence: None) -> None:
        """`say` gets one line when something cannot be kept."""
        self.path = folder / FILE
        self.problem = ""
        """Why nothing is remembered; "" where all is well."""
        self.say = say
        self._profile = profile
        self._views: dict[str, Remembered] = {}
        self._changed: dict[str, Remembered] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._complained = False
        try:
            kept = _read(self.path)
            self._views = {view: _view(raw) for view, raw in kept.get(profile, {}).items()}
        except (OSError, ValueError) as error:
            self.problem = f"how the views were set up cannot be read, they stand as at first: {_words(error)}"

    def get(self, view: str) -> Remembered:
        return self._views.get(view, DEFAULT)

    def put(self, view: str, value: Remembered) -> None:
        """Remember it; written soon, in a thread. To be called on the event loop."""
        if value == self.get(view):
            return
        self._views[view] = self._changed[view] = value
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LATER_S, self._write_aside)

    def flush(self) -> None:
        """Write what waits now: the console ends."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._thread is not None:
            self._thread.shutdown(wait=True)
            self._thread = None
        if self._changed:
            self._write(self._take())

    def _take(self) -> dict[str, Remembered]:
        changed, self._changed = self._changed, {}
        return changed

    def _write_aside(self) -> None:
        self._timer = None
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="views")
        written = asyncio.get_running_loop().run_in_executor(self._thread, self._write, self._take())
        written.add_done_callback(lambda done: self._complain(done.result()))

    def _complain(self, sentence: str) -> None:
        if sentence and not self._complained:
            self._complained = True
            self.say(sentence)

    def _write(self, changed: dict[str, Remembered]) -> str:
        """Put these views beside what is there; a sentence where that fails."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self.path.with_suffix(".lock")):
                everything = self._others()
                own = everything.setdefault(self._profile, {})
                for view, value in changed.items():
                    if value == DEFAULT:
                        own.pop(view, None)
                    else:
                        own[view] = msgspec.Raw(msgspec.json.encode(value))
                _replace(self.path, msgspec.json.format(msgspec.json.encode(everything), indent=1))
        except OSError as error:
            return f"how the views are set up is not kept: {_words(error)}"
        return ""

    def _others(self) -> Everything:
        """What is there now; a file that cannot be understood is put aside and not lost."""
        try:
            return _read(self.path)
        except ValueError:
            os.replace(self.path, self.path.with_suffix(".broken"))
            return {}


def _read(path: Path) -> Everything:
    """OSError where it cannot be read, ValueError where it is no such file; nothing where there is none."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return {}
    if len(content) > LARGEST:
        raise ValueError(f"{path} is too large")
    try:
        return msgspec.json.decode(content, type=Everything)
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: {error}") from None


def _view(raw: msgspec.Raw) -> Remembered:
    try:
        return msgspec.json.decode(raw, type=Remembered)
    except msgspec.DecodeError:
        return DEFAULT


def _replace(path: Path, content: bytes) -> None:
    """The whole file at once, readable by its owner alone."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone with the file: two consoles that write at once take turns."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        given_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > given_up:
                    raise
                time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'the file'}: {error.strerror or type(error).__name__}"
    return str(error)
