"""What a call writes is shown at once, and a flood of it in few pieces."""

import asyncio

import pytest

from agent_core.sandbox.local.outputs import Outputs

pytestmark = pytest.mark.anyio


async def test_a_line_after_a_pause_is_not_held_back():
    """It is passed on before anything that was to happen a little later."""
    loop = asyncio.get_running_loop()
    happened: list[str] = []
    outputs = Outputs(lambda output: happened.append(output.text), loop.create_future())
    later = loop.create_future()
    loop.call_later(0.02, lambda: (happened.append("later"), later.set_result(None)))
    outputs.feed("stdout", b"line")
    await later
    assert happened == ["line", "later"]


async def test_a_flood_comes_in_few_pieces():
    """At most one every 50 ms, beside the first and the last, and nothing is lost."""
    loop = asyncio.get_running_loop()
    came: list[str] = []
    outputs = Outputs(lambda output: came.append(output.text), loop.create_future())
    began, fed = loop.time(), 0
    while loop.time() < began + 0.2:
        outputs.feed("stdout", b"x")
        fed += 1
        await asyncio.sleep(0)
    outputs.finish()
    assert len("".join(came)) == fed
    assert len(came) <= (loop.time() - began) / 0.05 + 2
