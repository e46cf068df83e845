"""One PgBouncer by its admin console: SHOW commands over the simple protocol, columns taken by name (1.16 and later).

psycopg is imported when the first connection opens. A user of stats_users is enough; nothing but SHOW is ever sent.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, LiteralString

from ..config.settings import Pgbouncer
from ..model.asked import Asked
from ..model.pools import ClientGroup, Pool, PoolCounters, PoolerSample
from ..model.reading import ProblemKind
from ..text import clock
from ..text.clean import clean
from ..text.redact import remember
from .asking import GIVEN_UP, note
from .errors import SourceError
from .postgres import errors
from .postgres.detour import detour
from .secret import reveal
from .way import NoWay, Ways, traced

if TYPE_CHECKING:
    import psycopg

Row = Mapping[str, str]

ADMIN = "pgbouncer"
"""Name of the database that is the admin console itself."""
ANSWER_S = 5.0
SETTINGS_EVERY_S = 60.0
MOST_CLIENTS = 2000
"""More clients are counted by pool only: listing them would cost the console more than it tells."""
CHUNK = 200
CLIENT_COLUMNS = ("application_name", "addr", "database", "user", "state")


class PgbouncerServer:
    """Reads through one connection; every method raises SourceError when it cannot."""

    def __init__(self, settings: Pgbouncer, ways: Ways = NoWay) -> None:
        self.settings = settings
        self._way = ways(settings.through) if settings.through else None
        self.name = settings.name
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._lock = asyncio.Lock()
        self._version = ""
        self._config: dict[str, str] = {}
        self._config_at: float | None = None

    async def read(self) -> PoolerSample:
        """Everything of this instant; version and settings are asked for once a minute."""
        async with self._lock:
            if self._way is not None:
                # It may open more slowly than a server may answer.
                await self._way.address()
            task = asyncio.create_task(self._read())
            try:
                done, _ = await asyncio.wait({task}, timeout=ANSWER_S)
            except asyncio.CancelledError:
                await self._abandon(task)
                raise
            if not done:
                await self._abandon(task)
                sentence = f"{self.name} does not answer: its SHOW commands were given up after {ANSWER_S:g} s"
                failure = SourceError(ProblemKind.TIMEOUT, sentence, "check that it runs and is not stopped")
                raise await traced(self._way, self.name, failure)
            return task.result()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _abandon(self, task: "asyncio.Task[PoolerSample]") -> None:
        """The first cancel lets psycopg ask the server to stop, the second ends waiting for that. What was on its way
        would answer the next question, so the connection goes, too."""
        for _ in range(2):
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=0.2)
            if done:
                break
        if task.done() and not task.cancelled():
            task.exception()  # taken note of: it was given up before it failed
        await self.close()

    async def _read(self) -> PoolerSample:
        await self._learn()
        databases = {row.get("name", ""): row for row in await self._show("SHOW DATABASES")}
        pools = [row for row in await self._show("SHOW POOLS") if row.get("database") != ADMIN]
        stats = [row for row in await self._show("SHOW STATS") if row.get("database") != ADMIN]
        lists = {row.get("list", ""): row.get("items", "") for row in await self._show("SHOW LISTS")}
        used = _whole(lists.get("used_clients"))
        many = max(used or 0, sum(_count(row, "cl_active") + _count(row, "cl_waiting") for row in pools))
        return PoolerSample(
            server=self.name,
            taken=clock.now(),
            version=self._version,
            pools=tuple(_pool(row, databases.get(row.get("database", ""), {})) for row in pools),
            counters={clean(row.get("database", "")): _counters(row) for row in stats},
            clients_used=used,
            client_limit=_whole(self._config.get("max_client_conn")),
            clients=await self._clients() if many <= MOST_CLIENTS else None,
            wait_timeout_s=_number(self._config.get("query_wait_timeout")),
        )

    async def _learn(self) -> None:
        """Version and settings; anew after a reconnect, which may lead to another one."""
        fresh = self._config_at is not None and clock.boottime() - self._config_at < SETTINGS_EVERY_S
        if fresh and self._connection is not None and not self._connection.closed:
            return
        (row,) = await self._show("SHOW VERSION")
        self._version = clean(next(iter(row.values()), "")).removeprefix("PgBouncer ")
        self._config = {row.get("key", ""): row.get("value", "") for row in await self._show("SHOW CONFIG")}
        self._config_at = clock.boottime()

    async def _show(self, command: LiteralString) -> list[Row]:
        result = await self._ask(command)
        names = [(result.fname(place) or b"").decode() for place in range(result.nfields)]
        return [
            {name: _text(result.get_value(number, place)) for place, name in enumerate(names)}
            for number in range(result.ntuples)
        ]

    async def _clients(self) -> tuple[ClientGroup, ...]:
        """Counted in groups; of thousands only the few columns that are shown are taken out of the answer."""
        result = await self._ask("SHOW CLIENTS")
        places = {(result.fname(place) or b"").decode(): place for place in range(result.nfields)}
        wanted = [places.get(name) for name in CLIENT_COLUMNS]
        counts: Counter[tuple[str, ...]] = Counter()
        for number in range(result.ntuples):
            if number % CHUNK == CHUNK - 1:
                await asyncio.sleep(0)
            counts[tuple("" if at is None else _text(result.get_value(number, at)) for at in wanted)] += 1
        groups: dict[tuple[str, ...], list[int]] = {}
        for (*who, state), count in counts.items():
            both = groups.setdefault(tuple(clean(part, 200) for part in who), [0, 0])
            both[0] += count
            both[1] += count if state.startswith("waiting") else 0
        return tuple(
            ClientGroup(application, address, database, user, count, waiting)
            for (application, address, database, user), (count, waiting) in groups.items()
            if database != ADMIN
        )

    async def _ask(self, command: LiteralString) -> "psycopg.pq.abc.PGresult":
        taken, start = clock.now(), time.perf_counter()
        rows, problem = 0, ""
        try:
            result = await self._put(command)
            rows = result.ntuples
        except SourceError as error:
            problem = error.problem.sentence
            raise
        except asyncio.CancelledError:
            problem = GIVEN_UP
            raise
        finally:
            took = time.perf_counter() - start
            note(Asked(command.lower(), "its pools", command, self.name, taken, took, rows, problem))
        return result

    async def _put(self, command: LiteralString) -> "psycopg.pq.abc.PGresult":
        import psycopg

        connection = await self._open()
        try:
            result = (await connection.execute(command)).pgresult
        except psycopg.Error as error:
            if connection.closed or connection.broken:
                self._connection = None
            raise _refused(self.name, command, error) from None
        assert result is not None  # execute raises where there is none
        return result

    async def _open(self) -> "psycopg.AsyncConnection[Any]":
        if self._connection is not None and not self._connection.closed:
            if self._way is None or self._way.stands:
                return self._connection
            await self.close()
        import psycopg

        options: dict[str, Any] = {"dbname": ADMIN, "application_name": "opsconsole"}
        if self.settings.password is not None:
            options["password"] = await reveal(self.settings.password)
            remember(options["password"])
        try:
            options |= await detour(self._way, self.name, self.settings.dsn)
            # Its console knows the simple protocol only, and no transactions.
            self._connection = await psycopg.AsyncConnection.connect(
                self.settings.dsn, autocommit=True, prepare_threshold=None,
                cursor_factory=psycopg.AsyncClientCursor, **options,
            )  # fmt: skip
        except psycopg.OperationalError as error:
            raise await traced(self._way, self.name, _unreached(self.name, error)) from None
        except (psycopg.Error, UnicodeError):
            sentence = f"the dsn of {self.name} cannot be understood"
            raise SourceError(ProblemKind.MISCONFIGURED, sentence, "write it as libpq wants it") from None
        return self._connection


_STATS_USERS = "add the user to stats_users in pgbouncer.ini and RELOAD: that lets it read, and no more"


def _unreached(name: str, error: "psycopg.Error") -> SourceError:
    said = str(error).lower()
    if "not allowed" in said:
        sentence = f"{name} does not let this user into its admin console"
        return SourceError(ProblemKind.FORBIDDEN, sentence, _STATS_USERS)
    if "no such user" in said:
        sentence = f"{name} knows no such user"
        return SourceError(ProblemKind.UNAUTHORIZED, sentence, "add it to auth_file, and to stats_users")
    if f'database "{ADMIN}"' in said:
        sentence = f"{name} has no admin console: what listens there is no PgBouncer"
        return SourceError(ProblemKind.MISCONFIGURED, sentence, "check host and port of the dsn")
    return errors.connecting(name, error)


def _refused(name: str, command: str, error: "psycopg.Error") -> SourceError:
    if "admin access needed" in str(error) or "not allowed" in str(error):
        return SourceError(ProblemKind.FORBIDDEN, f"{name}: {command} is not allowed", _STATS_USERS)
    return errors.asking(name, command, error, ANSWER_S)


def _pool(row: Row, database: Row) -> Pool:
    return Pool(
        database=clean(row.get("database", ""), 200),
        user=clean(row.get("user", ""), 200),
        mode=clean(row.get("pool_mode", "")),
        clients_active=_count(row, "cl_active"),
        clients_waiting=_count(row, "cl_waiting"),
        servers_active=_count(row, "sv_active") + _count(row, "sv_active_cancel"),
        # Those called used have rested for long: they are checked before the next client has them.
        servers_idle=_count(row, "sv_idle") + _count(row, "sv_used"),
        servers_unready=sum(_count(row, name) for name in ("sv_tested", "sv_login", "sv_being_canceled")),
        longest_wait_s=_count(row, "maxwait") + _count(row, "maxwait_us") / 1e6,
        size=_whole(database.get("pool_size")),
        # 1.24 calls it by its longer name.
        reserve=_whole(database.get("reserve_pool_size") or database.get("reserve_pool")),
        paused=_count(database, "paused") > 0,
        disabled=_count(database, "disabled") > 0,
        host=clean(f"{database.get('host') or 'socket'}:{database.get('port', '')}", 200),
    )


def _counters(row: Row) -> PoolCounters:
    names = ("total_xact_count", "total_query_count", "total_xact_time", "total_query_time", "total_wait_time")
    return PoolCounters(*(_count(row, name) for name in names))


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode("utf-8", "replace")


def _count(row: Row, name: str) -> int:
    return _whole(row.get(name)) or 0


def _whole(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
