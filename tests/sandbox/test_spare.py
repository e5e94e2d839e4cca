"""The sandbox that is forked ahead: who gets it, who doesn't, and what becomes of it."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from agent_core.contract import Filesystem, Resources
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.sandbox.local.sandbox import LocalSandbox
from tests.sandbox.conformance import CONTRACT, output, run
from tests.sandbox.test_forks import FORKED, open_files, until

pytestmark = pytest.mark.anyio

OTHER = CONTRACT.model_copy(
    update={"resources": Resources(processes=33), "filesystem": Filesystem(disk_mib=77, largest_file_mib=11)}
)


@pytest.fixture(scope="module")
async def provider():
    files = open_files()
    provider = LocalProvider(spare=True)
    await provider.warm()
    yield provider
    folder = provider._folder
    await provider.aclose()
    assert not folder.exists()
    assert open_files() - files == set()


async def standing(provider: LocalProvider) -> LocalSandbox:
    """The one that stands ready for a contract like ours."""
    async with asyncio.timeout(60):  # a new server may have to come first
        while True:
            provider._spare.prepare(CONTRACT, provider._folder / "sandboxes")
            if (sandbox := await asyncio.shield(provider._spare._making)) is not None:
                return sandbox
            await asyncio.sleep(0.1)


async def test_who_asks_next_gets_it(provider):
    """Once; it counts its seconds from then on, has its own inputs, and shares nothing with the next."""
    ahead = await standing(provider)
    mounts = Path(f"/proc/{ahead._machine.inside.worker}/mountinfo")
    assert "/sandboxes/local-" not in mounts.read_text()
    await asyncio.sleep(0.2)
    async with provider.open(CONTRACT) as one:
        assert one is ahead
        assert f"/sandboxes/{one.id}/" in mounts.read_text()
        assert one.enforced_by[-1] == FORKED
        assert (await one.usage()).seconds < 0.2
        await one.write("inputs/mine.txt", b"mine")
        await run(one, "import random, numpy\nopen('mine.txt', 'w').write('x')")
        async with provider.open(CONTRACT) as two:
            assert two.id != one.id
            assert await output(two, "import os\nprint(os.listdir('/work'), os.listdir('inputs'))") == "['inputs'] []\n"
            assert await output(one, "print(open('inputs/mine.txt').read())") == "mine\n"
            code = "print(random.random(), numpy.random.rand(), os.readlink('/proc/self/ns/net'))"
            drawn = [(await output(each, f"import os, random, numpy\n{code}")).split() for each in (one, two)]
            assert not set(drawn[0]) & set(drawn[1])
    assert not one._folder.exists()


async def test_other_limits(provider):
    """Who asks for others gets a fork made with them, and so does the next."""
    ahead = await standing(provider)
    code = """
import os, resource
disk = os.statvfs("/work")
print(disk.f_blocks * disk.f_frsize >> 20, *(resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE)))
"""
    for _ in range(2):
        async with provider.open(OTHER) as sandbox:
            assert sandbox is not ahead
            assert await output(sandbox, code) == f"77 33 {11 << 20}\n"
    await until(lambda: not ahead.alive)


async def test_it_may_have_died(provider):
    """Killed while it waited, it is not given to anyone."""
    ahead = await standing(provider)
    os.kill(ahead._machine.inside.first, signal.SIGKILL)
    await until(lambda: not ahead.alive)
    async with provider.open(CONTRACT) as sandbox:
        assert await output(sandbox, "print(1)") == "1\n"


async def test_many_at_once_and_some_who_give_up(provider):
    """One gets it, whoever that is, and no two the same; a cancelled opening leaves no descriptor behind."""
    await standing(provider)
    before = len(open_files())

    async def one(number: int) -> str:
        async with provider.open(CONTRACT) as sandbox:
            await run(sandbox, f"me = {number}")
            return await output(sandbox, "print(me)")

    for step in range(4):
        provider._spare.prepare(OTHER if step % 2 else CONTRACT, provider._folder / "sandboxes")
        opening = asyncio.create_task(one(0))
        await asyncio.sleep(step * 0.004)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
    assert await asyncio.gather(*map(one, range(6))) == [f"{number}\n" for number in range(6)]
    await standing(provider)
    await until(lambda: len(open_files()) <= before)


async def test_a_new_server(provider):
    """It goes with the server that has forked it, whose jail ends then."""
    ahead = await standing(provider)
    jail = psutil.Process(provider._forks._servers[-1]._process.pid)
    await asyncio.wait([provider._forks._start()])
    async with provider.open(CONTRACT) as sandbox:
        assert sandbox is not ahead
        assert sandbox.enforced_by[-1] == FORKED
    await until(lambda: not jail.is_running())
    assert not ahead.alive
