"""The contract as a document: YAML to keep and share, Markdown to read, JSON Schema to check against."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml

from agent_core.contract.clauses import Contract
from agent_core.contract.invalid import ContractInvalid, validated
from agent_core.contract.summary import summarise
from agent_core.contract.terms import CLAUSES, FORMER_TITLES, TERMS, Term

__all__ = ["ContractInvalid", "from_markdown", "from_yaml", "json_schema", "read_yaml", "to_markdown", "to_yaml"]

LONGEST_DOCUMENT = 100_000
"""In characters. A longer text is no contract."""

_MOST_ALIASES = 20
_HEAD = ("| Clause | Term | Value |", "| --- | --- | --- |")
_ROW = re.compile(r"\|([^|]*)\|([^|]*)\|([^|]*)\|")
_PLAIN = re.compile(r"[\w*.,:()/-]+( [\w*.,:()/-]+)*\Z")
_NONE = "(none)"


def to_yaml(contract: Contract) -> str:
    """The whole contract as YAML, every field of it."""
    return yaml.dump(contract.model_dump(), Dumper=_Dumper, sort_keys=False, allow_unicode=True)


def from_yaml(text: str) -> Contract:
    """The contract that a YAML text describes. Raises ContractInvalid with a sentence for each mistake."""
    values = read_yaml(text)
    return validated({} if values is None else values)


def read_yaml(text: str) -> Any:
    """What a YAML text holds, as plain values. Raises ContractInvalid."""
    _check_length(text)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader that also refuses a key given twice
    except yaml.MarkedYAMLError as error:
        raise ContractInvalid((_where(error),)) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ContractInvalid(("The text is not YAML.",)) from None


def to_markdown(contract: Contract) -> str:
    """The contract as a page: its name, a paragraph that says it all, and a table of every term."""
    rows = [f"| {CLAUSES[term.clause]} | {term.title} | {_cell(term, contract)} |" for term in TERMS[1:]]
    return "\n".join([f"# {_text(contract.name)}", "", _escaped(summarise(contract)), "", *_HEAD, *rows, ""])


def from_markdown(text: str) -> Contract:
    """The contract in the table of a page that `to_markdown` wrote, edited or not.

    The paragraph is not read. Raises ContractInvalid with a sentence for each mistake.
    """
    _check_length(text)
    heading = re.search(r"^# +(.+?)\s*$", text, re.MULTILINE)
    values: dict[str, Any] = {"name": _read_text(heading[1])} if heading else {}
    rows = list(_rows(text))
    if not rows:
        raise ContractInvalid(("The page holds no table of the contract's terms.",))
    for term, value in rows:
        clause, _, field = term.path.partition(".")
        if field:
            values.setdefault(clause, {})[field] = value
        else:
            values[clause] = value
    return validated(values)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a contract as plain values, with each field's name for people."""
    schema = Contract.model_json_schema()
    for term in TERMS:
        clause, _, field = term.path.partition(".")
        inner = schema["$defs"][type(getattr(Contract(), clause)).__name__] if field else schema
        inner["properties"][field or clause].update(title=term.title, description=f"The {term.subject}.")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


class _Dumper(yaml.SafeDumper):
    """Writes money as a plain number, lists in one line, and what can't be seen as escapes."""


_Dumper.add_representer(
    Decimal, lambda dumper, amount: dumper.represent_scalar("tag:yaml.org,2002:float", _money(amount))
)
_Dumper.add_representer(
    tuple, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)
_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"'
    ),
)


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, where YAML would silently take the last, and parts that refer to each other.

    A text of a few lines whose parts are each made of the one before twice would otherwise fill any memory.
    """

    _aliases = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As always, but with few references."""
        if self.check_event(yaml.AliasEvent):
            self._aliases += 1
            if self._aliases > _MOST_ALIASES:
                mark = self.get_mark()
                raise yaml.composer.ComposerError(None, None, "there are too many references (*) in this text", mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """As always, but every key once."""
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := next((name for name, count in names.items() if count > 1), None):
            raise yaml.constructor.ConstructorError(None, None, f"“{twice}” is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _money(amount: Decimal) -> str:
    plain = format(amount, "f")
    return plain if "." in plain else f"{plain}.00"


def _where(error: yaml.MarkedYAMLError) -> str:
    line = f"Line {error.problem_mark.line + 1}: " if error.problem_mark else ""
    problem = error.problem or "the text is not YAML"
    return f"{line}{problem}."


def _cell(term: Term, contract: Contract) -> str:
    value = term.of(contract)
    if isinstance(value, tuple):
        return ", ".join(value) or _NONE
    return _money(value) if isinstance(value, Decimal) else _text(str(value))


def _rows(text: str) -> Iterator[tuple[Term, Any]]:
    by_title = {(CLAUSES[term.clause], term.title): term for term in TERMS}
    for row in map(_ROW.fullmatch, map(str.strip, text.splitlines())):
        if row is None:
            continue
        clause, title, cell = (part.strip() for part in row.groups())
        if term := by_title.get((FORMER_TITLES.get(clause, clause), title)):
            yield term, _listed(cell) if isinstance(term.of(Contract()), tuple) else _read_text(cell)
        elif clause not in {"Clause", "---"}:
            raise ContractInvalid((f"The contract has no term “{title}” in a clause “{clause}”.",))


def _listed(cell: str) -> list[str]:
    return [] if cell == _NONE else [word.strip() for word in cell.split(",")]


def _text(text: str) -> str:
    """A text in a line of Markdown: as it is where it is plain words, else as JSON without special characters."""
    return text if _PLAIN.match(text) else _escaped(json.dumps(text))


def _read_text(cell: str) -> str:
    if not cell.startswith('"'):
        return cell
    try:
        return str(json.loads(cell))
    except ValueError:
        return cell


def _escaped(text: str) -> str:
    return re.sub(r"[|<>`\[\]#_~]", lambda mark: f"\\u{ord(mark[0]):04x}", text)


def _check_length(text: str) -> None:
    if len(text) > LONGEST_DOCUMENT:
        raise ContractInvalid(("The text is too long for a contract.",))
