"""A line of waiting processes before each budget of calls; requests of each API key, counted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_counts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("window", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_request_counts")),
    )
    op.execute("DELETE FROM scheduler_slots")
    with op.batch_alter_table("scheduler_slots") as table:
        table.drop_column("last_us")
        table.drop_column("before_us")
        table.add_column(sa.Column("line", sa.Text(), nullable=False))
        table.add_column(sa.Column("used_us", sa.BigInteger(), nullable=False))


def downgrade() -> None:
    op.drop_table("request_counts")
    op.execute("DELETE FROM scheduler_slots")
    with op.batch_alter_table("scheduler_slots") as table:
        table.drop_column("line")
        table.drop_column("used_us")
        table.add_column(sa.Column("last_us", sa.BigInteger(), nullable=False))
        table.add_column(sa.Column("before_us", sa.BigInteger(), nullable=False))
