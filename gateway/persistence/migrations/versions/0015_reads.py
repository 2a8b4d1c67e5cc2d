"""When documents of the replica turn overdue."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
PLACE = ("tenant_id", "connection_id", "resource")
LATE = sa.text("late_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("replica_states", sa.Column("late_at", INSTANT, nullable=True))
    op.add_column("replica_rows", sa.Column("late_at", INSTANT, nullable=True))
    for name, table, columns in (
        ("ix_replica_states_late", "replica_states", ["late_at"]),
        ("ix_replica_rows_late", "replica_rows", [*PLACE, "late_at", "id"]),
    ):
        op.create_index(name, table, columns, unique=False, sqlite_where=LATE, postgresql_where=LATE)


def downgrade() -> None:
    for name, table in (
        ("ix_replica_rows_late", "replica_rows"),
        ("ix_replica_states_late", "replica_states"),
    ):
        op.drop_index(name, table_name=table)
        with op.batch_alter_table(table) as altered:
            altered.drop_column("late_at")
