"""Adjectives, and what they measure: "wide" speaks of a width, "cheapest" of the lowest price."""

from collections.abc import Iterator
from dataclasses import dataclass

_SCALES = """
    heavy light: weight
    old young: age
    tall short: height
    long short: length
    wide narrow: width
    thick thin: thickness
    deep shallow: depth
    fast slow: speed velocity
    dangerous safe: crime murder accident
    steep flat: slope gradient
    sweet: sugar
    salty: salt salinity
    bright dim: brightness
    educated: education
    efficient: efficiency mpg
    productive: productivity yield
    fertile: fertility
    busy quiet: visitors passengers traffic
    bloody: casualties deaths
    expensive cheap: price
    costly cheap: price
    rich poor: income gdp wealth
    wealthy poor: income gdp wealth
    hot cold: temperature
    warm cool: temperature
    windy calm: wind
    wet dry: precipitation
    rainy dry: precipitation
    snowy: snow
    sunny: sunshine
    cloudy: cloud
    humid: humidity
    strong weak: power
    powerful weak: power
    populous: population
    crowded: population
    profitable: profit
    dense sparse: density
    loud silent: noise
    northern southern: latitude
    eastern western: longitude
    high low:
    large small:
    big little:
    great:
"""
"""The upper end of a scale, the lower end, and the kind of column that holds it where there is one."""

_IRREGULAR = {
    "northern": ("", "northernmost"),
    "southern": ("", "southernmost"),
    "eastern": ("", "easternmost"),
    "western": ("", "westernmost"),
}
_LONG = (
    "expensive",
    "profitable",
    "powerful",
    "populous",
    "crowded",
    "humid",
    "dangerous",
    "educated",
    "efficient",
    "productive",
    "fertile",
)
_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Adjective:
    """One end of a scale, with its comparative and its superlative."""

    word: str
    more: str
    most: str
    kind: str
    """The kinds of column, such as `weight`; empty where it fits any number."""
    high: bool


def _ends(word: str) -> tuple[str, str]:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _LONG:
        return "", ""
    stem = word.removesuffix("e")
    if word.endswith("y") and word[-2] not in _VOWELS:
        stem = word[:-1] + "i"
    elif word[-1] in "tgdn" and word[-2] in _VOWELS and word[-3] not in _VOWELS:
        stem = word + word[-1]
    return stem + "er", stem + "est"


def _read() -> Iterator[Adjective]:
    for line in _SCALES.strip().splitlines():
        ends, _, kind = line.strip().partition(":")
        for place, word in enumerate(ends.split()):
            yield Adjective(word, *_ends(word), kind.strip(), high=place == 0)


ADJECTIVES = tuple(_read())


def _kinds(words: Iterator[tuple[str, str]]) -> dict[str, str]:
    return {word: kind for word, kind in words if word and kind}


COMPARATIVES = _kinds((one.more, one.kind) for one in ADJECTIVES)
"""Comparing words, and the kinds of column that they speak of, with spaces between."""

_ALSO_PROSE = {
    "sweet",
    "bright",
    "flat",
    "safe",
    "busy",
    "bloody",
    "efficient",
    "short",
    "light",
    "cool",
    "calm",
    "quiet",
    "dry",
    "poor",
    "thin",
}
BASES = _kinds((one.word, one.kind) for one in ADJECTIVES if one.word not in _ALSO_PROSE)
"""Adjectives as in "how heavy is", without those that are prose more often than a measure."""
EXTREMES = _kinds((one.most, one.kind) for one in ADJECTIVES)
"""Superlatives, and the kind of column that they speak of."""

LOW = frozenset(one.word for one in ADJECTIVES if not one.high)
HIGHER = frozenset(one.more for one in ADJECTIVES if one.high and one.more)
LOWER = frozenset(one.more for one in ADJECTIVES if not one.high and one.more)
HIGHEST = frozenset(one.most for one in ADJECTIVES if one.high and one.most)
LOWEST = frozenset(one.most for one in ADJECTIVES if not one.high and one.most)
