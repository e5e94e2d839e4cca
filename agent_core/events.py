"""The facts of a conversation. Each is appended once and never changed: a conversation *is* its events.

Events refer to artifacts and uploads by content hash and never hold their bytes. `ADAPTER` turns an
event to JSON and back; an unknown kind is a validation error.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from agent_core.contract import Contract, Language, PlannerSettings
from agent_core.errors import ErrorKind


def _now() -> datetime:
    return datetime.now(UTC)


class Value(BaseModel):
    """A frozen value that is stored as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnProfile(Value):
    """What is known of one column."""

    name: str
    kind: Literal["number", "integer", "text", "category", "date", "boolean", "empty"]
    missing: int = 0
    distinct: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    samples: tuple[str, ...] = ()


class TableProfile(Value):
    """What is known of one table of a file. Row counts are of the whole table."""

    name: str
    """The sheet's name; empty where a file holds one table."""
    rows: int
    columns: tuple[ColumnProfile, ...]
    read_with: str
    """A Python expression that loads the table in the sandbox, such as `pd.read_csv('inputs/a.csv')`."""
    preview: tuple[tuple[str, ...], ...] = ()
    """The first rows, as text."""


class FileProfile(Value):
    """What was found in an uploaded file, inside the sandbox. Text in it is hostile."""

    tables: tuple[TableProfile, ...] = ()
    problem: str | None = None
    """Why the file could not be read as a table, in plain words."""


class Upload(Value):
    """A file that the person gave. In the sandbox it is `inputs/<name>`."""

    name: str
    size: int
    sha256: str


BUILTIN_MODEL = "built-in analyst"
"""What the turns of the built-in analyst name as their model."""

ArtifactKind = Literal["chart", "table", "image", "text", "file"]


class Artifact(Value):
    """Something made in a sandbox, stored by content hash.

    A chart is a Plotly figure as JSON; a table is a preview (`agent_core.sandbox.tables`), with its
    full data as a file of its own where `full_data` names one.
    """

    id: str
    name: str
    kind: ArtifactKind
    media_type: str
    size: int
    sha256: str
    full_data: str | None = None
    """The sha256 of the whole table as CSV, or of as many of its first rows as the contract lets out."""
    full_data_size: int | None = None
    full_data_rows: int | None = None
    """How many rows that file holds, as the sandbox says; None where it doesn't."""


class _Event(Value):
    at: AwareDatetime = Field(default_factory=_now)


class FileUploaded(_Event):
    """A file came in and was looked at."""

    kind: Literal["file_uploaded"] = "file_uploaded"
    upload: Upload
    profile: FileProfile | None = None
    replaces: bool = False
    """Whether a file of this name was there before, and went."""


class FileRefused(_Event):
    """A file did not come in."""

    kind: Literal["file_refused"] = "file_refused"
    name: str
    error: ErrorKind
    message: str


class FileRemoved(_Event):
    """The person took a file out of the conversation."""

    kind: Literal["file_removed"] = "file_removed"
    name: str


class UserAsked(_Event):
    """The person's message opens a turn."""

    kind: Literal["user_asked"] = "user_asked"
    turn: str
    text: str
    files: tuple[str, ...] = ()
    """Names of the files that came with this message."""
    contract_version: int
    past_planner: bool = False
    """Whether it is code that was run as it is, of which the planner was not told."""


class AgentThought(_Event):
    """A block of the model's thinking."""

    kind: Literal["agent_thought"] = "agent_thought"
    turn: str
    text: str


class AgentSaid(_Event):
    """A block of the answer. Markdown, hostile."""

    kind: Literal["agent_said"] = "agent_said"
    turn: str
    text: str


class CodeStarted(_Event):
    """A call into the sandbox begins."""

    kind: Literal["code_started"] = "code_started"
    turn: str
    run: str
    code: str
    language: Language
    contract_version: int


class CodeFinished(_Event):
    """A call into the sandbox ended."""

    kind: Literal["code_finished"] = "code_finished"
    turn: str
    run: str
    stdout: str = ""
    stderr: str = ""
    exit_code: int
    seconds: float
    error: ErrorKind | None = None
    message: str = ""
    """The error in plain words, or the exception's own text."""
    traceback: str = ""
    artifacts: tuple[Artifact, ...] = ()
    sandbox: str | None = None


class ContractChanged(_Event):
    """A new version of the contract is in force. Version 1 is the one a conversation opens with."""

    kind: Literal["contract_changed"] = "contract_changed"
    version: int
    contract: Contract
    by: str = "you"
    changes: tuple[str, ...] = ()
    """One plain sentence for each change."""


class PlannerChanged(_Event):
    """The planner is set otherwise, from the next turn on. Until there is one, it is as the deployment sets it."""

    kind: Literal["planner_changed"] = "planner_changed"
    settings: PlannerSettings
    changes: tuple[str, ...] = ()
    """One plain sentence for each change."""


class ContractDenied(_Event):
    """The contract stopped something."""

    kind: Literal["contract_denied"] = "contract_denied"
    turn: str | None = None
    clause: str
    error: ErrorKind
    message: str
    version: int


class SandboxOpened(_Event):
    """A sandbox is alive, and its time counts."""

    kind: Literal["sandbox_opened"] = "sandbox_opened"
    sandbox: str
    provider: str
    contract_version: int
    vcpus: float
    memory_mib: int
    rate_card: str
    enforced_by: tuple[str, ...] = ()
    """How each limit is enforced, a phrase each."""


class SandboxAmended(_Event):
    """A running sandbox came under another version of the contract, and costs by it from now on."""

    kind: Literal["sandbox_amended"] = "sandbox_amended"
    sandbox: str
    contract_version: int
    vcpus: float
    memory_mib: int
    rate_card: str
    pending: tuple[str, ...] = ()
    """Clauses that hold only with the next sandbox."""


class SandboxResumed(_Event):
    """A sandbox outlived the app process that held it, and goes on in another one. Its time has counted meanwhile."""

    kind: Literal["sandbox_resumed"] = "sandbox_resumed"
    sandbox: str


class SandboxClosed(_Event):
    """A sandbox ended. `at` is when its time stopped counting."""

    kind: Literal["sandbox_closed"] = "sandbox_closed"
    sandbox: str
    reason: Literal[
        "turn_ended",
        "idle",
        "too_old",
        "contract_changed",
        "crashed",
        "out_of_memory",
        "timeout",
        "budget",
        "closed_by_person",
        "closed_by_operator",
        "key_forgotten",
        "made_room",
        "expired",
        "never_made",
        "app_stopped",
    ]
    seconds: float


class ConversationForked(_Event):
    """What is above was copied from another conversation, where it was also paid for; the planner wasn't there."""

    kind: Literal["conversation_forked"] = "conversation_forked"
    source: str
    """The other conversation."""
    title: str
    """What it was called then. Hostile."""


class PlannerRetried(_Event):
    """The endpoint failed and was asked again."""

    kind: Literal["planner_retried"] = "planner_retried"
    turn: str
    attempt: int
    most: int
    delay_seconds: float
    error: ErrorKind


class TurnEnded(_Event):
    """A turn is over."""

    kind: Literal["turn_ended"] = "turn_ended"
    turn: str
    outcome: Literal["done", "stopped", "failed"]
    error: ErrorKind | None = None
    message: str = ""
    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    model: str = ""
    model_cost_usd: Decimal = Decimal(0)


Event = Annotated[
    FileUploaded
    | FileRefused
    | FileRemoved
    | UserAsked
    | AgentThought
    | AgentSaid
    | CodeStarted
    | CodeFinished
    | ContractChanged
    | PlannerChanged
    | ContractDenied
    | SandboxOpened
    | SandboxAmended
    | SandboxResumed
    | SandboxClosed
    | ConversationForked
    | PlannerRetried
    | TurnEnded,
    Field(discriminator="kind"),
]

ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)

Observe = Callable[[str, Sequence[Event]], None]
"""Gets a conversation's id and the events that were appended to it just now, in order, from any thread."""
