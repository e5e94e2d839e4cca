"""Memory of an idle sandbox, beside a Jupyter kernel in the same jail that has the same libraries imported.

Forked sandboxes share the server's pages, so one's share depends on how many there are. Two figures are given: how
much all processes together grow for each that is opened, which counts everything once, and each one's share while
twenty are open.
"""

import asyncio
import contextlib

import psutil

from agent_core.contract import Contract
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.sandbox.local.runtime import Runtime
from benchmarks.jupyter import jailed
from benchmarks.local import forking, pss_mib, run

SANDBOXES = 20
IMPORTS = "import numpy, pandas, matplotlib.pyplot, plotly.express"
USE = "import pandas as pd\npd.DataFrame({'k': ['a', 'b'], 'v': [1, 2]}).groupby('k').sum()"


def everything(pid: int) -> list[int]:
    """A process's descendants."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


async def forked(provider: LocalProvider) -> tuple[float, float, float]:
    """MiB of each: its share when idle, its growth when idle, its growth after a first small result."""
    me = psutil.Process().pid
    before_pids = set(everything(me))
    before = pss_mib(before_pids)
    async with contextlib.AsyncExitStack() as entered:
        opened = [await entered.enter_async_context(provider.open(Contract())) for _ in range(SANDBOXES)]
        share = pss_mib(set(everything(me)) - before_pids) / SANDBOXES
        growth = (pss_mib(everything(me)) - before) / SANDBOXES
        for sandbox in opened:
            await run(sandbox, USE)
        return share, growth, (pss_mib(everything(me)) - before) / SANDBOXES


def kernel(runtime: Runtime) -> float:
    with jailed(runtime) as started:
        started.run(IMPORTS)
        return pss_mib([started.pid, *everything(started.pid)])


async def main() -> None:
    async with forking() as (provider, runtime):
        share, growth, used = await forked(provider)
        theirs = await asyncio.to_thread(kernel, runtime)
    print(f"share of each of {SANDBOXES} idle ones: {share:.1f} MiB; growth after a first small result: {used:.1f} MiB")
    print(
        f"PSS that an idle sandbox adds: {growth:.1f} MiB; a Jupyter kernel with the libraries: {theirs:.0f} MiB; "
        f"{theirs / growth:.0f} times as little"
    )


if __name__ == "__main__":
    asyncio.run(main())
