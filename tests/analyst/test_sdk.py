"""The Agent SDK's own loop, its process and an in-process tool, against the analyst on a unix socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ResultMessage,
    StreamEvent,
    TextBlock,
    ToolUseBlock,
    create_sdk_mcp_server,
    query,
    tool,
)

from agent_core.analyst.api import create_app
from tests.analyst.expecting import says
from tests.analyst.running import Library

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def _served(socket: Path) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(create_app(0), uds=str(socket), log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for this
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await running


def _options(home: Path, socket: Path, server: Any) -> ClaudeAgentOptions:
    environment = {
        "ANTHROPIC_UNIX_SOCKET": str(socket),
        "ANTHROPIC_API_KEY": "none",
        "ANTHROPIC_BASE_URL": "http://analyst.invalid",
        "CLAUDE_CONFIG_DIR": str(home),
        "HOME": str(home),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return ClaudeAgentOptions(
        tools=[],
        allowed_tools=["mcp__sandbox__execute_code"],
        mcp_servers={"sandbox": server},
        strict_mcp_config=True,
        setting_sources=[],
        system_prompt="You are a data analyst.",
        model="claude-sonnet-4-6",
        cwd=home,
        env=environment,
        verbatim_prompts=True,
        include_partial_messages=True,
    )


async def test_the_sdk_asks_runs_and_gets_the_answer_over_two_turns(library: Library, tmp_path: Path) -> None:
    """A question and its follow-up: the code is streamed, run, and its figures are answered."""
    frame = await asyncio.to_thread(library.frame, "penguins.csv")
    opening = await asyncio.to_thread(library.opening, "penguins.csv")

    @tool("execute_code", "Run code.", {"code": str, "language": str})
    async def execute_code(given: dict[str, Any]) -> dict[str, Any]:
        done = await asyncio.to_thread(library.box.run, given["code"])
        return {"content": [{"type": "text", "text": json.dumps(done["result"])}]}

    answered = asyncio.Event()

    async def prompts() -> AsyncIterator[dict[str, Any]]:
        for text in (opening + "average body mass by species", "only Biscoe"):
            yield {"type": "user", "message": {"role": "user", "content": text}}
            await answered.wait()
            answered.clear()

    server = create_sdk_mcp_server("sandbox", tools=[execute_code])
    calls, texts, partial = [], [], []
    async with _served(tmp_path / "a.sock"):
        async for message in query(prompt=prompts(), options=_options(tmp_path, tmp_path / "a.sock", server)):
            match message:
                case AssistantMessage(content=blocks):
                    calls += [block for block in blocks if isinstance(block, ToolUseBlock)]
                    texts += [block.text for block in blocks if isinstance(block, TextBlock)]
                case StreamEvent(event=event):
                    partial.append(event["type"])
                case ResultMessage(is_error=failed):
                    assert not failed
                    answered.set()
    assert [call.name for call in calls] == ["mcp__sandbox__execute_code"] * 2
    assert "read_csv" in calls[0].input["code"]
    assert partial.count("content_block_delta") > 40
    says(texts[1], *frame.groupby("species").body_mass_g.mean())
    says(texts[-1], *frame[frame.island == "Biscoe"].groupby("species").body_mass_g.mean())
