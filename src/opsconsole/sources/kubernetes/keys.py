"""Client keys on disk: in a private folder, for the moment in which the TLS library loads them, and never longer."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "keys-"
_LONGEST_S = 60.0
"""No load takes this long: an older folder is left over from a process that was killed, whatever runs under its id."""


def runtime_folder() -> Path:
    """`$XDG_RUNTIME_DIR/opsconsole`, else a folder of this user under the temporary one; made with mode 0700.

    PermissionError where somebody else owns it.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "opsconsole" if base else Path(tempfile.gettempdir()) / f"opsconsole-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder.lstat()
    if about.st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to another user")
    if about.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


@contextlib.contextmanager
def key_files(certificate: bytes, key: bytes) -> Iterator[tuple[str, str]]:
    """Paths of a client certificate and its key, valid inside the `with` block only."""
    folder = Path(tempfile.mkdtemp(dir=runtime_folder(), prefix=f"{_PREFIX}{os.getpid()}-"))
    try:
        (folder / "client.crt").write_bytes(certificate)
        (folder / "client.key").touch(mode=0o600)
        (folder / "client.key").write_bytes(key)
        yield str(folder / "client.crt"), str(folder / "client.key")
    finally:
        shutil.rmtree(folder)


def sweep() -> None:
    """Delete what killed processes left behind."""
    for folder in runtime_folder().glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        with contextlib.suppress(FileNotFoundError):
            if not _alive(pid) or time.time() - folder.stat().st_mtime > _LONGEST_S:
                shutil.rmtree(folder)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
