"""Texts of statements by their query ids: made fit for a list, with the tags that the application wrote beside them."""

from collections.abc import Iterable

import msgspec

from ...text.clean import clean
from ...text.sql import compact
from ...text.sql_tags import application, tags
from .server import TEXT_LIMIT, PostgresServer


class StatementText(msgspec.Struct, frozen=True, gc=False):
    """What one statement is: literals redacted, on one line; "" for what is not known."""

    text: str = ""
    user: str = ""
    database: str = ""
    application: str = ""
    tags: tuple[tuple[str, str], ...] = ()


async def read(server: PostgresServer, query_ids: Iterable[int]) -> dict[tuple[int, int, int], StatementText]:
    """Texts by (user id, database id, query id); what the server has dropped meanwhile is missing."""
    rows = await server.ask("statement texts", "texts", ids=list(query_ids))
    return {
        (user_id, database_id, query_id): _text(text or "", user, database)
        for query_id, user_id, database_id, text, user, database in rows
    }


def _text(sql: str, user: str, database: str) -> StatementText:
    known = tags(sql)
    return StatementText(clean(compact(sql), TEXT_LIMIT), clean(user), clean(database), application(known), known)
