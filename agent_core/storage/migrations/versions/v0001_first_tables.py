"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _conversations()
    _events()
    _beside_events()
    _sandboxes()


def _conversation() -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return (
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
    )


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("last_seq", sa.Integer, nullable=False),
    )
    op.create_index(op.f("ix_conversations_owner_updated_at"), "conversations", ["owner", "updated_at"])


def _events() -> None:
    op.create_table(
        "events",
        *_conversation(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        _moment("at"),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("conversation_id", "seq"),
    )
    op.create_index(op.f("ix_events_kind_at"), "events", ["kind", "at"])
    op.create_table(
        "event_references",
        *_conversation(),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.UniqueConstraint("conversation_id", "sha256"),
    )
    op.create_index(op.f("ix_event_references_sha256"), "event_references", ["sha256"])


def _beside_events() -> None:
    op.create_table(
        "conversation_values",
        *_conversation(),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.UniqueConstraint("conversation_id", "name"),
    )
    op.create_table(
        "transcript_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        *_conversation(),
        sa.Column("project_key", sa.String(255), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("subpath", sa.String(255), nullable=False),
        sa.Column("uuid", sa.String(64), nullable=True),
        _moment("written_at"),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint(
            "conversation_id", "project_key", "session_id", "subpath", "uuid", name="uq_transcript_entries_uuid"
        ),
    )


def _sandboxes() -> None:
    op.create_table(
        "sandboxes",
        sa.Column("id", sa.String(128), primary_key=True),
        *_conversation(),
        _moment("opened_at"),
        _moment("last_seen"),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("process_started", sa.Float, nullable=False),
    )
    op.create_index(op.f("ix_sandboxes_conversation_id"), "sandboxes", ["conversation_id"])
