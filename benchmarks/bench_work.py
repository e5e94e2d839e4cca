"""Work in a fresh sandbox, beside a fresh Jupyter kernel in the same jail: 1e6 rows grouped, a figure, a large file."""

import asyncio
from dataclasses import dataclass

from agent_core.contract import Contract, Filesystem
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.sandbox.local.runtime import Runtime
from benchmarks.jupyter import jailed
from benchmarks.local import blocking_milliseconds, forking, middle, milliseconds, run

ROUNDS = 3
ARTIFACT_BYTES = 50 << 20
CONTRACT = Contract(filesystem=Filesystem(largest_file_mib=64, largest_artifact_mib=64))

GROUP = """
import numpy as np, pandas as pd
frame = pd.DataFrame({"key": np.arange(1_000_000) % 100, "value": np.arange(1_000_000) * 0.5})
frame.groupby("key")["value"].sum()
"""
FIGURE = """
%matplotlib inline
import matplotlib.pyplot as plt
plt.plot([1, 3, 2])
"""
WRITE = f"data = bytes({ARTIFACT_BYTES})\nopen('large.bin', 'wb').write(data) and None"
READ_HERE = f"""
import hashlib
data = open('large.bin', 'rb').read()
assert len(data) == {ARTIFACT_BYTES}
"""


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    group: float
    figure: float
    artifact: float


async def ours(provider: LocalProvider) -> Times:
    async with provider.open(CONTRACT) as sandbox:
        group = await milliseconds(run(sandbox, GROUP))
        figure = await milliseconds(run(sandbox, FIGURE.replace("%matplotlib inline\n", "")))
        await run(sandbox, WRITE)
        artifact = await milliseconds(sandbox.read("large.bin", limit_bytes=ARTIFACT_BYTES))
        return Times(group, figure, artifact)


def theirs(runtime: Runtime) -> Times:
    """A kernel has no way to hand out a file: the third is reading it inside, which ours has to do as well."""
    with jailed(runtime) as kernel:
        group = blocking_milliseconds(lambda: kernel.run(GROUP))
        figure = blocking_milliseconds(lambda: kernel.run(FIGURE))
        kernel.run(WRITE)
        return Times(group, figure, blocking_milliseconds(lambda: kernel.run(READ_HERE)))


async def main() -> None:
    mine: list[Times] = []
    kernels: list[Times] = []
    async with forking() as (provider, runtime):
        for _ in range(ROUNDS):
            mine.append(await ours(provider))
            kernels.append(await asyncio.to_thread(theirs, runtime))
    for name, what in (
        ("artifact", "50 MiB out of the sandbox, beside reading them inside"),
        ("figure", "the first figure as PNG"),
        ("group", "the first group-by, of 1e6 rows"),
    ):
        one, other = (middle(getattr(times, name) for times in side) for side in (mine, kernels))
        print(f"{what}: {one:.0f} ms; a Jupyter kernel: {other:.0f} ms; {other / one:.2f} times as fast")


if __name__ == "__main__":
    asyncio.run(main())
