"""A fresh local sandbox, and one call, beside a bare Python process doing the same on this machine.

The ratios compare a jailed, limited sandbox with no jail at all, on the same kernel.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from agent_core.contract import Contract
from agent_core.sandbox.base import Output, Sandbox
from agent_core.sandbox.local.provider import LocalProvider

ROUNDS = 12
CALLS = 200
PANDAS = "import pandas as pd; pd.DataFrame({'a': [1, 2]}).sum().iloc[0]"


def ignore(_: Output) -> None:
    pass


async def milliseconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1_000


async def bare(code: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.DEVNULL)
    await process.wait()


async def fresh(code: str) -> None:
    async with LOCAL.open(Contract()) as sandbox:
        await sandbox.run(code, emit=ignore)


async def calls(sandbox: Sandbox) -> None:
    for _ in range(CALLS):
        await sandbox.run("x = 1", emit=ignore)


async def compare(code: str) -> tuple[float, float]:
    """Medians of a fresh sandbox and of a bare process, taken in turn."""
    pairs = [(await milliseconds(lambda: fresh(code)), await milliseconds(lambda: bare(code))) for _ in range(ROUNDS)]
    return statistics.median(first for first, _ in pairs), statistics.median(second for _, second in pairs)


async def main() -> None:
    await fresh("1")
    for name, code in (("print", "print(1)"), ("pandas", PANDAS)):
        sandbox, process = await compare(code)
        print(
            f"fresh sandbox to first {name}: {sandbox:.0f} ms; bare process: {process:.0f} ms; {sandbox / process:.2f}x"
        )
    async with LOCAL.open(Contract()) as open_sandbox:
        per_call = await milliseconds(lambda: calls(open_sandbox)) / CALLS
    await LOCAL.aclose()
    print(f"one call in an open sandbox: {per_call:.2f} ms")


if __name__ == "__main__":
    LOCAL = LocalProvider()
    asyncio.run(main())
