"""What sandboxes share is made once, beforehand where there is time for it, and never left behind."""

import asyncio
import gc
import time
from ipaddress import ip_network

import pytest

from agent_core.config import Settings
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.local import environment
from agent_core.sandbox.local.provider import LocalProvider
from tests.sandbox.conformance import CONTRACT, output

pytestmark = pytest.mark.anyio


@pytest.fixture
async def provider():
    provider = LocalProvider()
    yield provider
    await provider.aclose()


async def test_all_who_ask_share_the_work(provider):
    """Warming, and opening meanwhile, make one runtime; that one who waits gives up does not stop it."""
    warming = asyncio.create_task(provider.warm())
    await asyncio.sleep(0.1)
    warming.cancel()
    async with provider.open(CONTRACT) as one, provider.open(CONTRACT) as two:
        assert one._folder.parent == two._folder.parent
        assert await output(two, "print(1)") == "1\n"
    made = provider._preparing
    await provider.warm()
    assert provider._preparing is made


async def test_closing_while_it_warms(provider):
    """The work is given up at once and without noise, and nothing of it is left on disk."""
    noise = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    warming = asyncio.create_task(provider.warm())
    for _ in range(1_000):
        if (folder := provider._folder) is not None:
            break
        await asyncio.sleep(0.01)
    assert folder.exists()
    began = time.monotonic()
    warming.cancel()
    await provider.aclose()
    del warming
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)
    assert noise == []
    assert time.monotonic() - began < 5
    assert not folder.exists()


async def test_after_closing_it_can_begin_again(provider):
    """A provider that was closed opens again from the beginning."""
    await provider.warm()
    await provider.aclose()
    async with provider.open(CONTRACT) as sandbox:
        assert await output(sandbox, "print(2)") == "2\n"


def test_what_goes_wrong_is_told(tmp_path):
    """A disk that can't be written to is a sentence, not a crash."""
    (tmp_path / "env").write_text("in the way")
    with pytest.raises(ProviderUnavailable, match=r"could not be written to disk \(.+\)\.\Z"):
        environment.build(tmp_path / "env", lambda: False)


def test_the_operators_networks(tmp_path):
    """Exceptions are read as networks; what is none is refused with a sentence."""
    variables = {"RINGFENCE_HOME": str(tmp_path), "RINGFENCE_REACHABLE_NETWORKS": " 10.1.0.0/16, fd00::/8,"}
    settings = Settings.from_environment(variables)
    assert settings.reachable_networks == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert Settings.from_environment({"RINGFENCE_HOME": str(tmp_path)}).reachable_networks == ()
    with pytest.raises(ProviderUnavailable, match="RINGFENCE_REACHABLE_NETWORKS makes no sense"):
        Settings.from_environment(variables | {"RINGFENCE_REACHABLE_NETWORKS": "10.1.0.1/16"})


def test_the_operators_way_to_start(tmp_path):
    """Without a fork server where the operator says so; another word is refused with a sentence."""
    variables = {"RINGFENCE_HOME": str(tmp_path)}
    assert Settings.from_environment(variables).local_start == "fork"
    assert Settings.from_environment(variables | {"RINGFENCE_LOCAL_START": "cold"}).local_start == "cold"
    with pytest.raises(ProviderUnavailable, match="RINGFENCE_LOCAL_START makes no sense"):
        Settings.from_environment(variables | {"RINGFENCE_LOCAL_START": "warm"})
