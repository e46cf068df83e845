"""The log of baselines: what was accepted, frozen or seen to shift; append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "baselines",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("since", sa.String(32)),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
    )
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER baselines_no_{event.lower()} BEFORE {event} ON baselines "
            "BEGIN SELECT RAISE(ABORT, 'the table baselines is append-only'); END"
        )
    # INSERT OR REPLACE deletes without a trigger of DELETE where a connection has not asked for recursive triggers.
    op.execute(
        "CREATE TRIGGER baselines_no_replace BEFORE INSERT ON baselines "
        "WHEN EXISTS (SELECT 1 FROM baselines WHERE seq = NEW.seq OR id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the table baselines is append-only'); END"
    )
