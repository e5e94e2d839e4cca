"""Looking for words of a question in the data, where the profile doesn't hold all values."""

import json

from agent_core.analyst.answer.facts import read_facts
from agent_core.analyst.understand.equivalents import written_as
from agent_core.analyst.understand.meanings import Place, Search
from agent_core.analyst.understand.question import searched
from agent_core.analyst.write.literals import literal, literals

_MOST_COLUMNS = 20


def search_program(search: Search) -> str:
    """Python that prints where each word occurs in the text columns."""
    table = search.table
    names = [column.name for column in table.of_role("category", "text")][:_MOST_COLUMNS]
    words = {word.casefold(): _forms(word.casefold()) for word in search.words}
    return "\n".join(
        [
            "import json",
            "import re",
            "",
            "import pandas as pd",
            "",
            f"{table.variable} = {table.read_with}",
            "",
            "# Each word, and the forms in which it may stand in the data.",
            "words = {",
            *(f"    {literal(word)}: {literals(forms)}," for word, forms in words.items()),
            "}",
            f"for name in {literals(names)}:",
            f'    text = {table.variable}[name].map(str, na_action="ignore").astype("string").str.strip()',
            "    folded = text.str.casefold()",
            "    for word, forms in words.items():",
            "        same = text[folded.isin(forms)]",
            "        value = str(same.iloc[0]) if len(same) else None",
            '        whole = [rf"\\b{re.escape(one)}(?:e?s)?\\b" for one in forms[:2]]',
            "        holding = [int(folded.str.contains(one).sum()) for one in whole]",
            '        print("found:", json.dumps([name, word, value, *holding]))',
            "",
        ]
    )


def _forms(word: str) -> list[str]:
    """The word, the word without its plural ending, and other names of the same."""
    return [word, searched(word), *sorted(written_as(word))]


def read_findings(stdout: str, words: tuple[str, ...]) -> dict[str, Place | None]:
    """For each word the place that fits it best; None where no column holds it."""
    found: dict[str, Place | None] = dict.fromkeys(words)
    best: dict[str, tuple[bool, int, int]] = {}
    folded = {word.casefold(): word for word in words}
    for row in _rows(stdout):
        name, word, value, whole, part = row
        rank = (value is not None, whole, part)
        if word in folded and (part > 0 or value is not None) and rank > best.get(word, (False, 0, 0)):
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
