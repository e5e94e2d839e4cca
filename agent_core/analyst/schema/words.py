"""Names and questions as comparable words."""

import re
from functools import lru_cache

_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_AFTER_S = ("ss", "us", "is")
_SIBILANT = ("sses", "xes", "ches", "shes", "zes")

_IRREGULAR = {
    "genera": "genus", "lives": "life", "wives": "wife", "knives": "knife", "leaves": "leaf", "halves": "half",
    "shelves": "shelf", "children": "child", "women": "woman", "men": "man", "feet": "foot", "teeth": "tooth",
    "mice": "mouse", "geese": "goose", "oxen": "ox", "criteria": "criterion", "phenomena": "phenomenon",
    "indices": "index", "indexes": "index", "analyses": "analysis", "crises": "crisis", "diagnoses": "diagnosis",
    "bacteria": "bacterium", "bacterium": "bacterium", "stimuli": "stimulus", "nuclei": "nucleus", "fungi": "fungus",
    "cacti": "cactus", "radii": "radius", "vertices": "vertex", "matrices": "matrix", "strata": "stratum",
    "spectra": "spectrum", "taxa": "taxon", "buses": "bus", "gases": "gas", "viruses": "virus", "campuses": "campus",
    "statuses": "status", "bonuses": "bonus", "heroes": "hero", "potatoes": "potato", "tomatoes": "tomato",
}  # fmt: skip

UNITS = {
    "mm": "mm",
    "cm": "cm",
    "km": "km",
    "g": "g",
    "kg": "kg",
    "lb": "lb",
    "lbs": "lb",
    "usd": "USD",
    "eur": "EUR",
    "gbp": "GBP",
    "pct": "%",
    "percent": "%",
    "mph": "mph",
    "kmh": "km/h",
    "ft": "ft",
    "sec": "s",
    "seconds": "s",
    "hours": "h",
}
"""A last word of a column's name that is a unit, and how it is written."""

_LONGEST_LABEL = 60
_SHORT_PLURAL = 4


@lru_cache(maxsize=8_192)
def split(name: str) -> tuple[str, ...]:
    """The lower-case words of `snake_case`, `CamelCase` and ordinary text."""
    return tuple(piece.lower() for piece in _PIECES.findall(name))


def stem(word: str) -> str:
    """A word without its plural ending; good for comparing, not for showing."""
    if len(word) > _SHORT_PLURAL and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(_SIBILANT):
        return word[:-2]
    if len(word) >= _SHORT_PLURAL and word.endswith("s") and not word.endswith(_AFTER_S):
        return word[:-1]
    return word


def comparable(word: str) -> str:
    """A stem that is the same for "movie" and "movies", "genus" and "genera"; no word of its own."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    root = stem(word)
    return root[:-2] + "y" if len(root) > _SHORT_PLURAL and root.endswith("ie") else root


@lru_cache(maxsize=8_192)
def stems(name: str) -> tuple[str, ...]:
    """The words of a name, each without its plural ending."""
    return tuple(comparable(word) for word in split(name))


def without_unit(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without a last word that is a unit, where something else remains."""
    return words[:-1] if len(words) > 1 and words[-1] in UNITS else words


def label(name: str) -> str:
    """A column's name in human words, such as `Bill length (mm)`; plain text without markup."""
    words = _PIECES.findall(name)
    if not words:
        return "(unnamed)"
    unit = UNITS.get(words[-1].lower()) if len(words) > 1 else None
    kept = words[:-1] if unit else words
    kept = kept[:-1] if unit and len(kept) > 1 and kept[-1].lower() == "in" else kept
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in kept)
    text = text[:1].upper() + text[1:]
    return f"{text} ({unit})"[:_LONGEST_LABEL] if unit else text[:_LONGEST_LABEL]
