"""A program that a model is asked to run at Claude: only a result of that very program counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from agent_core.contract import Contract, Timeout, moved
from agent_core.errors import (
    AuthFailed,
    CallTimeout,
    ClauseRefused,
    ProviderUnavailable,
    RateLimited,
    SandboxCrashed,
)
from agent_core.sandbox.claude.provider import ClaudeProvider
from agent_core.sandbox.claude.sandbox import ClaudeSandbox
from agent_core.sandbox.claude.verbatim import NotVerbatim
from agent_core.session.hello import hello_within
from tests.emulators.anthropic import Emulator, Fault, Run, Say
from tests.emulators.anthropic.steps import verbatim

pytestmark = pytest.mark.anyio

CONTRACT = moved(Contract(), "claude")


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def emulator(running) -> AsyncIterator[Emulator]:
    running.script.clear()
    running.faults.clear()
    running.asked.clear()
    yield running
    assert running.violations == []
    assert running.files == {}


@asynccontextmanager
async def opened(emulator, contract=CONTRACT, **options) -> AsyncIterator[ClaudeSandbox]:
    given = {"api_key": SecretStr(emulator.key), "base_url": emulator.url, "holder": "h", **options}
    provider = ClaudeProvider(given.pop("model", "claude-sonnet-4-6"), **given)
    try:
        async with provider.open(contract) as sandbox:
            yield sandbox
    finally:
        await provider.aclose()


def pieces(said):
    return "".join(output.text for output in said)


async def test_what_was_asked_for_is_what_ran(emulator):
    """The command is short and names files; the program is in one of them, where the model can't change it."""
    said = []
    async with opened(emulator) as sandbox:
        done = await sandbox.run("print(6 * 7)", emit=said.append)
    assert (done.exit_code, pieces(said)) == (0, "42\n")
    (asked,) = emulator.asked
    told = asked["messages"][0]["content"][0]["text"]
    assert told == '```bash\npython3 "${INPUT_DIR:-.}/ringfence.py" request-1.json\n```'
    assert "6 * 7" not in told


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        ((Run("echo 42"), Say("Done.")), "ran another"),
        ((Say("I would rather not."),), "ran none"),
    ],
)
async def test_a_model_that_does_something_else_is_not_believed(emulator, steps, what):
    emulator.then(*steps)
    said = []
    async with opened(emulator) as sandbox:
        with pytest.raises(NotVerbatim, match=what) as caught:
            await sandbox.run("print(6 * 7)", emit=said.append)
    assert said == []
    assert caught.value.kind == "provider_unavailable"


async def test_a_model_that_runs_it_twice_is_not_believed(emulator):
    emulator.otherwise = lambda messages: (*verbatim(messages)[:1], *verbatim(messages))
    try:
        async with opened(emulator) as sandbox:
            with pytest.raises(NotVerbatim, match="more than one"):
                await sandbox.run("print(1)", emit=lambda _: None)
    finally:
        emulator.otherwise = verbatim


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("execution_time_exceeded", CallTimeout),
        ("too_many_requests", RateLimited),
        ("unavailable", SandboxCrashed),
        ("output_file_too_large", SandboxCrashed),
    ],
)
async def test_what_anthropic_refuses_is_an_error_of_the_sandbox(emulator, code, ours):
    """It is never shown as the program's output."""
    emulator.otherwise = lambda messages: (Run(verbatim(messages)[0].command, error=code), Say("Done."))
    try:
        async with opened(emulator) as sandbox:
            with pytest.raises(ours):
                await sandbox.run("print(1)", emit=lambda _: None)
    finally:
        emulator.otherwise = verbatim


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        (Fault(on="POST /v1/files$", status=401, type="authentication_error"), AuthFailed),
        (Fault(on="POST /v1/files$", status=429, type="rate_limit_error"), RateLimited),
        (Fault(status=404, type="not_found_error"), ProviderUnavailable),
        (Fault(on="content$", status=500), ProviderUnavailable),
    ],
)
async def test_faults_are_told_and_nothing_is_left(emulator, fault, ours):
    emulator.faults.append(Fault(**vars(fault)))
    async with opened(emulator) as sandbox:
        with pytest.raises(ours):
            await sandbox.run("print(1)", emit=lambda _: None)
        emulator.faults.clear()


async def test_a_model_that_does_not_run_code_is_refused_by_name(emulator):
    async with opened(emulator, model="llama-3") as sandbox:
        with pytest.raises(ProviderUnavailable, match="llama-3 does not run code"):
            await sandbox.run("print(1)", emit=lambda _: None)
    provider = ClaudeProvider("llama-3", api_key=None, base_url=emulator.url, holder="h")
    assert "llama-3" in (await provider.available() or "")


async def test_whether_it_is_there_is_asked_of_the_files_api(emulator):
    """A key that is refused, and an endpoint without files, are told apart."""
    good = ClaudeProvider("claude-opus-4-7", api_key=SecretStr(emulator.key), base_url=emulator.url, holder="h")
    bad = ClaudeProvider("claude-opus-4-7", api_key=SecretStr("sk-no"), base_url=emulator.url, holder="h")
    try:
        assert await good.available() is None
        assert "ANTHROPIC_API_KEY" in (await bad.available() or "")
        emulator.faults.append(Fault(on="GET /v1/files$", status=404, type="not_found_error"))
        assert "Files API" in (await good.available() or "")
    finally:
        await good.aclose()
        await bad.aclose()


async def test_an_edit_of_the_time_holds_at_once(emulator):
    async with opened(emulator) as sandbox:
        told = await sandbox.amend(CONTRACT.model_copy(update={"timeout": Timeout(call_seconds=1), "name": "other"}))
        assert (told.now, told.next_sandbox) == ({"timeout"}, set())
        began = asyncio.get_running_loop().time()
        with pytest.raises(CallTimeout, match="1 s a call"):
            await sandbox.run("while True: pass", emit=lambda _: None)
        assert asyncio.get_running_loop().time() - began < 60


async def test_a_language_that_is_not_there(emulator):
    async with opened(emulator) as sandbox:
        with pytest.raises(ClauseRefused):
            await sandbox.run("1", "r", emit=lambda _: None)


async def test_hello(emulator):
    """The shortest story works here too, at the least that a container costs."""
    provider = ClaudeProvider("claude-sonnet-4-6", api_key=SecretStr(emulator.key), base_url=emulator.url, holder="h")
    try:
        done = await hello_within(provider, "claude")
    finally:
        await provider.aclose()
    assert (done.printed, done.card, f"{done.usd:.4f}") == ("1", "claude", "0.0042")
