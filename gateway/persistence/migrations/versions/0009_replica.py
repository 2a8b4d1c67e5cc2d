"""The replica: one row an object, one row a resource, and connections that keep one."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
SORTABLE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
PLACE = ("tenant_id", "connection_id", "resource")
SORTS, KEYS = 4, 12
HERE = sa.text("gone_at IS NULL")
WITH_LZ4 = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def owner(table: str) -> tuple[sa.Column | sa.ForeignKeyConstraint, ...]:
    return (
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f(f"fk_{table}_connection_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f(f"fk_{table}_tenant_id")),
    )


def upgrade() -> None:
    op.create_table(
        "replica_states",
        *owner("replica_states"),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("stale_at", INSTANT, nullable=True),
        sa.Column("as_of", INSTANT, nullable=True),
        sa.Column("shape", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint(*PLACE, name=op.f("pk_replica_states")),
    )
    op.create_index(
        op.f("ix_replica_states_connection_id"), "replica_states", ["connection_id"], unique=False
    )
    op.create_table(
        "replica_rows",
        *owner("replica_rows"),
        sa.Column("id", SORTABLE, nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("vendor_at", INSTANT, nullable=True),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.Column("stale_at", INSTANT, nullable=True),
        sa.Column("untold", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("shape", sa.String(), nullable=False),
        *(sa.Column(f"key_{number}", SORTABLE, nullable=False) for number in range(1, KEYS + 1)),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint(*PLACE, "id", name=op.f("pk_replica_rows")),
    )
    op.create_index(op.f("ix_replica_rows_connection_id"), "replica_rows", ["connection_id"], unique=False)
    op.create_index("ix_replica_rows_changed", "replica_rows", [*PLACE, "changed_at", "id"], unique=False)
    for number in range(1, SORTS + 1):
        op.create_index(
            f"ix_replica_rows_key_{number}",
            "replica_rows",
            [*PLACE, f"key_{number}", "id"],
            unique=False,
            sqlite_where=HERE,
            postgresql_where=HERE,
        )
    with op.batch_alter_table("connections") as table:
        table.add_column(
            sa.Column("keeps_replica", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql" and connection.scalar(sa.text(WITH_LZ4)):
        for column in ("document", "raw"):
            op.execute(f"ALTER TABLE replica_rows ALTER COLUMN {column} SET COMPRESSION lz4")


def downgrade() -> None:
    with op.batch_alter_table("connections") as table:
        table.drop_column("keeps_replica")
    for table_name in ("replica_rows", "replica_states"):
        op.drop_table(table_name)
