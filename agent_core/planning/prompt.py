"""The system prompts: of the planner that calls our tool, and of the one whose code runs where the model is."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path


def system_prompt(contract: str) -> str:
    """The whole prompt, with the contract in force as a paragraph of plain language."""
    return _template("prompt.md").replace("{contract}", contract.strip())


def hosted_prompt(contract: str, files: Mapping[str, str]) -> str:
    """The same for a hosted container. `files` are its files' names in the container, by their paths; hostile."""
    listed = "\n".join(f"  - {json.dumps(name, ensure_ascii=False)}" for name in files.values()) or "  - none"
    return _template("hosted.md").replace("{contract}", contract.strip()).replace("{files}", listed)


@cache
def _template(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
