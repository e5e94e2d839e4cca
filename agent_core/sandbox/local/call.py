"""One run of code, from the request to what it did: output, results, limits and interruption."""

import asyncio
import contextlib
import signal
import time
from typing import Literal

from agent_core.contract import Contract, Language
from agent_core.errors import CallTimeout, OutputLimit, RingfenceError
from agent_core.sandbox.base import Display, Emit, Execution, FileEntry
from agent_core.sandbox.local import processes
from agent_core.sandbox.local.launch import Inside
from agent_core.sandbox.local.link import Link, first_of, to_its_end
from agent_core.sandbox.local.messages import Displayed, Done, Entries, Message
from agent_core.sandbox.local.outputs import LIMIT_BYTES, Outputs, Stream

GRACE_SECONDS = 1.0
_MIB = 1 << 20
_MOST_DISPLAYS = 100
_SWEEP_SECONDS = 0.005

Ending = Literal["done", "output_limit", "timeout", "ended"]


class Call:
    """A call is over when its own `done` arrives: frames that name another are ignored."""

    def __init__(self, name: str, link: Link, inside: Inside, emit: Emit, contract: Contract) -> None:
        loop = asyncio.get_running_loop()
        self._name, self._link, self._inside, self._contract = name, link, inside, contract
        self._done: asyncio.Future[Done] = loop.create_future()
        self._over_limit: asyncio.Future[None] = loop.create_future()
        self._outputs = Outputs(emit, self._over_limit)
        self._displays: list[Display] = []
        self._display_bytes = 0
        self._earlier = set(processes.descendants(inside.first))
        self._began = time.monotonic()
        self._language: Language = "python"
        self._seconds = 0.0
        self._clock: asyncio.Timeout | None = None
        self.stuck = False
        self.files: tuple[FileEntry, ...] | None = None
        """What lies in the working folder after the call, where the worker has told without being asked."""

    async def run(self, code: str, language: Language, seconds: float) -> Execution | None:
        """What the code did; None when the worker ended meanwhile.

        Raises CallTimeout and OutputLimit, after interrupting the code. So does cancelling.
        """
        self._language, self._seconds = language, seconds
        self._link.on_message, self._link.on_output = self._take, self._hear
        try:
            ending = await self._finish(code, language)
            self._link.drain()
            self._outputs.finish()
            return await self._result(ending)
        except asyncio.CancelledError:
            await to_its_end(self.interrupt())
            raise
        finally:
            self._link.silence()

    def limit(self, seconds: float) -> None:
        """Give it another time limit while it runs. The time that it has had already counts."""
        if self._clock is not None and not self._clock.expired():
            self._seconds = seconds
            self._clock.reschedule(asyncio.get_running_loop().time() + seconds - (time.monotonic() - self._began))

    async def interrupt(self) -> bool:
        """Stop the code and what it started; whether its variables are kept.

        Where the worker does not answer, `stuck` is true from then on, and only killing helps.
        """
        processes.send(signal.SIGINT, [self._inside.worker, *self._started()], self._inside.namespace)
        await first_of(self._done, self._link.ended, seconds=GRACE_SECONDS)
        if not self._done.done():
            self.stuck = True
            return False
        await self._sweep()
        return self._done.result().kept

    async def _finish(self, code: str, language: Language) -> Ending:
        header = {
            "op": "run",
            "call": self._name,
            "language": language,
            "artifact_bytes": self._contract.filesystem.largest_artifact_mib * _MIB,
        }
        left = self._seconds - (time.monotonic() - self._began)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left) as self._clock:
                await self._link.send(header, code.encode("utf-8", "replace"))
                over = (self._done, self._over_limit, self._link.ended)
                await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
        self._clock = None
        if self._over_limit.done():
            return "output_limit"
        if self._done.done():
            return "done"
        return "ended" if self._link.ended.done() else "timeout"

    async def _result(self, ending: Ending) -> Execution | None:
        ran = time.monotonic() - self._began
        if self._over_limit.done():
            raise _stopped(OutputLimit(LIMIT_BYTES // _MIB), kept=await self.interrupt())
        match ending:
            case "timeout":
                raise CallTimeout(self._seconds, ran, state_kept=await self.interrupt())
            case "ended":
                return None
            case _:
                done = self._done.result()
                return Execution(
                    done.exit_code, ran, tuple(self._displays), done.error, background=len(self._background())
                )

    async def _sweep(self) -> None:
        """Kill what the call has left behind, again until nothing new shows and what was killed is gone."""
        until = time.monotonic() + GRACE_SECONDS
        while (left := self._started()) and time.monotonic() < until:
            processes.send(signal.SIGKILL, left, self._inside.namespace)
            await asyncio.sleep(_SWEEP_SECONDS)

    def _started(self) -> list[int]:
        """What the call has started, but for the shell that a first call of bash starts."""
        below = self._background() if self._language == "bash" else processes.descendants(self._inside.first)
        return [pid for pid in below if pid not in self._earlier and pid != self._inside.worker]

    def _background(self) -> list[int]:
        worker = self._inside.worker
        below = [pid for pid in processes.descendants(self._inside.first) if pid != worker]
        return [pid for pid in below if not processes.leads_a_shell(pid, worker)]

    def _take(self, message: Message) -> None:
        match message:
            case Displayed(call=self._name, data=data):
                self._show(data)
            case Entries(call=self._name, files=files) if not self._done.done():
                self.files = files
            case Done(call=self._name) if not self._done.done():
                self._done.set_result(message)
            case _:
                pass

    def _show(self, data: dict[str, bytes]) -> None:
        largest = self._contract.filesystem.largest_artifact_mib * _MIB
        self._display_bytes += sum(map(len, data.values()))
        kept = {mime: value for mime, value in data.items() if len(value) <= largest}
        if kept and len(self._displays) < _MOST_DISPLAYS and self._display_bytes <= 4 * largest + 16 * _MIB:
            self._displays.append(Display(kept))

    def _hear(self, stream: Stream, data: bytes) -> None:
        self._outputs.feed(stream, data)


def _stopped(error: RingfenceError, *, kept: bool) -> RingfenceError:
    error.state_kept = kept
    return error
