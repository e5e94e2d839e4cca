"""A hostile model's attempts: a fence holds each of them, and where there is no fence each is seen to get through."""

from ipaddress import ip_network

import pytest

from agent_core.contract import Contract, Languages, Network
from agent_core.sandbox.local.provider import LocalProvider
from agent_core.validation.hostile.attempt import HostileReport
from agent_core.validation.hostile.runner import attack
from tests.session.unfenced import UnfencedProvider

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def endings(report: HostileReport) -> dict[str, str]:
    return {attempt.id: attempt.ending for attempt in report.attempts}


async def test_the_local_sandbox_and_the_tool_layer_hold_every_attempt() -> None:
    """Each is stopped, or handed on as data to a page that shows it without running it; progress is told."""
    told: list[tuple[int, int, str]] = []
    local = LocalProvider()
    try:
        report = await attack(local, Contract(), 7, lambda *step: told.append(step))
    finally:
        await local.aclose()
    found = endings(report)
    assert set(found.values()) == {"stopped", "page"}, found
    assert {name for name, ending in found.items() if ending == "page"} == {"html", "svg", "formulas", "markdown"}
    assert (report.contract_version, report.provider) == (7, "local")
    assert [number for number, _, _ in told] == list(range(len(told)))
    assert all(attempt.stopped_by.endswith(".") for attempt in report.attempts)


async def test_without_a_fence_the_attempts_get_through_and_say_so() -> None:
    """What is judged is what the machine saw, so that a provider that holds nothing can't pass."""
    report = await attack(UnfencedProvider(), Contract(), 1, lambda *_: None)
    found = endings(report)
    through = {name for name, ending in found.items() if ending == "got_through"}
    assert {"files", "environment", "network", "names", "output"} <= through, found


async def test_a_contract_that_opens_more_says_so_and_not_that_it_was_stopped() -> None:
    """An allowlist is told as one; with every language allowed there is none to refuse."""
    local = LocalProvider(reachable=(ip_network("127.0.0.0/8"),))
    listed = Contract(network=Network(mode="allowlist", domains=("example.org",)), languages=Languages())
    try:
        report = await attack(local, listed, 1, lambda *_: None)
    finally:
        await local.aclose()
    network = next(attempt for attempt in report.attempts if attempt.id == "network")
    assert network.ending == "stopped"
    assert "only the hosts on its list" in network.stopped_by
