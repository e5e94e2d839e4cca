"""The two nouns of this layer: a Provider opens sandboxes, a Sandbox runs code.

What the code did is a value (`Execution`); what the sandbox failed to do is a `RingfenceError`,
and is never shown as the code's output. Everything that leaves a sandbox is data: it is decoded
by total functions and never chooses what the host runs.
"""

from collections.abc import AsyncIterable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from agent_core.contract import Contract, Language
from agent_core.errors import ErrorKind


@dataclass(frozen=True, slots=True)
class Output:
    """A piece of text that running code wrote, in the order it was written."""

    stream: Literal["stdout", "stderr"]
    text: str


Emit = Callable[[Output], None]


@dataclass(frozen=True, slots=True)
class Denial:
    """A connection that the network clause has refused. The host's name is what the code asked for: hostile text."""

    host: str
    port: int
    reason: str
    """Follows the host's name in a sentence: "is not on the allowlist of the contract"."""

    @property
    def sentence(self) -> str:
        """For the person."""
        return f"Code tried to reach {self.host} on port {self.port}: it {self.reason}."


OnDenied = Callable[[Denial], None]


@dataclass(frozen=True, slots=True)
class Display:
    """One rich result: MIME type to bytes. Text is UTF-8.

    Types in use: text/plain, text/html, text/markdown, text/latex, image/png, image/jpeg, image/gif,
    image/webp, image/svg+xml, audio/wav, audio/mpeg, audio/ogg, application/json,
    application/vnd.plotly.v1+json, and application/vnd.ringfence.table+json (see `agent_core.sandbox.tables`).
    """

    data: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class CodeError:
    """An exception that the code itself raised, as text.

    `kind` is more than `code_error` where the exception came from a limit: a MemoryError is
    `out_of_memory`, ENOSPC is `disk_full`, EFBIG is `file_too_large`, and so on.
    """

    name: str
    message: str
    traceback: str
    kind: ErrorKind = "code_error"


@dataclass(frozen=True, slots=True)
class Execution:
    """What one call did."""

    exit_code: int
    """0 when the code ran through; bash's own code for bash; 1 for a Python exception."""
    seconds: float
    displays: tuple[Display, ...] = ()
    error: CodeError | None = None
    stdout_truncated: bool = False
    """Whether output was dropped because there was more than the sandbox passes on."""
    background: int = 0
    """Processes that the code has left running, where the provider can count them."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A regular file under the working folder. `path` is relative, with forward slashes."""

    path: str
    size: int
    modified: float
    """Seconds since the epoch, by the sandbox's clock."""


@dataclass(frozen=True, slots=True)
class Size:
    """The machine that a provider has allocated, which is what it bills."""

    vcpus: float
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a sandbox has used so far."""

    opened_at: datetime
    seconds: float
    vcpus: float
    memory_mib: int
    memory_used_mib: float | None = None
    disk_used_mib: float | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """Which clauses of a new contract hold now, and which only in the next sandbox."""

    now: frozenset[str] = field(default_factory=frozenset)
    next_sandbox: frozenset[str] = field(default_factory=frozenset)


class Sandbox(Protocol):
    """One running, isolated machine or namespace: one REPL a language and a working folder.

    Variables and files last until `close`. Calls are made one at a time; a second `run` while one
    is under way waits for it. After `close`, every method but `close` raises SandboxCrashed.
    """

    @property
    def id(self) -> str:
        """Unique among all sandboxes of this deployment."""

    @property
    def alive(self) -> bool:
        """False once the sandbox is closed or has died."""

    @property
    def allocated(self) -> Size | None:
        """The machine where the provider decides on its size, and bills that; None where it is the contract's."""

    async def run(
        self,
        code: str,
        language: Language = "python",
        *,
        emit: Emit,
        timeout_seconds: float | None = None,
        on_denied: OnDenied | None = None,
    ) -> Execution:
        """Run code, passing its output to `emit` as it appears, and each connection refused to `on_denied`.

        What was refused between two calls, to something that an earlier one left running, comes with the later one.

        The time limit is the contract's unless a shorter one is given. Cancelling the awaiting task
        interrupts the code, and kills it where interrupting does not suffice.

        Raises CallTimeout, OutOfMemory, OutputLimit, SandboxCrashed, ClauseRefused (language),
        RateLimited, ProviderUnavailable.
        """

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        """Write a file below the working folder, making folders as needed.

        Files below `inputs/` can't be changed by the code that runs in the sandbox.
        Raises ValueError (a path that leaves the folder), DiskFull, FileTooLarge, SandboxCrashed.
        """

    async def read(self, path: str, *, limit_bytes: int) -> bytes:
        """Read a regular file below the working folder.

        Raises FileNotFoundError, ValueError (a path that leaves the folder), FileTooLarge (more than
        `limit_bytes`), SandboxCrashed.
        """

    async def list(self) -> tuple[FileEntry, ...]:
        """Regular files below the working folder, without `inputs/`; symbolic links are left out."""

    async def usage(self) -> Usage:
        """What has been used so far."""

    async def amend(self, contract: Contract) -> Amendment:
        """Apply a new contract to the running sandbox as far as that is possible."""

    async def close(self) -> None:
        """End the sandbox and everything in it. Closing twice is allowed."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A sandbox that the provider still runs, and the app process that opened it, as its label says."""

    id: str
    holder: str
    """`Holder.label` of `agent_core.storage.holders`; hostile text, as any label may be written by others."""


class Provider(Protocol):
    """Opens sandboxes of one kind."""

    name: str

    async def available(self) -> str | None:
        """None when sandboxes can be opened here; else a sentence that says why not and what to do."""

    def open(self, contract: Contract) -> AbstractAsyncContextManager[Sandbox]:
        """Open a sandbox under a contract, and close it at the end.

        Raises ClauseRefused (a clause that can't be enforced), ProviderUnavailable, AuthFailed,
        RateLimited.
        """

    async def leftovers(self) -> tuple[Leftover, ...]:
        """The sandboxes of this deployment that the provider runs now, whichever process opened them.

        None where sandboxes can't outlive the process that opened them.
        Raises AuthFailed, RateLimited, ProviderUnavailable.
        """

    async def end(self, sandbox_id: str) -> None:
        """End a sandbox that another process left behind. One that is gone already is no error."""

    async def warm(self) -> None:
        """Do beforehand what the first `open` would wait for. What goes wrong, `open` will tell."""

    async def aclose(self) -> None:
        """Release what the provider itself holds."""


@runtime_checkable
class Resuming(Protocol):
    """A provider whose sandboxes outlive the process that opened them, with all that they know."""

    def resume(self, sandbox_id: str, contract: Contract) -> AbstractAsyncContextManager[Sandbox]:
        """Go on with a sandbox that another process left, under the contract that it has, and close it at the end.

        Where that can't be done, the sandbox is ended too, as far as it can be reached.
        Raises SandboxCrashed (it is gone, or not as it was left), and what `Provider.open` does.
        """
