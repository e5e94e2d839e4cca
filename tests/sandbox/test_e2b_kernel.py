"""Our part inside, in a real Jupyter kernel that has imported what E2B's has: the one thing that a stand-in can't show."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest

from agent_core.errors import CallTimeout, OutputLimit, SandboxCrashed
from agent_core.sandbox import tables
from tests.emulators.e2b import Emulator
from tests.emulators.kernel import KernelMachine
from tests.sandbox.conformance import CONTRACT as USUAL
from tests.sandbox.conformance import MIB, output, run
from tests.sandbox.test_e2b import provider_of

pytestmark = pytest.mark.anyio
CONTRACT = USUAL.model_copy(
    update={
        "filesystem": USUAL.filesystem.model_copy(update={"disk_mib": 1_000_000}),
        "resources": USUAL.resources.model_copy(update={"processes": 4_000}),
    }
)
"""The disk is this computer's, on which others write, and all that its user runs counts as the kernel's processes."""


@pytest.fixture(scope="module")
async def sandbox() -> AsyncIterator:
    async with Emulator(made=KernelMachine) as emulator, provider_of(emulator).open(CONTRACT) as opened:
        yield opened


async def test_output_streams_in_order(sandbox):
    """What a thread of ours passes on belongs to the call that runs, not to the one that started the thread."""
    code = "import os, sys, time\nprint(1)\nprint(2, file=sys.stderr)\nos.system('echo 3')\ntime.sleep(0.6)\nprint(4)"
    _, said = await run(sandbox, code)
    assert "".join(piece.text for piece in said.pieces).split() == ["1", "2", "3", "4"]
    assert said.times[-1] - said.times[0] > 0.4


async def test_an_event_loop_of_its_own(sandbox):
    """The kernel's loop is running; code may await, and may run a loop of its own."""
    code = "import asyncio\nasync def two(): return 2\nprint(asyncio.run(two()))\nawait asyncio.sleep(0, 'value')"
    done, said = await run(sandbox, code)
    assert (said.text(), done.displays[0].data["text/plain"]) == ("2\n", b"value")


@pytest.mark.parametrize("leaving", ["exit(3)", "import sys; sys.exit(3)"])
async def test_leaving(sandbox, leaving):
    """The kernel hides `exit`; here it is what it is elsewhere."""
    done, _ = await run(sandbox, f"kept = 1\n{leaving}")
    assert (done.exit_code, done.error) == (3, None)
    assert await output(sandbox, "print(kept)") == "1\n"


async def test_nobody_is_asked(sandbox):
    """The kernel would raise an error of its own."""
    done, said = await run(sandbox, "input('name? ')")
    assert (done.error.name, said.text()) == ("EOFError", "name? ")


async def test_rich_results(sandbox):
    """Figures of modules that were imported before us, and tables, are ours and not the kernel's."""
    done, _ = await run(sandbox, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.bar([1], [2])")
    assert [set(shown.data) for shown in done.displays] == [{"image/png"}, {"image/png"}]
    done, _ = await run(sandbox, "import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[3])).show()")
    assert json.loads(done.displays[0].data["application/vnd.plotly.v1+json"])["data"][0]["type"] == "bar"
    done, _ = await run(sandbox, "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))")
    assert done.displays[0].data["text/html"] == b"<b>x</b>"
    done, _ = await run(sandbox, "import pandas as pd\npd.DataFrame({'n': [1]})")
    assert tables.parse(done.displays[0].data[tables.MEDIA_TYPE]).rows == ((1,),)


async def test_a_timeout_and_a_stop_leave_the_kernel_ready(sandbox):
    """The next call works at once: the request that was stopped came to its own end."""
    await run(sandbox, "kept = 1")
    with pytest.raises(CallTimeout) as caught:
        await run(sandbox, "while True: pass", timeout_seconds=0.4)
    assert caught.value.state_kept is True
    assert await output(sandbox, "print(kept)") == "1\n"
    task = asyncio.create_task(run(sandbox, "import time\ntime.sleep(60)"))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await output(sandbox, "print(kept)") == "1\n"


async def test_a_flood_that_only_the_host_sees(sandbox):
    """Bytes that are no text grow when they are replaced; the call is stopped, and the variables are kept."""
    await run(sandbox, "kept = 1")
    began = time.monotonic()
    with pytest.raises(OutputLimit) as caught:
        await run(sandbox, "import os, time\nfor _ in range(64): os.write(1, b'\\xff' * 65536)\ntime.sleep(60)")
    assert caught.value.state_kept is True
    assert time.monotonic() - began < 30
    assert await output(sandbox, "print(kept)") == "1\n"


async def test_what_the_kernel_shows_by_itself(sandbox):
    """It is nobody's result, and does no harm."""
    code = "from IPython import get_ipython\nget_ipython().display_pub.publish({'text/plain': 'x'})\n42"
    done, _ = await run(sandbox, code)
    assert [shown.data["text/plain"] for shown in done.displays] == [b"42"]


async def test_bash_and_files(sandbox):
    """The shell and the files are beside the kernel."""
    await sandbox.write("inputs/a.csv", b"x")
    assert await output(sandbox, "cat inputs/a.csv; echo more > b.txt", language="bash") == "x"
    assert await sandbox.read("b.txt", limit_bytes=MIB) == b"more\n"


async def test_the_end_of_the_kernel(sandbox):
    """A kernel that ends is a crash, which E2B tells as an error named ContextRestarting."""
    with pytest.raises(SandboxCrashed, match="empty one"):
        await run(sandbox, "import os\nos._exit(3)")
    assert sandbox.alive is False
