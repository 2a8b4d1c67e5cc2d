"""Which ways to connect a session offers, and how many API keys were tried over it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connect_sessions") as table:
        table.add_column(sa.Column("method", sa.String(), nullable=True))
        table.add_column(sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("connect_sessions") as table:
        table.drop_column("attempts")
        table.drop_column("method")
