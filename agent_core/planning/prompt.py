"""The system prompt."""

from functools import cache
from pathlib import Path


def system_prompt(contract: str) -> str:
    """The whole prompt, with the contract in force as a paragraph of plain language."""
    return _template().replace("{contract}", contract.strip())


@cache
def _template() -> str:
    return Path(__file__).with_name("prompt.md").read_text("utf-8")
