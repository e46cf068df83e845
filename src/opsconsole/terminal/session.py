"""Runs the console on its terminal from start to end: log, signals, hang-up, crash; returns the exit code."""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import crash
from . import logfile
from .counters import Counters
from .driver import ConsoleDriver, terminal_descriptor

if TYPE_CHECKING:
    from ..app import Console

ENDS = {signal.SIGHUP: 128 + signal.SIGHUP, signal.SIGTERM: 128 + signal.SIGTERM, signal.SIGINT: 128 + signal.SIGINT}
"""Signals that end the console in order, with their exit codes."""
SWITCH_S = 0.001
"""How long a thread that computes may keep the reader of keys and the loop waiting (Python's own: 5 ms)."""
GRACE_S = 5.0
"""How long an orderly end may take after a signal before the process goes at once."""
NO_TERMINAL = "opsconsole draws on a terminal and has none here; opsconsole doctor and --help work without"


def run(make: Callable[[Path | None], "Console"], state_dir: Path, *, mouse: bool = True) -> int:
    """Build the console (`make` gets the path of the log) and run it. Prints at most one sentence after it.

    Exit codes: the console's own (0), 2 without a terminal, 70 after a crash, 128 + number after a signal, 129 when
    the terminal is lost.
    """
    output = terminal_descriptor()
    if output is None or not sys.stdin.isatty():
        print(NO_TERMINAL, file=sys.stderr)
        return 2
    log_path = _open_log(state_dir)
    sys.setswitchinterval(SWITCH_S)
    ConsoleDriver.output = os.dup(output)
    code, sentence = 0, ""
    ended = threading.Event()
    with ExitStack() as stack:
        stack.callback(ended.set)
        if log_path is not None:
            stack.enter_context(logfile.standard_error_to_log())
        try:
            console = make(log_path)
            console.driver_class = ConsoleDriver
            counters = Counters(console.stalls)
            with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(console.stalls.selector())) as runner:
                runner.run(_supervised(console, mouse, ended))
            counters.write()
            code, sentence = console.return_code or 0, console.crash_sentence
        except Exception as error:  # whatever it is, the operator gets one sentence and a file, never a traceback
            code, sentence = crash.EXIT_CODE, crash.report(error, state_dir)
    # duckdb prints a page about what the last collection did not find, and it never looks at what is frozen
    gc.unfreeze()
    if sentence:
        try:
            print(sentence, file=sys.stderr)
        except OSError:
            logging.getLogger(__name__).error("%s", sentence)
    return code


async def _supervised(console: "Console", mouse: bool, ended: threading.Event) -> None:
    """The application with our signals. SIGINT only comes from outside: the keyboard's ctrl+c is a key.

    From the last key on it has `GRACE_S` until `ended` is set, or the process goes at once.
    """
    loop = asyncio.get_running_loop()

    def end(number: int, _frame: object) -> None:
        """Not a handler of the loop: a terminal that takes no more bytes holds the loop, and the grace must begin."""
        code = ENDS[signal.Signals(number)]
        leave_within(GRACE_S, code)
        loop.call_soon_threadsafe(partial(console.exit, return_code=code))

    for number in ENDS:
        signal.signal(number, end)
    try:
        await console.run_async(mouse=mouse)
    finally:
        leave_within(GRACE_S, console.return_code or 0, ended)
        if console.at_exit is not None:
            await console.at_exit()
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)


def leave_within(seconds: float, code: int, ended: threading.Event | None = None) -> None:
    """End the process hard if its orderly end hangs: a terminal that swallows no more bytes must not keep it.

    Not if `ended` is set before: what comes after the console (the demo's own end) has its own time.
    """
    ended = ended or threading.Event()

    def leave() -> None:
        if not ended.wait(seconds):
            os._exit(code)

    threading.Thread(target=leave, name="leave", daemon=True).start()


def _open_log(state_dir: Path) -> Path | None:
    """Without a writable state directory the console still works; `!` says that no log is kept."""
    try:
        return logfile.open_log(state_dir)
    except OSError:
        logging.getLogger().addHandler(logging.NullHandler())
        return None
