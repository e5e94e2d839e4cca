"""Looking for words of a question in the data, where the profile doesn't hold all values."""

import json

from agent_core.analyst.answer.facts import read_facts
from agent_core.analyst.understand.meanings import Place, Search
from agent_core.analyst.understand.question import searched
from agent_core.analyst.write.literals import literal, literals

_MOST_COLUMNS = 20


def search_program(search: Search) -> str:
    """Python that prints where each word occurs in the text columns."""
    table = search.table
    names = [column.name for column in table.of_role("category", "text")][:_MOST_COLUMNS]
    parts = ", ".join(f"{literal(word.casefold())}: {literal(searched(word.casefold()))}" for word in search.words)
    return "\n".join(
        [
            "import json",
            "",
            "import pandas as pd",
            "",
            f"{table.variable} = {table.read_with}",
            "",
            "# Each word, and what is looked for inside of values.",
            f"words = {{{parts}}}",
            f"for name in {literals(names)}:",
            f'    text = {table.variable}[name].astype("string").str.strip()',
            "    for word, part in words.items():",
            "        same = text[text.str.casefold() == word]",
            "        value = str(same.iloc[0]) if len(same) else None",
            "        holding = [int(text.str.casefold().str.contains(one, regex=False).sum()) for one in (word, part)]",
            '        print("found:", json.dumps([name, word, value, *holding]))',
            "",
        ]
    )


def read_findings(stdout: str, words: tuple[str, ...]) -> dict[str, Place | None]:
    """For each word the place that fits it best; None where no column holds it."""
    found: dict[str, Place | None] = dict.fromkeys(words)
    best: dict[str, tuple[bool, int, int]] = {}
    folded = {word.casefold(): word for word in words}
    for row in _rows(stdout):
        name, word, value, whole, part = row
        rank = (value is not None, whole, part)
        if word in folded and part > 0 and rank > best.get(word, (False, 0, 0)):
            best[word] = rank
            found[folded[word]] = Place(name, value, word if whole else searched(word))
    return found


def _rows(stdout: str) -> list[tuple[str, str, str | None, int, int]]:
    rows = []
    for line in read_facts(stdout).lines.get("found", ()):
        try:
            name, word, value, whole, part = json.loads(line)
        except (ValueError, TypeError):
            continue
        known = isinstance(name, str) and isinstance(word, str) and isinstance(whole, int) and isinstance(part, int)
        if known and (value is None or isinstance(value, str)):
            rows.append((name, word, value, whole, part))
    return rows
