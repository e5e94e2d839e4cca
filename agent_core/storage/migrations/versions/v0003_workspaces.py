"""The files of working folders, kept from one sandbox to the next."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "workspace_files",
        sa.Column("workspace", sa.String(300), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("workspace", "path", name=op.f("uq_workspace_files_workspace_path")),
    )
    op.create_index(op.f("ix_workspace_files_sha256"), "workspace_files", ["sha256"])
