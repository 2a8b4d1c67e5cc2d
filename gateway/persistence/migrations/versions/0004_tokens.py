"""When a grant is renewed ahead, and how its renewals have failed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("credentials") as table:
        table.add_column(sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("rested_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("failing", sa.Text(), nullable=True))
        table.create_index("ix_credentials_renew_at", ["renew_at"])


def downgrade() -> None:
    with op.batch_alter_table("credentials") as table:
        table.drop_index("ix_credentials_renew_at")
        table.drop_column("failing")
        table.drop_column("rested_at")
        table.drop_column("renew_at")
