"""Keeping the rows that a question is about."""

from dataclasses import replace
from datetime import date

from agent_core.analyst.query import Condition, Filter, Query, Span
from agent_core.analyst.schema.columns import Column
from agent_core.analyst.schema.words import split
from agent_core.analyst.write.literals import literal, literals

_SIGNS = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}
_TRUE = {"true", "1", "1.0"}


def select(query: Query) -> list[str]:
    """Lines that leave the wanted rows in `data`."""
    lines = [f"data = {query.table.variable}"]
    for one in sorted(query.filters, key=_turn):
        lines += keep(one)
    if query.drop_missing:
        names = [column.name for column in query.measures] + [group.column.name for group in query.groups]
        lines.append(f"data = data.dropna(subset={literals(names)})" if names else "data = data.dropna()")
    return lines


def _turn(one: Filter) -> int:
    """An average is that of all rows of the time in question, before any other are left out."""
    if isinstance(one, Span) or one.column.is_time:
        return 0
    return 1 if one.middle else 2


def keep(one: Filter) -> list[str]:
    """Lines for one filter."""
    if isinstance(one, Span):
        return _span(one)
    return [f"data = data[{condition(one)}]"]


def condition(one: Condition) -> str:  # noqa: PLR0911 - one line for each kind
    """An expression that is true for the rows to keep."""
    if one.alternative:
        return f"({condition(replace(one, alternative=None))}) | ({condition(one.alternative)})"
    place = f"data[{literal(one.column.name)}]"
    match one.operator:
        case "missing":
            return f"{place}.isna()"
        case "present":
            return f"{place}.notna()"
        case "contains":
            return (
                f'{place}.astype("string").str.contains({literal(str(one.values[0]))},'
                f" case=False, regex=False).fillna(False)"
            )
        case "between":
            return f"{place}.between({literal(one.values[0])}, {literal(one.values[1])})"
        case "in" | "not_in":
            return _among(one, place)
        case _:
            return f"{place} {_SIGNS[one.operator]} {_bound(one)}"


def _bound(one: Condition) -> str:
    if one.other is not None:
        return f"data[{literal(one.other.name)}]"
    return f"data[{literal(one.column.name)}].{one.middle}()" if one.middle else literal(one.values[0])


def _among(one: Condition, place: str) -> str:
    negated = one.operator == "not_in"
    if one.column.role == "flag":
        truth = str(one.values[0]).lower() in _TRUE
        return f"{place}.eq({truth != negated})"
    if one.column.role == "number":
        return _equal(place, one.values, negated=negated)
    if _as_written(one):
        return _equal(place, one.values, negated=negated)
    text = f'{place}.astype("string").str.strip().str.casefold()'
    folded = tuple(str(value).strip().casefold() for value in one.values)
    return _equal(text, folded, negated=negated)


def _as_written(one: Condition) -> bool:
    column = one.column
    return column.cleaning is None and column.all_values_known and all(value in column.samples for value in one.values)


def _equal(place: str, values: tuple[str | float, ...], *, negated: bool) -> str:
    if len(values) == 1:
        return f"{place} {'!=' if negated else '=='} {literal(values[0])}"
    return f"{'~' if negated else ''}{place}.isin({literals(values)})"


def _span(one: Span) -> list[str]:
    place = f"data[{literal(one.column.name)}]"
    if one.last is not None:
        return _last(one, place)
    if one.hours:
        return [f"data = data[{_equal(f'{place}.dt.hour', one.hours, negated=False)}]"]
    if one.months or one.years:
        part, wanted = ("month", one.months) if one.months else ("year", one.years)
        return [f"data = data[{_equal(f'{place}.dt.{part}', wanted, negated=False)}]"]
    if one.column.is_year:
        return [f"data = data[{_years(place, one)}]"]
    if (
        one.start
        and one.end
        and one.end == date(one.start.year + 1, 1, 1)
        and (one.start.month, one.start.day) == (1, 1)
    ):
        return [f"data = data[{place}.dt.year == {one.start.year}]"]
    sides = [f'({place} >= "{one.start}")'] if one.start else []
    sides += [f'({place} < "{one.end}")'] if one.end else []
    return [f"data = data[{' & '.join(sides)}]"]


def _years(place: str, one: Span) -> str:
    if one.start and one.end:
        last = one.end.year - 1
        return (
            f"{place} == {one.start.year}" if one.start.year == last else f"{place}.between({one.start.year}, {last})"
        )
    return (
        f"{place} >= {one.start.year}" if one.start else f"{place} < {one.end.year}" if one.end else f"{place}.notna()"
    )


def _last(one: Span, place: str) -> list[str]:
    if one.column.is_year:
        return [f"data = data[{place} > {place}.max() - {one.last}]"]
    return [f"data = data[{place} > {place}.max() - pd.DateOffset({one.unit}={one.last})]"]


def label_column(query: Query) -> Column | None:
    """The column that names a row best: text that is different in nearly each row, else its date."""
    texts = query.table.of_role("text", "category")
    fine = [column for column in texts if query.table.is_fine_grained(column)]
    named = next((column for column in fine if {"name", "title"} & set(split(column.name))), next(iter(fine), None))
    return named or query.table.time
