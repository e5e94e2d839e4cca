"""What the benchmarks of the local sandbox share: a provider that forks, clocks, and memory as the kernel has it."""

import math
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from agent_core.sandbox.base import Execution, Output, Sandbox
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.sandbox.local.runtime import Runtime


@asynccontextmanager
async def forking() -> AsyncIterator[tuple[LocalProvider, Runtime]]:
    """A warm provider, and what its jails are made of."""
    provider = LocalProvider()
    try:
        await provider.warm()
        _, runtime = await provider._prepare()  # a kernel gets the jail that our sandboxes have
        yield provider, runtime
    finally:
        await provider.aclose()


async def run(sandbox: Sandbox, code: str) -> Execution:
    """Run code that is expected to work."""
    done = await sandbox.run(code, emit=_ignore)
    assert done.error is None, done.error
    return done


async def milliseconds(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1_000


def blocking_milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def middle(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def worst_of_20(figures: Iterable[float]) -> float:
    """The 95th percentile."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]


def pss_mib(pids: Iterable[int]) -> float:
    """Memory of processes, of which a page that several have is counted in parts."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1_024


def _ignore(_: Output) -> None:
    pass
