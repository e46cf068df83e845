"""DuckDB for files: one in-memory connection on one thread of its own, and what to say where it is not installed."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..model.reading import ProblemKind
from ..text.clean import clean
from .errors import SourceError

if TYPE_CHECKING:  # an optional dependency, and slow to import
    import duckdb

T = TypeVar("T")

PARQUET = (".parquet", ".parq", ".pq")
CSV = "read_csv($path, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', {more})"


class Duck:
    """Runs work that needs DuckDB, one piece after the other, off the event loop."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: duckdb.DuckDBPyConnection | None = None

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """`work(connection, *arguments)` on the thread. Raises SourceError (missing) without DuckDB."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work, arguments)

    def close(self) -> None:
        """Let the thread end when its work is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _work(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        if self._connection is None:
            self._connection = _connect()
        return work(self._connection, *arguments)


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
