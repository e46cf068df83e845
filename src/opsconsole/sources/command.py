"""Runs a command that the settings or a kubeconfig name: without a terminal, within a limit, its last words kept."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..text.clean import clean
from ..text.redact import redact

_MOST_OUTPUT = 1024 * 1024


class Ended(NamedTuple):
    code: int
    output: bytes
    """Of standard output the first megabyte."""
    said: str
    """The last words on standard error, fit to be shown."""


class NoAnswer(Exception):
    """It did not end in time; its argument are the last words on standard error."""


async def run(command: Sequence[str], environment: Mapping[str, str], limit_s: float) -> Ended:
    """Raises OSError where it cannot be started, NoAnswer where it does not end in time; none of it is left behind."""
    # a session of its own: it has no terminal to ask on, and its children end with it
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said = bytearray()
    try:
        async with asyncio.timeout(limit_s):
            assert process.stdout is not None
            assert process.stderr is not None
            output, _, code = await asyncio.gather(
                _bounded(process.stdout), _tail(process.stderr, said), process.wait()
            )
    except TimeoutError:
        raise NoAnswer(_words(said)) from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return Ended(code, output, _words(said))


async def _bounded(stream: asyncio.StreamReader) -> bytes:
    """At most a megabyte; what comes behind it is read and dropped, so that the command can end."""
    kept = bytearray()
    while chunk := await stream.read(65536):
        if len(kept) < _MOST_OUTPUT:
            kept += chunk
    return bytes(kept)


async def _tail(stream: asyncio.StreamReader, kept: bytearray) -> None:
    while chunk := await stream.read(4096):
        kept += chunk
        del kept[:-4096]


def _words(said: bytearray) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return clean(redact(" / ".join(lines[-3:])), 300)
