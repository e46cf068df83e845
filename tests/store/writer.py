"""A console's writing in a process of its own, to be killed: each write is told through a pipe once it is saved."""

import asyncio
import os
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from opsconsole.store.store import Store
from tests.store.make import entry, line

MODULES = (
    "tests.store.writer",
    *(f"opsconsole.store.{name}" for name in ("database", "incidents", "journal", "upgrade")),
)
"""What a fork server imports once for all writers."""


def full(identity: str) -> str:
    """A text of several pages of the file, of which half would be seen."""
    return f"{identity} " + "x" * 9_000 + f" {identity}"


def write(path: str, name: str, told: Connection, limit: int = 10**9) -> None:
    """Note, line of the journal, changed incident with its entry, and again, until killed."""
    asyncio.run(_write(Path(path), name, told, limit))


async def _write(path: Path, name: str, told: Connection, limit: int) -> None:
    store = Store.open(path)
    for number in count():
        identity = f"{name}-{number}"
        if number % 3 == 0:
            await store.append(msgspec.structs.replace(entry(identity), text=full(identity)))
        elif number % 3 == 1:
            await store.journal(line(identity, words=full(identity)))
        else:
            titled = msgspec.structs.replace(entry(identity), kind="title", text=full(identity))
            await store.change_incident("INC-1", {"title": full(identity)}, [titled])
        os.write(told.fileno(), f"{identity}\n".encode())
        if number + 1 == limit:
            break
    await store.close()
