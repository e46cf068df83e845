"""The journal and its evidence, acknowledgements, written documents; more of incidents and their entries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("journal", "evidence", "acknowledgements")
# INSERT OR REPLACE deletes without a trigger of DELETE where a connection has not asked for recursive triggers.
REPLACED = {
    "timeline": "EXISTS (SELECT 1 FROM timeline WHERE id = NEW.id OR seq = NEW.seq)",
    "journal": "EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq OR hash = NEW.hash)",
    "evidence": "EXISTS (SELECT 1 FROM evidence WHERE sha256 = NEW.sha256)",
    "acknowledgements": "EXISTS (SELECT 1 FROM acknowledgements WHERE seq = NEW.seq)",
}
UNLINKED = (
    "NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM journal) "
    "OR NEW.previous <> COALESCE((SELECT hash FROM journal ORDER BY seq DESC LIMIT 1), NEW.previous)"
)


def upgrade() -> None:
    op.add_column("incidents", sa.Column("ended", sa.String(32)))
    op.add_column("incidents", sa.Column("finding", sa.Text, nullable=False, server_default=""))
    op.add_column("incidents", sa.Column("channel", sa.Text, nullable=False, server_default=""))
    op.add_column("timeline", sa.Column("detail", sa.Text, nullable=False, server_default=""))
    op.add_column("timeline", sa.Column("object", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("run", sa.String(64), nullable=False, index=True),
        sa.Column("phase", sa.String(32), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("verb", sa.String(32), nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("evidence", sa.String(64), nullable=False),
        sa.Column("took_s", sa.Float),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    op.create_table(
        "evidence",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("finding", sa.Text, nullable=False, index=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("written", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    for table in APPEND_ONLY:
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the table {table} is append-only'); END"
            )
    for table, there in REPLACED.items():
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} "
            f"BEGIN SELECT RAISE(ABORT, 'the table {table} is append-only'); END"
        )
    op.execute(
        f"CREATE TRIGGER journal_linked BEFORE INSERT ON journal WHEN {UNLINKED} "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only: a line follows the last one'); END"
    )
