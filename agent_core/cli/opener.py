"""Who opens sandboxes for a command."""

from agent_core.sandbox.providers import Opener
from agent_core.storage.holders import this_process


def by_command() -> Opener:
    """Not a deployment's: a command closes what it opened, and finds nothing again."""
    return Opener("command", this_process().label)
