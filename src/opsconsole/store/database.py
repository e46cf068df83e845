"""One SQLite file and one connection to it, used by one thread only: how it is opened, written and kept whole."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from ..model.reading import Problem, ProblemKind
from ..text import clock
from .errors import StoreError, is_corrupt
from .filesystem import on_network
from .schema import NEWEST, REVISIONS

BUSY_TIMEOUT_MS = 5000
CHECKED = ("incidents", "timeline", "meta", "journal", "evidence", "acknowledgements")


class Database:
    """Open; `read()` and `write()` are transactions. Errors are SQLAlchemy's and OSError; `errors.meaning` explains."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """`read_only` makes, changes and moves nothing: a file that is not there or not whole is an error."""
        self.path = path
        self._only_read = read_only
        self.read_only: Problem | None = None
        """Why nothing can be written, where that is so."""
        self.notes: list[str] = []
        """What happened while opening, in words for the operator."""
        self.begun_anew = ""
        """Why this is a new file where there was one before, with the end of the old one's journal."""
        self._begin = "BEGIN"
        self._engine: Engine | None = None
        self._connection = self._open()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Saved when the block has ended without an error, and not before."""
        if self.read_only is not None:
            raise StoreError(self.read_only)
        # With a deferred transaction two processes can both read first and then one loses its write.
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def data_version(self) -> int:
        """Changes when another connection has committed."""
        with self.read() as connection:
            return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    def moved(self) -> bool:
        """Whether the path names another file by now (or none): what is written to ours would be lost."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:  # its folder may not be looked into any more; the open file is still the one we write
            return False
        return (found.st_dev, found.st_ino) != self._identity

    def outdated(self) -> bool:
        """Whether somebody writes by now to a file that was opened as one that nobody writes to."""
        return self._immutable and _in_use(self.path)

    def journal_end(self) -> str:
        """`, its journal ended with 17:3f9a…`, for the line that says why another file begins; "" where unknown."""
        from . import journal

        try:
            with self.read() as connection:
                head = journal.head(connection)
        except SQLAlchemyError:
            return ""
        return f"; its journal ended with {head.words}" if head.seq else ""

    def close(self) -> None:
        self._connection.close()
        if self._engine is not None:
            self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        self._begin = begin
        with self._connection.begin():
            yield self._connection

    def _open(self) -> Connection:
        try:
            return self._open_checked()
        except DatabaseError as error:
            if not is_corrupt(error) or self._only_read or not self._may_write():
                self._dispose()
                raise
            end = self.journal_end() if hasattr(self, "_connection") else ""
            self._dispose()
            if not self.moved():  # else another console has met it too, and put it aside already
                kept = set_aside(self.path)
                self.notes.append(f"the store was corrupt: it is kept as {kept.name}, and a new one was begun")
                self.begun_anew = f"the store was corrupt and is kept as {kept.name}{end}"
            return self._open_checked()
        except BaseException:
            self._dispose()
            raise

    def _open_checked(self) -> Connection:
        writable = self._prepare_file()
        found = self.path.stat()
        self._identity = (found.st_dev, found.st_ino)
        connection = self._connection = self._connect(writable)
        version = self._version(connection)
        if version is not None:
            self._check(connection)
        if version is not None and version not in REVISIONS:
            sentence = f"the store {self.path} was written by a newer opsconsole (schema {version})"
            self.read_only = Problem(
                ProblemKind.FORBIDDEN, f"{sentence}: it is opened to read only", "update opsconsole"
            )
        elif version != NEWEST:
            self._upgrade(writable, version)
        if not writable and self.read_only is None:
            sentence = f"the store {self.path} cannot be written: it is opened to read only"
            self.read_only = Problem(ProblemKind.FORBIDDEN, sentence, "check its permissions and those of its folder")
        return connection

    def _upgrade(self, writable: bool, version: str | None) -> None:
        if not writable:
            found = f"has the schema {version} of an older opsconsole" if version else "is empty"
            remedy = "open the console once as somebody who may write it"
            raise StoreError(Problem(ProblemKind.FORBIDDEN, f"the store {self.path} {found}", remedy))
        from .upgrade import upgrade

        with self.write() as transaction:
            upgrade(transaction)

    def _may_write(self) -> bool:
        return os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)

    def _prepare_file(self) -> bool:
        """Make folder (0700) and file (0600) where they are missing; False where the file cannot be written."""
        if self._only_read:
            self.path.stat()
            return False
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        if not self._may_write():
            return False
        if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
            self.path.chmod(0o600)
        return True

    def _connect(self, writable: bool) -> Connection:
        # A reader makes two more files beside one in WAL mode; where it may not, and nobody writes, it need not.
        self._immutable = not os.access(self.path.parent, os.W_OK) and not _in_use(self.path)
        mode = "rwc" if writable else "ro&immutable=1" if self._immutable else "ro"
        url = f"sqlite:///file:{_quoted(self.path)}?mode={mode}&uri=true"
        self._engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        event.listen(self._engine, "connect", self._on_connect)
        event.listen(self._engine, "begin", self._on_begin)
        return self._engine.connect()

    def _on_connect(self, connection: Any, _: Any) -> None:
        # sqlite3 would begin and commit by itself at moments of its own choosing.
        connection.isolation_level = None
        # WAL needs memory shared between processes, which a network file system does not have.
        journal = "TRUNCATE" if on_network(self.path) else "WAL"
        pragmas = [f"busy_timeout = {BUSY_TIMEOUT_MS}", "synchronous = FULL", "recursive_triggers = ON"]
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        if not self._only_read and self._may_write():
            connection.execute(f"PRAGMA journal_mode = {journal}")

    def _on_begin(self, connection: Connection) -> None:
        connection.exec_driver_sql(self._begin)

    def _version(self, connection: Connection) -> str | None:
        with self.read():
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
            if names.first() is None:
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def _check(self, connection: Connection) -> None:
        """What cannot be had again is looked through; the samples, the bulk of the file, can."""
        with self.read():
            there = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
            for table in CHECKED:
                if table not in there:
                    continue
                result = connection.exec_driver_sql(f"PRAGMA quick_check('{table}')").scalar()
                if result != "ok":
                    raise DatabaseError("PRAGMA quick_check", None, Exception(f"malformed: {result}"))

    def _dispose(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            with suppress(DatabaseError):
                connection.close()
        if self._engine is not None:
            self._engine.dispose()


def set_aside(path: Path) -> Path:
    """Rename a corrupt file and what belongs to it to `NAME.corrupt-DATE`; returns the new path."""
    stem = f"{path.name}.corrupt-{clock.now():%Y%m%dT%H%M%S}"
    kept = path.with_name(stem)
    number = 1
    while kept.exists():
        kept = path.with_name(f"{stem}-{number}")
        number += 1
    for suffix in ("-wal", "-shm", "-journal"):
        companion = _companion(path, suffix)
        if companion.exists():
            companion.rename(_companion(kept, suffix))
    # at last: from now on another console may begin a new file, with companions of its own
    path.rename(kept)
    return kept


def _companion(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _in_use(path: Path) -> bool:
    """Whether there is a write-ahead log with something in it, or somebody who has one open."""
    log = _companion(path, "-wal")
    return log.exists() and (log.stat().st_size > 0 or _companion(path, "-shm").exists())


def _quoted(path: Path) -> str:
    """A path inside an SQLite URI."""
    from urllib.parse import quote

    return quote(str(path.absolute()))
