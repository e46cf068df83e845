"""Run as `python -m tests.store.full_disk FOLDER tmpfs|limit`: writes when nothing more can be written, then again.

`tmpfs`: FOLDER is a file system of its own, which is filled. `limit`: files may not grow beyond what they have.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from opsconsole.store.errors import StoreError
from opsconsole.store.store import Store
from tests.store.make import entry, incident, line
from tests.store.writer import full


async def main(folder: Path, kind: str) -> None:
    store = Store.open(folder / "store.db")
    await store.add_incident(incident())
    promised = await _written(store, "before")
    _fill(folder, kind)
    refusals: dict[str, str] = {}
    for name, write in _writes(store, "never").items():
        try:
            await write()
        except StoreError as error:
            refusals[name] = str(error)
    readable = len((await store.incidents()).entries)
    _free(folder, kind)
    promised |= await _written(store, "after")
    incidents = await store.incidents()
    result = {
        "refusals": refusals,
        "readable": readable,
        "promised": sorted(promised),
        "entries": sorted(told.id for told in incidents.entries),
        "lines": [kept.run for kept in await store.journal_lines()],
        "title": incidents.incidents[0].title,
        "problems": (await store.journal_verify()).problems,
    }
    await store.close()
    print(json.dumps(result))


def _writes(store: Store, name: str) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Each needs more pages than are free in the file."""
    text = full(name) * 20
    note = msgspec.structs.replace(entry(f"{name}-note"), text=text)
    told = msgspec.structs.replace(entry(f"{name}-title"), text=text)
    return {
        "note": lambda: store.append(note),
        "journal": lambda: store.journal(line(f"{name}-line", words=text)),
        "incident": lambda: store.change_incident("INC-1", {"title": name}, [told]),
    }


async def _written(store: Store, name: str) -> set[str]:
    for write in _writes(store, name).values():
        await write()
    return {f"{name}-note", f"{name}-line", f"{name}-title"}


def _fill(folder: Path, kind: str) -> None:
    if kind == "limit":
        biggest = max(file.stat().st_size for file in folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (biggest, resource.RLIM_INFINITY))
        return
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * 4096):
                pass
        except OSError:
            return


def _free(folder: Path, kind: str) -> None:
    if kind == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    else:
        (folder / "filler").unlink()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
