"""What rows of the replica tell beside their documents: when they turn overdue, what is summed and searched.

SQLite goes through a row to find a column, so there documents are moved behind the new ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
PLACE = ("tenant_id", "connection_id", "resource")
SUMS = ("sum_1", "sum_2", "sum_3", "sum_4")
LATE = sa.text("late_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("replica_states", sa.Column("late_at", INSTANT, nullable=True))
    op.add_column("replica_rows", sa.Column("late_at", INSTANT, nullable=True))
    op.add_column(
        "replica_rows", sa.Column("words", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("replica_rows", sa.Column("currency", sa.String(), nullable=True))
    for name in SUMS:
        op.add_column("replica_rows", sa.Column(name, sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        for name in ("document", "raw"):
            op.add_column("replica_rows", sa.Column(f"{name}_behind", sa.LargeBinary(), nullable=True))
            op.execute(f"UPDATE replica_rows SET {name}_behind = {name}")
            op.execute(f"ALTER TABLE replica_rows DROP COLUMN {name}")
            op.execute(f"ALTER TABLE replica_rows RENAME COLUMN {name}_behind TO {name}")
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
    with op.batch_alter_table("replica_rows") as altered:
        for name in ("words", "currency", *SUMS):
            altered.drop_column(name)
