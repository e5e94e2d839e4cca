"""What a running turn shows, for processes that don't run it; and which bytes were kept lately, and for whom."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "drafts",
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_drafts_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_drafts_conversation_id")),
    )
    op.create_table(
        "artifact_puts",
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("holder", "sha256", name=op.f("uq_artifact_puts_holder_sha256")),
    )
    op.create_index(op.f("ix_artifact_puts_sha256"), "artifact_puts", ["sha256"])
    op.create_index(op.f("ix_artifact_puts_at"), "artifact_puts", ["at"])
