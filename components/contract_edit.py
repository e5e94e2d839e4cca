"""One change to a contract, as a new contract. Pure."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from agent_core.contract import Contract


class NotAContract(ValueError):
    """An edit that makes no valid contract. Its text is a sentence for the person."""


def edited(contract: Contract, changes: Mapping[str, Any]) -> Contract:
    """The contract with clauses changed, such as `{"timeout": {"call_seconds": 30}}`. Raises NotAContract."""
    whole = contract.model_dump()
    for clause, change in changes.items():
        whole[clause] = {**whole[clause], **change} if isinstance(change, Mapping) else change
    try:
        return Contract.model_validate(whole)
    except ValidationError as error:
        raise NotAContract(_sentence(error)) from error


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    text = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return text
    field = str(first["loc"][-1]).replace("_", " ") if first["loc"] else "value"
    return f"{field.capitalize()}: {text[:1].lower()}{text[1:]}."
