"""The plan that the server would make for a statement: EXPLAIN (GENERIC_PLAN), never ANALYZE, and nothing stays behind.

It is asked on a connection of its own to the statement's database, in a read-only transaction that is rolled back, as
one command only, never as a superuser, and is given up after two seconds.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from ...model.asked import Asked
from ...model.plan import Plan
from ...model.reading import ProblemKind
from ...rules.plan import parsed, relations
from ...text import clock
from ...text.sql_kind import bound, planned, refusal
from ..asking import note
from ..errors import SourceError
from .connection import LOCK_TIMEOUT_MS, Connection, Row
from .encoding import codec, codec_of, decode
from .queries import pick
from .server import TAG, PostgresServer, tagged
from .statement_texts import whole

if TYPE_CHECKING:
    import psycopg

TIMEOUT_S = 2.0
FIRST_VERSION = 160000
EXPLAIN = "EXPLAIN (GENERIC_PLAN, FORMAT JSON) "
# The planner calls functions that are declared IMMUTABLE or STABLE, and READ ONLY keeps no superuser from programs and
# files: whoever may create a function could let us run it with every right.
SUPERUSER = "no plan is asked for as a superuser: while it plans, the server may call functions that others wrote"
OWN_ROLE = "give the console a role of its own: GRANT pg_monitor, pg_read_all_data TO it"
BY_HAND = (
    "by hand in psql: PREPARE p AS <the statement>; SET plan_cache_mode = force_generic_plan;"
    " EXPLAIN EXECUTE p(NULL, …); DEALLOCATE p"
)


async def explain(server: PostgresServer, key: str) -> Plan:
    """The plan of the statement with that key (StatementCounters.key). Raises SourceError where there is none."""
    who = await server.identity()
    if who.version < FIRST_VERSION:
        sentence = f"{server.name} is PostgreSQL {who.version_text}: plans without parameters can be asked from 16 on"
        raise SourceError(ProblemKind.REFUSED, sentence, BY_HAND)
    text = await whole(server, key)
    if text.cut:
        raise SourceError(ProblemKind.REFUSED, f"the statement has {text.size:,} bytes: too long to be planned here")
    if not text.database:
        raise SourceError(ProblemKind.REFUSED, "the database of the statement was dropped: there is nothing to plan in")
    if said := refusal(text.sql):
        raise SourceError(ProblemKind.REFUSED, said)
    connection = Planner(server, text.database)
    try:
        answer = await connection.plan(planned(text.raw))
        plan = parsed(answer)
        names = sorted(relations(plan))
        rows = await connection.fetch(
            "the size of its tables", tagged(pick("relations", who.version)), {"names": names}
        )
    except SourceError as error:
        raise _explained(error, text.database) from None
    finally:
        await connection.close()
    counted = {name: count for name, count in rows if count is not None and count >= 0}
    return parsed(answer, counted, database=text.database, role=who.user, taken=clock.now())


class Planner(Connection):
    """Each query in a read-only transaction of its own that ends in ROLLBACK."""

    def __init__(self, server: PostgresServer, database: str) -> None:
        from psycopg.conninfo import make_conninfo

        settings = server.settings
        dsn = make_conninfo(settings.dsn, dbname=database)
        super().__init__(msgspec.structs.replace(settings, dsn=dsn, statement_timeout_s=TIMEOUT_S, through=None))
        self._way = server.connection._way
        self._statement = b""

    async def plan(self, statement: bytes) -> str:
        """What EXPLAIN answers, as JSON."""
        self._statement = statement
        taken, start = clock.now(), clock.boottime()
        try:
            rows = await self.fetch("its plan", EXPLAIN)
        finally:
            what = Asked(
                "plan", "a statement's plan", f"{EXPLAIN}…", self.settings.name, taken, clock.boottime() - start
            )
            note(what)
        return str(rows[0][0])

    async def _run(
        self, connection: "psycopg.AsyncConnection[Row]", query: str, parameters: Mapping[str, Any] | None
    ) -> list[Row]:
        if connection.info.parameter_status("is_superuser") == "on":
            raise SourceError(ProblemKind.REFUSED, SUPERUSER, OWN_ROLE)
        timeout_ms = int(TIMEOUT_S * 1000)
        await connection.execute(
            f"BEGIN READ ONLY; SET LOCAL statement_timeout = {timeout_ms}; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}"
        )
        try:
            if query != EXPLAIN:
                return await (await connection.execute(query.encode(), parameters)).fetchall()
            text, names = bound(self._statement)
            # First with parameters bound: such a message holds one command, and the server refuses a second one. The
            # plan itself is asked for without them, since NULLs that are bound would be planned for.
            begin, end = EXPLAIN.encode(), f"\n{TAG}".encode()
            await connection.execute(begin + text + end, dict.fromkeys(names), binary=True)
            answer = await connection.execute(begin + self._statement + end)
            result = answer.pgresult
            raw = result.get_value(0, 0) if result is not None else None
            return [(decode(raw or b"", codec(codec_of(connection))),)]
        finally:
            if not connection.closed:
                await connection.execute("ROLLBACK")


def _explained(error: SourceError, database: str) -> SourceError:
    """Why there is no plan, and what one does about it."""
    problem = error.problem
    remedies = {
        ProblemKind.FORBIDDEN: "a plan needs the statement's own rights: GRANT pg_read_all_data, or SELECT on its"
        f" tables, to the console's role in database {database}; for one that writes also the right to write",
        ProblemKind.TIMEOUT: "planning was given up and changed nothing; try again when the server is calmer",
        ProblemKind.BAD_ANSWER: "its tables are looked up on the search_path of the console's role (that of the"
        " statement's own role cannot be known), temporary ones are gone, and a type that only the application knows"
        f" cannot be guessed; {BY_HAND}",
    }
    if problem.kind not in remedies:
        return error
    return SourceError(problem.kind, problem.sentence, remedies[problem.kind])
