"""Passes over lists that fill the replica and keep it fresh."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
PLACE = ("tenant_id", "connection_id", "resource")
TIMES = ("round_at", "settled_at", "asked_at", "whole_at", "ended_at")
COUNTS = ("round", "pages", "listed", "calls", "created", "updated", "deleted", "failures")


def upgrade() -> None:
    op.create_table(
        "replica_syncs",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=True),
        sa.Column("since", INSTANT, nullable=True),
        sa.Column("continuation", sa.String(), nullable=True),
        sa.Column("rows", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("capped", sa.Boolean(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        *(sa.Column(name, INSTANT, nullable=True) for name in TIMES),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_replica_syncs_connection_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_replica_syncs_tenant_id")),
        sa.PrimaryKeyConstraint(*PLACE, name=op.f("pk_replica_syncs")),
    )
    op.create_index(op.f("ix_replica_syncs_connection_id"), "replica_syncs", ["connection_id"], unique=False)
    with op.batch_alter_table("replica_rows") as table:
        table.add_column(sa.Column("row_digest", sa.String(), nullable=True))
        table.add_column(sa.Column("seen_at", INSTANT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("replica_rows") as table:
        table.drop_column("seen_at")
        table.drop_column("row_digest")
    op.drop_table("replica_syncs")
