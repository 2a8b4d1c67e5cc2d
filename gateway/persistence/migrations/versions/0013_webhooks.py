"""Outgoing webhooks: endpoints, their secrets, how far they were told, deliveries and their attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = (
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_positions",
    "webhook_secrets",
    "webhook_endpoints",
)


def text(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def instant(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, INSTANT, nullable=nullable)


def number(name: str, kind: type = sa.Integer, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind(), nullable=nullable)


def foreign(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    op.create_table(
        "webhook_positions",
        text("tenant_id"),
        text("environment"),
        number("position", sa.BigInteger),
        foreign("webhook_positions", "tenant_id", "tenants"),
        key("webhook_positions", "tenant_id", "environment"),
    )
    op.create_table(
        "webhook_endpoints",
        text("id"),
        text("tenant_id"),
        text("environment"),
        text("url"),
        text("description", nullable=True),
        sa.Column("event_types", sa.Text(), nullable=False),
        sa.Column("connection_ids", sa.Text(), nullable=False),
        sa.Column("resources", sa.Text(), nullable=False),
        text("payload"),
        number("begins_after", sa.BigInteger),
        instant("failing_since"),
        instant("resting_until"),
        instant("disabled_at"),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        instant("created_at", nullable=False),
        foreign("webhook_endpoints", "tenant_id", "tenants"),
        key("webhook_endpoints", "id"),
    )
    op.create_index(
        "ix_webhook_endpoints_page", "webhook_endpoints", ["tenant_id", "environment", "id"], unique=False
    )
    op.create_table(
        "webhook_secrets",
        text("id"),
        text("tenant_id"),
        text("endpoint_id"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        instant("created_at", nullable=False),
        instant("ends_at"),
        foreign("webhook_secrets", "tenant_id", "tenants"),
        foreign("webhook_secrets", "endpoint_id", "webhook_endpoints"),
        key("webhook_secrets", "id"),
    )
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        text("id"),
        text("tenant_id"),
        text("endpoint_id"),
        text("event_id"),
        text("event_type"),
        text("state"),
        number("step"),
        number("attempts"),
        instant("due_at"),
        text("claim", nullable=True),
        instant("occurred_at", nullable=False),
        instant("created_at", nullable=False),
        instant("finished_at"),
        foreign("webhook_deliveries", "tenant_id", "tenants"),
        foreign("webhook_deliveries", "endpoint_id", "webhook_endpoints"),
        key("webhook_deliveries", "id"),
        sa.UniqueConstraint(
            "endpoint_id", "event_id", name=op.f("uq_webhook_deliveries_endpoint_id_event_id")
        ),
    )
    op.create_index(
        "ix_webhook_deliveries_due", "webhook_deliveries", ["endpoint_id", "state", "due_at"], unique=False
    )
    op.create_index("ix_webhook_deliveries_created", "webhook_deliveries", ["created_at"], unique=False)
    op.create_table(
        "webhook_attempts",
        text("delivery_id"),
        text("tenant_id"),
        number("number"),
        instant("at", nullable=False),
        number("duration_ms"),
        number("status", nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        foreign("webhook_attempts", "tenant_id", "tenants"),
        foreign("webhook_attempts", "delivery_id", "webhook_deliveries"),
        key("webhook_attempts", "delivery_id", "number"),
    )
    for table, column in (
        ("webhook_secrets", "tenant_id"),
        ("webhook_secrets", "endpoint_id"),
        ("webhook_deliveries", "tenant_id"),
        ("webhook_attempts", "tenant_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
