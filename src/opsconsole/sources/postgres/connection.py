"""One read-only connection to a PostgreSQL server: opened when first needed, reopened after it broke, never waited on.

psycopg is imported when the first connection opens.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...config.settings import Postgres
from ...model.reading import ProblemKind
from ...text.redact import remember
from ..errors import SourceError
from ..secret import reveal
from ..way import NoWay, Ways
from . import encoding, errors
from .detour import detour, refusal

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]

APPLICATION = "opsconsole"
CONNECT_TIMEOUT_S = 5
LOCK_TIMEOUT_MS = 1000
PATIENCE_S = 5.0
"""How long a cancelled query may take to end where its connection could not be opened again."""
GRACE_S = 2.0
"""How much longer than statement_timeout an answer may take before the connection is given up."""


class Connection:
    """Queries run one after the other; each answers or raises SourceError in bounded time.

    Where a pooler such as PgBouncer takes no session settings at connect, every query runs in a read-only transaction
    with local settings instead, so that nothing of ours stays behind on a pooled session.
    """

    def __init__(self, settings: Postgres, ways: Ways = NoWay) -> None:
        self.settings = settings
        self._way = ways(settings.through) if settings.through else None
        self.pooled = False
        self._connection: psycopg.AsyncConnection[Row] | None = None
        self._lock = asyncio.Lock()
        self.last_seen = ""
        """How many connections were in use when somebody counted, for the day that none is left to come in by."""
        self.precious = False
        """Whether the server had no free connection: given up, this one would not come back."""
        self.codec = "utf-8"
        """Python's name of the encoding that the database has texts in."""
        self.silent = False
        """Whether nothing came back the last time something was asked."""
        self.opened = 0
        """How often a connection was opened; a change means another session, maybe another server."""

    async def fetch(self, what: str, query: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows of a query; `what` names it in errors. Raises SourceError."""
        async with self._lock:
            connection = await self._open()
            task = asyncio.create_task(self._run(connection, query, parameters))
            deadline = self.settings.statement_timeout_s + GRACE_S
            try:
                done, _ = await asyncio.wait({task}, timeout=deadline)
            except asyncio.CancelledError:
                await self._abandon(task)
                raise
            if not done:
                await self._abandon(task)
                self.silent = True
                raise errors.silent(self.settings.name)
            self.silent = False
            return await self._result(what, task, connection)

    async def close(self) -> None:
        """Close the connection; the next query opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _result(self, what: str, task: "asyncio.Task[list[Row]]", connection: Any) -> list[Row]:
        import psycopg

        try:
            return task.result()
        except psycopg.Error as error:
            if connection.closed or connection.broken:
                await self.close()
            raise errors.asking(self.settings.name, what, error, self.settings.statement_timeout_s) from None

    async def _abandon(self, task: "asyncio.Task[list[Row]]") -> None:
        """Cancel at the server; what does not end at once is dropped with its connection by the second cancel."""
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_S if self.precious else 0.5)
        if not done:
            task.cancel()
            await asyncio.wait({task}, timeout=0.5)
        if task.cancelled():
            if self._connection is not None and self._connection.closed:
                self._connection = None
            return
        if task.done():
            # Taken note of: it was given up before it failed.
            task.exception()
        await self.close()

    async def _run(
        self, connection: "psycopg.AsyncConnection[Row]", query: str, parameters: Mapping[str, Any] | None
    ) -> list[Row]:
        text = query.encode(encoding.codec_of(connection))
        if not self.pooled:
            return await (await connection.execute(text, parameters)).fetchall()
        timeout_ms = int(self.settings.statement_timeout_s * 1000)
        begin = (
            f"BEGIN READ ONLY; SET LOCAL statement_timeout = {timeout_ms}; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"
        )
        await connection.execute(begin)
        try:
            return await (await connection.execute(text, parameters)).fetchall()
        finally:
            if not connection.closed:
                await connection.execute("ROLLBACK")

    async def _open(self) -> "psycopg.AsyncConnection[Row]":
        if self._connection is not None and not self._connection.closed:
            if self._way is None or self._way.stands:
                return self._connection
            await self.close()
        import psycopg

        options = await self._options()
        try:
            options |= await detour(self._way, self.settings.name, self.settings.dsn)
            self._connection = await self._connect(options)
            self.codec = encoding.adapt(self._connection)
        except psycopg.OperationalError as error:
            if self.pooled or "startup parameter" not in str(error):
                said = await refusal(self._way, self.settings.name, error)
                self.silent = said.problem.kind is ProblemKind.TIMEOUT
                raise errors.with_usage(said, self.last_seen) from None
            self.pooled = True
            return await self._open()
        except (psycopg.Error, UnicodeError):
            # The message could quote the whole connection string, and with it a password.
            sentence = f"the dsn of {self.settings.name} cannot be understood"
            raise SourceError(ProblemKind.MISCONFIGURED, sentence, "write it as libpq wants it") from None
        self.opened += 1
        return self._connection

    async def _connect(self, options: Mapping[str, Any]) -> "psycopg.AsyncConnection[Row]":
        import psycopg

        if not self.pooled:
            options = {**options, "options": self._session_settings()}
        # Statements prepared by name would not survive a pooler in transaction mode.
        return await psycopg.AsyncConnection.connect(
            self.settings.dsn, autocommit=True, prepare_threshold=None, **encoding.UNCONVERTED, **options
        )

    def _session_settings(self) -> str:
        from psycopg.conninfo import conninfo_to_dict

        given = conninfo_to_dict(self.settings.dsn).get("options") or os.environ.get("PGOPTIONS", "")
        timeout_ms = int(self.settings.statement_timeout_s * 1000)
        ours = (
            f"-c default_transaction_read_only=on -c statement_timeout={timeout_ms} -c lock_timeout={LOCK_TIMEOUT_MS}"
        )
        return f"{given} {ours}".strip()

    async def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"application_name": APPLICATION}
        if "connect_timeout" not in self.settings.dsn and "PGCONNECT_TIMEOUT" not in os.environ:
            options["connect_timeout"] = CONNECT_TIMEOUT_S
        if self.settings.password is not None:
            options["password"] = await reveal(self.settings.password)
            remember(options["password"])
        return options
