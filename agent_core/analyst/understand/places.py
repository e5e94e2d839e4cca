"""Rules for places in an order: the second highest, the 90th percentile, the first day on which something was so."""

import re

from agent_core.analyst.understand.lexicon import SUPERLATIVES
from agent_core.analyst.understand.parts import Parts

ORDINALS = {
    "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
_QUARTILES = {"first": 0.25, "1st": 0.25, "lower": 0.25, "third": 0.75, "3rd": 0.75, "upper": 0.75}
_SUPERLATIVE = "|".join(sorted(SUPERLATIVES, key=len, reverse=True))
_REACHED = r"exceed(?:ed|s)?|reach(?:ed|es)?|pass(?:ed|es)?|surpass(?:ed|es)?|top(?:ped)?"
_FELL = r"(?:fall|fell|drop|dropped|go|went|dip|dipped) (?:below|under)"
_ROSE = r"(?:rise|rose|climb|climbed|go|went|get|got|grow|grew) (?:above|over)"


def read_places(parts: Parts) -> None:
    """Read places in an order; to be called before rankings and limits."""
    _ordinal(parts)
    _quantile(parts)
    _first_time(parts)


def _ordinal(parts: Parts) -> None:
    """Leave "heaviest" of "second heaviest", and pass over the one before."""
    extremes = [number for number in re.findall(r"<c(\d+)>", parts.text) if parts.marked.mention(number).extreme]
    following = rf"(?:{_SUPERLATIVE})\b" + "".join(rf"|<c{number}>" for number in extremes)
    if match := parts.take(rf"\b({'|'.join(ORDINALS)}) (?={following})"):
        parts.skip = ORDINALS[match[1]] - 1
        parts.asks_for_one = True
        parts.text = parts.text.replace("| ", "", 1)


def _quantile(parts: Parts) -> None:
    if match := parts.take(r"\b(\d{1,2})(?:st|nd|rd|th)? (?:percentile|percent quantile)\b"):
        parts.aggregation, parts.quantile = "quantile", int(match[1]) / 100
    elif match := parts.take(rf"\b({'|'.join(_QUARTILES)}) quartile\b"):
        parts.aggregation, parts.quantile = "quantile", _QUARTILES[match[1]]
    elif parts.has(r"\b(?:top|bottom|first|last|highest|lowest|best|worst) <n\d+> ?(?:%|percent)"):
        parts.problems.append("The built-in analyst can't do this: the top few percent of the rows.")


def _first_time(parts: Parts) -> None:
    """Read "when did it first exceed 60" and "the last day with snow" as the first or the last such row."""
    time = parts.table.time
    if time is None:
        return
    unit = r"(?:day|date|time|month|week|year|quarter)"
    when = r"^(?:(?:in|on) )?(?:(?:which|what) (?:day|month|week|year|quarter|<c\d+>)|when)\b"
    first = r"\b(?:first )?" if re.search(when, parts.text) and "<n" in parts.text else r"\bfirst "
    if match := parts.take(rf"{first}(?P<above>{_REACHED}|{_ROSE})(?: to)?(?= )|{first}(?P<below>{_FELL})(?= )"):
        parts.text = parts.text.replace("|", "above" if match["above"] else "below", 1)
    elif match := parts.take(
        rf"\b(?P<how>first|earliest|last|latest|most recent) {unit}(?: ever)?"
        r"(?= (?:with|that|when|where|on which|in which|whose|had|it|there|above|below|over|under)\b)"
    ):
        parts.text = parts.text.replace("| with", "| of", 1)
    elif match := parts.take(rf"\b(?P<how>first|earliest|last|latest|most recent)(?= <v\d+> {unit})"):
        pass
    else:
        return
    how = match.groupdict().get("how") or "first"
    parts.sort_by = time
    parts.order = "ascending" if how in {"first", "earliest"} else "descending"
    parts.limit, parts.intent = 1, "rows"
