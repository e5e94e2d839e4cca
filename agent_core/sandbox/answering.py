"""A sandbox whose code is run where the model is: what the two of them are asked, and what comes back, in order."""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from agent_core.contract import Language
from agent_core.errors import ErrorKind


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text or of thinking, as it is written."""

    kind: Literal["text", "thinking"]
    text: str


@dataclass(frozen=True, slots=True)
class Whole:
    """One whole block of text or thinking. Empty where the answer broke off: its pieces don't count."""

    kind: Literal["text", "thinking"]
    text: str


@dataclass(frozen=True, slots=True)
class Writing:
    """A piece of the JSON object that says what the next command is to do."""

    json: str
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A command begins to run."""

    id: str
    code: str
    language: Language


@dataclass(frozen=True, slots=True)
class Returned:
    """A command has ended. `files` can be fetched by these names of the provider's."""

    id: str
    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0
    files: tuple[str, ...] = ()
    error: ErrorKind | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The provider failed, and is asked again after a while."""

    attempt: int
    most: int
    seconds: float
    reason: Literal["rate_limited", "provider_unavailable"]


@dataclass(frozen=True, slots=True)
class Spent:
    """What the request under way has used beyond what was told before."""

    calls: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked."""

    system: str
    messages: tuple[Mapping[str, Any], ...]
    """Those of the Messages API, the last one the person's, as text."""
    model: str = ""
    """The deployment's own where it is empty."""
    effort: str | None = None
    most_steps: int = 30
    """How often the model may be asked until the answer is whole."""


Part = Piece | Whole | Writing | Running | Returned | Waiting | Spent
Hear = Callable[[Part], Awaitable[None]]


@runtime_checkable
class Hosted(Protocol):
    """One container with the model that works in it."""

    @property
    def given(self) -> Mapping[str, str]:
        """The files that were sent, by their path in the working folder, and what each is called in the container."""

    @property
    def made(self) -> bool:
        """Whether the provider has a container by now: it makes one when the first request needs it."""

    async def ask(self, question: Question, hear: Hear) -> str:
        """Have a conversation answered, and whatever code the answer takes run in the container.

        Returns why the model stopped, such as `end_turn`. A command that takes longer than the contract's time
        for a call ends the container.

        Raises SandboxCrashed (the container is gone), CallTimeout, RateLimited, AuthFailed, ProviderUnavailable.
        Cancelling cancels the request.
        """

    async def give(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Send a file of the working folder, which the container has from the next question on.

        Raises FileTooLarge, RateLimited, AuthFailed, ProviderUnavailable, SandboxCrashed.
        """

    async def fetch(self, file: str, *, limit_mib: int) -> tuple[str, bytes]:
        """A file that a command has made: its name, which is hostile text, and its bytes.

        Raises FileTooLarge, RateLimited, AuthFailed, ProviderUnavailable.
        """
