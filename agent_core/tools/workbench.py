"""What a tool may use of the conversation that it works for."""

from typing import Protocol

from agent_core.contract import Contract
from agent_core.errors import RingfenceError
from agent_core.events import Event
from agent_core.sandbox.base import Output, Sandbox


class Workbench(Protocol):
    """A conversation, as a tool sees it. All methods are called on the background loop."""

    @property
    def turn(self) -> str:
        """The turn under way."""

    @property
    def contract(self) -> Contract:
        """The contract in force at this moment."""

    @property
    def contract_version(self) -> int:
        """Its version."""

    async def sandbox(self) -> Sandbox:
        """The conversation's sandbox, opened when there is none.

        Raises ClauseRefused, ConcurrencyFull, BudgetExhausted, RateLimited, AuthFailed,
        ProviderUnavailable.
        """

    def record(self, *events: Event) -> None:
        """Append events to the conversation."""

    def started(self, run: str) -> None:
        """A run is under way."""

    def finished(self, error: RingfenceError | None) -> None:
        """The run is over; `error` is what the sandbox failed to do, if anything."""

    def progress(self, output: Output) -> None:
        """Show output while the code that wrote it still runs."""

    async def keep(self, data: bytes) -> str:
        """Store an artifact and return its sha256. Raises StoreUnavailable."""

    def made(self, path: str, sha256: str, size: int) -> None:
        """A call left a file at `path` of the working folder, and its bytes are stored."""
