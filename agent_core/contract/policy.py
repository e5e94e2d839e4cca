"""The operator's policy file, read once at the start. Its mistakes are told in plain words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent_core.contract.capabilities import check
from agent_core.contract.ceiling import NO_CEILING, Ceiling, Range, own_bounds
from agent_core.contract.clamp import standard
from agent_core.contract.clauses import Network
from agent_core.contract.forms import read_yaml
from agent_core.contract.invalid import RULES, ContractInvalid, shown
from agent_core.contract.terms import TERMS
from agent_core.contract.words import listed
from agent_core.errors import ClauseRefused, RingfenceError


class PolicyInvalid(RingfenceError):
    """The operator's policy can't be read, or allows nothing. Its text names the file and what to write."""

    kind = "clause_refused"
    advice = "Stop; the operator has to correct the policy."

    def __init__(self, file: Path, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(f"The policy {file} can't be used. {' '.join(problems)}")


def read_policy(file: Path | None) -> Ceiling:
    """The ceiling that a file describes; none where there is no file. Raises PolicyInvalid."""
    if file is None:
        return NO_CEILING
    try:
        ceiling = _ceiling(read_yaml(file.read_text("utf-8")))
        _check_numbers(ceiling)
        _check_patterns(ceiling)
        _check_beginning(ceiling)
    except OSError as error:
        problem = f"It can't be read: {error.strerror}. Set RINGFENCE_POLICY to a file that is there."
        raise PolicyInvalid(file, (problem,)) from None
    except UnicodeDecodeError:
        raise PolicyInvalid(file, ("It is not a text in UTF-8.",)) from None
    except ContractInvalid as error:
        raise PolicyInvalid(file, error.problems) from None
    return ceiling


def _ceiling(values: Any) -> Ceiling:
    if not isinstance(values, Mapping) or not values:
        raise ContractInvalid(
            ("Write clauses with their bounds, such as “timeout: {call_seconds: 60}”, or remove it.",)
        )
    try:
        return Ceiling.model_validate(values)
    except ValidationError as error:
        raise ContractInvalid(tuple(map(_sentence, error.errors(include_url=False)))) from None


def _sentence(detail: Any) -> str:
    path = ".".join(str(part) for part in detail["loc"] if not isinstance(part, int)) or "The policy"
    kind = detail["type"]
    match kind:
        case "extra_forbidden":
            return f"{path}: there is no such field; take it out, or correct its name."
        case "value_error":
            return f"{path}: {detail['ctx']['error']}"
        case "literal_error":
            return f"{path}: write {detail['ctx']['expected']} (got {shown(detail['input'])})."
        case "too_short":
            return f"{path}: name at least one, or take the field out."
        case _:
            rule = RULES.get(kind) or detail["msg"][:1].lower() + detail["msg"][1:]
            return f"{path}: {rule} (got {shown(detail['input'])})."


def _check_numbers(ceiling: Ceiling) -> None:
    """A bound that no contract could reach is a slip of the pen."""
    for term in TERMS:
        rule = ceiling.rule(term.path)
        if not isinstance(rule, Range):
            continue
        low, high = own_bounds(*term.path.split("."))
        for name in ("minimum", "maximum"):
            bound = getattr(rule, name)
            if bound is not None and not low <= bound <= high:
                raise ContractInvalid((f"{term.path}.{name}: must be between {low} and {high} (got {bound}).",))


def _check_patterns(ceiling: Ceiling) -> None:
    for pattern in ceiling.network.domains or ():
        try:
            canonical = Network(domains=(pattern,)).domains
        except ValidationError:
            canonical = ()
        if canonical != (pattern,):
            problem = f"network.domains: write names such as example.org or *.example.org (got {shown(pattern)})."
            raise ContractInvalid((problem,))


def _check_beginning(ceiling: Ceiling) -> None:
    """Some contract must be possible: the one that a conversation begins with."""
    try:
        begins = standard(ceiling)
    except ValidationError as error:
        problems = listed(tuple(detail["msg"].removeprefix("Value error, ") for detail in error.errors()))
        raise ContractInvalid((f"No contract keeps to it: {problems}",)) from None
    try:
        ceiling.check(begins)
        check(begins)
    except ClauseRefused as error:
        where = "default" if ceiling.default is not None else "No contract keeps to it"
        raise ContractInvalid((f"{where}: {error}",)) from None
