"""Slips of the pen in the words that the rules know: "averge", "higest", "betwen"."""

from functools import cache, lru_cache

from agent_core.analyst.schema.words import stem
from agent_core.analyst.understand.adjectives import COMPARATIVES, EXTREMES
from agent_core.analyst.understand.lexicon import AGGREGATIONS, DONE, FILLER, NUMBER_WORDS, VERBS, words

_SHORTEST = 6
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
def _idle_words() -> frozenset[str]:
    return frozenset(word for word in FILLER if len(word) >= _SHORTEST - 1 and word.isalpha())


@lru_cache(maxsize=4_096)
def rule_word(said: str) -> str | None:
    """The only word of the rules that is one letter away, or two letters changed about; None for a word of its own.

    A word that carries nothing is only meant where two letters are changed about: "togehter", "whcih".
    """
    known = said in FILLER or stem(said) in FILLER or said in AGGREGATIONS or said in NUMBER_WORDS
    if known or len(said) < _SHORTEST - 1 or said in VERBS or said in DONE or said in _rule_words():
        return None
    turned = [one for one in _idle_words() | _rule_words() if len(one) == len(said) and sorted(one) == sorted(said)]
    near = [one for one in turned if one_slip(said, one)]
    if not near and len(said) >= _SHORTEST:
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
