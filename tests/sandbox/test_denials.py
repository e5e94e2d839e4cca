"""What the contract says of each refused connection, from the code that tried to the conversation's events."""

import hashlib

import pytest

from agent_core.contract import Contract, Network
from agent_core.events import CodeFinished, ContractDenied, Event
from agent_core.sandbox.base import Output, Sandbox
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.tools import execute_code
from tests.sandbox.conformance import CONTRACT

pytestmark = pytest.mark.anyio


class Bench:
    """A conversation's side of the tool that keeps its events in a list."""

    turn = "t1"

    def __init__(self, sandbox: Sandbox, contract: Contract = CONTRACT, version: int = 3) -> None:
        self.contract, self.contract_version = contract, version
        self.events: list[Event] = []
        self._sandbox = sandbox

    async def sandbox(self) -> Sandbox:
        return self._sandbox

    def record(self, *events: Event) -> None:
        self.events += events

    def started(self, run: str) -> None:
        """Nobody looks on."""

    def finished(self, error: Exception | None) -> None:
        """Nobody waits."""

    def progress(self, output: Output) -> None:
        """Nobody reads along."""

    async def keep(self, data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    def made(self, path: str, sha256: str, size: int) -> None:
        """Nothing is kept."""

    @property
    def denied(self) -> list[tuple[str, str, str, int]]:
        found = [event for event in self.events if isinstance(event, ContractDenied)]
        return [(event.clause, event.error, event.message, event.version) for event in found]


@pytest.fixture
async def sandbox():
    provider = LocalProvider()
    try:
        async with provider.open(CONTRACT) as opened:
            yield opened
    finally:
        await provider.aclose()


def said(host: str, port: int = 80, why: str = "can't be reached, because the contract allows no network"):
    return ("network", "network_denied", f"Code tried to reach {host} on port {port}: it {why}.", 3)


TRY = """
import urllib.request
def attempt(host):
    try:
        urllib.request.urlopen(f"http://{host}/")
    except Exception:
        pass
"""


async def test_once_for_each_host_of_a_call(sandbox):
    """Each host that a call tries is one event, however often it tries, and also where it says nothing of it."""
    bench = Bench(sandbox)
    code = TRY + "for host in ('a.org', 'b.org', 'a.org', 'a.org:8080'): attempt(host)"
    outcome = await execute_code.call(bench, {"code": code})
    assert outcome.error is None
    assert bench.denied == [said("a.org"), said("b.org")]
    await execute_code.call(bench, {"code": "attempt('a.org')"})
    assert bench.denied == [said("a.org"), said("b.org"), said("a.org")]


async def test_the_error_is_not_told_twice(sandbox):
    """A refusal that the code fails of is one event, and the call's error is the network clause's."""
    bench = Bench(sandbox)
    outcome = await execute_code.call(bench, {"code": "import urllib.request as u\nu.urlopen('https://a.org')"})
    assert outcome.error == "network_denied"
    assert "Ringfence: a.org can't be reached" in outcome.message
    assert bench.denied == [said("a.org", 443)]
    finished = [event for event in bench.events if isinstance(event, CodeFinished)]
    assert [event.error for event in finished] == ["network_denied"]


async def test_a_script_that_fails_of_it(sandbox):
    """The exit code of a shell's client does not say why; the call's error does."""
    bench = Bench(sandbox)
    outcome = await execute_code.call(bench, {"code": "curl -sS https://a.org", "language": "bash"})
    assert (outcome.error, outcome.exit_code) == ("network_denied", 56)
    assert "a.org" in outcome.message
    assert bench.denied == [said("a.org", 443)]


async def test_without_the_proxy_there_is_an_event_too(sandbox):
    """What never reaches the proxy fails of the empty namespace, and is told without its host."""
    bench = Bench(sandbox)
    outcome = await execute_code.call(bench, {"code": "import socket\nsocket.create_connection(('1.1.1.1', 53))"})
    assert outcome.error == "network_denied"
    assert [(clause, error) for clause, error, _, _ in bench.denied] == [("network", "network_denied")]


async def test_events_come_at_the_moment_and_with_its_version(sandbox):
    """Each names the version in force when it happened, also where the contract changed within the call."""
    bench = Bench(sandbox)
    wanted = CONTRACT.model_copy(update={"network": Network(mode="allowlist", domains=("a.org",))})
    record = bench.record

    def edit_after_the_first(*events: Event) -> None:
        record(*events)
        if bench.denied and bench.contract_version == 3:
            bench.contract_version = 4
            sandbox._proxy.amend(wanted.network)

    bench.record = edit_after_the_first
    await execute_code.call(bench, {"code": TRY + "attempt('b.org')\nattempt('c.org')"})
    assert bench.denied == [
        said("b.org"),
        (*said("c.org", why="is not on the allowlist of the contract")[:3], 4),
    ]


async def test_a_flood_is_bounded(sandbox):
    """A call that tries a thousand names leaves a bounded number of events."""
    bench = Bench(sandbox)
    await execute_code.call(bench, {"code": TRY + "for n in range(200): attempt(f'h{n}.org')"})
    assert len(bench.denied) == execute_code.MOST_HOSTS
    assert max(len(message) for _, _, message, _ in bench.denied) < 400


async def test_a_call_that_is_ended_has_told(sandbox):
    """The time-out of a call takes nothing back."""
    contract = CONTRACT.model_copy(update={"timeout": CONTRACT.timeout.model_copy(update={"call_seconds": 1})})
    await sandbox.amend(contract)
    bench = Bench(sandbox, contract)
    outcome = await execute_code.call(bench, {"code": TRY + "attempt('a.org')\nwhile True: pass"})
    assert outcome.error == "timeout"
    assert [clause for clause, *_ in bench.denied] == ["network", "timeout"]
