"""One run of code elsewhere: its output, its results, its time, and interrupting it."""

import asyncio
import contextlib
import errno
import os
import secrets
import time
from dataclasses import replace
from typing import Literal

from agent_core.contract import Contract, Language
from agent_core.errors import CallTimeout, OutOfMemory, OutputLimit, SandboxCrashed
from agent_core.sandbox.base import CodeError, Display, Emit, Execution
from agent_core.sandbox.frames import Decoder, Frame
from agent_core.sandbox.hosted import bundle
from agent_core.sandbox.hosted.ending import to_its_end
from agent_core.sandbox.hosted.remote import Remote
from agent_core.sandbox.local.messages import Displayed, Done, parse
from agent_core.sandbox.local.outputs import Outputs

_MIB = 1 << 20
_ANSWER_SECONDS = 2.0
_FLOOD_SECONDS = 15.0
"""What has been said already is heard to its end before the call's own end is."""
_MOST_DISPLAYS = 100
_KILLED = 137


class Stuck(Exception):
    """The code does not stop when it is asked to: only the sandbox's end helps."""


class Call:
    """A call is over when the interpreter says so; then its results are fetched."""

    def __init__(self, remote: Remote, emit: Emit, contract: Contract) -> None:
        self._remote, self._contract = remote, contract
        self._disk_mib = contract.filesystem.disk_mib
        self._flooded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._outputs = Outputs(emit, self._flooded)
        self._name = secrets.token_hex(8)
        self._began = time.monotonic()
        self._seconds = 0.0
        self._clock: asyncio.Timeout | None = None
        self.lost = False
        """Whether only the sandbox's end helps: its interpreter did not stop when it was asked to, or is gone."""

    async def run(self, code: str, language: Language, seconds: float) -> Execution:
        """What the code did.

        Raises Stuck, CallTimeout, OutputLimit, OutOfMemory, and whatever the sandbox failed with.
        """
        most = self._contract.filesystem.largest_artifact_mib * _MIB
        request = bundle.call("run", self._name, language, code, most, seconds)
        task = asyncio.create_task(self._remote.execute(request, self._hear, seconds))
        try:
            if await self._wait(task, seconds):
                await self._stop(task)
                raise CallTimeout(self._seconds, time.monotonic() - self._began, state_kept=not self.lost)
            if self._flooded.done() and not task.done():
                await self._stop(task, _FLOOD_SECONDS)
                raise _kept(OutputLimit(bundle.MOST_OUTPUT_BYTES // _MIB), kept=not self.lost)
        except asyncio.CancelledError:
            with contextlib.suppress(asyncio.CancelledError):
                await to_its_end(self._stop(task))
            raise
        finally:
            self._outputs.finish()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            raise Stuck
        try:
            task.result()
        except OutOfMemory:
            self.lost = True
            raise
        return await self._judged(seconds)

    def limit(self, seconds: float) -> None:
        """Give it another time limit while it runs, as far as it is below the one that it began with.

        The time that it has had already counts. The sandbox itself keeps to the first limit.
        """
        if self._clock is not None and not self._clock.expired():
            self._seconds = seconds
            self._clock.reschedule(asyncio.get_running_loop().time() + seconds - (time.monotonic() - self._began))

    async def _wait(self, task: "asyncio.Task[None]", seconds: float) -> bool:
        """Wait until it is over, says too much, or its time has passed; whether that was a limit set meanwhile."""
        longest = seconds + self._remote.grace_seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None) as clock:
                self._clock = clock
                await asyncio.wait({task, self._flooded}, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        self._clock = None
        return clock.expired() and not task.done()

    async def _stop(self, task: "asyncio.Task[None]", seconds: float = _ANSWER_SECONDS) -> None:
        """Interrupt the code: it is lost unless it has ended and its interpreter has not."""
        await self._remote.interrupt()
        await asyncio.wait({task}, timeout=seconds)
        self.lost = not task.done() or task.cancelled() or task.exception() is not None
        if not task.done():
            task.cancel()
            await asyncio.wait({task})

    def _hear(self, stream: Literal["stdout", "stderr"], text: str) -> None:
        self._outputs.feed(stream, text.encode("utf-8", "replace"))

    async def _judged(self, seconds: float) -> Execution:
        largest = self._contract.filesystem.largest_artifact_mib * _MIB
        whole = 4 * largest + 32 * _MIB
        data = await self._remote.download(self._name, whole)
        displays: list[Display] = []
        ended: Frame | None = None
        for frame in Decoder(body_limit=whole).feed(data or b""):
            match frame:
                case Frame(header={"op": "done", "call": self._name}):
                    ended = frame
                case Frame():
                    shown = parse(frame)
                    if isinstance(shown, Displayed) and shown.call == self._name:
                        kept = {mime: part for mime, part in shown.data.items() if len(part) <= largest}
                        displays += [Display(kept)] if kept and len(displays) < _MOST_DISPLAYS else []
                case _:
                    pass
        done = parse(ended) if ended is not None else None
        if ended is None or not isinstance(done, Done):
            raise SandboxCrashed("what the call did can't be read")
        return self._execution(done, ended, tuple(displays), seconds)

    def _execution(self, done: Done, frame: Frame, displays: tuple[Display, ...], limit: float) -> Execution:
        ran = time.monotonic() - self._began
        why, background = frame.header.get("ended"), frame.header.get("background")
        if why == "flood" or self._flooded.done():
            raise _kept(OutputLimit(bundle.MOST_OUTPUT_BYTES // _MIB), kept=done.kept)
        if why == "out_of_memory":
            raise OutOfMemory(self._contract.resources.memory_mib, state_kept=done.kept)
        if why == "timeout":
            raise CallTimeout(limit, ran, state_kept=done.kept)
        if why == "disk_full":
            text = f"[Errno {errno.ENOSPC}] {os.strerror(errno.ENOSPC)}: the contract allows {self._disk_mib} MiB"
            done = replace(done, exit_code=1, error=CodeError("OSError", text, "", "disk_full"))
        if done.exit_code == _KILLED:
            raise OutOfMemory(self._contract.resources.memory_mib, state_kept=True)
        count = background if isinstance(background, int) and background >= 0 else 0
        return Execution(done.exit_code, ran, displays, done.error, background=count)


def _kept(error: OutputLimit, *, kept: bool) -> OutputLimit:
    error.state_kept = kept
    return error
