"""What every provider promises. A provider's test module subclasses `SandboxConformance` and fills `provider`."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from agent_core.contract import Contract, Filesystem, Languages, Resources, Timeout
from agent_core.errors import (
    CallTimeout,
    ClauseRefused,
    DiskFull,
    FileTooLarge,
    OutOfMemory,
    OutputLimit,
    SandboxCrashed,
)
from agent_core.sandbox import tables
from agent_core.sandbox.base import Execution, Output, Provider, Sandbox

CONTRACT = Contract(
    resources=Resources(memory_mib=384, processes=40),
    filesystem=Filesystem(disk_mib=64, largest_file_mib=40, largest_artifact_mib=8),
    timeout=Timeout(call_seconds=20),
)
MIB = 1 << 20


@dataclass
class Said:
    """What a call wrote."""

    pieces: list[Output] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def __call__(self, output: Output) -> None:
        self.pieces.append(output)
        self.times.append(time.monotonic())

    def text(self, stream: str = "stdout") -> str:
        return "".join(piece.text for piece in self.pieces if piece.stream == stream)


async def run(sandbox: Sandbox, code: str, **options) -> tuple[Execution, Said]:
    said = Said()
    return await sandbox.run(code, emit=said, **options), said


async def output(sandbox: Sandbox, code: str, **options) -> str:
    done, said = await run(sandbox, code, **options)
    assert done.error is None, done.error.traceback
    return said.text()


async def hold_to_a_second(sandbox: Sandbox) -> None:
    """Shorten the limit of a call under way: the time that it has had counts, and its variables stay."""
    told = asyncio.Event()
    code = "kept = 1\nprint('on', flush=True)\nwhile True: pass"
    call = asyncio.create_task(sandbox.run(code, emit=lambda _: told.set()))
    await told.wait()
    shorter = CONTRACT.model_copy(update={"timeout": Timeout(call_seconds=1)})
    amendment = await sandbox.amend(shorter)
    with pytest.raises(CallTimeout, match="1 s a call") as caught:
        await call
    assert "timeout" in amendment.now
    assert caught.value.state_kept is True
    assert await output(sandbox, "print(kept)") == "1\n"


async def processes_named(sandbox: Sandbox, marker: str) -> int:
    counted = await output(
        sandbox,
        f"""
import glob
def _line(path):
    try:
        return open(path, "rb").read()
    except OSError:
        return b""
print(sum({marker!r}.encode() in _line(p) for p in glob.glob("/proc/[0-9]*/cmdline")))
""",
    )
    return int(counted)


shares = pytest.mark.shares
"""Leaves its sandbox as any of the others may find it: they have one together."""


class Stock:
    """Has one sandbox open for all who share, and another where one has ended it."""

    def __init__(self, provider: Provider) -> None:
        self._provider, self._opened = provider, AsyncExitStack()
        self._sandbox: Sandbox | None = None

    async def sandbox(self) -> Sandbox:
        if self._sandbox is None or not self._sandbox.alive:
            await self._opened.aclose()
            self._sandbox = await self._opened.enter_async_context(self._provider.open(CONTRACT))
        return self._sandbox

    async def aclose(self) -> None:
        await self._opened.aclose()


class SandboxConformance:
    """Each test gets a sandbox under `CONTRACT`: its own, unless it shares."""

    KNOWN_DIFFERENCES: ClassVar[Mapping[str, str]] = {}
    """Tests, or cases as `test_x[case]`, that a provider is known to fail, and why."""

    @pytest.fixture(scope="class")
    @classmethod
    async def stock(cls, provider: Provider) -> AsyncIterator[Stock]:
        stock = Stock(provider)
        yield stock
        await stock.aclose()

    @pytest.fixture
    async def sandbox(self, provider: Provider, stock: Stock, request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
        if request.node.get_closest_marker("shares"):
            yield await stock.sandbox()
            return
        async with provider.open(CONTRACT) as opened:
            yield opened

    # What code does

    @shares
    async def test_variables_last_between_calls(self, sandbox):
        """A name that one call binds is there in the next."""
        await run(sandbox, "x = [1]\ndef f(): return x + [2]")
        assert await output(sandbox, "print(f())") == "[1, 2]\n"

    @shares
    async def test_output_comes_in_order(self, sandbox):
        """Pieces of both streams, of child processes too, arrive in the order in which they were written."""
        code = """
import os, sys
print("one")
print("two", file=sys.stderr)
os.system("echo three")
print("four", file=sys.stderr)
print("five")
"""
        _, said = await run(sandbox, code)
        assert "".join(piece.text for piece in said.pieces).split() == ["one", "two", "three", "four", "five"]
        assert said.text("stderr").split() == ["two", "four"]

    @shares
    async def test_output_streams(self, sandbox):
        """The first line is passed on while the code still runs."""
        _, said = await run(sandbox, "import time\nprint(1)\ntime.sleep(0.6)\nprint(2)")
        assert said.times[-1] - said.times[0] > 0.4

    @shares
    async def test_an_exception_is_a_value(self, sandbox):
        """An exception comes back with name, message and the lines of the code alone."""
        done, _ = await run(sandbox, "def g():\n    return {}['k']\ng()")
        assert (done.exit_code, done.error.name, done.error.message) == (1, "KeyError", "'k'")
        assert done.error.kind == "code_error"
        assert "return {}['k']" in done.error.traceback
        assert "/opt/" not in done.error.traceback

    @shares
    async def test_a_syntax_error_is_a_value(self, sandbox):
        """Code that does not compile points at the place."""
        done, _ = await run(sandbox, "a = 1\nb = = 2")
        assert done.error.name == "SyntaxError"
        assert "b = = 2" in done.error.traceback

    @pytest.mark.parametrize(
        ("code", "exit_code"), [("exit()", 0), ("import sys; sys.exit(3)", 3), ("raise SystemExit('no')", 1)]
    )
    @shares
    async def test_exit_is_a_value(self, sandbox, code, exit_code):
        """Leaving by SystemExit gives its code, and keeps the variables."""
        done, _ = await run(sandbox, "kept = 1\n" + code)
        assert (done.exit_code, done.error) == (exit_code, None)
        assert await output(sandbox, "print(kept)") == "1\n"

    @shares
    async def test_await_at_the_top(self, sandbox):
        """Code may await, and its last value is still shown."""
        done, _ = await run(sandbox, "import asyncio\nawait asyncio.sleep(0.01)\nawait asyncio.sleep(0, 'value')")
        assert done.displays[0].data["text/plain"] == b"value"

    async def test_stdin_is_empty(self, sandbox):
        """Asking for input ends with EOFError, instead of waiting for ever."""
        done, _ = await run(sandbox, "input('name? ')")
        assert done.error.name == "EOFError"

    @shares
    async def test_odd_bytes_in_output(self, sandbox):
        """What is not UTF-8 is replaced; emoji and lone surrogates survive the trip as text."""
        code = "import os\nos.write(1, b'\\xff\\n')\nprint('\\U0001f600', '\\ud800')"
        _, said = await run(sandbox, code)
        assert said.text().split() == ["\ufffd", "\U0001f600", "\\ud800"]

    @shares
    async def test_two_calls_wait_for_each_other(self, sandbox):
        """A second call begins when the first has ended."""
        slow = run(sandbox, "import time\ntime.sleep(0.3)\norder = ['first']")
        quick = run(sandbox, "order.append('second')\nprint(order)")
        _, (done, said) = await asyncio.gather(slow, quick)
        assert done.error is None
        assert said.text() == "['first', 'second']\n"

    # What code shows

    @shares
    async def test_the_last_expression_is_shown(self, sandbox):
        """A number shows as text; None, and what ends in a semicolon, does not."""
        done, _ = await run(sandbox, "40 + 2")
        assert [dict(shown.data) for shown in done.displays] == [{"text/plain": b"42"}]
        assert (await run(sandbox, "None"))[0].displays == ()
        assert (await run(sandbox, "1;"))[0].displays == ()

    @shares
    async def test_a_data_frame_is_a_table(self, sandbox):
        """A DataFrame has a preview of at most 1,000 rows, its whole size, and all of it as CSV."""
        code = "import pandas as pd\npd.DataFrame({'n': range(1500), 't': ['a,b', None, 'x' * 2000] * 500})"
        done, _ = await run(sandbox, code)
        data = done.displays[0].data
        table = tables.parse(data[tables.MEDIA_TYPE])
        assert (table.total_rows, table.total_columns, len(table.rows)) == (1500, 2, 1000)
        assert [column.name for column in table.columns] == ["n", "t"]
        assert table.rows[:2] == ((0, "a,b"), (1, None))
        assert len(table.rows[2][1]) == tables.MOST_CELL_TEXT
        assert len(data["text/csv"].splitlines()) == 1501
        assert b"1500 rows" in data["text/plain"]

    @shares
    async def test_a_series_is_a_table(self, sandbox):
        """A Series shows with its index as a column."""
        done, _ = await run(sandbox, "import pandas as pd\npd.Series([1.5, float('nan')], index=['a', 'b'], name='v')")
        table = tables.parse(done.displays[0].data[tables.MEDIA_TYPE])
        assert table.rows == (("a", 1.5), ("b", None))
        assert [column.index for column in table.columns] == [True, False]

    @shares
    async def test_figures_of_matplotlib(self, sandbox):
        """Open figures come as PNG at the end of the call, once each, and are closed."""
        code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\nplt.bar([1], [2])"
        done, _ = await run(sandbox, code)
        assert [set(shown.data) for shown in done.displays] == [{"image/png"}, {"image/png"}]
        assert done.displays[0].data["image/png"].startswith(b"\x89PNG")
        done, said = await run(sandbox, "f, ax = plt.subplots()\nax.plot([1])\nplt.show()\nprint(plt.get_fignums())")
        assert len(done.displays) == 1
        assert said.text() == "[]\n"
        done, _ = await run(sandbox, "f, ax = plt.subplots()\nax.plot([1])\nf")
        assert len(done.displays) == 1

    @pytest.mark.parametrize("last", ["figure", "figure.show()", "import plotly.io as pio; pio.show(figure)"])
    @shares
    async def test_figures_of_plotly(self, sandbox, last):
        """A Plotly figure comes as JSON, whether it is the last value or shown."""
        done, _ = await run(sandbox, f"import plotly.graph_objects as go\nfigure = go.Figure(go.Bar(y=[3, 1]))\n{last}")
        (shown,) = done.displays
        assert json.loads(shown.data["application/vnd.plotly.v1+json"])["data"][0]["type"] == "bar"

    @shares
    async def test_rich_objects(self, sandbox):
        """An object's own HTML is taken; a form that fails leaves the others."""
        code = """
class Rich:
    def __repr__(self): return "plain"
    def _repr_html_(self): return "<b>rich</b>"
    def _repr_png_(self): raise RuntimeError
display(Rich())
"""
        done, _ = await run(sandbox, code)
        assert dict(done.displays[0].data) == {"text/plain": b"plain", "text/html": b"<b>rich</b>"}

    @shares
    async def test_what_a_notebook_has(self, sandbox):
        """`IPython.display` is there, whether or not IPython is, and shows as a notebook does."""
        code = """
import base64
from IPython.display import HTML, Image, Markdown, Math, display
dot = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
open("dot.gif", "wb").write(base64.b64decode(dot))
handle = display(HTML("<b>x</b>"), Markdown("*x*"), display_id=True)
handle.update(Math("x^2"))
display({"text/html": "<i>raw</i>", "text/plain": "raw"}, raw=True)
Image("dot.gif")
"""
        done, _ = await run(sandbox, code)
        assert done.error is None
        shown = [display.data for display in done.displays]
        assert [one.get("text/html") for one in shown[:4:3]] == [b"<b>x</b>", b"<i>raw</i>"]
        assert shown[1]["text/markdown"] == b"*x*"
        assert b"x^2" in shown[2]["text/latex"]
        assert shown[4]["image/gif"].startswith(b"GIF8")

    @shares
    async def test_a_result_over_the_limit_is_left_out(self, sandbox):
        """A result larger than the largest artifact is not passed on, and the code is told so."""
        code = (
            "class Big:\n    def _repr_html_(self): return 'x' * (9 << 20)\n    def __repr__(self): return 'big'\nBig()"
        )
        done, said = await run(sandbox, code)
        assert dict(done.displays[0].data) == {"text/plain": b"big"}
        assert "8 MiB" in said.text("stderr")

    # bash

    async def test_bash_keeps_its_state(self, sandbox):
        """Variables and the current folder last from call to call."""
        await run(sandbox, "A=5; mkdir -p d; cd d", language="bash")
        assert await output(sandbox, "echo $A ${PWD##*/}", language="bash") == "5 d\n"

    @pytest.mark.parametrize(
        ("code", "exit_code"), [("true", 0), ("(exit 7)", 7), ("exit 9", 9), ("nosuchprogram", 127), ("if", 2)]
    )
    @shares
    async def test_bash_exit_codes(self, sandbox, code, exit_code):
        """A script's exit code is bash's own, and the next call works."""
        done, _ = await run(sandbox, code, language="bash")
        assert (done.exit_code, done.error) == (exit_code, None)
        assert await output(sandbox, "echo next", language="bash") == "next\n"

    async def test_a_language_that_is_not_allowed(self, provider):
        """A language outside the clause is refused by name."""
        async with provider.open(CONTRACT.model_copy(update={"languages": Languages(allowed=("python",))})) as sandbox:
            with pytest.raises(ClauseRefused, match="bash") as caught:
                await run(sandbox, "true", language="bash")
            assert caught.value.clause == "languages"

    # Files

    @shares
    async def test_bytes_survive_both_ways(self, sandbox):
        """Every byte value is written and read as it is."""
        data = bytes(range(256)) * 3
        await sandbox.write("b.bin", data)
        assert await output(sandbox, "print(open('b.bin', 'rb').read() == bytes(range(256)) * 3)") == "True\n"
        assert await sandbox.read("b.bin", limit_bytes=MIB) == data

    async def test_a_large_and_an_empty_file(self, provider):
        """50 MiB, and nothing at all, survive the trip."""
        roomy = Filesystem(disk_mib=128, largest_file_mib=60, largest_artifact_mib=8)
        large = secrets.token_bytes(MIB) * 50
        async with provider.open(CONTRACT.model_copy(update={"filesystem": roomy})) as sandbox:
            await sandbox.write("large", large)
            await sandbox.write("empty", b"")
            assert await sandbox.read("large", limit_bytes=60 * MIB) == large
            assert await sandbox.read("empty", limit_bytes=0) == b""

    @shares
    async def test_a_file_in_pieces(self, sandbox):
        """Data may come as an asynchronous stream."""

        async def pieces():
            for piece in (b"one ", b"two ", b"three"):
                yield piece

        await sandbox.write("pieces.txt", pieces())
        assert await sandbox.read("pieces.txt", limit_bytes=100) == b"one two three"

    @pytest.mark.parametrize("name", ["naïve 文件.csv", "-rf", "a'b\"c", "x\ny", "deep/er/f.txt", " ", "🙂"])
    @shares
    async def test_odd_names(self, sandbox, name):
        """Names with spaces, quotes, line breaks and other scripts work, inside too."""
        before = {entry.path for entry in await sandbox.list()}
        await sandbox.write(name, b"1")
        assert await output(sandbox, f"print(open({name!r}).read())") == "1\n"
        assert {entry.path for entry in await sandbox.list()} - before == {name}

    @pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "", ".", "a//b", "a\0b", "inputs/../x", "x/"])
    @shares
    async def test_paths_that_leave_the_folder(self, sandbox, path):
        """A path that is absolute, climbs, or names nothing is refused."""
        with pytest.raises(ValueError, match="inside the working folder"):
            await sandbox.write(path, b"1")
        with pytest.raises(ValueError, match="inside the working folder"):
            await sandbox.read(path, limit_bytes=10)

    async def test_symbolic_links_are_not_followed(self, sandbox):
        """Neither reading, writing nor listing goes through a link."""
        code = "import os\nos.symlink('/etc/passwd', 'link')\nos.symlink('/etc', 'folder')\nopen('real', 'w').close()"
        await run(sandbox, code)
        for path in ("link", "folder/passwd"):
            with pytest.raises(FileNotFoundError):
                await sandbox.read(path, limit_bytes=MIB)
        with pytest.raises(FileNotFoundError):
            await sandbox.write("folder/x", b"1")
        assert [entry.path for entry in await sandbox.list()] == ["real"]

    async def test_only_regular_files_are_read(self, sandbox):
        """A folder, a pipe and what does not exist are all not found, at once."""
        await run(sandbox, "import os\nos.mkdir('d')\nos.mkfifo('p')")
        for path in ("d", "p", "missing"):
            with pytest.raises(FileNotFoundError):
                await sandbox.read(path, limit_bytes=10)

    @shares
    async def test_a_file_over_the_limit_of_reading(self, sandbox):
        """A file with a byte too many is not read."""
        await sandbox.write("f", b"12345")
        assert await sandbox.read("f", limit_bytes=5) == b"12345"
        with pytest.raises(FileTooLarge):
            await sandbox.read("f", limit_bytes=4)

    async def test_inputs_are_read_only(self, sandbox):
        """Uploads can be read, added and replaced while the sandbox runs, and the code can't change them."""
        await sandbox.write("inputs/a.csv", b"one")
        assert await output(sandbox, "print(open('inputs/a.csv').read())") == "one\n"
        for code in ("open('inputs/a.csv', 'w')", "open('inputs/new', 'w')", "import os; os.remove('inputs/a.csv')"):
            done, _ = await run(sandbox, code)
            assert done.error.kind == "code_error"
        await sandbox.write("inputs/a.csv", b"two")
        await sandbox.write("inputs/sub/b.csv", b"three")
        assert (
            await output(sandbox, "print(open('inputs/a.csv').read(), open('inputs/sub/b.csv').read())")
            == "two three\n"
        )
        assert await sandbox.read("inputs/a.csv", limit_bytes=10) == b"two"
        assert await sandbox.list() == ()

    async def test_listing_says_size_and_time(self, sandbox):
        """An entry has the file's size, and about the present time."""
        await run(sandbox, "import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').write('12345')")
        (entry,) = await sandbox.list()
        assert (entry.path, entry.size) == ("a/b/c", 5)
        assert abs(entry.modified - time.time()) < 60

    # Limits

    @shares
    async def test_a_timeout_keeps_the_variables(self, sandbox):
        """A loop is interrupted at the limit, and what was there before is still there."""
        await run(sandbox, "kept = 1")
        with pytest.raises(CallTimeout) as caught:
            await run(sandbox, "while True: pass", timeout_seconds=0.5)
        assert caught.value.state_kept is True
        assert await output(sandbox, "print(kept)") == "1\n"

    @pytest.mark.parametrize(
        "code",
        [
            "sum(range(10**12))",
            "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass",
            "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)",
        ],
        ids=["in C", "catches everything", "ignores the signal"],
    )
    async def test_what_can_not_be_interrupted_is_killed(self, sandbox, code):
        """After a second of grace the sandbox is killed, and says that its variables are lost."""
        began = time.monotonic()
        with pytest.raises(CallTimeout) as caught:
            await run(sandbox, code, timeout_seconds=0.4)
        assert caught.value.state_kept is False
        assert time.monotonic() - began < 4
        assert sandbox.alive is False

    @shares
    async def test_a_timeout_of_bash(self, sandbox):
        """A bash loop is interrupted; the Python session is untouched."""
        await run(sandbox, "kept = 1")
        with pytest.raises(CallTimeout):
            await run(sandbox, "B=1; while true; do sleep 0.1; done", language="bash", timeout_seconds=0.4)
        assert await output(sandbox, "print(kept)") == "1\n"
        assert await output(sandbox, "echo $B again", language="bash") == "1 again\n"

    @pytest.mark.parametrize(
        "how", ["subprocess.run(argv)", "subprocess.Popen(argv, start_new_session=True); time.sleep(60)"]
    )
    @shares
    async def test_children_of_an_interrupted_call_are_killed(self, sandbox, how):
        """What a call has started ends with it when it is stopped."""
        marker = f"77.{secrets.randbelow(10**9)}"
        code = f"import subprocess, time\nargv = ['sleep', {marker!r}]\n{how}"
        with pytest.raises(CallTimeout):
            await run(sandbox, code, timeout_seconds=0.5)
        assert await processes_named(sandbox, marker) == 0

    async def test_background_processes_are_left_and_counted(self, sandbox):
        """A process that a finished call has left goes on, and is counted."""
        done, _ = await run(sandbox, "import subprocess\np = subprocess.Popen(['sleep', '60'])")
        assert done.background == 1
        assert await output(sandbox, "print(p.poll())") == "None\n"

    @shares
    async def test_stop(self, sandbox):
        """Cancelling the waiting task interrupts the code and keeps the variables."""
        await run(sandbox, "kept = 1")
        task = asyncio.create_task(run(sandbox, "import time\ntime.sleep(60)"))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await output(sandbox, "print(kept)") == "1\n"

    async def test_stop_of_what_does_not_listen(self, sandbox):
        """Cancelling kills what interrupting does not reach."""
        task = asyncio.create_task(run(sandbox, "sum(range(10**12))"))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sandbox.alive is False

    @shares
    async def test_too_much_at_once_is_a_memory_error(self, sandbox):
        """One allocation over the limit fails as MemoryError, and the variables are kept."""
        await run(sandbox, "kept = 1")
        done, _ = await run(sandbox, "b = bytearray(500 << 20)")
        assert (done.error.name, done.error.kind) == ("MemoryError", "out_of_memory")
        assert await output(sandbox, "print(kept)") == "1\n"

    async def test_too_much_in_all(self, sandbox):
        """Processes that together need more than the limit end the sandbox as out of memory."""
        code = """
import subprocess, sys
hog = "b = bytearray(150 << 20)\\nimport time; time.sleep(30)"
for p in [subprocess.Popen([sys.executable, "-c", hog]) for _ in range(4)]: p.wait()
"""
        with pytest.raises(OutOfMemory, match="384 MiB") as caught:
            await run(sandbox, code)
        assert caught.value.state_kept is sandbox.alive

    async def test_the_disk_is_full(self, sandbox):
        """Writing past the quota is an error of its own, and the sandbox goes on."""
        done, _ = await run(sandbox, "for i in range(3): open(f'f{i}', 'wb').write(bytes(30 << 20))")
        assert done.error.kind == "disk_full"
        with pytest.raises(DiskFull):
            await sandbox.write("more", bytes(30 * MIB))
        await output(sandbox, "import os\nfor i in range(3): os.remove(f'f{i}')\nopen('g', 'w').write('x')")

    @shares
    async def test_a_file_is_too_large(self, sandbox):
        """A file over the limit is an error of its own, from inside and from outside."""
        done, _ = await run(sandbox, "open('f', 'wb').truncate(4 << 30)")
        assert done.error.kind == "file_too_large"
        with pytest.raises(FileTooLarge):
            await sandbox.write("g", bytes(41 * MIB))

    async def test_a_flood_of_output(self, sandbox):
        """More than 10 MiB of output stops the code; the beginning has been passed on."""
        await run(sandbox, "kept = 1")
        said = Said()
        with pytest.raises(OutputLimit):
            await sandbox.run("while True: print('y' * 1000)", emit=said)
        assert len(said.text()) == 10 * MIB
        assert await output(sandbox, "print(kept)") == "1\n"

    async def test_a_fork_bomb(self, sandbox):
        """It meets the process limit, which the error names, and hurts nobody."""
        done, _ = await run(sandbox, "import os, time\nfor _ in range(1000):\n    if os.fork() == 0: time.sleep(60)")
        assert done.error.kind == "code_error"
        assert "as many processes" in done.error.message
        assert done.background <= CONTRACT.resources.processes

    @pytest.mark.parametrize(
        "code",
        [
            "import urllib.request\nurllib.request.urlopen('http://example.org')",
            "import pandas as pd\npd.read_csv('https://example.org/a.csv')",
            "import socket\nsocket.create_connection(('192.0.2.1', 80), 3)",
            "import socket\nsocket.getaddrinfo('example.org', 443)",
        ],
    )
    @shares
    async def test_no_network(self, sandbox, code):
        """Names don't resolve, and addresses can't be reached: both are the network clause's doing."""
        done, _ = await run(sandbox, code)
        assert done.error.kind == "network_denied"

    # The end

    async def test_a_crash(self, sandbox):
        """A worker that ends by itself is a crash, not a result."""
        with pytest.raises(SandboxCrashed):
            await run(sandbox, "import os\nos._exit(3)")
        assert sandbox.alive is False
        with pytest.raises(SandboxCrashed):
            await run(sandbox, "1")

    async def test_a_segmentation_fault(self, sandbox):
        """A fault in C is a crash."""
        with pytest.raises(SandboxCrashed):
            await run(sandbox, "import ctypes\nctypes.string_at(0)")

    async def test_close(self, provider):
        """Closing twice is allowed; everything else afterwards is SandboxCrashed."""
        async with provider.open(CONTRACT) as sandbox:
            assert sandbox.alive
            await sandbox.close()
            await sandbox.close()
            assert not sandbox.alive
            for call in (run(sandbox, "1"), sandbox.write("a", b""), sandbox.read("a", limit_bytes=1), sandbox.list()):
                with pytest.raises(SandboxCrashed):
                    await call

    async def test_each_sandbox_is_alone(self, provider, sandbox):
        """Two sandboxes share neither ids, variables nor files."""
        await run(sandbox, "x = 1\nopen('f', 'w').close()")
        async with provider.open(CONTRACT) as other:
            assert other.id != sandbox.id
            done, _ = await run(other, "x")
            assert done.error.name == "NameError"
            assert await other.list() == ()

    async def test_usage(self, sandbox):
        """Usage counts seconds, memory and disk."""
        await run(sandbox, "b = b'x' * (60 << 20)\nopen('f', 'wb').write(bytes(10 << 20))")
        used = await sandbox.usage()
        assert used.seconds > 0
        assert (used.vcpus, used.memory_mib) == (1.0, 384)
        assert used.memory_used_mib is None or used.memory_used_mib > 60
        assert used.disk_used_mib is None or used.disk_used_mib >= 10
