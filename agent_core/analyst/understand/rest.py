"""Words that no rule has read: harmless, or something that must not be passed over."""

import re
from dataclasses import dataclass

from agent_core.analyst.schema.words import stem
from agent_core.analyst.understand.lexicon import FILLER, words
from agent_core.analyst.understand.parts import Parts

_PLACES = r"(?:for|in|from|at|on|where|with|only|named|called|is|are|=|not|except|excluding|vs|versus|against|like)"
_UNITS = words(
    """
    dollars dollar euros euro usd eur cents degrees celsius fahrenheit grams gram kilograms kg mm cm millimetres
    millimeters inches miles km mph detail details plain english general particular page screen life everyone
    """
)

_COUNTED = words(
    """
    vote votes job jobs unit units piece pieces worker workers employee employees person persons people time times
    win wins won winning price prices tonne tonnes ton tons barrel barrels point points rate rates level
    levels figure figures value values cash money
    """
)
"""What a column of numbers may count or be: harmless beside one that is named."""


@dataclass(frozen=True, slots=True)
class Rest:
    """`weighty` words stand where a value stands; `light` ones are probably just prose."""

    weighty: tuple[str, ...]
    maybe: tuple[str, ...]
    """Words that could be values ("the horsepower of fords"): worth a look, but no reason to stop."""
    light: tuple[str, ...]
    figures: tuple[str, ...]
    """Numbers that no rule has used."""


def rest(parts: Parts) -> Rest:
    """What is left of the question."""
    weighty: list[str] = []
    maybe: list[str] = []
    light: list[str] = []
    quoted = [str(parts.marked.entities[int(number)]) for number in re.findall(r"<q(\d+)>", parts.text)]
    measured = any(one.column.role == "number" for one in parts.marked.columns())
    read = {word for one in parts.marked.columns() for word in one.adjective}
    for phrase in _phrases(parts.text, parts.marked.text, (_COUNTED if measured else frozenset()) | read):
        if _explained(phrase, parts):
            continue
        if _stands_as_value(phrase, parts):
            weighty.append(phrase)
        else:
            (maybe if _may_be_value(phrase, parts) else light).append(phrase)
    left = re.findall(r"<([nm])(\d+)>", parts.text)
    figures = tuple(
        parts.marked.moment(number).phrase if kind == "m" else f"{parts.marked.figure(number):g}"
        for kind, number in left
    )
    return Rest((*quoted, *weighty), tuple(maybe), tuple(light), figures)


def _phrases(left: str, whole: str, harmless: frozenset[str]) -> list[str]:
    """Unknown words, those that stand beside each other in the question put together."""
    tokens = re.findall(r"(?<![<\w])(?!\d+>)[^\W_][\w'’]*", left)
    unknown = {one for one in tokens if not _known(one) and one not in harmless}
    phrases: list[str] = []
    current: list[str] = []
    for token in [*whole.split(), ""]:
        if token in unknown:
            current.append(token)
        elif current:
            phrases.append(" ".join(current))
            current = []
    return phrases


def _known(token: str) -> bool:
    one = token.replace("’", "'")
    return one in FILLER or stem(one) in FILLER or one in _UNITS or len(one) == 1


def _explained(phrase: str, parts: Parts) -> bool:
    """Whether a column or a value follows in brackets: "Netflix (NFLX)"."""
    after = re.search(rf"{re.escape(phrase)}\s*\(([^()]+)\)", parts.marked.original, re.IGNORECASE)
    known = [one.phrase.casefold() for one in (*parts.marked.columns(), *parts.marked.values())]
    if after is not None and any(one in after[1].casefold() for one in known):
        return True
    exact = [one.column.name.casefold() for one in parts.marked.columns()]
    near = re.search(rf"\b{re.escape(phrase)}(?:\s+[\w'-]+){{0,3}}\s*\(([^()]+)\)", parts.marked.original)
    return near is not None and near[1].strip().casefold() in exact


def _stands_as_value(phrase: str, parts: Parts) -> bool:
    written = re.search(re.escape(phrase), parts.marked.original, re.IGNORECASE)
    if written and written[0][:1].isupper() and written.start() > 0 and not parts.marked.original.isupper():
        return True
    return re.search(rf"\b{_PLACES} (?:the |a |an )?{re.escape(phrase)}(?!\S)", parts.marked.text) is not None


def _may_be_value(phrase: str, parts: Parts) -> bool:
    return (
        re.search(
            rf"(?:<[ct]\d*>|how many|number of) (?:of |by )?(?:the |a |an |all )?{re.escape(phrase)}(?!\S)",
            parts.marked.text,
        )
        is not None
    )
