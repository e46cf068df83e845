"""Namespaces that an operator starred, by platform: a small file of its own beside the store."""

import json
import logging
import os
import tempfile
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ..sources.executor import DaemonExecutor

FILE = "favourites.json"
MOST = 200
"""So many are kept of one platform."""
log = logging.getLogger(__name__)


class Favourites:
    """Reads and writes in a thread of its own: the state directory may hang. What cannot be kept holds till the end."""

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / FILE
        self._by_platform: dict[str, tuple[str, ...]] = {}
        self._turned: list[tuple[str, str]] = []
        self._executor = DaemonExecutor("favourites", 1)

    async def read(self) -> None:
        """Take in what is kept, with what was starred meanwhile."""
        import asyncio

        kept = await asyncio.get_running_loop().run_in_executor(self._executor, _read, self._file)
        mine, self._by_platform = self._by_platform, kept
        for platform, names in mine.items():
            self._by_platform[platform] = tuple(dict.fromkeys((*kept.get(platform, ()), *names)))

    def of(self, platform: str) -> tuple[str, ...]:
        """In the order in which they were starred."""
        return self._by_platform.get(platform, ())

    def turn(self, platform: str, namespace: str) -> bool:
        """Star it, or take its star away; True when it is starred now."""
        held = self.of(platform)
        starred = namespace not in held
        self._by_platform[platform] = (
            (*held, namespace)[-MOST:] if starred else tuple(name for name in held if name != namespace)
        )
        self._executor.submit(_change, self._file, platform, namespace, starred).add_done_callback(_tell)
        return starred


def _change(file: Path, platform: str, namespace: str, starred: bool) -> None:
    """Into the file as it is now: another console may have written it meanwhile."""
    kept = _read(file)
    others = tuple(name for name in kept.get(platform, ()) if name != namespace)
    kept[platform] = (*others, namespace)[-MOST:] if starred else others
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, made = tempfile.mkstemp(dir=file.parent, prefix=f".{FILE}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump({name: list(names) for name, names in kept.items() if names}, out, ensure_ascii=False, indent=1)
        os.replace(made, file)
    except BaseException:
        Path(made).unlink(missing_ok=True)
        raise


def _read(file: Path) -> dict[str, tuple[str, ...]]:
    """() for what cannot be read: favourites are no reason not to open."""
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {
        platform: tuple(dict.fromkeys(name for name in names if isinstance(name, str)))[:MOST]
        for platform, names in document.items()
        if isinstance(names, list)
    }


def _tell(done: "Future[None]") -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        log.warning("the favourites could not be kept: %s", error)
