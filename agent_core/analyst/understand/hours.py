"""Rules for parts of a day and of a year: "at noon", "between 6 am and 9 am", "in 1990 q3" beside a column of years."""

import re
from datetime import date

from agent_core.analyst.markdown import code
from agent_core.analyst.query import Condition, Span
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.moments import Moment
from agent_core.analyst.understand.parts import Parts

_HALF = r"(?:am|pm|a ?m|p ?m|o'clock|oclock|hours|h|: <n\d+>(?: (?:am|pm))?)"
_HOUR = rf"(?:noon|midday|midnight|<n\d+> {_HALF}|\d{{1,2}}(?:am|pm|h)\b)"
_DAY, _NOON, _MONTHS = 24, 12, 12
_NAMED = {"noon": 12, "midday": 12, "midnight": 0}


def read_hours(parts: Parts, time: Column) -> None:
    """Read the hours of the day in which a row has to be."""
    if match := parts.take(rf"\b(?:between|from) ({_HOUR}) (?:and|to|until|till|-) ({_HOUR})"):
        _keep(parts, time, _hour(parts, match[1]), _hour(parts, match[2]))
    elif match := parts.take(rf"\b(after|since|from|before|until|till) ({_HOUR})"):
        hour = _hour(parts, match[2])
        early = match[1] in {"before", "until", "till"}
        _keep(parts, time, 0 if early else hour, hour - 1 if early else _DAY - 1)
    elif match := parts.take(rf"\b(?:at|around|about|in the hour of|during)(?: the)? ({_HOUR})(?: hour)?"):
        hour = _hour(parts, match[1])
        _keep(parts, time, hour, hour)


def _hour(parts: Parts, said: str) -> int:
    if said in _NAMED:
        return _NAMED[said]
    mark = re.match(r"<n(\d+)>", said)
    hour = int(parts.marked.figure(mark[1])) if mark else int(re.match(r"\d+", said)[0])  # type: ignore[index]
    if re.search(r"a ?m\b", said):
        return hour % _NOON
    return hour % _NOON + _NOON if re.search(r"p ?m\b", said) else hour


def _keep(parts: Parts, time: Column, first: int, last: int) -> None:
    if not any(":" in sample for sample in time.samples):
        parts.problems.append(f"The column {code(time.name)} holds days, so I can't look at hours.")
    elif not (0 <= first < _DAY and 0 <= last < _DAY):
        parts.problems.append("I can't tell which hours of the day you mean.")
    else:
        hours = range(first, last + 1) if first <= last else (*range(first, _DAY), *range(last + 1))
        parts.filters.append(Span(time, hours=tuple(hours)))


def within_year(parts: Parts, column: Column, moment: Moment) -> bool:
    """Read a month or a quarter of a year where columns of their own hold the year and its part."""
    assert moment.start
    assert moment.end
    months = (moment.end.year - moment.start.year) * 12 + moment.end.month - moment.start.month
    if months >= _MONTHS:
        return False
    name, number = ("month", moment.start.month) if months <= 1 else ("quarter", (moment.start.month + 2) // 3)
    part = next((one for one in parts.table.columns if one.is_time_part and one.name.lower() == name), None)
    if part is None or moment.start.day != 1:
        parts.problems.append(f"The column {code(column.name)} holds years, so I can't look at parts of them.")
        return True
    parts.filters.append(Span(column, date(moment.start.year, 1, 1), date(moment.start.year + 1, 1, 1)))
    parts.filters.append(Condition(part, "in", (float(number),)))
    return True
