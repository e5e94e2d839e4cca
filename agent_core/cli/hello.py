"""`ringfence hello`: whether a provider works here, in four lines."""

import asyncio
import sys

import click

from agent_core.billing.budget import dollars
from agent_core.cli.opener import by_command
from agent_core.config import Settings
from agent_core.contract import HOSTED, PROVIDERS, ProviderName
from agent_core.errors import RingfenceError
from agent_core.sandbox.providers import provider
from agent_core.session.hello import Hello, hello_within


@click.command
@click.option("--provider", "name", type=click.Choice(PROVIDERS), default="local", show_default=True)
def command(name: ProviderName) -> None:
    """Open a sandbox, run one line, close it, and say what that cost.

    Ends with 0 when all of it worked, and with 1 and a sentence when it did not.
    """
    try:
        done = asyncio.run(_hello(name))
    except RingfenceError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(f"Opened a sandbox of {name}.")
    click.echo(f"print(1) printed {done.printed}.")
    click.echo(f"Closed it after {done.seconds:.2f} s.")
    click.echo(f"Metered: ${dollars(done.usd)}.")
    if name in HOSTED:
        click.echo("The tokens of the model that was asked to run it come on top.")


async def _hello(name: ProviderName) -> Hello:
    opened = provider(name, Settings.from_environment(), by_command())
    try:
        return await hello_within(opened, name)
    finally:
        await opened.aclose()
