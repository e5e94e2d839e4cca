"""What a provider owes whose sandboxes outlive the app: they are found again, gone on with or ended, and never left.

A provider's test module subclasses `LastingSandboxes` and has the fixtures `emulator` and `make`.
"""

import asyncio
import logging
from typing import ClassVar

import pytest
from pydantic import SecretStr

from agent_core.contract import Contract
from agent_core.errors import AuthFailed, ProviderUnavailable, RateLimited, SandboxCrashed
from agent_core.sandbox.base import Provider
from agent_core.sandbox.surroundings import VARIABLES
from tests.emulators.serving import Fault
from tests.sandbox.conformance import CONTRACT, output, run


async def opened(provider: Provider, contract: Contract = CONTRACT) -> None:
    async with provider.open(contract):
        pass


class LastingSandboxes:
    """The same over each of them."""

    CREATE: ClassVar[str]
    """The request that makes a sandbox."""
    SETTING: ClassVar[str]
    WAIT: ClassVar[str]
    """The header that says how long to wait."""

    async def test_a_wrong_key(self, make, caplog):
        """It is told as such, and never shown."""
        caplog.set_level(logging.DEBUG)
        provider = make(key=SecretStr("a_wrong_key"))
        with pytest.raises(AuthFailed, match=self.SETTING) as caught:
            await opened(provider)
        assert self.SETTING in (await provider.available() or "")
        assert "a_wrong_key" not in repr(provider) + repr(caught.value) + caplog.text

    async def test_no_key(self, make):
        """Nobody is asked; with a key that is right there is nothing to say."""
        assert self.SETTING in (await make(key=SecretStr("")).available() or "")
        assert await make().available() is None

    async def test_too_many_requests(self, emulator, make):
        """The time to wait is the provider's, wherever its SDK keeps it."""
        emulator.faults.append(Fault(self.CREATE, status=429, headers={self.WAIT: "7"}))
        with pytest.raises(RateLimited) as caught:
            await opened(make())
        assert caught.value.retry_after_seconds == 7

    async def test_a_create_that_never_answers(self, emulator, make):
        """The sandbox that it has made all the same is found and ended."""
        emulator.faults.append(Fault(self.CREATE, kind="late"))
        with pytest.raises(ProviderUnavailable):
            await opened(make(start_seconds=1))
        assert emulator.alive() == ()

    async def test_cancelled_half_way(self, emulator, make):
        """Whoever stops waiting leaves nothing behind."""
        emulator.faults.append(Fault(self.CREATE, kind="late"))
        task = asyncio.create_task(opened(make()))
        async with asyncio.timeout(20):
            while not emulator.ready():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert emulator.alive() == ()

    async def test_ending_is_tried_again(self, emulator, make):
        """One failure of it leaves no sandbox."""
        emulator.faults.append(Fault("DELETE", status=503))
        await opened(make())
        assert emulator.alive() == ()

    async def test_each_process_finds_the_same_surroundings(self, make):
        """They come with the sandbox, and so hold for whatever is started in it."""
        async with make().open(CONTRACT) as sandbox:
            code = f"import os\nfor name in {tuple(VARIABLES)}: print(os.environ[name])"
            assert (await output(sandbox, code)).split() == list(VARIABLES.values())
            printed = await output(sandbox, f"printenv {' '.join(VARIABLES)}", language="bash")
            assert printed.split() == list(VARIABLES.values())

    async def test_leftovers(self, emulator, make):
        """What a process has left is listed with its holder, for its own deployment alone, and can be ended."""
        dead, living, other = make(holder="dead"), make(holder="living"), make(deployment="other")
        async with dead.open(CONTRACT) as sandbox, dead.open(CONTRACT) as second, dead.open(CONTRACT) as third:
            ids = {sandbox.id, second.id, third.id}
            assert {(one.id, one.holder) for one in await living.leftovers()} == {(name, "dead") for name in ids}
            assert await other.leftovers() == ()
            await other.end(sandbox.id)
            assert set(emulator.alive()) == ids
            for _ in range(2):
                await living.end(sandbox.id)
            assert set(emulator.alive()) == {second.id, third.id}

    async def test_gone_on_with(self, emulator, make):
        """Another process finds the variables, the files and the age of a sandbox, and ends it in the end."""
        async with make(holder="dead").open(CONTRACT) as left:
            await output(left, "import time\nx, began = 1, time.time()\nopen('made', 'w').write('here')")
            async with make(holder="living").resume(left.id, CONTRACT) as sandbox:
                said = await output(sandbox, "print(x, open('made').read(), time.time() - began)")
                assert said.split()[:2] == ["1", "here"]
                assert (await sandbox.usage()).seconds >= float(said.split()[2])
                assert await sandbox.read("made", limit_bytes=10) == b"here"
                assert sandbox.allocated == left.allocated
            assert emulator.alive() == ()

    async def test_not_gone_on_with(self, emulator, make):
        """One that is gone is a crash; so is one that another version of ours is in, and it is ended."""
        with pytest.raises(SandboxCrashed):
            async with make().resume("nowhere", CONTRACT):
                pass
        async with make().open(CONTRACT) as left:
            await run(left, "import sys\nsys.modules['ringfence_inside.session'].session._mark = 'older'")
            with pytest.raises(SandboxCrashed, match="not as it was left"):
                async with make().resume(left.id, CONTRACT):
                    pass
            assert emulator.alive() == ()

    async def test_the_provider_s_end(self, emulator, make):
        """It is the end of its sandboxes."""
        provider = make()
        async with provider.open(CONTRACT) as sandbox:
            await provider.aclose()
            assert (sandbox.alive, emulator.alive()) == (False, ())
