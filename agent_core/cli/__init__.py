"""The `ringfence` command. Each of its commands is a module beside this one, imported when it is called."""

import signal
import sys
from importlib import import_module
from typing import NoReturn

import click

_COMMANDS = {
    "ask": "Ask a question about files, and print the answer.",
    "hello": "Open a sandbox, run one line, close it, and say what that cost.",
    "validate": "Try to break out of a sandbox, and report what held.",
    "mcp": "Offer execute_code under a contract to any MCP client.",
}
"""What can be called, and the sentence that the list of commands shows for it."""


class _Commands(click.Group):
    """Knows its commands by name; the list of them imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"agent_core.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """Ringfence: a data analyst in a ring-fenced sandbox."""
    # As Ctrl-C does: what is open is closed first. A hosted sandbox would go on, and cost, until its clock ends it.
    before = signal.signal(signal.SIGTERM, _terminated)
    context.call_on_close(lambda: signal.signal(signal.SIGTERM, before))


def _terminated(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)
