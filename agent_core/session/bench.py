"""A conversation as its tools see it, for the length of one turn."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from agent_core.contract import HOSTED, Contract
from agent_core.contract.words import PROVIDER_NAMES
from agent_core.errors import ClauseRefused, RingfenceError
from agent_core.events import CodeStarted, Event
from agent_core.sandbox.answering import Hosted
from agent_core.sandbox.base import Output, Sandbox
from agent_core.session.draft import DraftBoard
from agent_core.session.hold import Hold
from agent_core.session.log import Log
from agent_core.session.patience import patiently
from agent_core.storage.artifacts import Artifacts


class Bench:
    """Satisfies `agent_core.tools.workbench.Workbench`; `turn` is set as turns begin."""

    def __init__(self, log: Log, draft: DraftBoard, hold: Hold, artifacts: Artifacts) -> None:
        self.turn = ""
        self._log = log
        self._draft = draft
        self._hold = hold
        self._artifacts = artifacts
        self._aftermath: set[asyncio.Task[None]] = set()

    @property
    def contract(self) -> Contract:
        """The contract in force at this moment."""
        return self._log.state.contract

    @property
    def contract_version(self) -> int:
        """Its version."""
        return self._log.state.version

    async def sandbox(self) -> Sandbox:
        """The conversation's sandbox, opened when there is none."""
        if self.contract.provider in HOSTED:
            name = PROVIDER_NAMES[self.contract.provider]
            raise ClauseRefused("provider", f"At {name} the model alone runs code: ask for it in a question.")
        if self._hold.state.phase == "none":
            self._draft.status("Opening a sandbox")
        sandbox = await patiently(self._hold.sandbox, waiting=self._asked_to_wait)
        self._draft.status("Running code")
        return sandbox

    async def hosted(self, work: Callable[[Hosted, str], Coroutine[Any, Any, str]]) -> str:
        """Do work with the hosted container, opened when there is none; see `HostedBench.hosted`."""
        if self._hold.state.phase == "none":
            self._draft.status("Opening a sandbox")
        held = await patiently(self._hold.sandbox, waiting=self._asked_to_wait)
        if held.hosted is None:
            raise ClauseRefused("provider", "The contract was changed meanwhile: ask again to have code run there.")
        self._draft.status("Thinking")
        try:
            answer = await held.guarded(work(held.hosted, held.id))
        except RingfenceError as error:
            await self._hold.after_call(error)
            raise
        except asyncio.CancelledError:
            self._afterwards(None)
            raise
        await self._hold.after_call(None)
        return answer

    def events(self) -> tuple[Event, ...]:
        """The whole conversation until now."""
        return tuple(stored.event for stored in self._log.after(0))

    def _asked_to_wait(self, seconds: float) -> None:
        name = PROVIDER_NAMES[self.contract.provider]
        self._draft.status(f"{name[:1].upper()}{name[1:]} asks to wait {seconds:.0f} s")

    def record(self, *events: Event) -> None:
        """Append events to the conversation: a run that can't be recorded doesn't start."""
        if any(isinstance(event, CodeStarted) for event in events):
            self._log.append(*events)
        else:
            self._log.owe(*events)

    def started(self, run: str) -> None:
        """A run is under way."""
        self._draft.running(run)

    def finished(self, error: RingfenceError | None) -> None:
        """The run is over."""
        self._draft.running(None)
        self._afterwards(error)

    def _afterwards(self, error: RingfenceError | None) -> None:
        task = asyncio.get_running_loop().create_task(self._hold.after_call(error))
        self._aftermath.add(task)
        task.add_done_callback(self._aftermath.discard)

    def progress(self, output: Output) -> None:
        """Show output while the code that wrote it still runs."""
        self._draft.output(output)

    async def keep(self, data: bytes) -> str:
        """Store an artifact and return its sha256."""
        return (await asyncio.to_thread(self._artifacts.put, data))[0]

    def made(self, path: str, sha256: str, size: int) -> None:
        """A call left a file at `path` of the working folder, and its bytes are stored."""
        self._hold.made(path, sha256, size)
