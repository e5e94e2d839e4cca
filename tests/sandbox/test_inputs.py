"""The person's files on their way into a local sandbox."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

from agent_core.sandbox.local.inputs import Inputs

MIB = 1 << 20


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(MIB)


def test_a_large_file_goes_through_without_being_held(tmp_path: Path) -> None:
    """200 MiB in pieces of one: a few of them are in memory at most."""
    inputs = Inputs(tmp_path)
    tracemalloc.start()
    try:
        assert asyncio.run(inputs.write("big.bin", pieces(200), 200 * MIB))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB
    assert (tmp_path / "inputs" / "big.bin").stat().st_size == 200 * MIB


def test_what_is_over_the_limit_leaves_nothing_and_replaces_nothing(tmp_path: Path) -> None:
    inputs = Inputs(tmp_path)
    assert asyncio.run(inputs.write("a.bin", b"first", MIB))
    assert not asyncio.run(inputs.write("a.bin", pieces(3), 2 * MIB))
    assert not asyncio.run(inputs.write("a.bin", bytes(MIB + 1), MIB))
    assert (tmp_path / "inputs" / "a.bin").read_bytes() == b"first"
    assert not list((tmp_path / "incoming").iterdir())
