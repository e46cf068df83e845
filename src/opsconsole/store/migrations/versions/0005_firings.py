"""When rules and alerts fired, as consoles saw it: what the noise report counts."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "firings",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("finding", sa.Text, nullable=False, index=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("began", sa.String(32), nullable=False, index=True),
        sa.Column("ended", sa.String(32)),
        sa.Column("seen", sa.String(32), nullable=False),
    )
