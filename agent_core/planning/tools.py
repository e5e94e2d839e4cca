"""Our tools as an in-process MCP server, with a hold on each call that is under way."""

import asyncio
import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from claude_agent_sdk import McpSdkServerConfig, SdkMcpTool, create_sdk_mcp_server

from agent_core.tools.base import Image, Text, Tool, ToolResult

SERVER = "sandbox"


class ToolServer:
    """Runs each call in a task of its own, so that it can be stopped with the turn.

    `failed` is told of what a tool raises, which is always a bug or a refusal that ends the turn.
    """

    def __init__(self, tools: Sequence[Tool], failed: Callable[[Exception], None]) -> None:
        self._tools = tuple(tools)
        self._failed = failed
        self._calls: set[asyncio.Task[ToolResult]] = set()

    @property
    def names(self) -> list[str]:
        """The tools as the SDK names them."""
        return [f"mcp__{SERVER}__{tool.name}" for tool in self._tools]

    def config(self) -> McpSdkServerConfig:
        """A server for one process."""
        return create_sdk_mcp_server(SERVER, tools=[self._exposed(tool) for tool in self._tools])

    async def stop(self, timeout_seconds: float) -> None:
        """Cancel the calls under way, and wait until they have ended."""
        calls = tuple(self._calls)
        for call in calls:
            _cancel(call)
        if calls:
            await asyncio.wait(calls, timeout=timeout_seconds)

    def _exposed(self, tool: Tool) -> SdkMcpTool[Any]:
        async def handler(arguments: dict[str, Any]) -> dict[str, Any]:
            return await self._run(tool, arguments)

        return SdkMcpTool(tool.name, tool.description, dict(tool.input_schema), handler)

    async def _run(self, tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
        call = asyncio.ensure_future(tool.run(arguments))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            return _content(await asyncio.shield(call))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                _cancel(call)
                raise
            self._failed(RuntimeError(f"The tool {tool.name} was cancelled."))
        except Exception as error:  # noqa: BLE001  # told to the turn, which raises it
            self._failed(error)
        # No answer: the turn is over, and the process that waits for one is being ended.
        never: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        return await never


def _cancel(call: asyncio.Task[ToolResult]) -> None:
    """Cancel once: a second time would break into the call's own cleaning up."""
    if not call.cancelling():
        call.cancel()


def _content(result: ToolResult) -> dict[str, Any]:
    return {"content": [_block(block) for block in result.content], "is_error": result.is_error}


def _block(block: Text | Image) -> dict[str, str]:
    match block:
        case Text(text):
            return {"type": "text", "text": text}
        case Image(data, media_type):
            return {"type": "image", "data": base64.b64encode(data).decode("ascii"), "mimeType": media_type}
