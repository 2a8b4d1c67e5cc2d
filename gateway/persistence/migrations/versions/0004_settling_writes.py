"""What it takes to settle a write whose outcome is unknown, and connections whose writes carry a mark."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("asked_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("tape_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("call_digest", sa.LargeBinary(), nullable=True),
        sa.Column("unknown_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("resends", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("candidates_sealed", sa.LargeBinary(), nullable=True),
    )


INDEXES = {
    "ix_write_journal_page": (["tenant_id", "environment", "id"], False),
    "ix_write_journal_upstream": (["connection_id", "upstream_id"], False),
    "uq_write_journal_pending": (["connection_id", "call_digest"], True),
}


def upgrade() -> None:
    with op.batch_alter_table("write_journal") as table:
        for column in columns():
            table.add_column(column)
    for name, (over, unique) in INDEXES.items():
        op.create_index(name, "write_journal", over, unique=unique)
    with op.batch_alter_table("connections") as table:
        table.add_column(
            sa.Column("marks_writes", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("connections") as table:
        table.drop_column("marks_writes")
    for name in INDEXES:
        op.drop_index(name, table_name="write_journal")
    with op.batch_alter_table("write_journal") as table:
        for column in reversed(columns()):
            table.drop_column(column.name)
