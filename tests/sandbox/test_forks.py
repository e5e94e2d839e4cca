"""What is particular to sandboxes that are forked: what they share, what they don't, and whose death ends what."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from agent_core.contract import Contract, Resources
from agent_core.errors import SandboxCrashed
from agent_core.sandbox.local.provider import LocalProvider
from tests.sandbox.conformance import CONTRACT, output, run

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent.parent
FORKED = "start: fork server"


@pytest.fixture(scope="module")
async def provider():
    provider = LocalProvider()
    await provider.warm()
    yield provider
    await provider.aclose()


@pytest.fixture
async def two(provider):
    async with provider.open(CONTRACT) as one, provider.open(CONTRACT) as other:
        assert FORKED in one.enforced_by
        assert FORKED in other.enforced_by
        yield one, other


def server_of(provider: LocalProvider) -> psutil.Process:
    """The process that forks: the guard's only child that isn't the first of a sandbox."""
    found = [one for one in family(provider) if serves(one)]
    return next(one for one in found if one.ppid() in {other.pid for other in found})


def serves(process: psutil.Process) -> bool:
    """Whether it is the guard, the server, or forked from it."""
    line = process.cmdline()
    return bool(line) and line[0].endswith("/python3") and "worker.forkserver" in " ".join(line)


def family(provider: LocalProvider) -> list[psutil.Process]:
    newest = provider._forks._servers[-1]
    return psutil.Process(newest._process.pid).children(recursive=True)


def open_files(pid: int | None = None) -> set[str]:
    """What a process's descriptors lead to; nothing where the kernel lets only root look."""
    found = set()
    with contextlib.suppress(PermissionError):
        for path in Path(f"/proc/{pid or 'self'}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.add(str(path.readlink()))
    return found


async def until(condition) -> None:
    for _ in range(3_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError


async def opened_how(provider: LocalProvider) -> str:
    async with provider.open(CONTRACT) as sandbox:
        return sandbox.enforced_by[-1]


async def product(provider: LocalProvider, number: int) -> str:
    async with provider.open(CONTRACT) as sandbox:
        return await output(sandbox, f"print(6 * {number})")


async def forks_again(provider: LocalProvider) -> None:
    for _ in range(600):
        if await opened_how(provider) == FORKED:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError


# What two have in common, and what not


@pytest.mark.parametrize("name", ["pid", "net", "ipc", "uts", "mnt", "user", "cgroup"])
async def test_namespaces(two, provider, name):
    """Each has its own: not the other's, and not the server's."""
    code = f"import os\nprint(os.readlink('/proc/self/ns/{name}'))"
    inside = {(await output(sandbox, code)).strip() for sandbox in two}
    server = str(Path(f"/proc/{server_of(provider).pid}/ns/{name}").readlink())
    assert len(inside | {server}) == 3


async def test_no_process_of_another(two):
    """Only one's own processes exist, whatever number is tried: none to see, to signal or to look into."""
    code = """
import os
seen = [name for name in os.listdir("/proc") if name.isdigit()]
reached = []
for number in range(1, 5000):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        continue
    except PermissionError:
        pass
    reached.append(number)
print(sorted(map(int, seen)) == reached == sorted({1, os.getpid()}), os.getppid(), os.listdir("/proc/1"))
"""
    for sandbox in two:
        assert await output(sandbox, code) == "True 1 []\n"


async def test_the_first_process_is_out_of_reach(two):
    """The one above the worker can be neither killed, nor interrupted, nor stopped."""
    for number in ("SIGKILL", "SIGINT", "SIGTERM", "SIGSTOP", "SIGUSR1"):
        await run(two[0], f"import os, signal\nos.kill(1, signal.{number})")
    assert await output(two[0], "print('on')") == "on\n"


async def test_no_terminal_of_another(two):
    """A terminal that one opens is not in the other's list, and has the first number in both."""
    code = "import os\nends = os.openpty()\nprint(os.ttyname(ends[1]), sorted(os.listdir('/dev/pts')))"
    for sandbox in two:
        assert await output(sandbox, code) == "/dev/pts/0 ['0', 'ptmx']\n"


async def test_no_file_of_another(two):
    """Neither inputs, nor what the other writes wherever it may, nor the folder of all inputs can be seen."""
    one, other = two
    await one.write("inputs/mine.txt", b"mine")
    await run(one, "for folder in ('/work', '/tmp', '/dev/shm'): open(folder + '/mine.txt', 'w').write('mine')")
    code = """
import os
found = [os.path.join(top, name) for top, _, names in os.walk("/") if not top.startswith(("/proc", "/usr"))
         for name in names if name == "mine.txt"]
print(found, os.path.exists("/inputs"), sorted(os.listdir("/")) == sorted(set(os.listdir("/"))))
"""
    assert await output(other, code) == "[] False True\n"
    assert await output(one, "print(open('inputs/mine.txt').read())") == "mine\n"


async def test_the_same_tree_as_a_cold_start(two, provider):
    """The root has what bubblewrap's has, and everything but the three writable folders is mounted read-only."""
    cold = LocalProvider(start="cold")
    listing = "import os\nprint(sorted(os.listdir('/')), sorted(set(os.listdir('/dev')) - {'console'}))"
    try:
        async with cold.open(CONTRACT) as sandbox:
            assert (await output(sandbox, listing)) == (await output(two[0], listing))
    finally:
        await cold.aclose()
    code = """
writable = []
for line in open("/proc/self/mountinfo"):
    fields = line.split()
    if "rw" in fields[5].split(","):
        writable.append(fields[4])
print(sorted(writable))
"""
    writable = set(eval(await output(two[0], code)))
    devices = {f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "pts")}
    masks = {f"/proc/{name}" for name in ("kallsyms", "config.gz", "cmdline", "keys")}
    assert writable - devices - masks == {"/work", "/tmp", "/dev/shm", "/proc"}


async def test_nothing_of_another_in_memory(provider):
    """A sandbox's memory, all of which was the server's once, doesn't hold the name of an earlier one."""
    async with provider.open(CONTRACT) as earlier:
        name = earlier.id.removeprefix("local-")
    code = f"""
import re
text = {name[:6]!r}.encode() + {name[6:]!r}.encode()
found = 0
memory = open("/proc/self/mem", "rb", 0)
for line in open("/proc/self/maps"):
    start, end, rights = re.match(r"(\\w+)-(\\w+) (\\S+)", line).groups()
    if rights.startswith("rw") and "[v" not in line:
        memory.seek(int(start, 16))
        found += text in memory.read(int(end, 16) - int(start, 16))
print(found)
"""
    async with provider.open(CONTRACT) as later:
        # The search itself puts the name together once.
        assert int(await output(later, code)) <= 1


async def test_no_descriptor_of_the_server(two, provider):
    """No open file of a sandbox is one of the server's, but the kernel's own devices."""
    server, firsts = open_files(server_of(provider).pid), [sandbox._machine.inside for sandbox in two]
    for inside in firsts:
        assert open_files(inside.first) == set()
        assert open_files(inside.worker) & server <= {"/dev/null"}
    assert open_files(firsts[0].worker) & open_files(firsts[1].worker) == {"/dev/null"}


async def test_random_numbers_differ(two):
    """Every generator that a fork would have in common has been given a state of its own."""
    code = """
import multiprocessing, random, secrets, tempfile, uuid
import numpy
print(random.random(), numpy.random.rand(), numpy.random.default_rng().random(), secrets.token_hex(4),
      uuid.uuid4(), tempfile.mktemp(), bytes(multiprocessing.current_process().authkey).hex())
"""
    one, other = [(await output(sandbox, code)).split() for sandbox in two]
    assert len(one) == len(other) == 7
    assert not set(one) & set(other)


async def test_what_one_server_can_not_make_different():
    """String hashes and addresses are one interpreter's, so they differ from server to server; each forks a few."""
    provider = LocalProvider(most_forks=2)
    await provider.warm()
    code = "import ctypes, sys\nprint(hash('ringfence'), id(sys.modules), ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value)"
    try:
        async with provider.open(CONTRACT) as one, provider.open(CONTRACT) as two:
            first, second = await output(one, code), await output(two, code)
            await until(lambda: len(provider._forks._servers) == 2)
            async with provider.open(CONTRACT) as three:
                assert three.enforced_by[-1] == FORKED
                third = await output(three, code)
            assert first == second
            assert all(one != other for one, other in zip(first.split(), third.split(), strict=True))
            assert await output(one, "print('on')") == "on\n"
        await until(lambda: len(provider._forks._servers) == 1)
        # Renewed again and again while many ask, nobody waits for a server that is gone.
        assert await asyncio.wait_for(asyncio.gather(*(product(provider, number) for number in range(12))), 120) == [
            f"{6 * number}\n" for number in range(12)
        ]
    finally:
        await provider.aclose()


# Who dies with whom


async def test_the_death_of_the_server(provider):
    """Open sandboxes keep their variables; the next ones start, and soon are forked again."""
    async with provider.open(CONTRACT) as sandbox:
        await run(sandbox, "kept = 41")
        server_of(provider).kill()
        assert await output(sandbox, "print(kept + 1)") == "42\n"
        async with provider.open(CONTRACT) as other:
            assert await output(other, "print('another')") == "another\n"
        await forks_again(provider)
        assert await output(sandbox, "print(kept + 2)") == "43\n"


async def test_the_death_of_the_jail(provider):
    """What was in it has crashed, as whoever asks is told, and the next ones start."""
    await forks_again(provider)
    async with provider.open(CONTRACT) as sandbox:
        assert await output(sandbox, "print(1)") == "1\n"
        provider._forks._servers[-1]._process.kill()
        with pytest.raises(SandboxCrashed):
            await run(sandbox, "import time\ntime.sleep(30)")
        assert sandbox.alive is False
    await forks_again(provider)


async def test_nothing_is_left_after_closing():
    """With the provider its servers and their jails end, and no descriptor of theirs is left open."""
    before = open_files()
    provider = LocalProvider()
    await provider.warm()
    processes = [psutil.Process(provider._forks._servers[-1]._process.pid), *family(provider)]
    assert len(processes) >= 3
    async with provider.open(CONTRACT) as sandbox:
        assert await output(sandbox, "print(1)") == "1\n"
    await provider.aclose()
    await until(lambda: not any(one.is_running() for one in processes))
    assert open_files() - before == set()


async def test_giving_up_in_the_middle(provider):
    """Openings that are cancelled at any moment leave neither a descriptor nor a mixed-up answer behind."""
    await forks_again(provider)
    before = len(open_files())
    for step in range(12):
        opening = asyncio.create_task(opened_how(provider))
        await asyncio.sleep(step * 0.004)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
    await forks_again(provider)
    await until(lambda: len(open_files()) <= before + 1)


async def test_many_at_once(provider):
    """Openings at the same time each get their own sandbox."""
    await forks_again(provider)

    async def one(number: int) -> str:
        async with provider.open(CONTRACT) as sandbox:
            await run(sandbox, f"me = {number}")
            assert sandbox.enforced_by[-1] == FORKED
            return await output(sandbox, "print(me)")

    assert await asyncio.gather(*map(one, range(10))) == [f"{number}\n" for number in range(10)]


# Where there is none


async def test_a_little_memory_starts_cold(provider):
    """Where the limit on memory would be all but used up by the libraries, the sandbox starts without them."""
    await forks_again(provider)
    async with provider.open(Contract(resources=Resources(memory_mib=256))) as sandbox:
        assert sandbox.enforced_by[-1] == "start: bubblewrap (the memory clause leaves too little beside the libraries)"
        assert await output(sandbox, "print(len(bytearray(150 << 20)))") == f"{150 << 20}\n"
    assert await opened_how(provider) == FORKED


REFUSING = """
import asyncio, ctypes, os
user, group = os.getuid(), os.getgid()
assert ctypes.CDLL(None).unshare(0x10000000) == 0
open("/proc/self/setgroups", "w").write("deny")
open("/proc/self/uid_map", "w").write(f"1000 {user} 1")
open("/proc/self/gid_map", "w").write(f"1000 {group} 1")
open("/proc/sys/user/max_user_namespaces", "w").write("3")
from agent_core.contract import Contract
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.local.provider import LocalProvider

async def main():
    provider = LocalProvider()
    await provider.warm()
    for _ in range(600):
        try:
            async with provider.open(Contract()) as sandbox:
                print(sandbox.enforced_by[-1])
                await sandbox.run("print(6 * 7)", emit=lambda output: print(output.text))
        except ProviderUnavailable:
            await asyncio.sleep(0.1)  # the kernel counts what has just ended a little longer
        else:
            break
    await provider.aclose()

asyncio.run(main())
"""


def test_a_kernel_that_refuses():
    """With user namespaces enough for bubblewrap's jail, but not for more in it, sandboxes start cold, and say why."""
    ran = subprocess.run([sys.executable, "-c", REFUSING], cwd=ROOT, capture_output=True, text=True, check=False)
    first, _, rest = ran.stdout.partition("\n")
    assert first.startswith("start: bubblewrap ("), ran.stderr
    assert any(said in first for said in ("No space left on device", "Operation not permitted"))
    assert rest.split() == ["42"]


APP = """
import asyncio
from agent_core.contract import Contract
from agent_core.sandbox.local.provider import LocalProvider

async def main():
    provider = LocalProvider()
    await provider.warm()
    async with provider.open(Contract()) as sandbox:
        await sandbox.run("import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True)", emit=print)
        print(sandbox.enforced_by[-1], flush=True)
        await sandbox.run("import time; time.sleep(1000)", emit=print)

asyncio.run(main())
"""


@pytest.mark.parametrize("whom", ["app", "guard"])
def test_nobody_is_orphaned(whom):
    """Killed with -9, the app takes the guard, the server and every sandbox along; the guard, the last two."""
    with subprocess.Popen([sys.executable, "-c", APP], cwd=ROOT, stdout=subprocess.PIPE, text=True) as app:
        try:
            assert app.stdout.readline().strip() == FORKED
            all_of_it = psutil.Process(app.pid).children(recursive=True)
            ours = [one for one in all_of_it if serves(one)]
            assert len(ours) == 4
            assert any(one.name() == "sleep" for one in all_of_it)
            guard = next(one for one in ours if one.ppid() not in {other.pid for other in ours})
            (app if whom == "app" else guard).kill()
            gone, left = psutil.wait_procs(all_of_it, timeout=30)
            assert (len(gone), left) == (len(all_of_it), [])
        finally:
            app.kill()
