"""The models that run code at Claude."""

import re

from agent_core.errors import ProviderUnavailable

MODELS = ("claude-sonnet-4-6", "claude-opus-4-6", "claude-opus-4-7")
"""The models of this app that can be given `code_execution_20260120`."""

_ANY_RETIRED = re.compile(r"^claude-[a-z]+-4-20250514$")


def check_model(name: str) -> None:
    """Raises ProviderUnavailable for a model that does not run code at Claude."""
    if name not in MODELS:
        offered = ", ".join(MODELS)
        why = "was retired" if _ANY_RETIRED.match(name) else "does not run code at Claude"
        raise ProviderUnavailable(
            f"The model {name} {why}. Choose one of {offered}, or another provider in the contract."
        )
