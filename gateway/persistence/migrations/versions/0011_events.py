"""The change feed, and what documents stand at."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
FEED = ("tenant_id", "environment")
UNREAD = sa.text("position IS NULL")


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=True)
            for name in ("connection_id", "resource", "resource_id")
        ),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=True),
        sa.Column("changed", sa.Text(), nullable=True),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], name=op.f("fk_events_connection_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_events_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("uq_events_position", "events", [*FEED, "position"], unique=True)
    op.create_index(
        "ix_events_unread",
        "events",
        [*FEED, "id"],
        unique=False,
        sqlite_where=UNREAD,
        postgresql_where=UNREAD,
    )
    op.create_index("ix_events_age", "events", ["occurred_at"], unique=False)
    op.create_index(op.f("ix_events_connection_id"), "events", ["connection_id"], unique=False)
    op.create_table(
        "feeds",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("purged", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_feeds_tenant_id")),
        sa.PrimaryKeyConstraint(*FEED, name=op.f("pk_feeds")),
    )
    with op.batch_alter_table("replica_rows") as table:
        table.add_column(sa.Column("standing", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("replica_rows") as table:
        table.drop_column("standing")
    op.drop_table("feeds")
    op.drop_table("events")
