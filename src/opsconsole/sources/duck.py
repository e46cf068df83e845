"""DuckDB for files: one in-memory connection on one thread of its own, and what to say where it is not installed."""

import asyncio
import atexit
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..model.reading import ProblemKind
from ..text.clean import clean
from .errors import SourceError

if TYPE_CHECKING:  # an optional dependency, and slow to import
    import duckdb

T = TypeVar("T")

CLOSE_S = 2.0
PARQUET = (".parquet", ".parq", ".pq")
CSV = "read_csv($path, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', {more})"


class Duck:
    """Runs work that needs DuckDB, one piece after the other, on one daemon thread that owns the connection.

    Python may not end that thread while it is inside DuckDB (the process would abort), and DuckDB reports a connection
    that outlives it as a leak: `close`, also called at exit, interrupts what runs and waits for the thread's end.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None]
        self._jobs = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._connection: duckdb.DuckDBPyConnection | None = None
        atexit.register(self.close)

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """`work(connection, *arguments)` on the thread. Raises SourceError (missing) without DuckDB."""
        if not self._thread.is_alive():
            self._thread.start()
        future: Future[T] = Future()
        self._jobs.put((future, work, arguments))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the thread; waits two seconds at most."""
        atexit.unregister(self.close)
        if not self._thread.is_alive():
            return
        self._jobs.put(None)
        connection = self._connection
        if connection is not None:
            connection.interrupt()
        self._thread.join(CLOSE_S)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, work, arguments = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                if self._connection is None:
                    self._connection = _connect()
                future.set_result(work(self._connection, *arguments))
            except Exception as error:  # handed to whoever waits for the future
                future.set_exception(error)
            del job, future, work, arguments
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def relation_of(path: Path, *, csv_options: str = "") -> str:
    """The table function that reads a file; its parameter is $path. Every value of a CSV file is text."""
    if path.suffix.lower() in PARQUET:
        return "read_parquet($path)"
    return CSV.format(more=csv_options or "strict_mode = true")


def columns_of(db: "duckdb.DuckDBPyConnection", path: Path, relation: str) -> dict[str, str]:
    """The columns of a file: name in lower case → quoted name as the file writes it.

    Raises SourceError where the file cannot be read at all.
    """
    import duckdb

    try:
        rows = db.execute(f"DESCRIBE SELECT * FROM {relation}", {"path": str(path)}).fetchall()
    except (duckdb.Error, OSError) as error:
        raise SourceError(ProblemKind.BAD_ANSWER, f"{path} cannot be read: {first_line(error)}") from error
    return {str(name).lower(): '"' + str(name).replace('"', '""') + '"' for name, *_ in rows}


def first_line(error: BaseException) -> str:
    """The first line of an error's text, clean."""
    return clean(str(error).strip().partition("\n")[0], 200)


def _connect() -> "duckdb.DuckDBPyConnection":
    try:
        import duckdb
    except ImportError:
        raise SourceError(
            ProblemKind.MISSING, "duckdb is not installed: files cannot be read", "pip install 'opsconsole[billing]'"
        ) from None
    # nothing is ever fetched from the network; times without a zone are UTC
    options: dict[str, Any] = {"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False}
    connection = duckdb.connect(":memory:", config=options)
    connection.execute("SET TimeZone = 'UTC'")
    return connection
