"""The name of a file in a question: it says which table is meant, and nothing of what is asked."""

import re

from agent_core.analyst.schema.columns import Table
from agent_core.analyst.schema.words import stems


def without_file(question: str, table: Table) -> str:
    """The question without the table's file name, where it is written as one: with its ending, or as in "m_latin"."""
    name, *_ = table.file.rpartition("/")[2].split(".")
    if not name:
        return question
    said_otherwise = name.isalpha() or name.isdecimal() or _is_in_the_data(name, table)
    ending = r"(?:\.\w{1,8}){1,2}" if said_otherwise else r"(?:\.\w{1,8}){0,2}"
    before = r"(?:\b(?:in|from|of|for|using|on|within|inside) )?(?:the )?(?:(?:file|table|sheet|data|data ?set) )?"
    written = rf"{before}[`\"'“]?(?<![\w.]){re.escape(name)}{ending}(?!\w)[`\"'”]?(?: (?:file|table|sheet|data ?set))?"
    return " ".join(re.sub(written, " ", question, flags=re.IGNORECASE).split()) or question


def _is_in_the_data(name: str, table: Table) -> bool:
    """Whether a column or a value may be called so, as `co2` in co2.csv."""
    words = set(stems(name))
    texts = [text for column in table.columns for text in (column.name, *column.samples)]
    return any(words <= set(stems(text)) for text in texts)
