"""A line of waiting processes before each budget of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM scheduler_slots")
    with op.batch_alter_table("scheduler_slots") as table:
        table.drop_column("last_us")
        table.drop_column("before_us")
        table.add_column(sa.Column("line", sa.Text(), nullable=False))
        table.add_column(sa.Column("used_us", sa.BigInteger(), nullable=False))


def downgrade() -> None:
    op.execute("DELETE FROM scheduler_slots")
    with op.batch_alter_table("scheduler_slots") as table:
        table.drop_column("line")
        table.drop_column("used_us")
        table.add_column(sa.Column("last_us", sa.BigInteger(), nullable=False))
        table.add_column(sa.Column("before_us", sa.BigInteger(), nullable=False))
