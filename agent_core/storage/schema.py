"""The tables. A change here needs a new file in `migrations/versions`; a test compares the two."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class Moment(TypeDecorator[datetime]):
    """An aware time, kept in UTC; SQLite forgets the zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to an aware time in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _conversation() -> Column[str]:
    return Column("conversation_id", String(32), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False)


conversations = Table(
    "conversations",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", String(255), nullable=False),
    Column("title", String(200), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("pinned", Boolean, nullable=False, server_default=false()),
    Column("held_by", String(32), nullable=True),
    Column("seat", String(32), nullable=True),
    Index(None, "owner", "updated_at"),
    Index(None, "held_by"),
)

events = Table(
    "events",
    METADATA,
    _conversation(),
    Column("seq", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("conversation_id", "seq"),
    Index(None, "kind", "at"),
)

references = Table(
    "event_references",
    METADATA,
    _conversation(),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("conversation_id", "sha256"),
    Index(None, "sha256"),
)

transcript_entries = Table(
    "transcript_entries",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _conversation(),
    Column("project_key", String(255), nullable=False),
    Column("session_id", String(64), nullable=False),
    Column("subpath", String(255), nullable=False),
    Column("uuid", String(64), nullable=True),
    Column("written_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint(
        "conversation_id", "project_key", "session_id", "subpath", "uuid", name="uq_transcript_entries_uuid"
    ),
)

conversation_values = Table(
    "conversation_values",
    METADATA,
    _conversation(),
    Column("name", String(64), nullable=False),
    Column("value", Text, nullable=False),
    UniqueConstraint("conversation_id", "name"),
)

sandboxes = Table(
    "sandboxes",
    METADATA,
    Column("id", String(128), primary_key=True),
    _conversation(),
    Column("opened_at", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
    Index(None, "conversation_id"),
)

leases = Table(
    "leases",
    METADATA,
    Column("ticket", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("place", String(64), nullable=False, unique=True),
    Column("owner", String(255), nullable=False),
    Column("per_user", Integer, nullable=False),
    Column("per_deployment", Integer, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
)

workspace_files = Table(
    "workspace_files",
    METADATA,
    Column("workspace", String(300), nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    UniqueConstraint("workspace", "path"),
    Index(None, "sha256"),
)

deployment_values = Table(
    "deployment_values",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

drafts = Table(
    "drafts",
    METADATA,
    _conversation(),
    Column("last_seq", Integer, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("conversation_id"),
)

artifact_puts = Table(
    "artifact_puts",
    METADATA,
    Column("holder", String(32), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("holder", "sha256"),
    Index(None, "sha256"),
    Index(None, "at"),
)

app_processes = Table(
    "app_processes",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("last_seen", Moment, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
)

requests = Table(
    "requests",
    METADATA,
    Column("id", String(32), primary_key=True),
    _conversation(),
    Column("body", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("claimed", Boolean, nullable=False),
    Column("answer", Text, nullable=True),
    Index(None, "conversation_id"),
)

people = Table(
    "people",
    METADATA,
    Column("id", String(255), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False),
    Column("seen_at", Moment, nullable=False),
)

shares = Table(
    "shares",
    METADATA,
    Column("token", String(64), primary_key=True),
    _conversation(),
    Column("up_to", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("conversation_id"),
)

errands = Table(
    "errands",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("owner", String(255), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("sandbox", String(128), nullable=False),
    Column("provider", String(20), nullable=False),
    Column("vcpus", Float, nullable=False),
    Column("memory_mib", Integer, nullable=False),
    Column("rate_card", String(64), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment, nullable=True),
    Column("last_seen", Moment, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),
    Index(None, "owner", "opened_at"),
)

reports = Table(
    "reports",
    METADATA,
    Column("id", String(120), primary_key=True),
    Column("account", String(255), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "account", "fingerprint"),
)

hosted_files = Table(
    "hosted_files",
    METADATA,
    Column("file", String(128), primary_key=True),
    Column("sandbox", String(128), nullable=False),
    Column("holder", String(320), nullable=False),
)
