"""Incidents, their timelines (append-only), samples."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("impact", sa.String(32)),
        sa.Column("declared", sa.String(32), nullable=False),
        sa.Column("acknowledged", sa.String(32)),
        sa.Column("mitigated", sa.String(32)),
        sa.Column("resolved", sa.String(32)),
        sa.Column("next_update", sa.String(32)),
        sa.Column("resolve_by", sa.String(32)),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_table(
        "timeline",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("incident", sa.String(64), nullable=False, index=True),
        sa.Column("occurred", sa.String(32), nullable=False),
        sa.Column("recorded", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("internal", sa.Boolean, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("supersedes", sa.String(64), nullable=False),
    )
    op.create_table(
        "samples",
        sa.Column("kind", sa.String(64), primary_key=True),
        sa.Column("server", sa.String(255), primary_key=True),
        sa.Column("taken", sa.String(32), primary_key=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER timeline_no_{event.lower()} BEFORE {event} ON timeline "
            "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END"
        )
