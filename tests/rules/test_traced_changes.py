"""DDL is a change from when it was first seen, an action from when it was written; reading is none."""

from datetime import UTC, datetime

import msgspec

from opsconsole.model.journal import JournalLine, Who
from opsconsole.model.statements import StatementRate, Statements
from opsconsole.rules.traced_changes import action_changes, ddl_changes

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def test_ddl_that_was_first_seen_here_is_a_change_and_what_was_always_there_is_none() -> None:
    text = "ALTER TABLE orders ADD COLUMN note text"
    alter = StatementRate("10/5/42/1", 1, text, 1.0, 2.0, 0.1, 1.0, first_seen=NOW, application="alembic")
    old = msgspec.structs.replace(alter, first_seen=None)
    temporary = msgspec.structs.replace(alter, text="CREATE TEMP TABLE x (a int)")
    select = msgspec.structs.replace(alter, text="select * from altered")
    (change,) = ddl_changes(Statements("pg-1", 60.0, 60.0, (alter, old, temporary, select)))
    assert (change.at, change.kind, change.what, change.who, change.object) == (
        NOW, "ddl", "DDL ALTER TABLE orders ADD COLUMN…", "alembic", "pg-1",
    )  # fmt: skip


def test_what_was_written_to_this_cluster_is_a_change_and_what_was_asked_or_went_elsewhere_is_none() -> None:
    line = JournalLine(
        1, NOW, "r1", "written", Who("ada", "bastion"), "1/1", "scale", "prod", "shop", "deployment/api", "scaled"
    )
    asked, elsewhere = (msgspec.structs.replace(line, **field) for field in ({"phase": "intent"}, {"context": "test"}))
    (change,) = action_changes((line, asked, elsewhere), "prod")
    assert (change.kind, change.what, change.who, change.object) == (
        "action",
        "scale deployment/api",
        "ada",
        "shop/api",
    )
