"""Code that wants out finds nothing: no privilege, no host, no way to fool the host's side."""

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_core.errors import CallTimeout, OutOfMemory, SandboxCrashed
from agent_core.sandbox.local.provider import LocalProvider
from tests.sandbox.conformance import CONTRACT, output, run

pytestmark = pytest.mark.anyio

CANARY = f"canary-{secrets.token_hex(8)}"


@pytest.fixture(scope="module", params=["fork", "cold"])
async def provider(request) -> AsyncIterator[LocalProvider]:
    """Forked and started cold: neither may give up anything."""
    os.environ["RINGFENCE_TEST_CANARY"] = CANARY
    provider = LocalProvider(start=request.param)
    await provider.warm()
    async with provider.open(CONTRACT) as opened:
        assert ("start: fork server" in opened.enforced_by) is (request.param == "fork")
    yield provider
    await provider.aclose()
    del os.environ["RINGFENCE_TEST_CANARY"]


@pytest.fixture
async def sandbox(provider):
    async with provider.open(CONTRACT) as opened:
        yield opened


async def test_no_privilege(sandbox):
    """No capability in any set, no new ones by running a program, and a system call filter in force."""
    status = await output(sandbox, "print(open('/proc/self/status').read())")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[name], 16) == 0
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    assert fields["Uid"].split() == ["1000"] * 4


def host_namespace(name):
    return str(Path(f"/proc/self/ns/{name}").readlink())


@pytest.mark.parametrize("name", ["pid", "net", "ipc", "uts", "mnt", "user", "cgroup"])
async def test_namespaces_of_its_own(sandbox, name):
    """The sandbox shares no namespace with the host."""
    inside = await output(sandbox, f"import os\nprint(os.readlink('/proc/self/ns/{name}'))")
    assert inside.strip() != host_namespace(name)


CALLS = {
    "unshare": "libc.unshare(0x10000000)",
    "mount": "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "ptrace": "libc.ptrace(0, 0, 0, 0)",
    "setns": "libc.setns(0, 0)",
    "chroot": "libc.chroot(b'/tmp')",
    "bpf": "libc.syscall(321, 0, 0, 0)",
    "io_uring_setup": "libc.syscall(425, 1, 0)",
    "perf_event_open": "libc.syscall(298, 0, 0, -1, -1, 0)",
    "keyctl": "libc.syscall(250, 0, 0)",
    "userfaultfd": "libc.syscall(323, 0)",
    "memfd_create": "libc.memfd_create(b'x', 0)",
    "clone into a user namespace": "libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)",
    "clone3": "libc.syscall(435, 0, 0)",
    "TIOCSTI": "libc.ioctl(0, 0x5412, b'x')",
    "AF_NETLINK": "libc.socket(16, 3, 0)",
    "AF_PACKET": "libc.socket(17, 3, 0)",
    "AF_ALG": "libc.socket(38, 5, 0)",
    "AF_VSOCK": "libc.socket(40, 1, 0)",
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of the system calls are those of x86-64")
async def test_system_calls_that_are_refused(sandbox):
    """The filter answers for the kernel: EPERM, or ENOSYS where a library is to fall back."""
    lines = "\n".join(f"    {name!r}: lambda: {call}," for name, call in CALLS.items())
    code = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
calls = {{\n{lines}\n}}
answers = {{}}
for name, call in calls.items():
    ctypes.set_errno(0)
    answers[name] = (call(), ctypes.get_errno())
print(answers)
"""
    answers = eval(await output(sandbox, code))  # a literal of our own making
    assert set(answers) == set(CALLS)
    for name, (value, number) in answers.items():
        assert value == -1, name
        assert number == (38 if name == "clone3" else 1), name


@pytest.mark.parametrize(
    "path",
    [
        "/x",
        "/usr/x",
        "/etc/x",
        "/opt/x",
        "/dev/x",
        "/opt/env/x",
        "/opt/ringfence/worker/x",
        "/work/inputs/x",
        "/usr/local/x",
    ],
)
async def test_nothing_else_is_writable(sandbox, path):
    """Outside the working folder, /tmp and /dev/shm, nothing can be written."""
    done, _ = await run(sandbox, f"open({path!r}, 'w')")
    assert done.error.name in {"OSError", "PermissionError"}


@pytest.mark.parametrize(
    "path", ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/overcommit_memory"]
)
async def test_the_kernel_is_not_writable(sandbox, path):
    """The kernel's settings can't be opened for writing."""
    done, _ = await run(sandbox, f"open({path!r}, 'a')")
    assert done.error is not None


async def test_the_hosts_files_are_not_there(sandbox, tmp_path):
    """Neither the app, nor homes, nor other temporary files, nor the host's accounts can be seen."""
    (tmp_path / "secret").write_text("x")
    for path in (tmp_path, Path.home(), Path(__file__), Path("/root"), Path("/home"), Path("/sys/kernel")):
        assert await output(sandbox, f"import os\nprint(os.path.exists({str(path)!r}))") == "False\n"
    assert await output(sandbox, "print(open('/etc/passwd').read().count(':x:'))") == "1\n"
    done, said = await run(sandbox, "print(open('/proc/kallsyms').read())")
    assert done.error is not None or said.text() == "\n"


async def test_the_hosts_environment_is_not_there(sandbox):
    """No process in the sandbox carries the app's environment, and none names a folder of the host."""
    code = """
import glob
found = ""
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        found += open(path).read()
    except PermissionError:
        pass
print(found)
"""
    found = await output(sandbox, code)
    assert "/opt/env" in found
    assert CANARY not in found
    assert str(Path(__file__).parent.parent.parent) not in found
    assert "ringfence-" not in found


async def test_no_descriptor_of_the_host(sandbox):
    """The worker has its three streams and its channel; a child has the three streams."""
    code = "import os\nprint(sorted({os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in range(64) if os.path.lexists(f'/proc/self/fd/{n}')}))"
    assert await output(sandbox, code) == "['/dev/null', 'pipe', 'socket']\n"
    assert await output(sandbox, "ls /proc/self/fd | wc -l; ls /proc/$$/fd >/dev/null", language="bash") == "4\n"
    child = "import subprocess\nprint(subprocess.run(['ls', '/proc/self/fd'], capture_output=True, text=True, close_fds=False).stdout.split())"
    assert await output(sandbox, child) == "['0', '1', '2', '3']\n"


async def test_what_is_offered_works(sandbox):
    """The packages for analysis are there, and their requirements too."""
    code = """
import pandas, numpy, matplotlib.pyplot, plotly.express, pyarrow.parquet, openpyxl
import scipy.stats, sklearn.linear_model, statsmodels.api, seaborn
assert "background" in pandas.DataFrame({"a": [1]}).style.highlight_max().to_html()
print("ok")
"""
    assert await output(sandbox, code) == "ok\n"


@pytest.mark.parametrize(
    "name", ["streamlit", "anthropic", "claude_agent_sdk", "agent_core", "pydantic", "pyseccomp", "worker"]
)
async def test_what_is_not_offered_is_absent(sandbox, name):
    """The app and what it needs for itself can't be imported."""
    done, _ = await run(sandbox, f"import sys\nsys.modules.pop({name!r}, None)\nimport {name}")
    assert done.error.name == "ModuleNotFoundError"


FORGE = """
import json, os, struct
channel = next(n for n in range(3, 64) if os.path.lexists(f"/proc/self/fd/{n}") and "socket" in os.readlink(f"/proc/self/fd/{n}"))
def forge(header, body=b""):
    text = json.dumps(header).encode()
    os.write(channel, struct.pack(">II", len(text), len(body)) + text + body)
"""


async def test_frames_of_another_call_are_ignored(sandbox):
    """A forged end, result or file of another call changes nothing."""
    code = (
        FORGE
        + """
forge({"op": "done", "call": "0" * 16, "exit_code": 9, "kept": True})
forge({"op": "display", "call": "0" * 16, "parts": [["text/plain", 1]]}, b"x")
forge({"op": "filed", "call": "", "errno": 0})
forge({"op": "ready"})
forge(["no", "object"])
forge({"op": "done", "call": 3, "exit_code": "x"})
print("still here")
"""
    )
    done, said = await run(sandbox, code)
    assert (done.exit_code, done.displays, said.text()) == (0, (), "still here\n")
    assert await output(sandbox, "print(1)") == "1\n"


@pytest.mark.parametrize(
    "code",
    ["os.write(channel, b'\\xff' * 4096)", "while True: forge({'op': 'ready'})", "os.close(channel)"],
    ids=["garbage", "flood", "closed"],
)
async def test_a_broken_channel_is_a_crash(sandbox, code):
    """Garbage, and frames without end, cost the sandbox its life and the host nothing."""
    with pytest.raises(SandboxCrashed):
        await run(sandbox, FORGE + code + "\nimport time\ntime.sleep(30)")
    assert sandbox.alive is False


@pytest.mark.parametrize(
    ("code", "errors"),
    [
        ("import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()", (SandboxCrashed, OutOfMemory, CallTimeout)),
        (
            "import mmap\nm = [mmap.mmap(-1, 100 << 20) for _ in range(6)]\nfor x in m:\n    for i in range(0, 100 << 20, 4096): x[i] = 1",
            OutOfMemory,
        ),
        ("import os\nos.kill(1, 9)\nos.kill(os.getpid(), 9)", SandboxCrashed),
        ("import os, time\nwhile True:\n    os.kill(-1, 9)\n    time.sleep(1)", (SandboxCrashed, CallTimeout)),
    ],
    ids=["endless recursion", "shared memory", "kills itself", "kills all"],
)
async def test_programs_that_end_badly(sandbox, code, errors):
    """The sandbox may die of it, with an error of its own; nothing else does."""
    try:
        done, _ = await run(sandbox, code, timeout_seconds=20 if errors is OutOfMemory else 2)
    except errors:
        return
    assert done.error is not None


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.stdout = None",
        "import sys; sys.stdout.close()",
        "import os; os.close(1)",
        "import sys; sys.modules.clear()",
        "import builtins; builtins.__import__ = None",
        "import os; os.chdir('/tmp'); os.environ.clear()",
    ],
)
async def test_a_session_that_breaks_itself(sandbox, code):
    """Whatever code does to its own interpreter, the next call ends, by a result or by an error of ours."""
    for each in (code, "1 + 1"):
        try:
            await run(sandbox, each, timeout_seconds=3)
        except (SandboxCrashed, CallTimeout):
            assert sandbox.alive is False
            return


REPLACED = """
import contextlib, json, os, signal, struct, threading, time
json.dumps = json.JSONEncoder.encode = lambda *_, **__: "{}"
json.loads = json.JSONDecoder.decode = lambda *_, **__: {}
os.write, os.read, os.getpid = (lambda *_: 1 << 30), (lambda *_: b""), (lambda: 0)
time.monotonic, time.sleep = (lambda: 0.0), (lambda _: None)
signal.signal = struct.Struct = threading.current_thread = threading.Lock = None
"""


async def test_code_that_replaces_functions_is_answered_at_once(sandbox):
    """The worker has bound what it needs: this call and the next end with their results, and files come out."""
    done, _ = await run(sandbox, REPLACED, timeout_seconds=20)
    assert done.exit_code == 0
    done, said = await run(sandbox, "open('made', 'w').write('x'); print('still here'); 1 / 0", timeout_seconds=20)
    assert (done.exit_code, done.error.name, said.text()) == (1, "ZeroDivisionError", "still here\n")
    assert [entry.path for entry in await sandbox.list()] == ["made"]
    assert await sandbox.read("made", limit_bytes=10) == b"x"


async def test_no_sandbox_reaches_another(provider, sandbox):
    """Two sandboxes share no abstract socket and no shared memory."""
    await run(
        sandbox,
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('\\0there')\ns.listen()\nopen('/dev/shm/x', 'w').close()",
    )
    async with provider.open(CONTRACT) as other:
        done, _ = await run(other, "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0there')")
        assert done.error.name == "ConnectionRefusedError"
        assert await output(other, "import os\nprint(os.listdir('/dev/shm'))") == "[]\n"
