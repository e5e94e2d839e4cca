"""Words that no rule has read: harmless, or something that must not be passed over."""

import re
from dataclasses import dataclass

from agent_core.analyst.schema.words import stem
from agent_core.analyst.understand.adjectives import BASES, COMPARATIVES, HIGHER, LOWER
from agent_core.analyst.understand.intents import asks_for_relation
from agent_core.analyst.understand.lexicon import FILLER, words
from agent_core.analyst.understand.names import score
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


_THAT_IS = re.compile(
    r"[,(:]? \b(?:i e|ie|that is|meaning|namely|in other words)\b ,? ?(?=.*(?:<[cv]|\bstandard deviation))"
)


_MOVING = {"rise", "fall", "increase", "decrease", "vary", "climb", "drop"}
_I_MEAN = re.compile(r"\b(?:i mean|i meant|or rather|sorry) ,?(?=.*<[mvc])")
_AHEAD = re.compile(
    r"(<c\d+>) (?:(?:do|does|has|have|had|get|got|was|is|were|are|come|came|finish|finished|end|ended|placed|up) )*"
    r"(?:ahead of|in front of)(?: the)? (?=<c\d+>)"
)
_PERCENT = re.compile(
    r"(\b(?:than|above|below|over|under|least|most|exceeding|to|and|between|from) <n\d+>) (?:%|percent|per cent)(?!\S)"
)


_MOST = {"better": "best", "worse": "worst"}
_UP = {"more", "over", "above", "up", "older", *HIGHER}
_DOWN = {"less", "fewer", "under", "below", "down", "younger", *LOWER}
_OR_MORE = re.compile(
    rf"(<n\d+>)( <[ct]\d*>)? (?:(?:or|and) ({'|'.join(sorted(_UP | _DOWN))})\b(?! (?:than|the|in|of))|"
    r"\+(?= <[tc]|$))"
)


def _before_known(match: re.Match[str]) -> str:
    """Nothing of "most" in "most stable": what follows says what is meant."""
    return match[0] if _known(match[1]) else ""


def without_prose(text: str) -> str:
    """A marked question without the percent sign of a limit, and without what "i.e." explains by columns or values."""
    text = _AHEAD.sub(r"\1 get more than ", _PERCENT.sub(r"\1", text))
    if re.match(r"(?:which|what|who)\b", text) and not re.search(r"\bthan\b|\bor\b|, ", text):
        text = re.sub(r"\b(?:better|worse)\b(?! (?:than|<))", lambda match: _MOST[match[0]], text)
    text = _OR_MORE.sub(lambda match: f"at {'most' if match[3] in _DOWN else 'least'} {match[1]}{match[2] or ''}", text)
    if meant := _I_MEAN.search(text):
        kinds = set(re.findall(r"<([mvc])\d+>", text[meant.end() :]))
        text = (
            re.sub(rf"(?:\b(?:in|on|for|of) )?<[{''.join(sorted(kinds))}]\d+>", "|", text[: meant.start()])
            + text[meant.end() :]
        )
    match = _THAT_IS.search(text)
    if match is None or match.start() == 0:
        return text
    tokens = text[: match.start()].split()
    text_before = re.sub(r"\b(?:most|least|more|less) (?=([a-z]\w*))", _before_known, " ".join(tokens))
    tokens = text_before.split()
    kept = [one for one in tokens if one.startswith("<") or (_known(one) and one not in {"not", "never", "without"})]
    return f"{' '.join(kept)} | {text[match.end() :]}"


def rest(parts: Parts) -> Rest:
    """What is left of the question."""
    weighty: list[str] = []
    maybe: list[str] = []
    light: list[str] = []
    quoted = [str(parts.marked.entities[int(number)]) for number in re.findall(r"<q(\d+)>", parts.text)]
    measured = any(one.column.role == "number" for one in parts.marked.columns())
    read = {word for one in parts.marked.columns() for word in one.adjective}
    if asks_for_relation(parts):
        read |= set(COMPARATIVES) | _MOVING
    read |= _adjectives(parts)
    harmless = (_COUNTED if measured else frozenset()) | read
    for phrase in _phrases(parts.text, parts.marked.text, harmless, parts.marked.original):
        if _abbreviated(phrase, parts):
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


def _adjectives(parts: Parts) -> set[str]:
    """Words such as "expensive" that fit a number that is named: "in which year was copper most expensive"."""
    said = set(parts.text.split()) & set(BASES)
    figures = [one.column for one in parts.marked.columns() if one.column.role == "number"]
    return {
        word
        for word in said
        if any(score((stem(kind),), kind, column) for kind in BASES[word].split() for column in figures)
    }


def _ends_a_name(before: str, after: str, original: str) -> bool:
    """Whether a name in capitals ends between two words, as in "did Norway win"."""
    return re.search(rf"\b(?!{re.escape(before)})(?i:{re.escape(before)}) {re.escape(after)}\b", original) is not None


def _phrases(left: str, whole: str, harmless: frozenset[str], original: str) -> list[str]:
    """Unknown words, those that stand beside each other in the question put together."""
    tokens = re.findall(r"(?<![<\w])(?!\d+>)[^\W_][\w'’]*", left)
    unknown = {one for one in tokens if not _known(one) and one not in harmless}
    phrases: list[str] = []
    current: list[str] = []
    for token in [*whole.split(), ""]:
        if token in unknown and current and _ends_a_name(current[-1], token, original):
            phrases.append(" ".join(current))
            current = [token]
        elif token in unknown:
            current.append(token)
        elif current:
            phrases.append(" ".join(current))
            current = []
    return phrases


def _known(token: str) -> bool:
    one = token.replace("’", "'")
    return one in FILLER or stem(one) in FILLER or one in _UNITS or len(one) == 1


def _abbreviated(phrase: str, parts: Parts) -> bool:
    """Whether it says in words what the name after it cuts short: "waiting time ttme"."""
    kind = r"(?: (?:time|rate|level|value|number|cost|costs|price|score|index|share|amount))"
    match = re.search(rf"(?<!\S){re.escape(phrase)}{kind} <c(\d+)>", parts.marked.text)
    name = parts.marked.mention(match[1]).column.name.lower() if match else ""
    exact = match is not None and parts.marked.mention(match[1]).phrase.lower() == name
    return exact and name.isalpha() and sum(letter in "aeiou" for letter in name) <= len(name) / 3


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
