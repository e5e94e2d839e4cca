"""A conversation's hold on its sandbox: opened when needed, amended live, closed by its contract."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent_core.contract import Ceiling, Contract, ProviderName
from agent_core.contract.capabilities import check
from agent_core.errors import (
    BudgetExhausted,
    ClauseRefused,
    RingfenceError,
    SandboxCrashed,
    SandboxExpired,
)
from agent_core.events import ContractDenied, SandboxAmended, SandboxClosed, SandboxOpened, SandboxResumed
from agent_core.sandbox.base import Provider, Resuming, Sandbox
from agent_core.session import sandbox_events
from agent_core.session.gate import Gate
from agent_core.session.guarded import GuardedSandbox, Phase
from agent_core.session.log import Log
from agent_core.session.orphans import Orphans
from agent_core.session.sandbox_events import CloseReason
from agent_core.session.spending import Spending
from agent_core.session.values import Closing, SandboxState
from agent_core.session.variables import LOOK_SECONDS, Variable, look
from agent_core.session.workspace import Workspace, pieces, writer
from agent_core.storage.artifacts import Artifacts
from agent_core.storage.sandboxes import LoggedSandbox


class Hold:
    """Owns at most one sandbox. Its coroutines run on the background loop."""

    def __init__(
        self,
        *,
        conversation: str,
        owner: str,
        log: Log,
        spending: Spending,
        provider: Callable[[ProviderName], Provider],
        gate: Gate,
        artifacts: Artifacts,
        workspace: Workspace,
        make_room: Callable[[], Awaitable[None]],
        ceiling: Ceiling,
        checked: Callable[[Contract], None],
        orphans: Orphans,
    ) -> None:
        self._conversation = conversation
        self._owner = owner
        self._log = log
        self._spending = spending
        self._provider = provider
        self._gate = gate
        self._artifacts = artifacts
        self._workspace = workspace
        self._make_room = make_room
        self._ceiling = ceiling
        self._checked = checked
        self._orphans = orphans
        self._lock = asyncio.Lock()
        self._stack: AsyncExitStack | None = None
        self._sandbox: GuardedSandbox | None = None
        self._priced: SandboxOpened | SandboxAmended | None = None
        self._opened_by: Provider | None = None
        self._used_at = datetime.now(UTC)
        self._out_of_money = False
        self.state = SandboxState("none")

    @property
    def sandbox_id(self) -> str | None:
        """The sandbox that is alive."""
        return self._sandbox.id if self._sandbox is not None else None

    @property
    def empty(self) -> bool:
        """Whether there is no sandbox, and none is about to open or close."""
        return self._sandbox is None and not self._lock.locked()

    @property
    def shown(self) -> SandboxState:
        """Its state; one that another process has left is on its way."""
        awaited = self.state.phase == "none" and self._orphans.of(self._conversation) is not None
        return SandboxState("opening") if awaited else self.state

    def permit(self) -> None:
        """Raises ClauseRefused where no sandbox may open under the contract in force.

        It goes beyond the ceiling, or what its provider can hold, or the operator wants it checked first.
        """
        contract = self._log.state.contract
        self._ceiling.check(contract)
        check(contract)
        self._checked(contract)

    @property
    def withheld(self) -> str:
        """Why the operator lets no sandbox open before the contract in force was checked; empty where one may."""
        try:
            self._checked(self._log.state.contract)
        except ClauseRefused as refusal:
            return str(refusal)
        return ""

    async def sandbox(self) -> GuardedSandbox:
        """The sandbox under the contract in force, opened when there is none.

        An edit that comes while it opens, or while its place in the queue is waited for, holds too.
        Raises what `Workbench.sandbox` does.
        """
        async with self._lock:
            await self._inherit()
            self._spending.check(self._log)
            if self._sandbox is not None and not self._sandbox.alive:
                await self._close("crashed")
            if self._sandbox is not None:
                self._checked(self._log.state.contract)
            while (held := self._sandbox) is None or self._behind:
                await self._follow()
            self._used_at = datetime.now(UTC)
            return held

    def uses(self, provider: Provider) -> bool:
        """Whether its sandbox is this provider's, or is about to be."""
        return self._opened_by is provider

    async def after_call(self, failure: RingfenceError | None) -> None:
        """Take note of a sandbox that a call has cost."""
        self._used_at = datetime.now(UTC)
        async with self._lock:
            if self._sandbox is None or self._sandbox.alive or self._out_of_money:
                return
            if failure is None and self._sandbox.hosted is not None:
                # The request was left before the container's id had come: it can't be reached again.
                failure = SandboxExpired()
            await self._close(sandbox_events.reason_of(failure))

    @property
    def resting_since(self) -> datetime | None:
        """Since when the sandbox has had nothing to do; None when there is none, or it works."""
        held = self._sandbox
        return self._used_at if held is not None and not held.busy and not self._lock.locked() else None

    @property
    def closing(self) -> Closing | None:
        """When the sandbox closes if it goes on resting; None when it doesn't rest."""
        since, opened_at = self.resting_since, self.state.opened_at
        if since is None or opened_at is None:
            return None
        lifecycle = self._log.state.contract.lifecycle
        rested = since + timedelta(seconds=lifecycle.idle_seconds)
        lived = opened_at + timedelta(seconds=lifecycle.max_seconds)
        return Closing(min(rested, lived), extendable=rested < lived)

    async def variables(self) -> tuple[Variable, ...] | None:
        """What the resting sandbox's Python knows; None where there is no sandbox, it works, or it doesn't answer."""
        held = self._sandbox
        if held is None or self.resting_since is None or not held.alive:
            return None
        asked = look()
        try:
            return asked.read(await held.look(asked.code, LOOK_SECONDS))
        except RingfenceError as error:
            if not held.alive:
                await self.close(sandbox_events.reason_of(error))
            return None

    def extend(self) -> None:
        """Have the idle time of a resting sandbox begin anew."""
        self._used_at = datetime.now(UTC)

    async def close(self, reason: CloseReason) -> None:
        """End the sandbox, if there is one."""
        async with self._lock:
            await self._inherit()
            await self._close(reason)

    async def amend(self) -> None:
        """Bring the running sandbox under the contract in force as far as that can be done.

        Another provider's comes with the next call.
        """
        async with self._lock:
            await self._inherit()
            if self._sandbox is None or not self._sandbox.alive or not self._behind:
                return
            if self._log.state.contract.provider == self._sandbox.provider:
                await self._follow()
            elif self._log.state.open_turn is None:
                await self._close("contract_changed")
            else:
                self.state = replace(self.state, pending=frozenset({"provider"}))

    async def write_file(self, name: str, sha256: str, sent: Callable[[int], None] | None = None) -> None:
        """Put one upload into the running sandbox; one that opens later gets it by itself.

        `sent` hears how many bytes have gone so far.
        """
        if self._sandbox is not None and self._sandbox.alive:
            write = writer(self._sandbox.hosted or self._sandbox)
            await write(f"inputs/{name}", pieces(self._artifacts, sha256, sent))

    def made(self, path: str, sha256: str, size: int) -> None:
        """A call has made a file, whose bytes are kept already."""
        self._workspace.note(path, sha256, size, self._log.state.contract)

    async def remove_files(self) -> None:
        """Have the next call start over without the files that went: inside they can't be deleted."""
        await self.close("closed_by_person")

    async def tick(self, now: datetime) -> None:
        """Called about once a second: idle and maximum time, budget."""
        if self._lock.locked():
            return
        if self._orphans.of(self._conversation) is not None:
            async with self._lock:
                await self._inherit()
        held = self._sandbox
        if held is None:
            return
        contract = self._log.state.contract
        try:
            self._spending.check(self._log)
        except BudgetExhausted as error:
            await self._out_of_budget(held, error)
            return
        if held.busy:
            return
        if not held.alive:
            await self.close("crashed")
        elif now - self._used_at > timedelta(seconds=contract.lifecycle.idle_seconds):
            await self.close("idle")
        elif self.state.opened_at and now - self.state.opened_at > timedelta(seconds=contract.lifecycle.max_seconds):
            await self.close("too_old")

    async def _out_of_budget(self, held: GuardedSandbox, error: BudgetExhausted) -> None:
        if self._out_of_money:
            return
        self._out_of_money = True
        try:
            if held.busy:
                await held.cut(error)
            else:
                self._log.owe(
                    ContractDenied(
                        turn=self._log.state.open_turn,
                        clause="billing",
                        error=error.kind,
                        message=str(error),
                        version=self._log.state.version,
                    )
                )
            await self.close("budget")
        finally:
            self._out_of_money = False

    @property
    def _behind(self) -> bool:
        return self._priced is None or self._priced.contract_version != self._log.state.version

    async def _follow(self) -> None:
        """Open or amend the sandbox, once, by the contract that is in force at this moment."""
        with self._log.lock:
            contract, version = self._log.state.contract, self._log.state.version
        if self._sandbox is not None and self._sandbox.provider != contract.provider:
            await self._close("contract_changed")
        if self._sandbox is None or self._priced is None:
            self._sandbox = await self._open()
            return
        amendment = await self._sandbox.amend(contract)
        self._priced = sandbox_events.amended(self._priced, contract, version, amendment, self._sandbox.allocated)
        self.state = replace(self.state, pending=amendment.next_sandbox)
        self._log.owe(self._priced)

    async def _open(self) -> GuardedSandbox:
        self.permit()
        self.state = SandboxState("opening")
        try:
            await self._gate.enter(
                self._conversation,
                self._owner,
                self._log.state.contract,
                waiting=self._wait,
                make_room=self._make_room,
            )
        except BaseException:
            self.state = SandboxState("none")
            raise
        self.state = SandboxState("opening")
        stack = AsyncExitStack()
        try:
            self._spending.check(self._log)
            self.permit()
            with self._log.lock:
                contract, version = self._log.state.contract, self._log.state.version
            self._opened_by = self._provider(contract.provider)
            inner = await stack.enter_async_context(self._opened_by.open(contract))
            write = writer(inner)
            for name, (upload, _) in self._log.state.files.items():
                await write(f"inputs/{name}", pieces(self._artifacts, upload.sha256))
            await self._workspace.restore(write, contract)
            opened = self._opened(inner, contract, version)
        except BaseException:
            await stack.aclose()
            self._gate.leave(self._conversation)
            self._opened_by = None
            self.state = SandboxState("none")
            raise
        self._stack = stack
        return opened

    async def _inherit(self) -> None:
        """Go on with the sandbox that a process which is gone has left of this conversation, or give it up."""
        orphan = self._orphans.of(self._conversation)
        if orphan is None or self._log.seat is None:
            return
        self.state = SandboxState("opening")
        stack = AsyncExitStack()
        try:
            self._sandbox = await self._resumed(orphan, stack)
        except BaseException as error:
            await stack.aclose()
            self._gate.leave(self._conversation)
            self._opened_by, self._priced, self.state = None, None, SandboxState("none")
            self._orphans.give_up(orphan)
            self._log.refresh()
            if not isinstance(error, RingfenceError):
                raise
        else:
            self._stack, self._used_at = stack, orphan.last_seen
            self._orphans.done(orphan)

    async def _resumed(self, orphan: LoggedSandbox, stack: AsyncExitStack) -> GuardedSandbox:
        self.permit()
        with self._log.lock:
            contract, opened = self._log.state.contract, self._log.state.sandbox
            events = (one.event for one in reversed(self._log.after(0)))
            self._priced = next(event for event in events if isinstance(event, SandboxOpened | SandboxAmended))
        self._opened_by = self._provider(contract.provider)
        if opened is None or self._behind or not isinstance(self._opened_by, Resuming):
            raise SandboxCrashed
        if not self._gate.enter_at_once(self._conversation, self._owner, contract):
            raise SandboxCrashed
        inner = await stack.enter_async_context(self._opened_by.resume(orphan.id, contract))
        self._log.append(SandboxResumed(sandbox=inner.id))
        self.state = SandboxState("idle", inner.id, opened.at, self._priced.contract_version, opened.enforced_by)
        return GuardedSandbox(inner, contract.provider, self._phase)

    def _opened(self, inner: Sandbox, contract: Contract, version: int) -> GuardedSandbox:
        opened = sandbox_events.opened(inner, contract, version)
        self._log.append(opened)
        self._priced = opened
        self.state = SandboxState("idle", inner.id, opened.at, version, opened.enforced_by)
        return GuardedSandbox(inner, contract.provider, self._phase)

    async def _close(self, reason: CloseReason) -> None:
        if self._sandbox is None or self._stack is None:
            return
        held, stack, opened_at = self._sandbox, self._stack, self.state.opened_at
        self._sandbox, self._stack, self._priced = None, None, None
        try:
            try:
                # Of a hosted container each file came out, and was kept, when it was made.
                if held.hosted is None and self._log.seat is not None:
                    await self._workspace.save(held, self._log.state.contract)
            finally:
                await stack.aclose()
        finally:
            now = datetime.now(UTC)
            made = held.hosted is None or held.hosted.made
            seconds = (now - opened_at).total_seconds() if opened_at else 0.0
            self._log.owe(
                SandboxClosed.model_validate(
                    {"at": now, "sandbox": held.id, "reason": reason if made else "never_made", "seconds": seconds}
                )
            )
            self._gate.leave(self._conversation)
            self._opened_by = None
            self.state = SandboxState("none")

    def _wait(self, ahead: int) -> None:
        self.state = SandboxState("opening", ahead=ahead)

    def _phase(self, phase: Phase) -> None:
        self.state = replace(self.state, phase=phase)
