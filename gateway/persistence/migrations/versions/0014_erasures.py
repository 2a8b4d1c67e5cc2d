"""Erased tenants, and trails whose first entries are kept no longer.

The audit trail stays append-only but for entries before a start that is written down; that it is a true one
shows its signature.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
REFUSED = "the audit trail is append-only"
STARTED = "SELECT 1 FROM audit_starts s WHERE s.tenant_id = OLD.tenant_id AND s.sequence >= OLD.sequence"

BEFORE = {
    "sqlite": (
        "DROP TRIGGER audit_events_no_delete",
        f"""CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
            WHEN NOT EXISTS ({STARTED}) BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    ),
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN
                IF TG_OP = 'DELETE' THEN
                    IF EXISTS ({STARTED}) THEN RETURN OLD; END IF;
                END IF;
                RAISE EXCEPTION '{REFUSED}';
            END $$""",
        "DROP TRIGGER audit_events_append_only ON audit_events",
        """CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
           FOR EACH ROW EXECUTE FUNCTION audit_events_append_only()""",
        """CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
           FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only()""",
    ),
}
AFTER = {
    "sqlite": (
        "DROP TRIGGER audit_events_no_delete",
        f"""CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events
            BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END""",
    ),
    "postgresql": (
        "DROP TRIGGER audit_events_no_truncate ON audit_events",
        "DROP TRIGGER audit_events_append_only ON audit_events",
        f"""CREATE OR REPLACE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$""",
        """CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
           FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only()""",
    ),
}


def upgrade() -> None:
    op.create_table(
        "audit_starts",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_starts")),
    )
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("erased_at", INSTANT, nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(op.f("ix_erasures_tenant_id"), "erasures", ["tenant_id"], unique=False)
    for statement in BEFORE[op.get_context().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in AFTER[op.get_context().dialect.name]:
        op.execute(statement)
    op.drop_index(op.f("ix_erasures_tenant_id"), table_name="erasures")
    op.drop_table("erasures")
    op.drop_table("audit_starts")
