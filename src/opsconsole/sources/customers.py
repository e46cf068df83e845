"""Reads the customer table: a query on PostgreSQL, or a CSV or Parquet file."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..config.settings import CustomerTable, Postgres
from ..model.asked import Asked
from ..model.customer import CustomerBase
from ..model.reading import ProblemKind
from ..text import clock
from .asking import GIVEN_UP, note
from .customer_rows import customer_base, hurt_rows
from .duck import Duck, columns_of, first_line, relation_of
from .errors import SourceError
from .executor import DaemonExecutor
from .postgres.connection import Connection
from .way import NoWay, Ways

if TYPE_CHECKING:
    import duckdb

T = TypeVar("T")
MOST_ROWS = 100_000
"""So many rows of a table are read at most."""
Hurt = tuple[tuple[str, int, int, Any], ...]


class CustomerSource:
    """One customer table. Every method raises SourceError when it cannot be read."""

    def __init__(
        self, table: CustomerTable, servers: Iterable[Postgres], inputs: Iterable[str], ways: Ways = NoWay
    ) -> None:
        """`inputs`: ids of the health inputs that the policy weighs."""
        self._table = table
        self._inputs = tuple(inputs)
        self._server = _server_of(table, tuple(servers))
        self._connection = Connection(self._server, ways) if self._server is not None else None
        self._duck = Duck("customers") if table.file is not None else None
        self._thread = DaemonExecutor("customer-rows", 1)

    @property
    def measures_hurt(self) -> bool:
        return self._table.hurt_query is not None

    async def customers(self) -> tuple[CustomerBase, str]:
        """The table, and where it came from. No rows are a valid answer."""
        if self._table.file is not None and self._duck is not None:
            taken, before = clock.now(), time.monotonic()
            rows = await self._duck.run(_file_rows, self._table.file)
            took = time.monotonic() - before
            note(Asked("customers", "the customer table", self._table.file, "the file", taken, took, len(rows)))
            return await self._in_thread(lambda: self._base(rows)), self._table.file
        query = self._table.query or ""
        texts = await self._noted("the customer table", "the customer query", query, None)
        base = await self._in_thread(lambda: self._base(_decoded(texts)))
        return base, f"{self._name()}: {' '.join(query.split())}"

    async def hurt(self) -> Hurt | None:
        """(customer id, slow, failed, since) in the window; None where the settings have no query for it."""
        if self._table.hurt_query is None:
            return None
        window = {"window_s": self._table.hurt_window_s}
        texts = await self._noted("who is hurt", "the hurt query", self._table.hurt_query, window)
        return await self._in_thread(lambda: hurt_rows(_decoded(texts)))

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        if self._duck is not None:
            await self._in_thread(self._duck.close)
        self._thread.shutdown()

    def _base(self, rows: list[dict[str, Any]]) -> CustomerBase:
        base = customer_base(rows[:MOST_ROWS], self._table, self._inputs)
        if len(rows) <= MOST_ROWS:
            return base
        note = f"the table has more than {MOST_ROWS:,} rows: those behind them are left out"
        return msgspec.structs.replace(base, rejected=(note, *base.rejected))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Thousands of rows are too much work for the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _noted(self, name: str, what: str, query: str, parameters: Mapping[str, Any] | None) -> list[str]:
        """The rows; what was asked is noted for `w`, with its parameters in their places."""
        taken, before, rows, problem = clock.now(), time.monotonic(), 0, GIVEN_UP
        try:
            texts = await self._rows(what, query, parameters)
            rows, problem = len(texts), ""
            return texts
        except SourceError as error:
            problem = error.problem.sentence
            raise
        finally:
            text = query.strip().rstrip(";")
            for key, value in (parameters or {}).items():
                text = text.replace(f"%({key})s", f"{value:g}")
            note(Asked("customers", name, text, self._name(), taken, time.monotonic() - before, rows, problem))

    async def _rows(self, what: str, query: str, parameters: Mapping[str, Any] | None) -> list[str]:
        """Each row of the query as JSON; one more than `MOST_ROWS` at most."""
        if self._connection is None:
            raise SourceError(
                ProblemKind.MISCONFIGURED,
                f"{what} names no PostgreSQL server of this profile",
                "add a [[profiles.….postgres]] entry, or set `server` to the name of one",
            )
        # as JSON a row brings the names of its columns, and a query that writes is refused inside a FROM clause
        inner = query.strip().rstrip(";")
        wrapped = f"SELECT row_to_json(customer)::text FROM (\n{inner}\n) customer LIMIT {MOST_ROWS + 1}"
        return [text for (text,) in await self._connection.fetch(what, wrapped, parameters)]

    def _name(self) -> str:
        return self._server.name if self._server is not None else "no server"


def _server_of(table: CustomerTable, servers: tuple[Postgres, ...]) -> Postgres | None:
    if table.query is None and table.hurt_query is None:
        return None
    if table.server is None:
        return servers[0] if servers else None
    return next((server for server in servers if server.name == table.server), None)


def _decoded(texts: list[str]) -> list[dict[str, Any]]:
    return [json.loads(text, parse_float=Decimal) for text in texts]


def _file_rows(db: "duckdb.DuckDBPyConnection", file: str) -> list[dict[str, Any]]:
    import duckdb

    path = Path(file).expanduser()
    if not path.is_file():
        raise SourceError(ProblemKind.MISCONFIGURED, f"{path} does not exist", "set `file` in [profiles.….customers]")
    relation = relation_of(path)
    columns_of(db, path, relation)
    try:
        answer = db.execute(f"SELECT * FROM {relation} LIMIT {MOST_ROWS + 1}", {"path": str(path)})
        names = [str(column[0]) for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    except (duckdb.Error, OSError) as error:
        raise SourceError(ProblemKind.BAD_ANSWER, f"{path} cannot be read: {first_line(error)}") from error
