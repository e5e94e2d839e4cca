"""One `execute_code` of a trivial line, the tool layer included, beside jupyter_client and a kernel without a jail."""

import asyncio
import hashlib
from collections.abc import Mapping

from agent_core.contract import Contract
from agent_core.errors import RingfenceError
from agent_core.events import Event
from agent_core.sandbox.base import Output, Sandbox
from agent_core.tools.base import Tool
from agent_core.tools.execute_code import execute_code
from benchmarks.jupyter import bare
from benchmarks.local import blocking_milliseconds, forking, middle, milliseconds

CALLS = 200
ROUNDS = 5
LINE: Mapping[str, str] = {"code": "x = 1", "language": "python"}


class Bench:
    """A workbench that keeps what it is told in memory."""

    turn = "t"
    contract = Contract()
    contract_version = 1

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.events: list[Event] = []

    async def sandbox(self) -> Sandbox:
        return self._sandbox

    def record(self, *events: Event) -> None:
        self.events += events

    def started(self, run: str) -> None:
        pass

    def finished(self, error: RingfenceError | None) -> None:
        assert error is None

    def progress(self, output: Output) -> None:
        pass

    async def keep(self, data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    def made(self, path: str, sha256: str, size: int) -> None:
        pass


async def all_calls(tool: Tool) -> None:
    for _ in range(CALLS):
        await tool.run(LINE)


async def main() -> None:
    ours: list[float] = []
    single: list[float] = []
    theirs: list[float] = []
    async with forking() as (provider, _), provider.open(Contract()) as sandbox:
        tool = execute_code(Bench(sandbox))
        with bare() as kernel:
            await tool.run(LINE)
            for _ in range(ROUNDS):
                ours.append(await milliseconds(all_calls(tool)))
                single += [await milliseconds(tool.run(LINE)) for _ in range(CALLS)]
                theirs.append(blocking_milliseconds(lambda: [kernel.run(LINE["code"]) for _ in range(CALLS)]))
    print(f"{CALLS} small runs: {middle(ours):.0f} ms; jupyter_client: {middle(theirs):.0f} ms")
    print(
        f"one execute_code: {middle(single):.2f} ms; jupyter_client: {middle(theirs) / CALLS:.2f} ms; "
        f"{middle(theirs) / CALLS / middle(single):.1f} times as fast"
    )


if __name__ == "__main__":
    asyncio.run(main())
