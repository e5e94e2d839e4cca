"""Figures and keys as people write them."""

import math
import re
from typing import Any

from agent_core.analyst.markdown import plain
from agent_core.analyst.query import Grain, Query

_STAMP = re.compile(r"^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d).*)?$")
_STEP = re.compile(r"^[(\[](-?\d[\d.]*(?:e[+-]?\d+)?), (-?\d[\d.]*(?:e[+-]?\d+)?)[)\]]$")
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_PLACES = ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_TEN = 10
_LARGE, _MEDIUM = 1000, 1


def number(value: object) -> str:
    """`1,234`, `12.35`, `0.00123`; "no value" where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "no value" if value is None else plain(str(value))
    if not math.isfinite(value):
        return "no value"
    if float(value).is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact in a float
        return f"{int(value):,}"
    size = abs(value)
    if size >= _LARGE:
        return f"{value:,.0f}" if size >= 100 * _LARGE else _trimmed(f"{value:,.1f}")
    return _trimmed(f"{value:,.2f}") if size >= _MEDIUM else f"{value:.3g}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: float) -> str:
    """`12.3 %`, `2.84 %`; "no value" where there is none."""
    if not math.isfinite(value):
        return "no value"
    return f"{value:.1f} %" if abs(value) >= _TEN or float(value).is_integer() else f"{value:.2f} %"


def key(value: Any, grain: Grain | None = None) -> str:
    """A group's name, escaped; a point in time at the precision of its grain."""
    if value is None:
        return "(missing)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if float(value).is_integer() and abs(value) < 1e6 else number(value)  # noqa: PLR2004
    if step := _STEP.match(str(value)):
        return f"{number(float(step[1]))} to {number(float(step[2]))}"
    match = _STAMP.match(str(value))
    return _moment(match, grain) if match else plain(str(value))


def _moment(match: re.Match[str], grain: Grain | None) -> str:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    name = MONTHS[month - 1] if 1 <= month <= len(MONTHS) else ""
    match grain:
        case "year":
            return str(year)
        case "quarter":
            return f"Q{(month + 2) // 3} {year}"
        case "month":
            return f"{name} {year}"
        case "week":
            return f"the week of {day} {name} {year}"
    return f"{day} {name} {year}"


def placed(query: Query) -> str:
    """`highest`, `second lowest`."""
    word = "lowest" if query.order == "ascending" else "highest"
    return f"{_PLACES[query.skip - 1]} {word}" if query.skip else word


def rows(count: float) -> str:
    """`1 row`, `1,234 rows`."""
    return f"{int(count):,} {'row' if int(count) == 1 else 'rows'}"
