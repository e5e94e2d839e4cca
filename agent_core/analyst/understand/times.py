"""Rules for stretches of time and for the steps in which time is counted."""

import calendar
import re
from datetime import date

from agent_core.analyst.markdown import code, quoted
from agent_core.analyst.query import Condition, Grain, Span
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.understand.hours import read_hours, within_year
from agent_core.analyst.understand.moments import Moment
from agent_core.analyst.understand.parts import Parts

UNITS: dict[str, Grain] = {
    "day": "day",
    "date": "day",
    "daily": "day",
    "week": "week",
    "weekly": "week",
    "month": "month",
    "monthly": "month",
    "quarter": "quarter",
    "quarterly": "quarter",
    "year": "year",
    "decade": "decade",
    "yearly": "year",
    "annual": "year",
    "annually": "year",
    "hour": "hour",
    "hourly": "hour",
    "weekday": "weekday",
}
_PARTS: dict[str, Grain] = {
    "hour of the day": "hour",
    "month of the year": "month_of_year",
    "day of the week": "weekday",
}
_EACH = r"(?:by|per|each|every|for each|for every|in each|over the|across|across the|over|and|now by)"
_OVER_TIME = (
    r"\b(?:over time|trends?|time ?line|time series|through time|over the (?:years|months|weeks|days)|"
    r"(?:evolution|development|history) of|evolve[ds]?|develop(?:ed|s)?|chang(?:ed?|es|ing) over|across time|with time|"
    r"historical(?:ly)?|increas(?:e|ed|es|ing)|decreas(?:e|ed|es|ing)|declin(?:e|ed|es|ing)|rising|falling|dropping|"
    r"going (?:up|down))\b"
)
_FROM_TO = r"\b(?:between|from) <m\d+> (?:and|to|until|till) <m\d+>"
_CHANGED = (
    r"\b(?:chang(?:ed?|es)|rise|rose|risen|fall|fell|fallen|drop(?:ped)?|go(?:ne)? (?:up|down)|went (?:up|down))\b"
)
_EITHER = r"\bcompar|\b(?:more|less|fewer|better|worse|\w+er)\b|<v\d+> in <m|^(?:when|which)\b"
_DAYS_FOR_DAYS, _DAYS_FOR_MONTHS, _DAYS_FOR_QUARTERS = 92, 12 * 366, 25 * 366


def read_times(parts: Parts) -> None:
    """Read spans such as "since 2020" and "in March", and steps such as "monthly"."""
    if parts.table.time is None:
        return
    if parts.table.time.role == "date":
        read_hours(parts, parts.table.time)
    _spans(parts, parts.table.time)


def read_grain(parts: Parts) -> None:
    """Read the steps in which time is counted."""
    if re.search(
        r"\b(?:year over year|year on year|yoy|month over month|mom|growth|growing|grew|grow|growth rate)\b", parts.text
    ):
        _growth(parts)
    if parts.change == "groups" or (parts.grain is not None and (parts.change or parts.having)):
        _without_time(parts)
        return
    if match := parts.take(
        r"\b(?:(?:by|per|each|every|for each|for every|in each|and)(?: the)? "
        r")?(?:calendar month|months? of (?:the |a )?years?|season(?:al(?:ly|"
        r"ity)?)?)\b"
    ):
        parts.grain = "month_of_year"
    elif match := parts.take(
        r"\b(?:by|per|each|every|for each|on each|and)(?: the)? (?:week ?days?|days? of (?:the |a )?week)\b"
    ):
        parts.grain = "weekday"
    elif (match := parts.take(rf"\b{_EACH} (day|date|week|month|quarter|year|decade|hour)s?\b")) or (
        match := parts.take(r"\b(daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|hourly)\b")
    ):
        parts.grain = UNITS[match[1]]
    elif match := _superlative(parts):
        parts.grain = _PARTS.get(match[1]) or UNITS[match[1]]
        parts.asks_for_one = parts.limit is None
    elif match := parts.take(
        r"\b(?:which|what|in which|in what|on which|when was "
        r"the) (day of the week|weekday|day|week|month|quarter|"
        r"year|hour)s?\b"
    ):
        parts.grain = UNITS.get(match[1], "weekday")
        parts.asks_for_one = True
    if parts.take(_OVER_TIME) or parts.has(r"\b(?:trend|over time)"):
        parts.over_time = True
    parts.take_all(_OVER_TIME)
    if parts.has(_FROM_TO) and parts.take_all(_CHANGED):
        parts.over_time = True
    _without_time(parts)


def _superlative(parts: Parts) -> re.Match[str] | None:
    """The unit in "rainiest month" and "the 3 best years"."""
    for mark in (one for one in re.findall(r"<v\d+>", parts.marked.text) if _names_extreme(parts, one[2:-1])):
        if unit := re.search(rf"{mark} (week|month|quarter|year|decade)\b", parts.marked.text):
            return parts.take(rf"\b({unit[1]})\b")
    marks = [mark for mark in re.findall(r"<c\d+>", parts.text) if _names_extreme(parts, mark[2:-1])]
    before = "".join(rf"|(?<={mark} )" for mark in marks)
    part = parts.take(rf"(?:(?<=est ){before})(hour of the day|month of the year|day of the week)\b")
    if part is not None:
        return part
    return parts.take(rf"(?:(?<=est )|(?<=most )|(?<=worst ){before})(week|month|quarter|year|decade)\b(?! of)")


def _names_extreme(parts: Parts, number: str) -> bool:
    mention = parts.marked.mention(number)
    return mention.extreme or (mention.value is not None and mention.phrase.lower().endswith("iest"))


def _growth(parts: Parts) -> None:
    parts.growth = parts.over_time = True
    if parts.take(r"\b(?:year over year|year on year|yoy)\b"):
        parts.grain = "year"
    if parts.take(r"\b(?:month over month|mom)\b"):
        parts.grain = "month"
    parts.take_all(r"\b(?:growth rate|growth|growing|grew|grow)\b")


def _without_time(parts: Parts) -> None:
    if parts.table.time is None and (parts.over_time or parts.grain):
        parts.problems.append("I found no column with dates or years in this table, so I can't follow it over time.")


def grain_for(column: Column) -> Grain | None:
    """The step that suits the stretch of time that a column covers; None for a column of years."""
    if column.is_year:
        return None
    if column.earliest is None or column.latest is None:
        return "month"
    days = (column.latest - column.earliest).days
    if days <= _DAYS_FOR_DAYS:
        return "day"
    if days <= _DAYS_FOR_MONTHS:
        return "month"
    return "quarter" if days <= _DAYS_FOR_QUARTERS else "year"


def _spans(parts: Parts, time: Column) -> None:
    parts.text = re.sub(r"(<m\d+>) compared (?:to|with) (?=(?:in |the )*<m)", r"\1 vs ", parts.text)
    parts.text = re.sub(r"(<m\d+> (?:and|or|vs|versus)) (?:(?:in|during|for|the) )+(?=<m)", r"\1 ", parts.text)
    parts.text = re.sub(r"\b(last|past|latest|most recent) <c(\d+)>", lambda match: _unit(parts, match), parts.text)
    grouped = "".join(f"(?<!{word} )" for word in ("by", "per", "each", "every"))
    about = rf"(?:{grouped}<c(?P<c>{_times(parts)})>(?: (?:is|was|are|in|=))? )?"
    unit = r"(?P<unit>day|week|month|year)s?"
    if match := parts.take(
        rf"\b(?:in |over |for |during )?(?:the )?(?:last|past|latest|most recent) (?:<n(?P<n>\d+)> )?{unit}\b(?! of)"
    ):
        count = int(parts.marked.figure(match["n"])) if match["n"] else 1
        _last(parts, time, count, match["unit"])
    for match in parts.take_all(
        rf"{about}(?:only )?(?:between|from|in|for)? ?<m(?P<a>\d+)> "
        rf"(?P<how>and|to|until|till|through|-|vs|versus|or|against|\w+er than(?: in)?|"
        rf",) <m(?P<b>\d+)>"
    ):
        _between(parts, _column(parts, match, time), match)
    parts.text = re.sub(
        r"(<t>(?: only)?) from (<m\d+>)(?! (?:on(?! <v)|onwards?|to|until|till|and|through))", r"\1 in \2", parts.text
    )
    for match in parts.take_all(
        rf"{about}(?:only )?\b(?P<how>since|from|starting(?: in| from)?|after|before|"
        rf"until|till|up to|through|prior to|by the end of) <m(?P<a>\d+)>(?: (?:on|"
        rf"onwards))?"
    ):
        _one_sided(parts, _column(parts, match, time), match)
    for match in parts.take_all(
        rf"{about}(?:\b(?:only|just|in|during|for|of|on|within|from|at|the year|year) )*(?:the )?<m(?P<a>\d+)>"
    ):
        moment = parts.marked.moment(match["a"])
        _within(parts, _column(parts, match, time), moment)


def _unit(parts: Parts, match: re.Match[str]) -> str:
    """The plain word where a column of times is called by it: "the last year"."""
    one = parts.marked.mention(match[2])
    return f"{match[1]} {one.phrase.lower()}" if one.column.is_time and one.phrase.lower() in UNITS else match[0]


def _times(parts: Parts) -> str:
    """The marks of columns that place rows in time: only such a one belongs to the moment after it."""
    found = set(re.findall(r"<c(\d+)>", parts.text))
    return "|".join(sorted(one for one in found if parts.marked.mention(one).column.is_time)) or "-"


def _column(parts: Parts, match: re.Match[str], time: Column) -> Column:
    return time if match["c"] is None else parts.column(match["c"])


def _within(parts: Parts, column: Column, moment: Moment) -> None:
    by_month = moment.start is None
    if column.is_year and moment.start and moment.end and within_year(parts, column, moment):
        return
    if by_month and column.is_year:
        parts.problems.append(f"The column {code(column.name)} holds years, so I can't look at months.")
    if moment.season:
        first, *_, last = (calendar.month_name[month] for month in moment.season)
        parts.assumptions.append(f"I took {first} to {last} for {quoted(moment.phrase)}.")
    months = moment.season or (moment.month or 1,)
    parts.filters.append(Span(column, months=months) if by_month else Span(column, moment.start, moment.end))


def _between(parts: Parts, column: Column, match: re.Match[str]) -> None:
    first, second = sorted(
        (parts.marked.moment(match["a"]), parts.marked.moment(match["b"])), key=lambda one: str(one.start)
    )
    if first.start is None or second.start is None:
        _months(parts, column, match)
        return
    contrasted = match["how"] == "and" and parts.has(r"\b(?:differ\w*|compar\w*)\b")
    listed = not _is_stretch(match)
    together = contrasted or listed
    if together and column.is_year and first.year and second.year and first.end != second.start:
        parts.filters.append(Condition(column, "in", (float(first.year), float(second.year))))
        parts.compares, parts.grain = True, parts.grain or "year"
        return
    if together and first.end != second.start and first.year and second.year:
        parts.filters.append(Span(column, years=(first.year, second.year)))
        parts.compares, parts.grain = True, parts.grain or "year"
        return
    if together and first.end != second.start:
        parts.problems.append(
            "I can only take years or months together that follow each other, such as “from 2012 to 2015”."
        )
        return
    parts.filters.append(Span(column, first.start, second.end))
    if together and (match["how"] != "or" or parts.has(_EITHER)):
        parts.compares = True
        parts.grain = parts.grain or ("year" if first.year else "decade" if _is_decade(first) else "month")


def _is_decade(moment: Moment) -> bool:
    return bool(moment.start and moment.end) and moment.phrase.endswith("0s")


def _months(parts: Parts, column: Column, match: re.Match[str]) -> None:
    """Months without a year, or with one year for both: "june to august", "from June to August 2014"."""
    first, second = (parts.marked.moment(match[name]) for name in "ab")
    if not first.month or not second.month or first.season or second.season or first.start:
        parts.problems.append("I can't tell which months you mean.")
    elif column.is_year:
        parts.problems.append(f"The column {code(column.name)} holds years, so I can't look at months.")
    elif second.end is not None and _is_stretch(match):
        parts.filters.append(Span(column, date(second.end.year, first.month, 1), second.end))
    elif second.end is not None:
        parts.problems.append("I can't tell which years these months belong to.")
    elif _is_stretch(match):
        count = (second.month - first.month) % 12 + 1
        parts.filters.append(Span(column, months=tuple((first.month - 1 + n) % 12 + 1 for n in range(count))))
    else:
        parts.filters.append(Span(column, months=(first.month, second.month)))
        parts.compares, parts.grain = True, parts.grain or "month_of_year"


def _is_stretch(match: re.Match[str]) -> bool:
    """Whether the moments are two ends ("from ... to"), and not two that are put beside each other."""
    return "between" in match[0] or match["how"] in {"to", "until", "till", "through", "-"}


def _one_sided(parts: Parts, column: Column, match: re.Match[str]) -> None:
    moment = parts.marked.moment(match["a"])
    how = match["how"].split()[0]
    if moment.start is None:
        parts.problems.append(f"I can't tell which year you mean by {quoted(moment.phrase)}.")
        return
    if how in {"since", "from", "starting"}:
        parts.filters.append(Span(column, start=moment.start))
    elif how == "after":
        parts.filters.append(Span(column, start=moment.end))
    elif how in {"before", "prior"}:
        parts.filters.append(Span(column, end=moment.start))
    else:
        parts.filters.append(Span(column, end=moment.end))


def _last(parts: Parts, time: Column, count: int, unit: str) -> None:
    match unit:
        case "day":
            parts.filters.append(Span(time, last=count, unit="days"))
        case "week":
            parts.filters.append(Span(time, last=count, unit="weeks"))
        case "month":
            parts.filters.append(Span(time, last=count, unit="months"))
        case _:
            parts.filters.append(Span(time, last=count, unit="years"))
