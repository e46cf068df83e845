"""Texts of statements by their query ids: made fit for a list, with the tags that the application wrote beside them."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from ...model.reading import ProblemKind
from ...text.clean import clean
from ...text.sql import compact
from ...text.sql_tags import application, tags
from ..errors import SourceError
from .connection import Row
from .encoding import codec, decode
from .server import TEXT_LIMIT, PostgresServer

HIDDEN = "<insufficient privilege>"
# A hundred long texts take a second to be made fit: too long for the loop.
_threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statement texts")


class StatementText(msgspec.Struct, frozen=True, gc=False):
    """What one statement is: literals redacted, on one line; "" for what is not known."""

    text: str = ""
    user: str = ""
    database: str = ""
    application: str = ""
    tags: tuple[tuple[str, str], ...] = ()


class Texts(msgspec.Struct, frozen=True, gc=False):
    """By (user id, database id, query id); what the server has dropped meanwhile is missing."""

    known: dict[tuple[int, int, int], StatementText]
    problem: str = ""
    """Why the texts could not be read, though the names could."""
    took_s: float = 0.0
    """By the server's own clock: it reads through all its texts for a few."""


class WholeText(msgspec.Struct, frozen=True, gc=False):
    """One statement as the server holds it: not redacted, never to be shown so."""

    raw: bytes
    size: int
    """In bytes; more than there are in `raw` where that is cut off."""
    user: str
    database: str
    encoding: str

    @property
    def sql(self) -> str:
        return decode(self.raw, codec(self.encoding))

    @property
    def cut(self) -> bool:
        return self.size > len(self.raw)


async def read(server: PostgresServer, query_ids: Iterable[int]) -> Texts:
    """What is known of these statements.

    The server writes all texts in the encoding of the database that we are connected to, and refuses the whole answer
    when a statement of another database cannot be written so. Where its texts are many and long it may not be done in
    time. Both leave the names.
    """
    ids, problem, gave_up_s = list(query_ids), "", 0.0
    try:
        rows = await server.ask("statement texts", "texts", ids=ids)
    except SourceError as error:
        if error.problem.kind not in (ProblemKind.BAD_ANSWER, ProblemKind.TIMEOUT):
            raise
        problem = error.problem.sentence
        if error.problem.kind is ProblemKind.TIMEOUT:
            gave_up_s = server.settings.statement_timeout_s
        rows = await server.ask("statement names", "names", ids=ids)
    took_s = max((row[-1] for row in rows), default=0.0) + gave_up_s
    return Texts(await asyncio.get_running_loop().run_in_executor(_threads, _known, rows), problem, took_s)


async def whole(server: PostgresServer, key: str) -> WholeText:
    """The whole text of the statement with that key (StatementCounters.key). Raises SourceError."""
    user, database, query, _ = (int(part) for part in key.split("/"))
    rows: list[Row] = await server.ask("the statement's text", "text", statement=query, user=user, database=database)
    if not rows:
        sentence = f"{server.name} does not hold this statement any more: it was evicted or reset"
        raise SourceError(ProblemKind.MISSING, sentence, "raise pg_stat_statements.max, or wait until it runs again")
    found = WholeText(bytes(rows[0][0] or b""), rows[0][1] or 0, rows[0][2], rows[0][3], rows[0][4])
    if found.raw.decode("ascii", "replace") == HIDDEN:
        sentence = f"{server.name} does not show the statements of others to this role"
        raise SourceError(ProblemKind.FORBIDDEN, sentence, "GRANT pg_read_all_stats (or pg_monitor) to the role")
    return found


def _known(rows: list[Row]) -> dict[tuple[int, int, int], StatementText]:
    return {(user_id, database_id, query_id): _text(*rest) for query_id, user_id, database_id, *rest, _ in rows}


def _text(sql: str | None, user: str, database: str) -> StatementText:
    if sql is None or sql == HIDDEN:
        return StatementText("", clean(user), clean(database))
    known = tags(sql)
    return StatementText(clean(compact(sql), TEXT_LIMIT), clean(user), clean(database), application(known), known)
