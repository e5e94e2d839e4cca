"""A fresh local sandbox to its first pandas result: as the app has it, forked on demand, started cold, and a kernel.

The app keeps one sandbox forked ahead; who opens two at once gets one of each kind. The Jupyter kernel is in the same
jail.

All share this machine's kernel: a figure of a remote sandbox, which has a machine of its own, is no peer of these.
"""

import asyncio
import time

from agent_core.contract import Contract
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.sandbox.local.runtime import Runtime
from benchmarks.jupyter import jailed
from benchmarks.local import forking, middle, run, worst_of_20

ROUNDS = 6
FORKS_A_ROUND = 10
PANDAS = "import pandas as pd\npd.DataFrame({'a': [1, 2]}).sum().iloc[0]"


async def fresh(provider: LocalProvider) -> float:
    """Milliseconds until the result is there; closing comes after that."""
    began = time.perf_counter()
    async with provider.open(Contract()) as sandbox:
        await run(sandbox, PANDAS)
        return (time.perf_counter() - began) * 1_000


def kernel(runtime: Runtime) -> float:
    """The same of a kernel."""
    began = time.perf_counter()
    with jailed(runtime) as started:
        started.run(PANDAS)
        return (time.perf_counter() - began) * 1_000


async def main() -> None:
    ahead: list[float] = []
    forked: list[float] = []
    cold: list[float] = []
    kernels: list[float] = []
    keeping, starting = LocalProvider(spare=True), LocalProvider(start="cold")
    async with forking() as (provider, runtime):
        await keeping.warm()
        await starting.warm()
        try:
            for _ in range(ROUNDS):
                forked += [await fresh(provider) for _ in range(FORKS_A_ROUND)]
                ahead += [await fresh(keeping) for _ in range(FORKS_A_ROUND)]
                cold.append(await fresh(starting))
                kernels.append(await asyncio.to_thread(kernel, runtime))
        finally:
            await keeping.aclose()
            await starting.aclose()
    print(f"cold start: {middle(cold):.0f} ms; a Jupyter kernel in the same jail: {middle(kernels):.0f} ms")
    for how, figures in (("as the app has it, one forked ahead", ahead), ("forked on demand, no pool", forked)):
        print(
            f"fresh sandbox to its first pandas result, {how}: p50 {middle(figures):.1f} ms, "
            f"p95 {worst_of_20(figures):.1f} ms; {middle(kernels) / middle(figures):.0f} times as fast as the kernel"
        )


if __name__ == "__main__":
    asyncio.run(main())
