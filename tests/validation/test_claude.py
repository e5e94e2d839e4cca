"""A hosted container is validated too, by a model that is asked to run each program; an emulated one here."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from agent_core.contract import Contract, moved
from agent_core.errors import ProviderUnavailable
from agent_core.sandbox.claude.provider import ClaudeProvider
from agent_core.validation.validate import PROBES, validate
from tests.emulators.anthropic import Emulator, Say

pytestmark = pytest.mark.anyio

CLAUDE = moved(Contract(), "claude")


@pytest.fixture(scope="module")
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        yield running


@pytest.fixture
async def provider(emulator: Emulator) -> AsyncIterator[ClaudeProvider]:
    opened = ClaudeProvider("claude-sonnet-4-6", api_key=SecretStr(emulator.key), base_url=emulator.url, holder="h")
    yield opened
    await opened.aclose()
    assert emulator.files == {}
    assert emulator.violations == []


async def test_a_report_comes_of_it(provider: ClaudeProvider) -> None:
    """Nothing gets through; what makes no sense in Anthropic's container says so and why."""
    report = await validate(provider, CLAUDE, 1, progress=lambda _: None)
    assert [f"{one.probe.id}: {one.seen}" for one in report.findings if one.outcome in {"failed", "inconclusive"}] == []
    assert [finding.probe for finding in report.findings] == list(PROBES)
    assert report.passed
    assert {finding.outcome for finding in report.of_group("checks")} == {"passed"}
    left_out = [one for one in report.findings if one.outcome == "not_applicable"]
    assert {"leftovers.processes", "exhaustion.memory", "kernel.sysctl"} <= {one.probe.id for one in left_out}
    assert all(one.seen.endswith(".") for one in left_out)
    assert len(report.findings) - len(left_out) > 40


async def test_a_model_that_refuses_ends_it_with_a_sentence(provider: ClaudeProvider, emulator: Emulator) -> None:
    """No report is made of what nobody ran."""
    emulator.then(Say("I would rather not."))
    with pytest.raises(ProviderUnavailable, match="exactly one command, and ran none"):
        await validate(provider, CLAUDE, 1, progress=lambda _: None, only=["secrets"])
