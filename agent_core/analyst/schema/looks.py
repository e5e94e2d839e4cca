"""What text values look like: numbers in disguise, dates in disguise, one word spelt in two ways."""

import re
from collections.abc import Sequence
from typing import Literal

Cleaning = Literal["plain_number", "comma_decimals", "date", "day_first_date", "zoned_date", "quarter_date", "spelling"]
"""What a text column needs before it can be worked with."""

_CURRENCY = r"(?:[$€£¥₹]|USD|EUR|GBP|CHF)"
_MONEY = re.compile(_CURRENCY, re.IGNORECASE)
_NUMBER = re.compile(rf"^\(?[-+]?\s*{_CURRENCY}?\s*[-+]?\d[\d.,'\s\u00a0]*\s*(?:%|{_CURRENCY})?\)?$", re.IGNORECASE)
_LONG_UNIT = (
    r"mg|kg|lbs?|oz|mm|cm|km|inch|ft|mi|ml|cl|dl|sec|min|hrs|hours|days|[kMG]?Wh|[kMG]W|[kMG]Hz|Hz|°[CF]?|[hk]?Pa|bar|"
    r"psi|KB|MB|GB|TB|[ck]?m[²³23]|km/h|m/s|mph|rpm|kcal|kJ|px|pcs|ppm"
)
_MEASURED = re.compile(
    rf"^[-+]?\d[\d.,'\s\u00a0]*(?:(?<=\d)[\s\u00a0]*({_LONG_UNIT})|(?<=[\s\u00a0])([gtmslhLWVAJN]))$"
)
_COMMA_DECIMALS = re.compile(r"\d,\d{1,2}\D*$|\d,\d{4,}\D*$|\d\.\d{3},\d")
_POINT_DECIMALS = re.compile(r"\d\.\d{1,2}\D*$|\d\.\d{4,}|\d,\d{3}\.\d|,\d{3},\d{3}")
_DOT_THOUSANDS = re.compile(r"\d\.\d{3}\.\d{3}")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATES = (
    re.compile(
        r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?$"
    ),
    re.compile(r"^\d{4}[-/.]\d{1,2}$"),
    re.compile(r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?: \d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?)?$", re.IGNORECASE),
    re.compile(rf"^{_MONTH}\.?[ -]\d{{1,2}},?[ -]\d{{4}}$", re.IGNORECASE),
    re.compile(rf"^\d{{1,2}}\.? {_MONTH}\.?,? \d{{4}}$", re.IGNORECASE),
    re.compile(rf"^\d{{1,2}}-{_MONTH}-\d{{2,4}}$", re.IGNORECASE),
    re.compile(rf"^{_MONTH}\.?[ -]\d{{4}}$", re.IGNORECASE),
)
_QUARTER = re.compile(r"^\d{4}[- ]?Q[1-4]$|^Q[1-4][-/ ]?\d{4}$", re.IGNORECASE)
_ZONE = re.compile(r"(?:Z|UTC|[+-]\d{2}:?\d{2})$")
_LEADING_DAY = re.compile(r"^(\d{1,2})([-/.])(\d{1,2})[-/.]\d{2,4}")
_MISSING = {"", "-", "–", "na", "n/a", "nan", "none", "null", "nil", "?", "unknown", "missing"}
_MISSING |= {"--", "—", "…", "...", "n.a.", "#n/a"}
_ENOUGH = 0.7
_MONTHS = 12


def _present(samples: Sequence[str]) -> list[str]:
    return [sample.strip() for sample in samples if sample.strip().lower() not in _MISSING]


def _mostly(matching: int, values: list[str]) -> bool:
    return bool(values) and matching >= _ENOUGH * len(values)


def unit_among(samples: Sequence[str]) -> str:
    """The one unit that is written behind each of these figures, as in "50 kg"; nothing where that is not so."""
    matches = [_MEASURED.match(value) for value in _present(samples)]
    units = {match[1] or match[2] if match else "" for match in matches}
    return units.pop() if len(units) == 1 else ""


def number_cleaning(samples: Sequence[str]) -> Cleaning | None:
    """How to read text samples as numbers; None where they are not numbers."""
    unit = unit_among(samples)
    values = [value.removesuffix(unit).strip() for value in _present(samples)]
    if not _mostly(sum(bool(_NUMBER.match(value)) for value in values), values) or date_cleaning(samples):
        return None
    if len({mark[0].casefold() for value in values if (mark := _MONEY.search(value))}) > 1:
        return None  # dollars and euros have no sum
    commas = sum(bool(_COMMA_DECIMALS.search(value) or _DOT_THOUSANDS.search(value)) for value in values)
    points = sum(bool(_POINT_DECIMALS.search(value)) for value in values)
    return "comma_decimals" if commas > points else "plain_number"


def date_cleaning(samples: Sequence[str]) -> Cleaning | None:
    """How to read text samples as dates; None where they are not dates."""
    values = _present(samples)
    if _mostly(sum(bool(_QUARTER.match(value)) for value in values), values):
        return "quarter_date"
    if not _mostly(sum(any(form.match(value) for form in _DATES) for value in values), values):
        return None
    if any(_ZONE.search(value) and ":" in value for value in values):
        return "zoned_date"
    leading = [match for value in values if (match := _LEADING_DAY.match(value))]
    day_first = any(int(match[1]) > _MONTHS for match in leading) or (
        any(match[2] == "." for match in leading) and not any(int(match[3]) > _MONTHS for match in leading)
    )
    return "day_first_date" if day_first else "date"


def spelt_differently(samples: Sequence[str]) -> bool:
    """Whether some samples differ only by case or by spaces around them."""
    return len({" ".join(sample.split()).casefold() for sample in samples}) < len(set(samples))
