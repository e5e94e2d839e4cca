"""The network clause on real sandboxes: what is listed can be reached, and nothing else by any road."""

import asyncio
import base64
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agent_core.contract import Contract, Network
from agent_core.sandbox.base import Denial, Execution, Sandbox
from agent_core.sandbox.local.provider import LocalProvider
from tests.sandbox.conformance import CONTRACT, Said
from tests.sandbox.servers import LOOPBACK, Names, Server, authority, serving

pytestmark = pytest.mark.anyio

HERE = ("127.0.0.1",)
KNOWN = dict.fromkeys(("data.test.org", "a.wild.test.org", "wild.test.org", "other.test.org"), HERE)
KNOWN |= {"inside.test.org": ("169.254.169.254",), "neighbour.test.org": ("10.0.0.1",)}


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(KNOWN)


@pytest.fixture(scope="module")
async def provider(names) -> AsyncIterator[LocalProvider]:
    provider = LocalProvider(reachable=LOOPBACK, resolve=names)
    await provider.warm()
    yield provider
    await provider.aclose()


@pytest.fixture(scope="module")
def web() -> Iterator[Server]:
    with serving() as server:
        server.pages["/a.csv"] = b"x,y\n1,2\n3,4\n"
        yield server


@pytest.fixture(scope="module")
def secure(tmp_path_factory) -> Iterator[tuple[Server, bytes]]:
    ca, context = authority(tmp_path_factory.mktemp("ca"), "data.test.org", "*.wild.test.org")
    with serving(context) as server:
        server.pages["/a.csv"] = b"x,y\n1,2\n3,4\n"
        yield server, ca.read_bytes()


def allowing(*names: str, mode: str = "allowlist") -> Contract:
    return CONTRACT.model_copy(update={"network": Network(mode=mode, domains=names)})


class Ran:
    """A call, its output, and what was refused in it."""

    def __init__(self) -> None:
        self.said = Said()
        self.denied: list[Denial] = []
        self.done: Execution

    @property
    def text(self) -> str:
        return self.said.text()

    @property
    def hosts(self) -> list[str]:
        return [denial.host for denial in self.denied]


async def run(sandbox: Sandbox, code: str, **options) -> Ran:
    ran = Ran()
    ran.done = await sandbox.run(code, emit=ran.said, on_denied=ran.denied.append, **options)
    return ran


CLIENTS = {
    "urllib": "import urllib.request, ssl\nc = ssl.create_default_context(cafile='ca.pem') if '{url}'.startswith('https') else None\nprint(urllib.request.urlopen('{url}', context=c).read().decode())",
    "requests": "import requests\nr = requests.get('{url}', verify='ca.pem')\nr.raise_for_status()\nprint(r.text)",
    "httpx": "import httpx, ssl\nr = httpx.get('{url}', verify=ssl.create_default_context(cafile='ca.pem'))\nr.raise_for_status()\nprint(r.text)",
    "pandas": "import os\nos.environ['SSL_CERT_FILE'] = 'ca.pem'\nimport pandas as pd\nprint(pd.read_csv('{url}').to_csv(index=False))",
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_clients(provider, web, secure, client, scheme):
    """Python's usual clients reach a listed name by both schemes, and are told why they don't reach another."""
    server = web if scheme == "http" else secure[0]
    async with provider.open(allowing(f"data.test.org:{server.port}")) as sandbox:
        await sandbox.write("ca.pem", secure[1])
        listed, other = (f"{scheme}://{name}.test.org:{server.port}/a.csv" for name in ("data", "other"))
        ran = await run(sandbox, CLIENTS[client].replace("{url}", listed))
        assert ran.done.error is None, ran.done.error.traceback
        assert ran.text.replace("\r", "").strip() == "x,y\n1,2\n3,4"
        assert ran.denied == []
        ran = await run(sandbox, CLIENTS[client].replace("{url}", other))
        assert ran.done.error.kind == "network_denied"
        assert "Ringfence: other.test.org is not on the allowlist of the contract" in ran.done.error.traceback
        assert set(ran.denied) == {Denial("other.test.org", server.port, "is not on the allowlist of the contract")}


async def test_curl(provider, web, secure):
    """So does curl, which prints the reason."""
    server, ca = secure
    async with provider.open(allowing(f"data.test.org:{server.port}", f"data.test.org:{web.port}")) as sandbox:
        await sandbox.write("ca.pem", ca)
        code = f"""
        curl -sS --cacert ca.pem https://data.test.org:{server.port}/x; echo " $?"
        curl -sS http://data.test.org:{web.port}/x; echo " $?"
        curl -sS http://other.test.org:{web.port}/x; echo "$?"
        curl -sSv --cacert ca.pem https://other.test.org:{server.port}/x 2>&1 | grep Ringfence
        """
        ran = await run(sandbox, code, language="bash")
    lines = ran.text.splitlines()
    assert lines[:2] == [f"hello from data.test.org:{port} 0" for port in (server.port, web.port)]
    assert lines[2] == "Ringfence: other.test.org is not on the allowlist of the contract."
    assert "403 Ringfence: other.test.org is not on the allowlist of the contract" in lines[4]
    assert ran.hosts == ["other.test.org"] * 2


def wheel() -> bytes:
    """The smallest package that pip installs."""
    files = {
        "tiny_thing.py": b"ANSWER = 42\n",
        "tiny_thing-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.0\n",
        "tiny_thing-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files.items()]
    record = "tiny_thing-1.0.dist-info/RECORD"
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


async def test_pip(provider, secure):
    """pip installs from a listed index; the package can be imported at once, and is no result of the code's."""
    pytest.importorskip("pip")
    server, ca = secure
    server.pages["/simple/tiny-thing/"] = b'<!DOCTYPE html><a href="/w/tiny_thing-1.0-py3-none-any.whl">w</a>'
    server.pages["/w/tiny_thing-1.0-py3-none-any.whl"] = wheel()
    async with provider.open(allowing(f"data.test.org:{server.port}")) as sandbox:
        await sandbox.write("ca.pem", ca)
        index = f"https://data.test.org:{server.port}/simple/"
        code = f"REQUESTS_CA_BUNDLE=ca.pem pip install -q --index-url {index} tiny-thing 2>&1; python3 -c 'import tiny_thing'"
        ran = await run(sandbox, code, language="bash")
        assert ran.text == ""
        assert (ran.done.exit_code, ran.text, ran.denied) == (0, "", [])
        assert (await run(sandbox, "import tiny_thing\nprint(tiny_thing.ANSWER)")).text == "42\n"
        assert [entry.path for entry in await sandbox.list()] == ["ca.pem"]


FETCH = "import urllib.request\nprint(urllib.request.urlopen({url!r}, timeout=10).read().decode())"


def fetch(host: str, port: int) -> str:
    return FETCH.replace("{url!r}", repr(f"http://{host}:{port}/"))


@pytest.mark.parametrize(
    ("entry", "host", "passes"),
    [
        ("*.wild.test.org:{port}", "a.wild.test.org", True),
        ("*.wild.test.org:{port}", "wild.test.org", False),
        ("data.test.org:{port}", "DATA.test.org.", True),
        ("data.test.org", "data.test.org", False),
        ("data.test.org:{port}", "127.0.0.1", False),
        ("data.test.org:{port}", "data.test.org.other.test.org", False),
        ("inside.test.org:{port}", "inside.test.org", False),
        ("neighbour.test.org:{port}", "neighbour.test.org", False),
    ],
)
async def test_names_and_ports(provider, web, entry, host, passes):
    """Sub-domains of a star only, the port that is given only, no addresses, and no name that leads inside."""
    code = f"import os\nos.environ['no_proxy'] = os.environ['NO_PROXY'] = ''\n{fetch(host, web.port)}"
    async with provider.open(allowing(entry.replace("{port}", str(web.port)))) as sandbox:
        ran = await run(sandbox, code)
    if passes:
        assert ran.text.startswith("hello from ")
    else:
        assert ran.done.error.kind == "network_denied"
        assert ran.hosts == [host]


async def test_open(provider, web):
    """Open reaches every name and port, but for those that lead inside."""
    async with provider.open(allowing(mode="open")) as sandbox:
        assert (await run(sandbox, fetch("other.test.org", web.port))).text.startswith("hello")
        ran = await run(sandbox, fetch("inside.test.org", 80))
        assert ran.hosts == ["inside.test.org"]
        assert "leads to a private address" in ran.done.error.message


ROADS = {
    "a name": "import socket\nsocket.getaddrinfo('data.test.org', 80)",
    "an address": "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)",
    "a public address": "import socket\nsocket.create_connection(('1.1.1.1', 443), 2)",
    "a question to a name server": "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.sendto(b'x', ('1.1.1.1', 53))",
    "the newer family": "import socket\nsocket.create_connection(('2606:4700:4700::1111', 443), 2)",
    "without the proxy": "import urllib.request as u\nu.build_opener(u.ProxyHandler({})).open('http://data.test.org:{port}/', timeout=2)",
    "without the environment": "import subprocess\nsubprocess.run(['curl', '-sS', 'http://data.test.org:{port}/'], env={'PATH': '/usr/bin'}, check=True)",
    "curl without the proxy": "import subprocess\nsubprocess.run(['curl', '--noproxy', '*', '-sS', 'http://data.test.org:{port}/'], check=True)",
    "a raw socket": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
    "a socket of the host's": "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('\\0/tmp/.X11-unix/X0')",
}


@pytest.mark.parametrize("road", ROADS)
async def test_no_other_road(provider, web, road):
    """Also with the host on the list, the proxy is the only way there."""
    web.asked.clear()
    async with provider.open(allowing(f"data.test.org:{web.port}")) as sandbox:
        ran = await run(sandbox, ROADS[road].replace("{port}", str(web.port)))
        assert ran.done.error is not None
    assert web.asked == []


async def test_the_sandbox_cannot_take_the_proxys_place(provider):
    """The listener is not the sandbox's: its address is taken, and no process inside holds it or could be killed."""
    code = """
import os, socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
try:
    s.bind(("127.0.0.1", 3128))
    s.listen()
except OSError as error:
    print(error.errno == 98)
print(len([name for name in os.listdir("/proc") if name.isdigit()]))
os.kill(-1, 0)
"""
    async with provider.open(allowing("data.test.org")) as sandbox:
        ran = await run(sandbox, code)
    assert ran.text == "True\n2\n"


async def test_two_sandboxes_have_two_proxies(provider, web):
    """What one contract lists opens nothing to a sandbox under another."""
    async with provider.open(allowing(f"data.test.org:{web.port}")) as one, provider.open(CONTRACT) as two:
        first, second = await asyncio.gather(*(run(box, fetch("data.test.org", web.port)) for box in (one, two)))
        assert first.text.startswith("hello")
        assert (first.denied, second.hosts) == ([], ["data.test.org"])
        assert "allows no network" in second.done.error.message


async def test_live_edits(provider, web):
    """Deny, list, another list, open, deny: each holds from the next connection on, in the same sandbox."""
    steps = [
        (Network(), False),
        (Network(mode="allowlist", domains=(f"data.test.org:{web.port}",)), True),
        (Network(mode="allowlist", domains=("other.test.org",)), False),
        (Network(mode="open"), True),
        (Network(), False),
    ]
    async with provider.open(CONTRACT) as sandbox:
        await run(sandbox, "kept = 1")
        for network, passes in steps:
            amendment = await sandbox.amend(CONTRACT.model_copy(update={"network": network}))
            assert amendment.next_sandbox == frozenset()
            ran = await run(sandbox, fetch("data.test.org", web.port))
            assert ran.text.startswith("hello") is passes
            assert (ran.hosts == []) is passes
        assert (await run(sandbox, "print(kept)")).text == "1\n"


async def said_so(said: Said, expected: str) -> None:
    for _ in range(2_000):
        if said.text() == expected:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"It said {said.text()!r} instead of {expected!r}.")


async def test_an_edit_in_the_middle_of_a_call(provider, web):
    """Code that tries again and again gets through as soon as the contract says so, and not a moment longer."""
    code = f"""
import time, urllib.request
seen = []
while seen[-2:] != ["yes", "no"]:
    try:
        urllib.request.urlopen("http://data.test.org:{web.port}/", timeout=5)
        now = "yes"
    except OSError:  # refused, or cut while it was open
        now = "no"
    if seen[-1:] != [now]:
        seen.append(now)
        print(now, flush=True)
    time.sleep(0.01)
"""
    async with provider.open(CONTRACT) as sandbox:
        said = Said()
        denied: list[Denial] = []
        call = asyncio.create_task(sandbox.run(code, emit=said, on_denied=denied.append))
        for network, expected in (
            (Network(mode="allowlist", domains=(f"data.test.org:{web.port}",)), "no\n"),
            (Network(), "no\nyes\n"),
        ):
            await said_so(said, expected)
            assert denied
            await sandbox.amend(CONTRACT.model_copy(update={"network": network}))
        done = await call
    assert (done.error, said.text()) == (None, "no\nyes\nno\n")


async def test_swallowed_exceptions_are_told(provider):
    """That the code goes on as if nothing had been does not hide what it tried."""
    code = "import urllib.request\nfor n in range(3):\n    try: urllib.request.urlopen('http://hidden.org')\n    except Exception: pass"
    async with provider.open(CONTRACT) as sandbox:
        ran = await run(sandbox, code)
        assert ran.done.error is None
        assert ran.hosts == ["hidden.org"] * 3


async def test_what_a_left_process_tried_is_told_by_the_next_call(provider):
    """Between calls nobody listens; nothing is lost."""
    code = "(sleep 0.4; curl -s http://later.org >/dev/null) &"
    async with provider.open(CONTRACT) as sandbox:
        assert (await run(sandbox, code, language="bash")).denied == []
        await asyncio.sleep(1.2)
        assert (await run(sandbox, "1")).hosts == ["later.org"]


async def test_an_error_of_the_codes_own_is_not_the_networks(provider):
    """Only what tells of the refusal is put down to it."""
    code = "import urllib.request\ntry: urllib.request.urlopen('http://a.org')\nexcept Exception: pass\n"
    async with provider.open(CONTRACT) as sandbox:
        ran = await run(sandbox, code + "int('x')")
        assert (ran.hosts, ran.done.error.kind) == (["a.org"], "code_error")
        assert (await run(sandbox, "raise ValueError('Ringfence: a.org')")).done.error.kind == "code_error"


async def test_the_codes_own_servers(provider):
    """What runs inside can be reached from inside, past the proxy."""
    code = """
import http.server, threading, urllib.request
server = http.server.HTTPServer(("127.0.0.1", 0), type("H", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None}))
threading.Thread(target=server.handle_request, daemon=True).start()
print(urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/").status)
"""
    async with provider.open(CONTRACT) as sandbox:
        ran = await run(sandbox, code)
    assert (ran.text, ran.denied) == ("200\n", [])


async def test_many_connections_at_once(provider, web):
    """More connections than are served at once all get their turn."""
    code = f"""
from concurrent.futures import ThreadPoolExecutor
import urllib.request
def fetch(n):
    return urllib.request.urlopen("http://data.test.org:{web.port}/", timeout=20).status
with ThreadPoolExecutor(20) as pool:
    print(sum(pool.map(fetch, range(150))))
"""
    async with provider.open(allowing(f"data.test.org:{web.port}")) as sandbox:
        assert (await run(sandbox, code)).text == f"{200 * 150}\n"


async def test_nothing_listens_after_the_end(provider):
    """Closing a sandbox ends its proxy, whatever it held open."""
    code = "import socket\nheld = [socket.create_connection(('127.0.0.1', 3128)) for _ in range(20)]"
    async with provider.open(allowing("data.test.org")) as sandbox:
        await run(sandbox, code)
        proxy = sandbox._proxy
        assert proxy._serving
    assert not proxy._serving
    assert proxy._accepting.done()
    assert proxy._listener.fileno() == -1


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_descriptor_is_left(provider, web):
    """A sandbox that has used the network gives back every descriptor of the app's."""

    async def use() -> None:
        async with provider.open(allowing(f"data.test.org:{web.port}")) as sandbox:
            await run(sandbox, fetch("data.test.org", web.port))
            await run(sandbox, "import socket\nheld = socket.create_connection(('127.0.0.1', 3128))")

    await use()
    before = descriptors()
    for _ in range(5):
        await use()
    for _ in range(200):  # the test's own server closes its ends a little later
        if descriptors() <= before:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"There were {before} descriptors, and now there are {descriptors()}.")


async def test_authorities_of_the_machine(provider):
    """Programs find the machine's own certificate authorities, by every name that they look under, and can't change them."""
    code = """
import os, ssl
names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
assert len({os.environ[name] for name in names}) == 1
print(len(ssl.create_default_context().get_ca_certs()) > 20, os.access(os.environ["PIP_CERT"], os.W_OK))
"""
    async with provider.open(CONTRACT) as sandbox:
        assert (await run(sandbox, code)).text == "True False\n"


FLOOD = """
import socket, time
held, end = [], time.monotonic() + 3
while time.monotonic() < end:
    try:
        held.append(socket.create_connection(("127.0.0.1", 3128), 0.2))
        held[-1].send(b"x" * 1000)
    except OSError:
        pass
    if len(held) > 300:
        held.clear()
"""


async def test_a_flood_hurts_nobody(provider, web):
    """While one sandbox throws connections and garbage at its proxy, another's requests are answered as ever."""
    loop = asyncio.get_running_loop()
    contract = allowing(f"data.test.org:{web.port}")
    async with provider.open(contract) as bad, provider.open(contract) as good:
        flood = asyncio.create_task(run(bad, FLOOD))
        seconds = []
        while not flood.done():
            began = loop.time()
            assert (await run(good, fetch("data.test.org", web.port))).text.startswith("hello")
            seconds.append(loop.time() - began)
        assert (await flood).done.error is None
        assert len(bad._proxy._serving) <= 32
    assert max(seconds) < 2
