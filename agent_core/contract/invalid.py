"""A contract that was written wrong, told in plain sentences."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from agent_core.contract.clauses import Contract
from agent_core.contract.terms import CLAUSES, TERMS
from agent_core.contract.words import listed
from agent_core.errors import ClauseRefused

_PATHS = [term.path.partition(".") for term in TERMS]
_LABELS = {term.path: term.label for term in TERMS}
_LONGEST_VALUE = 40
_MOST_PROBLEMS = 30
_WHOLE, _NUMBER, _LIST = "must be a whole number", "must be a number", "must be a list"
_TERMS = "must be a list of terms, each with its value"
RULES = {
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "finite_number": _NUMBER,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "string_type": "must be a text",
    "model_type": _TERMS,
    "model_attributes_type": _TERMS,
}


class ContractInvalid(ClauseRefused):
    """What was written is no contract. Its text is all of `problems`."""

    def __init__(self, problems: tuple[str, ...], clause: str = "contract") -> None:
        self.problems = problems
        super().__init__(clause, " ".join(problems))


def validated(values: Any) -> Contract:
    """The contract that plain values describe; what is left out is as in the standard one. Raises ContractInvalid."""
    if not isinstance(values, Mapping):
        raise ContractInvalid(("A contract is a list of clauses, such as “timeout:”, each with its terms.",))
    try:
        return Contract.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False)
        told = [_sentence(detail) for detail in details[:_MOST_PROBLEMS]]
        if more := len(details) - len(told):
            told.append(f"There are {more:,} more mistakes.")
        raise ContractInvalid(tuple(told), _clause(details[0]["loc"])) from None


def _clause(place: tuple[int | str, ...]) -> str:
    return str(place[0]) if place and place[0] in CLAUSES else "contract"


def _sentence(detail: Any) -> str:
    place = tuple(str(part) for part in detail["loc"] if not isinstance(part, int))
    path = ".".join(place[:2])
    label = _LABELS.get(path) or CLAUSES.get(path, "")
    if detail["type"] == "extra_forbidden":
        within = place[0] in CLAUSES and len(place) > 1
        where = f"The clause {CLAUSES[place[0]]} has" if within else "A contract has"
        names = (
            tuple(field for clause, _, field in _PATHS if clause == place[0])
            if within
            else tuple(Contract.model_fields)
        )
        meant = get_close_matches(place[-1], names, 1)
        return (
            f"{where} no {shown(place[-1])}{f'; did you mean {meant[0]}?' if meant else f': it has {listed(names)}.'}"
        )
    if detail["type"] == "value_error":
        text = str(detail["ctx"]["error"])
        return f"{label}: {text}" if label else text
    return f"{label or 'The contract'}: {_rule(detail, path)} (got {shown(detail['input'])})."


def _rule(detail: Any, path: str) -> str:
    kind, field = detail["type"], _field(path)
    if kind in RULES or field is None:
        return RULES.get(kind, _own_words(detail))
    match kind:
        case "greater_than_equal" | "less_than_equal":
            return "must be between {} and {}".format(*_bounds(field))
        case "string_too_short" | "string_too_long":
            return "must have between {} and {} characters".format(*_lengths(field))
        case "literal_error":
            return f"must be {listed(_choices(field), 'or')}"
        case "decimal_max_places":
            return f"must have at most {detail['ctx']['decimal_places']} decimals"
    return _own_words(detail)


def _own_words(detail: Any) -> str:
    return f"{detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _field(path: str) -> FieldInfo | None:
    model: type[BaseModel] = Contract
    *clauses, name = path.split(".")
    for clause in clauses:
        if clause not in CLAUSES:
            return None
        model = type(getattr(Contract(), clause))
    return model.model_fields.get(name)


def _bounds(field: FieldInfo) -> tuple[str, str]:
    low = next(str(rule.ge) for rule in field.metadata if isinstance(rule, Ge))
    high = next(str(rule.le) for rule in field.metadata if isinstance(rule, Le))
    return low, high


def _lengths(field: FieldInfo) -> tuple[int, int]:
    low = next(rule.min_length for rule in field.metadata if isinstance(rule, MinLen))
    high = next(rule.max_length for rule in field.metadata if isinstance(rule, MaxLen))
    return low, high


def _choices(field: FieldInfo) -> tuple[str, ...]:
    inner = get_args(field.annotation)
    words = get_args(inner[0]) if inner and not isinstance(inner[0], str) else inner
    return tuple(str(word) for word in words)


def shown(value: Any) -> str:
    """A value as it was written, cut where it is long."""
    text = str(value) if isinstance(value, int | float) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
