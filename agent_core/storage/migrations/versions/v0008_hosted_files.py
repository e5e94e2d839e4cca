"""Files that lie at a provider."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "hosted_files",
        sa.Column("file", sa.String(128), nullable=False),
        sa.Column("sandbox", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(320), nullable=False),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_hosted_files")),
    )
