"""What vendors tell by calling us, and whether they were asked to."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
ONCE = ("connection_id", "type", "resource_id", "at")
WAITING = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "inbound_events",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "tenant_id", "environment")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("connection_id", "type", "resource_id")),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("at", "received_at", "due_at")),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=op.f("fk_inbound_events_connection_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_inbound_events_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_events")),
        sa.UniqueConstraint(*ONCE, name="uq_inbound_events_once"),
    )
    op.create_index(
        "ix_inbound_events_waiting",
        "inbound_events",
        ["connection_id", "due_at"],
        unique=False,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index("ix_inbound_events_age", "inbound_events", ["received_at"], unique=False)
    with op.batch_alter_table("connections") as table:
        table.add_column(
            sa.Column("vendor_events", sa.String(), server_default=sa.text("'none'"), nullable=False)
        )
        table.add_column(sa.Column("vendor_events_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("connections") as table:
        table.drop_column("vendor_events_reason")
        table.drop_column("vendor_events")
    op.drop_table("inbound_events")
