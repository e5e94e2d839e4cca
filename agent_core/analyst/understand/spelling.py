"""Slips of the pen in the words that the rules know: "averge", "higest", "betwen"."""

from functools import cache, lru_cache

from agent_core.analyst.schema.words import stem
from agent_core.analyst.understand.adjectives import COMPARATIVES, EXTREMES
from agent_core.analyst.understand.lexicon import (
    AGGREGATIONS,
    DONE,
    FILLER,
    MEASURED_BY,
    MONTHS,
    NUMBER_WORDS,
    ROW_NOUNS,
    SYNONYMS,
    VERBS,
    words,
)

_SHORTEST, _SHORT = 6, 4
_ASKING = ("how", "what", "which", "who", "when", "where", "many", "much", "show", "list", "with")
_OPERATORS = words(
    """
    between without excluding except higher number percentage percent relationship correlation distribution histogram
    scatter missing compare compared difference different before monthly weekly yearly quarterly distinct unique
    outliers summary trend cumulative growth sorted descending ascending columns duplicates
    """
)


@cache
def _rule_words() -> frozenset[str]:
    rarer = {word for word in (*COMPARATIVES, *EXTREMES) if len(word) > _SHORTEST}
    named = {*AGGREGATIONS, *rarer, *_OPERATORS}
    return frozenset(word for word in named if len(word) >= _SHORTEST - 1)


@cache
def _known() -> dict[str, list[str]]:
    """Every word that carries nothing, sums up or names a kind of column, by its letters in order."""
    known = {*FILLER, *_rule_words(), *(word for word in AGGREGATIONS if len(word) >= _SHORT), *MEASURED_BY}
    known |= {word for group in SYNONYMS for word in group if len(word) >= _SHORTEST - 1} | ROW_NOUNS
    found: dict[str, list[str]] = {}
    for word in sorted(known, key=lambda one: (_ASKING.index(one) if one in _ASKING else len(_ASKING), one)):
        if word.isalpha() and (len(word) >= _SHORTEST - 1 or word in AGGREGATIONS or word in _ASKING):
            found.setdefault("".join(sorted(word)), []).append(word)
    return found


@lru_cache(maxsize=4_096)
def known_word(said: str, own: frozenset[str] = frozenset()) -> str | None:
    """The word that was meant by one with a slip of the pen; None for a word of its own.

    Two letters that are changed about are a slip in any known word ("togehter", "islnad"), another letter only in the
    longer words of the rules and in what the rows of a table are called. `own` are the words of the table.
    """
    known = said in FILLER or stem(said) in FILLER or said in AGGREGATIONS or said in NUMBER_WORDS or said in MONTHS
    if known or said in VERBS or said in DONE or said in MEASURED_BY or said in _rule_words() or said in ROW_NOUNS:
        return None
    if any(stem(said) in group for group in SYNONYMS):
        return None
    letters = "".join(sorted(said))
    turned = _known().get(letters, []) + [
        one for one in sorted(own) if "".join(sorted(one)) == letters and len(one) > _SHORT
    ]
    near = [one for one in turned if one_slip(said, one)]
    if near:
        return near[0]
    if len(said) < _SHORTEST:
        return None
    named = [
        one for one in (stem(said), said) for own_word in own if len(own_word) >= _SHORTEST and one_slip(one, own_word)
    ]
    if named:
        return None
    near = [one for one in _rule_words() if one[0] == said[0] and one_slip(said, one)]
    return near[0] if len(near) == 1 else None


def one_slip(one: str, other: str) -> bool:
    """Whether one letter is added, left out or another, or two neighbours are changed about."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    if len(left) == len(right):
        return left[1:] == right[1:] or (left[1::-1] == right[:2] and left[2:] == right[2:])
    return left[1:] == right or left == right[1:]
