"""Changes that leave their trace elsewhere than in the cluster: DDL in the statements, actions in the journal."""

from collections.abc import Iterable

from ..model.finding import Change
from ..model.journal import JournalLine
from ..model.statements import Statements
from .statement_kinds import is_own
from .statement_names import beginning

DDL = (
    "alter",
    "create",
    "drop",
    "truncate",
    "reindex",
    "grant",
    "revoke",
    "comment",
    "refresh",
    "vacuum full",
    "cluster",
)
"""First words of statements that change what the database is, not what is in it."""
_OF_A_SESSION = ("create temp", "create temporary", "drop table if exists pg_temp")


def ddl_changes(statements: Statements | None) -> tuple[Change, ...]:
    """DDL that was first seen while the console looked, at that time: the server keeps no other."""
    if statements is None:
        return ()
    found = []
    for row in statements.rows:
        text = " ".join(row.text[:200].casefold().split())
        if row.first_seen is None or not text.startswith(DDL) or text.startswith(_OF_A_SESSION):
            continue
        if not is_own(row, statements):
            what = f"DDL {beginning(row.text)}"
            found.append(Change(row.first_seen, "ddl", what, row.main_application or row.user, statements.server))
    return tuple(found)


def action_changes(lines: Iterable[JournalLine], context: str) -> tuple[Change, ...]:
    """What was written to this cluster by any console that keeps this journal."""
    return tuple(
        Change(
            line.at, "action", f"{line.verb} {line.object}", line.who.user,
            f"{line.namespace}/{line.object.rpartition('/')[2]}",
        )
        for line in lines
        if line.phase == "written" and (not context or line.context == context)
    )  # fmt: skip
