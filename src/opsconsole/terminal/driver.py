"""Textual's driver for Unix terminals, made to survive slow lines and lost terminals."""

import os
import selectors
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from .sequences import ESC, Escape, Pasted, Piece, Plain, Sequence, Sequences

if TYPE_CHECKING:
    from textual.app import App

_KEPT = ("last_x", "last_y", "mouse_pixels", "terminal_size", "terminal_pixel_size")


class Loses(Protocol):
    """An application that wants to hear that its terminal is gone."""

    def terminal_lost(self) -> None: ...


class LossyFile:
    """A text file on the terminal that swallows what can no longer be written and tells so once.

    Textual's writer thread would die of the error, its queue would fill up, and the event loop would block for ever.
    """

    def __init__(self, file: IO[str], lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self._gone = False

    def write(self, text: str) -> int:
        if not self._gone:
            try:
                return self._file.write(text)
            except (OSError, ValueError):
                self._end()
        return len(text)

    def flush(self) -> None:
        if not self._gone:
            try:
                self._file.flush()
            except (OSError, ValueError):
                self._end()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return True

    def _end(self) -> None:
        self._gone = True
        self._lost()


def terminal_descriptor() -> int | None:
    """A descriptor of the terminal to draw on: standard output or error, whichever is one."""
    return next((fd for fd in (1, 2) if os.isatty(fd)), None)


class ConsoleDriver(LinuxDriver):
    """Reassembles torn sequences (terminal.sequences), ends on a hang-up, and draws where the terminal is even when
    standard error was sent elsewhere."""

    output: int | None = None
    """Descriptor to draw on; the session sets it before standard error goes to the log."""

    def __init__(self, app: "App[Any]", **options: Any) -> None:
        super().__init__(app, **options)
        descriptor = self.output if self.output is not None else terminal_descriptor()
        file = open(os.dup(2 if descriptor is None else descriptor), "w", encoding="utf-8", errors="replace")  # noqa: SIM115  # lives as long as the driver
        self._file = cast("Any", LossyFile(file, self._lost))

    def _lost(self) -> None:
        """The terminal is gone. Called from the reading or the writing thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(cast("Loses", self._app).terminal_lost)

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own word before COLUMNS and LINES, which know nothing of a resize."""
        try:
            columns, rows = os.get_terminal_size(cast("LossyFile", self._file).fileno())
        except OSError:
            return super()._get_terminal_size()
        return (columns, rows) if columns and rows else super()._get_terminal_size()

    def run_input_thread(self) -> None:
        """Read until told to end or until the terminal is gone."""
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        keys = Keys(self._debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(keys.patience(0.1)):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        self._lost()
                        return
                    self._hand_over(keys.read(decode(data)))
                self._hand_over(keys.tick())

    def _hand_over(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # anything that ends this thread would leave a console without keys: it is a crash
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)


class Keys:
    """Text as it is read → Textual's messages, by way of whole sequences."""

    def __init__(self, debug: bool = False) -> None:
        self._sequences = Sequences(time.monotonic, constants.ESCAPE_DELAY)
        self._debug = debug
        self._parser = XTermParser(debug)

    def patience(self, most: float) -> float:
        """How long to wait for the next byte before `tick`, in seconds."""
        due = self._sequences.deadline
        return most if due is None else min(most, max(0.0, due - time.monotonic()))

    def read(self, text: str) -> list[Message]:
        return [message for piece in self._sequences.feed(text) for message in self._messages(piece)]

    def tick(self) -> list[Message]:
        return [message for piece in self._sequences.tick() for message in self._messages(piece)]

    def _messages(self, piece: Piece) -> Iterable[Message]:
        match piece:
            case Plain(text):
                return list(self._parser.feed(text))
            case Escape():
                return [events.Key("escape", ESC)]
            case Pasted(text):
                return [events.Paste(text)]
            case Sequence(text):
                return self._one(text)

    def _one(self, sequence: str) -> list[Message]:
        """What one whole sequence stands for; nothing for one that Textual does not know.

        Textual's parser would go on reading after an unknown one, and give out its letters as keys.
        """
        messages = list(self._parser.feed(sequence))
        if self._parser._awaiting.timeout is not None:
            fresh = XTermParser(self._debug)
            for name in _KEPT:
                setattr(fresh, name, getattr(self._parser, name))
            self._parser = fresh
        return messages
