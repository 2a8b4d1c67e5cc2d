"""Which environment an entry of the audit trail belongs to. Older entries have none, as their hashes say."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("environment", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_events", "environment")
