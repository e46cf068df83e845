"""An acknowledgement may end by itself, and may say why it was given."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("acknowledgements", sa.Column("until", sa.String(32)))
    op.add_column("acknowledgements", sa.Column("note", sa.Text, nullable=False, server_default=""))
