"""Where acts are played: fresh sandboxes of one provider, under one contract, with the host's traps around them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from agent_core.contract import HOSTED, Contract
from agent_core.errors import RingfenceError
from agent_core.sandbox.base import Execution, Output, Provider, Sandbox
from agent_core.validation.traps import Traps

_MOST_KEPT = 1 << 20


@dataclass(frozen=True, slots=True)
class Ran:
    """What one call did: `execution`, or the `failure` of the sandbox."""

    printed: str
    execution: Execution | None = None
    failure: RingfenceError | None = None

    @property
    def kind(self) -> str:
        """The kind of error, of the code or of the sandbox; empty where there was none."""
        if self.failure is not None:
            return self.failure.kind
        error = self.execution.error if self.execution else None
        return error.kind if error else ""

    @property
    def told(self) -> str:
        """How it ended, in words."""
        if self.failure is not None:
            return str(self.failure)
        error = self.execution.error if self.execution else None
        return (
            f"{error.name}: {error.message}" if error else f"It ran through and printed {self.printed.strip()[:120]!r}."
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """One validation's means."""

    provider: Provider
    contract: Contract
    traps: Traps

    @property
    def local(self) -> bool:
        """Whether sandboxes share this host's kernel, so that they can be watched from outside."""
        return self.contract.provider == "local"

    @property
    def hosted(self) -> bool:
        """Whether a model is asked to run each program: files last from call to call then, variables don't."""
        return self.contract.provider in HOSTED

    @asynccontextmanager
    async def sandbox(self) -> AsyncIterator[Sandbox]:
        """A fresh one, closed at the end."""
        async with self.provider.open(self.contract) as opened:
            yield opened


async def run(sandbox: Sandbox, code: str, seconds: float | None = None) -> Ran:
    """Run Python code, and keep what it prints. What the sandbox fails to do is a value here."""
    pieces: list[str] = []
    kept = 0

    def emit(output: Output) -> None:
        nonlocal kept
        if kept < _MOST_KEPT:
            pieces.append(output.text)
        kept += len(output.text)

    try:
        execution = await sandbox.run(code, emit=emit, timeout_seconds=seconds)
    except RingfenceError as failure:
        return Ran("".join(pieces), failure=failure)
    return Ran("".join(pieces), execution)
