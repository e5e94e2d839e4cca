"""Dates and stretches of time in a question."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from agent_core.analyst.understand.lexicon import MONTHS

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_LONG_MONTH = "|".join(name for name in MONTHS if len(name) > 3 and name not in {"march", "sept"})  # noqa: PLR2004
_YEAR = r"(?:1[6-9]|20|21)\d\d"
_LAST_MONTH = 12
_QUARTER = 3
_CENTURY, _THIS_CENTURY = 100, 2000
"""The 1700s are a century, the 2000s a decade."""
_FIRST_OF_LAST_CENTURY = 3
"""The thirties are those of the last century, the twenties of this one."""

SEASONS = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "fall": (9, 10, 11), "winter": (12, 1, 2)}
"""Meteorological seasons of the northern half of the Earth."""

_FORMS = (
    re.compile(
        rf"\b(?:(?P<season>summer|autumn)(?:time)?|(?<=\bin )(?:the )?(?P<season2>spring|fall|winter)(?:time)?)"
        rf"(?:,? (?:of )?(?P<year>{_YEAR}))?\b",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?P<year>{_YEAR})-(?P<month>\d\d)-(?P<day>\d\d)\b"),
    re.compile(rf"\b(?P<name>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>{_YEAR})\b", re.IGNORECASE),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<name>{_MONTH})\.?,? (?P<year>{_YEAR})\b", re.IGNORECASE
    ),
    re.compile(rf"\b(?P<name>{_MONTH})\.?,? (?:of )?(?P<year>{_YEAR})\b", re.IGNORECASE),
    re.compile(rf"\b(?P<year>{_YEAR})-(?P<month>\d\d)\b"),
    re.compile(
        rf"\bq(?P<quarter>[1-4])(?: of| in)? ?(?P<year>{_YEAR})\b|\b(?P<year2>{_YEAR}) ?q(?P<quarter2>[1-4])\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<nth>first|1st|second|2nd|third|3rd|fourth|4th|last) quarter of (?P<year>{_YEAR})\b", re.IGNORECASE
    ),
    re.compile(r"\b(?P<decade>(?:1[6-9]|20)\d)0s\b"),
    re.compile(r"(?<![\w.])['’]?(?P<decade2>\d)0s\b"),
    re.compile(rf"\b(?P<year>{_YEAR})\b(?![,.]\d)"),
    re.compile(rf"(?<=\bin )(?P<name>{_MONTH})\b(?! \d)", re.IGNORECASE),
    re.compile(rf"(?<=\bof )(?P<name>{_MONTH})\b(?! \d)", re.IGNORECASE),
    re.compile(rf"(?<=\bonly )(?P<name>{_MONTH})\b(?! \d)", re.IGNORECASE),
    re.compile(rf"\b(?P<name>{_LONG_MONTH})\b(?! \d)", re.IGNORECASE),
    re.compile(r"(?<!^)\b(?P<name>May|March|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b(?! \d)"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of time [start, end), or a month of any year. `year` where it is just a year."""

    phrase: str
    start: date | None = None
    end: date | None = None
    month: int | None = None
    year: int | None = None
    season: tuple[int, ...] = ()
    """The months of a named season."""


def find(text: str) -> Iterator[tuple[int, int, Moment]]:
    """Moments in the text with their places; the longer forms come first and nothing overlaps."""
    taken: set[int] = set()
    for form in _FORMS:
        for match in form.finditer(text):
            place = set(range(match.start(), match.end()))
            moment = None if place & taken else _moment(match)
            if moment:
                taken |= place
                yield match.start(), match.end(), moment


def _moment(match: re.Match[str]) -> Moment | None:
    parts = {key: value for key, value in match.groupdict().items() if value}
    phrase = match[0]
    if short := parts.get("decade2"):
        parts["decade"] = ("19" if int(short) >= _FIRST_OF_LAST_CENTURY else "20") + short
    if decade := parts.get("decade"):
        first = int(decade) * 10
        if first % _CENTURY == 0 and first < _THIS_CENTURY:
            return Moment(phrase, date(first, 1, 1), date(first + _CENTURY, 1, 1))
        return Moment(phrase, date(first, 1, 1), date(first + 10, 1, 1))
    if named := parts.get("season") or parts.get("season2"):
        return _season(phrase, named.lower(), int(parts.get("year", 0)))
    month = MONTHS[parts["name"].lower()] if "name" in parts else int(parts.get("month", 0))
    year = int(parts.get("year") or parts.get("year2") or 0)
    if not year:
        return Moment(phrase, month=month)
    nth = {"fi": 1, "1s": 1, "se": 2, "2n": 2, "th": 3, "3r": 3}.get(parts.get("nth", "")[:2].lower(), 4)
    quarter = int(parts.get("quarter") or parts.get("quarter2") or (nth if "nth" in parts else 0))
    try:
        return _span(phrase, year, month, int(parts.get("day", 0)), quarter)
    except ValueError:
        return None


def _season(phrase: str, name: str, year: int) -> Moment | None:
    months = SEASONS[name]
    if not year:
        return Moment(phrase, month=months[0], season=months)
    if months[0] > months[-1]:
        return None
    return Moment(phrase, date(year, months[0], 1), first_after(year, months[-1]), season=months)


def _span(phrase: str, year: int, month: int, day: int, quarter: int) -> Moment:
    if day:
        start = date(year, month, day)
        return Moment(phrase, start, start + timedelta(days=1))
    if quarter:
        return Moment(phrase, date(year, _QUARTER * quarter - 2, 1), first_after(year, _QUARTER * quarter))
    if month:
        return Moment(phrase, date(year, month, 1), first_after(year, month), month=month)
    return Moment(phrase, date(year, 1, 1), date(year + 1, 1, 1), year=year)


def first_after(year: int, month: int) -> date:
    """The first day after a month."""
    return date(year + 1, 1, 1) if month == _LAST_MONTH else date(year, month + 1, 1)
