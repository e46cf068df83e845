"""Builds the servers that tests need from Go modules pinned here, into a cache folder, once for each go.sum.

PROMETHEUS = GoModule("prometheus3", Path(__file__).parent, "Prometheus 3", minutes="4–7")
PROMETHEUS.have()                     # in a fixture: builds where OPSCONSOLE_REQUIRE asks for it, else skips
PROMETHEUS.binary("prometheus")       # what go.mod's `tool` lines name
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.require import is_promised, require

COMPLETE = "complete"
QUICKER = {"GOGC": "400", "CGO_ENABLED": "0"}
"""The compiler collects its garbage less often; nothing is compiled from C."""


class CannotBuild(Exception):
    """Says what is missing and how to get it."""


def _nothing_more(made: Path) -> None:
    """The binaries are all that is needed."""


@dataclass(frozen=True)
class GoModule:
    """A folder with go.mod and go.sum whose `tool` lines are the binaries wanted."""

    name: str
    """What OPSCONSOLE_REQUIRE and the cache folder call it."""
    folder: Path
    title: str
    """What a person calls it."""
    minutes: str
    """How long two cores take from an empty Go cache."""
    command: str = ""
    """What builds it by hand; `python -m tests.NAME.build` where that is not told."""
    tags: tuple[str, ...] = ()
    """Go build tags; they leave out what no test needs."""
    link: str = ""
    """More flags for the linker."""
    optimised: bool = True
    """What answers a handful of requests is compiled quicker without: a third less of the processor's time."""
    finish: Callable[[Path], None] = _nothing_more
    """Puts into the folder what is needed besides the binaries."""

    def cache_folder(self) -> Path:
        """`$XDG_CACHE_HOME/opsconsole/NAME-<first 16 hex digits of the pins' SHA-256>`; may not exist yet."""
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        pins = (self.folder / "go.sum").read_bytes() + ",".join(self.tags).encode()
        return base / "opsconsole" / f"{self.name}-{hashlib.sha256(pins).hexdigest()[:16]}"

    def is_built(self) -> bool:
        """Whether a build ran to its end."""
        return (self.cache_folder() / COMPLETE).exists()

    def binary(self, name: str) -> Path:
        """The path of one built binary."""
        return self.cache_folder() / name

    def build(self) -> Path:
        """Builds what is not built yet and returns the folder; seconds with a warm Go cache. Raises `CannotBuild`."""
        folder = self.cache_folder()
        if self.is_built():
            return folder
        check_go(self.folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of several test processes one builds, the others wait for it
            if not self.is_built():
                self._build_into(folder)
        return folder

    def _build_into(self, folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as temporary:
            made = Path(temporary) / "made"
            made.mkdir()
            command = [
                "go", "build", "-trimpath", *([] if self.optimised else ["-gcflags=all=-N -l"]),
                "-tags", ",".join(self.tags), "-ldflags", f"-s -w {self.link}".strip(), "-o", f"{made}/", "tool",
            ]  # fmt: skip
            if subprocess.run(command, cwd=self.folder, env=os.environ | QUICKER, check=False).returncode:
                raise CannotBuild(f"`{' '.join(command)}` failed in {self.folder}: its messages stand above")
            self.finish(made)
            (made / COMPLETE).touch()
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)

    def have(self) -> None:
        """Builds the binaries where OPSCONSOLE_REQUIRE asks for them; skips the running test where they are missing."""
        hint = f"build it with: {self.command or f'python -m tests.{self.name}.build'}"
        if not self.is_built() and is_promised(self.name):
            try:
                self.build()
            except CannotBuild as error:
                hint = str(error)
        require(self.name, self.is_built(), hint)

    def main(self) -> int:
        """Builds from a shell and says how it went; returns the exit status."""
        if self.is_built():
            print(f"{self.title} is built: {self.cache_folder()}")
            return 0
        print(f"Building {self.title}: {self.minutes} minutes …")
        try:
            folder = self.build()
        except CannotBuild as error:
            print(error, file=sys.stderr)
            return 1
        print(f"Built: {folder}")
        return 0


def pinned_version(folder: Path, module: str) -> str:
    """The version that go.mod in `folder` requires of `module`."""
    pattern = rf"^\t{re.escape(module)} (v\S+)"
    found = re.search(pattern, (folder / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def check_go(folder: Path) -> None:
    """Raises `CannotBuild` unless a Go is there that is new enough for go.mod in `folder`."""
    needed = re.search(r"^go (\S+)", (folder / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert needed is not None
    if shutil.which("go") is None:
        raise CannotBuild(f"Go is not installed: install Go {needed[1]} or newer (https://go.dev/dl/)")
    # GOTOOLCHAIN=local: go must not fetch another toolchain by itself.
    said = subprocess.run(
        ["go", "version"], check=True, capture_output=True, text=True, env={**os.environ, "GOTOOLCHAIN": "local"}
    ).stdout
    found = re.search(r"go(\d+(?:\.\d+)*)", said)
    if found is None or _parts(found[1]) < _parts(needed[1]):
        raise CannotBuild(f"Go {needed[1]} or newer is needed, this is {said.strip()}: https://go.dev/dl/")


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
