"""What a planner promises: turns in, signals out.

A planner decides what to run. It sees the sandbox only through the tools it is given, imports no
provider and holds no event: it tells what happens through `emit`, as signals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from agent_core.errors import ErrorKind


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class TextDone:
    """One whole text block of the answer.

    Empty when the endpoint broke off: what was written of the block does not count.
    """

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """A piece of the model's thinking."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDone:
    """One whole block of thinking; empty as in `TextDone`."""

    text: str


@dataclass(frozen=True, slots=True)
class CodeDelta:
    """All of the code that the model has written so far for the call it is about to make."""

    code: str
    language: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """The endpoint failed and is being asked again."""

    attempt: int
    most: int
    delay_seconds: float
    reason: Literal["rate_limited", "auth", "provider_unavailable"]


Signal = TextDelta | TextDone | ThinkingDelta | ThinkingDone | CodeDelta | Retrying
Emit = Callable[[Signal], None]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a turn used at the endpoint."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How a turn ended at the planner. `error` is None when the model finished by itself."""

    tokens: Tokens
    cost_usd: Decimal
    model_calls: int = 0
    error: ErrorKind | None = None
    message: str = ""
    """A sentence for the person, when there is an error."""


class Planner(Protocol):
    """One conversation's agent loop."""

    @property
    def used(self) -> TurnResult:
        """What the turn under way, or the newest one, has used: also of one that was stopped."""

    async def turn(self, prompt: str, emit: Emit) -> TurnResult:
        """Take one user message to its end.

        Cancelling the task stops the model and its tool call; the next turn goes on in the same
        conversation. Raises what a tool raised, with the conversation in the same state as then.
        """

    async def release(self) -> None:
        """Give back the process while idle. The next turn resumes with the same context."""

    async def close(self) -> None:
        """End for good."""
