"""`ringfence mcp`: execute_code under a contract, over the Model Context Protocol on standard input and output."""

import asyncio
import base64
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from agent_core.cli.session import conversation, upload
from agent_core.contract.summary import summarise
from agent_core.errors import RingfenceError
from agent_core.session import Conversation
from agent_core.session.direct import Direct
from agent_core.tools.base import Image, Text, ToolResult

_NOT_STARTED = 2


@click.command
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--contract", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A YAML file.")
def command(*, files: tuple[Path, ...], source: Path | None) -> None:
    """Offer execute_code under a contract to the MCP client that started this.

    The code finds FILES in inputs/. Every call is recorded, and stands in the app as a conversation.
    Ends with 2 and a sentence where it can't start.
    """
    try:
        with ExitStack() as stack:
            opened = stack.enter_context(conversation(source))
            _leave_on_signals(stack)
            upload(opened, files)
            opened.rename("MCP client")
            asyncio.run(_serve(opened))
    except (RingfenceError, ValueError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(_NOT_STARTED)


def _leave_on_signals(stack: ExitStack) -> None:
    """Close what is open and end at once: the thread that waits for the client's next line can't be interrupted."""

    def leave(number: int, _: object) -> None:
        stack.close()
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)


async def _serve(opened: Conversation) -> None:
    direct = Direct(opened)
    offered = types.Tool(
        name=direct.tool.name, description=direct.tool.description, input_schema=dict(direct.tool.input_schema)
    )

    async def tools(_: object, __: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[offered])

    async def run(_: object, asked: types.CallToolRequestParams) -> types.CallToolResult:
        if asked.name != offered.name:
            return _result(ToolResult((Text(f"There is one tool here: {offered.name}."),), is_error=True))
        return _result(await direct.tool.run(asked.arguments or {}))

    server: Server[Any] = Server(
        "ringfence",
        instructions=f"Runs code in a sandbox, under a contract. {summarise(opened.snapshot().contract)}",
        on_list_tools=tools,
        on_call_tool=run,
    )
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def _result(result: ToolResult) -> types.CallToolResult:
    return types.CallToolResult(content=[_block(block) for block in result.content], is_error=result.is_error)


def _block(block: Text | Image) -> types.TextContent | types.ImageContent:
    match block:
        case Text(text):
            return types.TextContent(text=text)
        case Image(data, media_type):
            return types.ImageContent(data=base64.b64encode(data).decode("ascii"), mime_type=media_type)
